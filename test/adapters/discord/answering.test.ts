// Discord's three seconds: every interaction is answered or deferred in time and once, whatever happens meanwhile.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiscordPerson } from '#test/fakes/discord/person.ts';
import type { FakeInteraction } from '#test/fakes/discord/state.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

const DEFERRED = 5;
const DEFERRED_UPDATE = 6;
const SUGGESTIONS = 8;
const MODAL = 9;

let bot: SmallBot;
before(async () => {
  bot = await startSmallBot();
});
after(() => bot.stop());
beforeEach(() => {
  bot.behaviour.work = async () => {};
  bot.behaviour.form = async () => {};
  bot.behaviour.handled.length = 0;
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await sleep(20))
    assert.ok(Date.now() < end, `waited in vain for ${holds}`);
}

const countRequests = (path: RegExp) => bot.discord.requests.filter(request => path.test(request.path)).length;

test('while 200 others run, each interaction is answered or deferred within a second, and once', async () => {
  const people = Array.from({ length: 200 }, (_, index) =>
    bot.person(`Crowd ${index}`, { place: index % 2 ? 'server' : 'direct' }),
  );
  // What a process does once, such as compiling, is not what is asked about; and two in five have a card to press at.
  for (const person of people.filter((_, index) => index % 5 < 2)) await person.command('work');
  bot.behaviour.handled.length = 0;
  const gate = Promise.withResolvers<void>();
  bot.behaviour.work = () => gate.promise;
  const act = ({ client, shown, idOf }: DiscordPerson, index: number): [FakeInteraction, firstType: number] => {
    const card = shown.at(-1);
    if (index % 5 === 0 && card) return [client.press(card, idOf('Again')), DEFERRED_UPDATE];
    if (index % 5 === 1 && card) return [client.press(card, idOf('Ask')), MODAL];
    if (index % 5 === 2) return [client.suggest('work', 'clip', 'x'), SUGGESTIONS];
    return [client.command('work', {}), DEFERRED];
  };
  const acts: [FakeInteraction, number][] = [];
  for (const [index, person] of people.entries()) {
    acts.push(act(person, index));
    // As people come: some at once, never all in the same millisecond.
    if (acts.length % 10 === 0) await sleep(75);
  }
  await bot.discord.waitFor(() => acts.every(([{ first }]) => first), 'all first responses');
  gate.resolve();
  for (const [index, [interaction, firstType]] of acts.entries()) {
    const { id, first } = interaction;
    if (firstType !== SUGGESTIONS) await people[index]?.outcomeOf(interaction);
    assert.equal(first?.type, firstType);
    assert.ok(first.afterMs < 1000, `an interaction waited ${first.afterMs} ms for its first response`);
    assert.equal(countRequests(new RegExp(`^/interactions/${id}/`)), 1, 'one response to each');
  }
  assert.equal(bot.behaviour.handled.length, 120, 'each command and each “Again” was handled once');
});

test('private answers are seen by the person alone; in direct messages they stay', async () => {
  const inServer = bot.person('Server', { place: 'server' });
  const hidden = await inServer.command('work');
  assert.equal(inServer.shown.find(({ id }) => id === hidden.ref)?.hiddenFor, inServer.user.id);
  const open = await inServer.command('shout');
  assert.equal(inServer.shown.find(({ id }) => id === open.ref)?.hiddenFor, null, 'a public answer is for all');
  const inPrivate = bot.person('Private');
  const kept = await inPrivate.command('work');
  assert.equal(inPrivate.shown.find(({ id }) => id === kept.ref)?.hiddenFor, null);
});

test('a press redraws its message, or adds one', async () => {
  const person = bot.person('Presser', { place: 'server' });
  const first = await person.command('work');
  const more = await person.press('More');
  assert.ok('ref' in more && more.ref !== first.ref);
  const again = await person.press('Again');
  assert.ok('ref' in again);
  assert.equal(again.ref, first.ref, 'the same message');
  assert.match(person.read(again), /^Worked again\.$/);
});

test('a form is the first response; what was typed comes back', async () => {
  const person = bot.person('Typist', { place: 'server' });
  await person.command('work');
  const message = person.shown.at(-1);
  assert.ok(message);
  const pressed = person.client.press(message, person.idOf('Ask'));
  await person.outcomeOf(pressed);
  assert.equal(pressed.first?.type, MODAL);
  await person.fill({ words: '*stars* and @everyone' });
  assert.match(person.read(), /^You said \*stars\* and @everyone\.$/);
});

test('a form that the database keeps waiting becomes words, in time', async () => {
  const never = Promise.withResolvers<void>();
  bot.behaviour.form = () => never.promise;
  const person = bot.person('Waiter', { place: 'server' });
  const card = await person.command('work');
  const answer = await person.pressAt(card.ref, person.idOf('Ask'));
  assert.ok('ref' in answer);
  assert.match(person.read(answer), /database is not available just now/);
  never.resolve();
});

