// Starting, staying and stopping: what the operator is told, when the bot counts as ready, and that nothing running is cut off.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFakeDiscord } from '#test/fakes/discord/server.ts';
import { startDiscordStand } from '#test/support/discord-stand.ts';
import { createSmallBot, startSmallBot } from './small-bot.ts';

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await sleep(20))
    assert.ok(Date.now() < end, `waited in vain for ${holds}`);
}

test('a wrong token stops the start with one sentence', async () => {
  const discord = await startFakeDiscord();
  const { adapter, dispatch } = createSmallBot(discord, { token: 'WRONG.discord.token-of-a-test' });
  await assert.rejects(adapter.start(dispatch), /^Error: Discord does not accept DISCORD_TOKEN: reset the token/);
  await adapter.stop();
  await discord.stop();
});

test('refused intents stop the start with one sentence', async () => {
  const discord = await startFakeDiscord();
  discord.gateway.refuse(4014);
  const { adapter, dispatch } = createSmallBot(discord);
  await assert.rejects(adapter.start(dispatch), /refused the events that Clipcue asked for/);
  await adapter.stop();
  await discord.stop();
});

test('the DirectMessages intent alone is asked for', async () => {
  const bot = await startSmallBot();
  assert.deepEqual(bot.discord.gateway.log.slice(0, 2), ['identify 4096', 'ready']);
  await bot.stop();
});

test('ready follows the shards: not while reconnecting, never again after a token was revoked', async () => {
  const bot = await startSmallBot();
  await until(() => bot.adapter.isReady());
  bot.discord.gateway.drop();
  await until(() => !bot.adapter.isReady());
  await until(() => bot.adapter.isReady());
  bot.discord.revokeToken();
  bot.discord.gateway.close(4004);
  await until(() => bot.adapter.fault() !== null);
  assert.equal(bot.adapter.isReady(), false);
  assert.match(bot.adapter.fault() ?? '', /does not accept DISCORD_TOKEN/);
  assert.match(bot.logLines.join('\n'), /does not accept DISCORD_TOKEN/);
  await bot.stop();
});

test('/readyz says so', async () => {
  const stand = await startDiscordStand();
  const ready = () => fetch(`http://127.0.0.1:${stand.config.port}/readyz`).then(({ status }) => status);
  try {
    for (const end = Date.now() + 10_000; (await ready()) !== 200; ) assert.ok(Date.now() < end);
    stand.discord.gateway.close(4004);
    for (const end = Date.now() + 10_000; (await ready()) !== 503; await sleep(20)) assert.ok(Date.now() < end);
  } finally {
    await stand.stop();
  }
});

test('Discord is down at start: the start goes on, and the bot comes when Discord does', async () => {
  const discord = await startFakeDiscord();
  discord.fail({ path: /gateway\/bot/, status: 0, times: 4 });
  const { adapter, dispatch, logLines } = createSmallBot(discord);
  const starting = adapter.start(dispatch);
  await until(() => logLines.some(line => /cannot be reached/.test(line)));
  await starting;
  await until(() => adapter.isReady());
  await adapter.stop();
  await discord.stop();
});

test('Discord never answers: stopping does not wait for it', async () => {
  const discord = await startFakeDiscord();
  discord.fail({ path: /gateway\/bot/, status: 0, delayMs: 20_000, times: 9 });
  const { adapter, dispatch } = createSmallBot(discord);
  const starting = adapter.start(dispatch);
  await discord.waitFor(() => discord.asked.includes('/gateway/bot'), 'the bot to ask for the gateway');
  const stopped = Promise.race([adapter.stop().then(() => 'stopped'), sleep(5_000, 'still waiting', { ref: false })]);
  assert.equal(await stopped, 'stopped');
  await starting;
  await discord.stop();
});

test('stop waits for what runs; its answer still arrives', async () => {
  const bot = await startSmallBot();
  const gate = Promise.withResolvers<void>();
  bot.behaviour.work = () => gate.promise;
  const person = bot.person('Last', { place: 'server' });
  const interaction = person.client.command('work', {});
  await bot.discord.waitFor(() => interaction.first, 'the response');
  let isStopped = false;
  const stopping = bot.adapter.stop().then(() => {
    isStopped = true;
  });
  await sleep(50);
  assert.equal(isStopped, false);
  gate.resolve();
  await stopping;
  assert.ok(interaction.shown.length > 0, 'the answer was shown before the connection closed');
  await bot.discord.stop();
});

test('commands are registered once, and again only where they changed', async () => {
  const discord = await startFakeDiscord();
  const memory = new Map<string, string>();
  const puts = () =>
    discord.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/commands')).length;
  const gets = () =>
    discord.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/commands')).length;
  const runOnce = async () => {
    const { adapter, dispatch } = createSmallBot(discord, { memory });
    await adapter.start(dispatch);
    await adapter.stop();
  };
  await runOnce();
  assert.deepEqual([puts(), gets()], [1, 1]);
  await runOnce();
  assert.deepEqual([puts(), gets()], [1, 1], 'the same commands: Discord is not asked');
  memory.clear();
  await runOnce();
  assert.deepEqual([puts(), gets()], [1, 2], 'a forgotten hash costs a look, no registration');
  memory.clear();
  discord.state.commands = discord.state.commands.slice(1);
  await runOnce();
  assert.deepEqual([puts(), gets()], [2, 3], 'what is missing there is registered');
  await discord.stop();
});
