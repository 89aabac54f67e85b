// A bot in so many servers that Discord spreads them over several connections: each is heard, and the bot is ready when all are.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFakeDiscord } from '#test/fakes/discord/server.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

const SHARDS = 3;

let bot: SmallBot;
before(async () => {
  bot = await startSmallBot({ discord: await startFakeDiscord({ shards: SHARDS }) });
});
after(() => bot.stop());

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await sleep(20))
    assert.ok(Date.now() < end, `waited in vain for ${holds}`);
}

test('as many connections as Discord asks for; ready once all of them are', async () => {
  await until(() => bot.adapter.isReady());
  const identified = bot.discord.gateway.log.filter(entry => entry.startsWith('identify'));
  assert.deepEqual(identified.toSorted(), ['identify 0 of 3', 'identify 1 of 3', 'identify 2 of 3']);
});

test('people of every server and of direct messages are answered, once', async () => {
  for (let server = 0; server < SHARDS; server++) {
    const person = bot.person(`Member ${server}`, { place: 'server' });
    await person.command('work');
    assert.match(person.read(), /^Worked\./);
  }
  const writer = bot.person('Writer');
  assert.match(writer.read(await writer.say('hello')), /^You wrote hello\.$/);
  assert.equal(writer.shown.length, 1);
  assert.equal(bot.behaviour.handled.length, SHARDS);
});

test('one connection drops: not ready, the others go on, and what came meanwhile is answered', async () => {
  const [gone, other] = [0, 1].map(index => bot.person(`Dropped ${index}`, { place: 'server' }));
  assert.ok(gone?.guild && other);
  const shardId = bot.discord.shardOf(gone.guild);
  assert.notEqual(shardId, other.guild && bot.discord.shardOf(other.guild));
  bot.discord.gateway.drop(shardId);
  const during = gone.client.command('work', {});
  await until(() => !bot.adapter.isReady());
  await other.command('work');
  assert.match(other.read(), /^Worked\./);
  await gone.outcomeOf(during);
  await until(() => bot.adapter.isReady());
  assert.equal(bot.discord.gateway.log.filter(entry => entry === 'resumed').length, 1, 'the one that dropped resumes');
});

test('one connection is closed for good: never ready again, and the log says why', async () => {
  bot.discord.gateway.close(4014, 2);
  await until(() => bot.adapter.fault() !== null);
  assert.equal(bot.adapter.isReady(), false);
  assert.match(bot.logLines.join('\n'), /Discord refused the events that Clipcue asked for/);
});