test('what Discord no longer takes an answer to is not done', async () => {
  for (const [status, code] of [
    [404, 10_062],
    [400, 40_060],
  ] as const) {
    bot.discord.fail({ path: /\/callback$/, status, body: { code, message: 'no' } });
    const person = bot.person(`Late ${code}`);
    const { id } = person.client.command('work', {});
    await bot.discord.waitFor(() => countRequests(new RegExp(`^/interactions/${id}/`)) === 1, 'the response');
    await person.command('shout');
    assert.deepEqual(bot.behaviour.handled, [], `after ${code} nothing may happen`);
  }
});

test('the message is deleted before the edit: the person still gets the answer', async () => {
  const person = bot.person('Deleter');
  const card = await person.command('work');
  const gate = Promise.withResolvers<void>();
  bot.behaviour.work = () => gate.promise;
  const stored = bot.discord.state.messages.get(card.ref);
  assert.ok(stored);
  const pressed = person.client.press(stored, person.idOf('Again'));
  await bot.discord.waitFor(() => pressed.first, 'the response');
  stored.isDeleted = true;
  gate.resolve();
  const answer = await person.outcomeOf(pressed);
  assert.ok('ref' in answer && answer.ref !== card.ref);
  assert.match(person.read(answer), /^Worked again\.$/);
});

test('after fifteen minutes the answer comes as a direct message', async () => {
  const person = bot.person('Slow', { place: 'server' });
  const gate = Promise.withResolvers<void>();
  bot.behaviour.work = () => gate.promise;
  const interaction = person.client.command('work', {});
  await bot.discord.waitFor(() => interaction.first, 'the response');
  interaction.isTokenOver = true;
  gate.resolve();
  const answer = await person.waitFor(/^Worked\./);
  assert.equal(bot.discord.state.messages.get(answer.ref)?.channelId, person.user.dmChannelId);
});

test('Discord stumbles: a 5xx, a 429 and a broken connection cost a moment, not the answer', async () => {
  for (const fault of [
    { status: 503, body: { message: 'Service Unavailable' } },
    { status: 429, body: { message: 'slow down', retry_after: 0.1, global: false }, headers: { 'retry-after': '0.1' } },
    { status: 0 },
  ]) {
    bot.discord.fail({ method: 'PATCH', path: /@original$/, ...fault });
    const person = bot.person(`Stumble ${fault.status}`);
    await person.command('work');
    assert.match(person.read(), /^Worked\./);
  }
});

test('the gateway drops in the middle of a command: nothing is lost, nothing happens twice', async () => {
  for (const [how, cut] of [
    ['cut', () => bot.discord.gateway.drop()],
    ['asked to reconnect', () => bot.discord.gateway.askToReconnect()],
  ] as const) {
    bot.behaviour.handled.length = 0;
    const gate = Promise.withResolvers<void>();
    bot.behaviour.work = () => gate.promise;
    const person = bot.person(`Dropped ${how}`);
    const before = person.client.command('work', {});
    await bot.discord.waitFor(() => before.first, 'the response');
    const resumed = bot.discord.gateway.log.filter(entry => entry === 'resumed').length + 1;
    cut();
    const during = person.client.command('work', {});
    gate.resolve();
    await bot.discord.gateway.waitFor(/^resumed$/, resumed);
    await person.outcomeOf(before);
    await person.outcomeOf(during);
    assert.equal(bot.behaviour.handled.length, 2, `${how}: each once`);
  }
});

test('a session that is over begins anew', async () => {
  await until(() => bot.adapter.isReady());
  const ready = bot.discord.gateway.log.filter(entry => entry === 'ready').length + 1;
  bot.discord.gateway.invalidate();
  await bot.discord.gateway.waitFor(/^ready$/, ready);
  const person = bot.person('Renewed');
  await until(() => bot.adapter.isReady());
  await person.command('work');
  assert.match(person.read(), /^Worked\./);
  assert.equal(bot.logLines.filter(line => /ended the session and a new one has begun/.test(line)).length, 1);
});

test('the response got lost on its way back: it is known to have arrived, and the command goes on', async () => {
  bot.discord.fail({ path: /\/callback$/, status: 0, takesEffect: true });
  const person = bot.person('Lost answer', { place: 'server' });
  await person.command('work');
  assert.match(person.read(), /^Worked\./);
  assert.equal(bot.behaviour.handled.length, 1);
});

test('suggestions never fail loudly', async () => {
  const person = bot.person('Searcher');
  assert.deepEqual(await person.suggest('work', 'clip', 'x'), []);
});

test('nothing of all this broke a rule of Discord', () => {
  assert.deepEqual(bot.discord.violations, []);
  assert.deepEqual(
    bot.logLines.filter(line => /failed/.test(line)),
    [],
  );
});
