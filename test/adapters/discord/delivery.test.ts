// What the bot says by itself: once, to the person alone, and never lost where direct messages are closed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingMessage } from '#chat/adapter.ts';
import { button, reply, say, text } from '#chat/reply.ts';
import { type DiscordStand, startDiscordStand } from '#test/support/discord-stand.ts';
import { schedulePost } from '#test/support/stand.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

let bot: SmallBot;
before(async () => {
  bot = await startSmallBot();
});
after(() => bot.stop());

const outgoing = (words: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  reply: say(words),
  idempotencyKey: words,
  answers: null,
  edits: null,
  silent: false,
  ...more,
});

/** Does something as a person, up to where the adapter knows that they saw the answer: a moment after they did. */
async function inContact(act: () => Promise<unknown>): Promise<void> {
  const before = bot.contacts.length;
  await act();
  for (const end = Date.now() + 5_000; bot.contacts.length === before; await sleep(5))
    assert.ok(Date.now() < end, 'the adapter never heard of the contact');
}

const attempts = (channelId: string) =>
  bot.discord.requests.filter(({ path, method }) => method === 'POST' && path === `/channels/${channelId}/messages`);

test('the same key is the same message', async () => {
  const { user } = bot.person('Once');
  const key = `${'p'.repeat(16)}.12.inbox_reminder`;
  const first = await bot.adapter.send(user.id, outgoing('Posted.', { idempotencyKey: key }));
  const second = await bot.adapter.send(user.id, outgoing('Posted.', { idempotencyKey: key }));
  assert.deepEqual(first, second);
  assert.equal(bot.person('Once').shown.length, 1);
});

test('an answer points at its message, makes no sound where none is wanted, and edits', async () => {
  const person = bot.person('Editor');
  const sent = await bot.adapter.send(person.user.id, outgoing('One.'));
  assert.ok(sent.kind === 'sent' && sent.messageRef);
  await bot.adapter.send(person.user.id, outgoing('Two.', { answers: sent.messageRef, silent: true }));
  const [, second] = person.messages;
  assert.equal(second?.answers, sent.messageRef);
  assert.equal(second?.isSilent, true);
  const edited = await bot.adapter.send(person.user.id, outgoing('One, edited.', { edits: sent.messageRef }));
  assert.deepEqual(edited, sent);
  assert.match(person.read(person.messages[0]), /^One, edited\.$/);
});

test('news about a deleted message is told anew; a silent touch-up is not', async () => {
  const person = bot.person('Sweeper');
  const sent = await bot.adapter.send(person.user.id, outgoing('Card.'));
  assert.ok(sent.kind === 'sent' && sent.messageRef);
  const stored = bot.discord.state.messages.get(sent.messageRef);
  assert.ok(stored);
  stored.isDeleted = true;
  const touched = await bot.adapter.send(
    person.user.id,
    outgoing('Card, live.', { edits: sent.messageRef, silent: true }),
  );
  assert.deepEqual(touched, { kind: 'sent', messageRef: null });
  assert.equal(person.shown.length, 0);
  await bot.adapter.send(person.user.id, outgoing('Live.', { edits: sent.messageRef }));
  assert.match(person.read(), /^Live\.$/);
});

for (const [policy, code] of [
  ['closed', 50_007],
  ['no mutual server', 50_278],
] as const)
  test(`direct messages closed (${code}): unreachable, asked once; then told where a command was used`, async () => {
    const person = bot.person(`Closed ${code}`, { place: 'server' });
    person.user.policy = policy;
    assert.deepEqual(await bot.adapter.send(person.user.id, outgoing('Private news.')), { kind: 'unreachable' });
    assert.deepEqual(await bot.adapter.send(person.user.id, outgoing('More news.')), { kind: 'unreachable' });
    assert.equal(attempts(person.user.dmChannelId).length, 1, 'each refusal counts towards a ban, so there is one');
    await inContact(() => person.command('work'));
    assert.equal((await bot.adapter.send(person.user.id, outgoing('Private news.'))).kind, 'sent');
    const news = await person.waitFor(/^Private news\.$/);
    const where = bot.discord.state.messages.get(news.ref);
    assert.equal(where?.hiddenFor, person.user.id, 'nobody else in the server sees it');
    person.user.policy = 'open';
    await inContact(() => person.command('work'));
    await bot.adapter.send(person.user.id, outgoing('Open again.'));
    assert.equal(
      bot.discord.state.messages.get((await person.waitFor(/^Open again\.$/)).ref)?.channelId,
      person.user.dmChannelId,
    );
  });

