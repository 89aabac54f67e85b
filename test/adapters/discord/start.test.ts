// What whoever starts the bot reads about Discord: who it is there, how to add it, how to become its owner; or why it does not work.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FakeDiscord, startFakeDiscord } from '#test/fakes/discord/server.ts';
import { findFreePort } from '#test/support/stand.ts';

let discord: FakeDiscord;
let dataDir: string;
before(async () => {
  discord = await startFakeDiscord();
  dataDir = await mkdtemp(join(tmpdir(), 'clipcue-start-'));
});
after(async () => {
  await discord.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts Clipcue as `npm start` does, up to `last` on the screen. Gives all that was printed, and the exit code. */
async function start(token: string, last: RegExp): Promise<{ printed: string; exitCode: number | null }> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      PORT: String(await findFreePort()),
      SIMULATOR_PORT: String(await findFreePort()),
      DISCORD_TOKEN: token,
      DISCORD_API_ROOT: discord.apiRoot,
    },
  });
  let printed = '';
  const read = (chunk: Buffer) => {
    printed += chunk;
    if (last.test(printed)) child.kill('SIGTERM');
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const exitCode = await new Promise<number | null>(resolve => child.once('exit', resolve));
  return { printed, exitCode };
}

test('as whom, both links that add the bot, and the claim', async () => {
  const { printed } = await start(discord.token, /is running/);
  const { applicationId } = discord.state;
  assert.match(printed, /^ *Discord +on +as clips +DISCORD_TOKEN$/m);
  const address = `https://discord.com/oauth2/authorize?client_id=${applicationId}`;
  for (const line of [
    `Add the bot to a Discord server: ${address}&scope=bot+applications.commands&permissions=0&integration_type=0`,
    `Add the bot to your own Discord account: ${address}&scope=applications.commands&integration_type=1`,
  ])
    assert.ok(printed.split('\n').includes(line), `“${line}” should stand in:\n${printed}`);
  assert.match(printed, /To become its owner on discord, within seven days: \/claim [\w-]{43}$/m);
});

test('a wrong token in a sentence, without the token', async () => {
  const { printed, exitCode } = await start('WRONG.discord.token-of-a-test', /reset the token/);
  assert.match(printed, /^Clipcue could not start: Discord does not accept DISCORD_TOKEN: reset the token.*\.$/m);
  assert.doesNotMatch(printed, /WRONG/);
  assert.notEqual(exitCode, 0);
});
