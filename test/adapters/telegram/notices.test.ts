// Notices on Telegram: they wait where Telegram or the person wants it, and a crash between sending and marking repeats one, once.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import type { TelegramPerson } from '#test/fakes/telegram/person.ts';
import { schedulePost } from '#test/support/stand.ts';
import { startAlone, startTelegramStand, type TelegramStand } from '#test/support/telegram-stand.ts';

describe('notices', () => {
  let stand: TelegramStand;
  let clara: TelegramPerson;
  before(async () => {
    stand = await startTelegramStand();
    await stand.simulator.change({ processingDelayMs: 50, moderationDelayMs: 50 });
    clara = stand.person('Clara');
    await clara.command('settings', { zone: 'Berlin' });
    await stand.connect(clara);
  });
  after(() => stand.stop());

  const tells = (words: string) => (payload: Readonly<Record<string, unknown>>) => String(payload.text).includes(words);
  const told = (words: string) => clara.messages.filter(message => clara.read(message).includes(words)).length;

  it('comes later, once, where Telegram asks to wait', async () => {
    stand.telegram.addFault({ method: 'sendMessage', status: 429, retryAfter: 1, matches: tells('Posted to') });
    await schedulePost(clara, { when: 'in 1 second', caption: 'Waits' });
    await clara.waitFor('Live on TikTok: Clara Cooks');
    assert.equal(told('Live on TikTok: Clara Cooks'), 1);
    const refused = stand.telegram.calls.find(({ status }) => status === 429);
    const later = stand.telegram.calls.find(
      ({ method, status, at }) => method === 'sendMessage' && status === 200 && at > (refused?.at ?? 0),
    );
    assert.ok((later?.at ?? 0) - (refused?.at ?? 0) >= 990, 'retry_after was obeyed');
  });

  it('waits for somebody who has blocked the bot; publishing goes on', async () => {
    await schedulePost(clara, { when: 'in 1 second', caption: 'Blocked' });
    stand.telegram.state.blockedBy.add(clara.id);
    await stand.telegram.waitForCall(({ method, status }) => method === 'sendMessage' && status === 403);
    const videos = await stand.simulator.videos();
    assert.equal(videos.length, 2, 'it was published all the same');
    const before = told('“Blocked”');
    stand.telegram.state.blockedBy.delete(clara.id);
    await clara.say('/posts');
    await stand.telegram.waitUntil(() => told('“Blocked”') > before, 'the notice that was kept');
  });
});

test('a crash between sending a notice and marking it tells it twice, never three times', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-notice-'));
  const stand = await startTelegramStand({ dataDir: folder });
  try {
    const { telegram } = stand;
    await stand.simulator.change({ processingDelayMs: 50, moderationDelayMs: 50 });
    const clara = stand.person('Clara');
    await clara.command('settings', { zone: 'Berlin' });
    await stand.connect(clara);
    const isNotice = ({ text }: Readonly<Record<string, unknown>>) => String(text).includes('“Told twice”');
    const told = () => clara.messages.filter(message => isNotice({ text: clara.read(message) })).length;
    const posts = () => stand.app.database.connection.db?.collection('posts');

    // Published, and not told of yet.
    const answerAgain = telegram.fail({ method: 'sendMessage', status: 429, retryAfter: 1, matches: isNotice });
    await schedulePost(clara, { when: 'in 1 second', caption: 'Told twice' });
    await telegram.waitForCall(({ method, status }) => method === 'sendMessage' && status === 429);
    await stand.app.stop();
    answerAgain();

    // The message arrives; the process never hears of it.
    telegram.addFault({ method: 'sendMessage', status: 0, breaks: 'stall', after: true, matches: isNotice });
    const child = await startAlone(stand, folder);
    t.after(() => child.kill('SIGKILL'));
    await telegram.waitUntil(() => told() === 1, 'the notice');
    await child.kill('SIGKILL');

    await stand.restart();
    // As if the half minute had passed for which a notice that is being sent is left alone.
    await posts()?.updateMany({ notifyAt: { $type: 'date' } }, { $set: { notifyAt: new Date(0) } });
    await clara.waitFor('Live on TikTok: Clara Cooks');
    for (let owes = true; owes; ) owes = (await posts()?.findOne({ 'outbox.0': { $exists: true } })) !== null;
    assert.equal(told(), 2);
    await stand.restart();
    await clara.say('/posts');
    assert.equal(told(), 2, 'the next start tells nothing again');
  } finally {
    await stand.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