test('news at a fresh interaction: as many as Discord takes where the server does not have the bot, the others wait', async () => {
  const person = bot.person('Much news', { place: 'installed' });
  person.user.policy = 'closed';
  await inContact(() => person.command('work'));
  const kinds = [];
  for (let news = 0; news < 7; news++)
    kinds.push((await bot.adapter.send(person.user.id, outgoing(`News ${news}.`))).kind);
  assert.deepEqual(kinds, [...Array(5).fill('sent'), 'unreachable', 'unreachable']);
  await inContact(() => person.command('work'));
  assert.equal((await bot.adapter.send(person.user.id, outgoing('News 5.'))).kind, 'sent');
});

test('Discord stumbles where news is told at an interaction: it is told later', async () => {
  const person = bot.person('Stumbled', { place: 'server' });
  person.user.policy = 'closed';
  await inContact(() => person.command('work'));
  bot.discord.fail({ method: 'POST', path: /^\/webhooks\//, status: 503, times: 4 });
  assert.equal((await bot.adapter.send(person.user.id, outgoing('Later.'))).kind, 'retryAfter');
  assert.equal((await bot.adapter.send(person.user.id, outgoing('Later.'))).kind, 'sent');
});

test('“missing access” comes and goes: three times before anybody counts as closed', async () => {
  const person = bot.person('Flickering');
  person.user.policy = 'missing access';
  const kinds = [];
  for (let time = 0; time < 4; time++) kinds.push((await bot.adapter.send(person.user.id, outgoing('Hello.'))).kind);
  assert.deepEqual(kinds, ['retryAfter', 'retryAfter', 'retryAfter', 'unreachable']);
});

test('Discord asks for patience: a long 429 and an outage come back as a time to wait', async () => {
  const person = bot.person('Waiting');
  const path = /\/messages$/;
  bot.discord.fail({
    path,
    status: 429,
    body: { message: 'slow', retry_after: 60, global: false },
    headers: { 'retry-after': '60', 'x-ratelimit-scope': 'shared' },
  });
  const limited = await bot.adapter.send(person.user.id, outgoing('Later.'));
  assert.ok(limited.kind === 'retryAfter' && limited.delayMs >= 50_000, JSON.stringify(limited));
  const other = bot.person('Unlucky');
  bot.discord.fail({ path, status: 503, times: 4 });
  assert.equal((await bot.adapter.send(other.user.id, outgoing('Later.'))).kind, 'retryAfter');
});

test('a missed notice is seen on the next command, and on no other place than the person’s own', async () => {
  const stand: DiscordStand = await startDiscordStand();
  try {
    await stand.simulator.change({ processingDelayMs: 50, moderationDelayMs: 100 });
    const clara = stand.person('Clara', { place: 'server' });
    await stand.connect(clara);
    clara.user.policy = 'closed';
    await schedulePost(clara, { when: 'in 1 second', caption: 'Missed #missed' });
    const posts = () => stand.app.database.connection.collection('posts');
    // The live one: as long as the last command is fresh, news is told there.
    await clara.waitFor(/^Live on TikTok: Clara Cooks/, 20_000);
    // A day later nothing is fresh.
    await stand.restart();
    await schedulePost(clara, { when: 'in 1 second', caption: 'While away #away' });
    await stand.restart();
    for (const end = Date.now() + 20_000; ; await sleep(50)) {
      const owed = await posts().findOne({
        caption: /#away/,
        notifyAt: null,
        'outbox.0': { $exists: true },
        state: 'published',
      });
      if (owed) break;
      assert.ok(Date.now() < end, 'the notice should be kept, waiting for the person');
    }
    const seen = clara.shown.length;
    await clara.command('help');
    const news = await clara.waitFor(/#away” is/);
    assert.ok(clara.shown.findIndex(({ id }) => id === news.ref) > seen, 'after the command’s own answer');
    for (const message of clara.shown) assert.equal(message.hiddenFor, clara.user.id);
    assert.equal(
      [...stand.discord.state.messages.values()].filter(({ channelId }) => channelId === clara.user.dmChannelId).length,
      0,
    );
  } finally {
    await stand.stop();
  }
});

test('the bot has left the server: buttons there still work, and news finds the person', async () => {
  const person = bot.person('Left behind', { place: 'server' });
  await person.command('work');
  assert.ok(person.guild);
  person.guild.hasBot = false;
  person.user.policy = 'no mutual server';
  await inContact(() => person.press('Again'));
  assert.match(person.read(), /^Worked again\.$/);
  await bot.adapter.send(person.user.id, {
    ...outgoing(''),
    reply: reply([text('News.')], { rows: [[button('More', 'v1:work:more::')]] }),
    idempotencyKey: 'left',
  });
  await person.press('More');
  assert.match(person.read(), /^More\.$/);
});

test('nothing of all this broke a rule of Discord', () => assert.deepEqual(bot.discord.violations, []));
