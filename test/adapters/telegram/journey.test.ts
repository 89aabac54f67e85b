// From /start to "live" on Telegram: by taps only, by words only, into the TikTok inbox, with the address pasted, and with a
// restart between any two messages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import type { TelegramPerson } from '#test/fakes/telegram/person.ts';
import { CLIP } from '#test/support/stand.ts';
import {
  consentInBrowser,
  openReturnPage,
  startTelegramStand,
  type TelegramStand,
} from '#test/support/telegram-stand.ts';

type Between = () => Promise<void>;

async function tell(
  options: Parameters<typeof startTelegramStand>[0],
  story: (stand: TelegramStand, clara: TelegramPerson) => Promise<void>,
): Promise<void> {
  const stand = await startTelegramStand(options);
  try {
    await stand.simulator.change({ processingDelayMs: 100, moderationDelayMs: 100 });
    await story(stand, stand.person('Clara'));
    assert.doesNotMatch(stand.logLines.join(''), /"level":50/, 'nothing went wrong unseen');
  } finally {
    await stand.stop();
  }
}

/** Nothing is typed but /start and the clip's caption. */
async function byTaps(stand: TelegramStand, clara: TelegramPerson, between: Between): Promise<void> {
  await clara.open();
  assert.match(clara.read(), /Clipcue schedules your TikTok videos/);
  await between();
  await stand.connect(clara);
  assert.match(clara.read(), /^Connected/);
  await between();
  const card = await clara.sendClips([await offerFile(CLIP)], 'By taps #cats @dog');
  assert.match(clara.read(card), /By taps #cats @dog/, 'the caption is kept, tags and mentions too');
  assert.equal(card.answers, String(clara.ownMessageId()), 'the card answers the clip');
  await between();
  assert.match(clara.read(), /When should it be posted\?[\s\S]*\[In 1 hour\]/);
  await clara.press('In 1 hour');
  assert.match(clara.read(), /When: in 1 hour, counted from pressing Schedule/);
  assert.doesNotMatch(
    clara.messages.map(message => clara.read(message)).join(),
    /When should it be posted\?\n/,
    'an answered question goes',
  );
  await between();
  await clara.choose('Who can see this video', 'Everyone');
  await between();
  await clara.press('Schedule');
  assert.match(clara.read(), /^Scheduled/);
  await between();
  await clara.press('Publish now');
  await clara.waitFor('Live on TikTok: Clara Cooks');
}

/** Nothing is tapped but the link. */
async function byWords(_stand: TelegramStand, clara: TelegramPerson, between: Between): Promise<void> {
  await clara.say('/start');
  await between();
  await clara.say('/connect-tiktok');
  await between();
  await clara.open(await consentInBrowser(clara.linkOf(/^Open/)));
  assert.match(clara.read(), /^Connected/);
  await between();
  await clara.sendClips([await offerFile(CLIP)], 'By words');
  await between();
  await clara.say('gestern um drei');
  assert.match(clara.read(), /could not read “gestern um drei”/, 'and the question stays open');
  await between();
  await clara.say('in 2 seconds');
  assert.match(
    clara.read(),
    /^New TikTok post[\s\S]*in 2 seconds, counted/,
    'the card moves down to where the person looks',
  );
  assert.equal(
    clara.messages.filter(message => /^New TikTok post/.test(clara.read(message))).length,
    1,
    'and leaves no double',
  );
  await between();
  await clara.say('caption');
  assert.match(clara.read(), /^Caption[\s\S]*Now:/);
  await between();
  await clara.say('Better words #cats');
  assert.match(clara.read(), /Better words #cats/);
  await between();
  await clara.say('everyone');
  await between();
  await clara.say('comments');
  assert.match(clara.read(), /\[Comments: on\]/);
  await between();
  await clara.say('schedule');
  assert.match(clara.read(), /^Scheduled/);
  await clara.waitFor('Live on TikTok: Clara Cooks');
}

const never: Between = async () => {};

test('by taps', () => tell({}, (stand, clara) => byTaps(stand, clara, never)));

test('by words', () => tell({}, (stand, clara) => byWords(stand, clara, never)));

test('by taps, with a restart between any two messages', () =>
  tell({}, (stand, clara) => byTaps(stand, clara, () => stand.restart())));

test('by words, with a restart between any two messages', () =>
  tell({}, (stand, clara) => byWords(stand, clara, () => stand.restart())));

test('into the TikTok inbox: a caption to copy in one tap, each notice in answer to the card', () =>
  tell({ env: { TIKTOK_MODE: 'inbox' } }, async (stand, clara) => {
    await stand.connect(clara);
    await clara.sendClips([await offerFile(CLIP)], 'in 1 second\nPaste me #inbox');
    await clara.press('Schedule');
    const notice = await clara.waitFor('In the TikTok inbox of Clara Cooks');
    const shown = stand.telegram.state.chat(clara.id).messages.find(one => String(one.message_id) === notice.ref);
    assert.deepEqual(shown?.keyboard[0], [{ text: 'Copy', copy_text: { text: 'Paste me #inbox' } }]);
    const card = await clara.waitFor(/^In your TikTok inbox/);
    assert.equal(notice.answers, card.ref, 'the notice answers the card, which is edited to match');
  }));

test('with the address pasted, which the bot deletes', () =>
  tell({}, async (stand, clara) => {
    await clara.command('connect-tiktok');
    const url = new URL(clara.linkOf(/^Open/));
    // What the browser's address bar shows where nothing listens on the redirect.
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin },
      body: new URLSearchParams([
        ['account', 'clara.cooks'],
        ['granted', 'user.info.basic'],
        ['granted', 'video.upload'],
        ['granted', 'video.publish'],
        ['decision', 'authorize'],
      ]),
    });
    const address = answer.headers.get('location') ?? '';
    assert.match(address, /[?&]code=.*state=|[?&]state=.*code=/);
    await clara.say(address);
    await clara.waitFor(/^Connected/);
    const pasted = stand.telegram.state.chat(clara.id).messages.find(one => one.content.text === address);
    assert.equal(pasted?.isDeleted, true, 'the message held a key to the account');
  }));

test('with what the page shows for a button that does not open, copied into the chat', () =>
  tell({ opensPages: true }, async (_stand, clara) => {
    await clara.command('connect-tiktok');
    const { body } = await openReturnPage(clara.linkOf(/^Open/));
    const [, copied = ''] = /<code[^>]*>([^<]+)/.exec(body) ?? [];
    await clara.say(copied);
    assert.match(clara.read(), /^Connected/, copied);
  }));

test('ten clips as one album: one card', () =>
  tell({}, async (stand, clara) => {
    await clara.command('settings', { zone: 'Berlin' });
    await stand.connect(clara);
    const clip = await offerFile(CLIP);
    const card = await clara.sendClips(
      Array.from({ length: 10 }, () => clip),
      'tomorrow 18:30, then daily #series',
    );
    assert.match(clara.read(card), /10/);
    const posts = await stand.app.database.connection.collection('posts').find({ state: 'draft' }).toArray();
    assert.equal(posts.length, 10);
    assert.deepEqual([...new Set(posts.map(post => post.batch.id))].length, 1, 'one batch');
  }));
