// The commands as Discord is told of them, and the difference that `npm run register -- discord` shows and applies.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { diffCommands, hashOf, toDiscordCommands } from '#adapters/discord/registration.ts';
import { commandSet } from '#commands/index.ts';
import { checkCommands } from '#test/fakes/discord/rules.ts';
import { startFakeDiscord } from '#test/fakes/discord/server.ts';

const wanted = toDiscordCommands(commandSet.commands);
const find = (name: string) => wanted.find(command => command.name === name);

test('Discord takes them all, for servers and people, in servers and direct messages', () => {
  assert.deepEqual(checkCommands(JSON.parse(JSON.stringify(wanted))), []);
  for (const { name, integration_types, contexts } of wanted) {
    assert.deepEqual(integration_types, [0, 1], name);
    assert.deepEqual(contexts, [0, 1], name);
  }
  assert.equal(find('batch'), undefined, 'what nobody types is not listed');
  assert.equal(find('Schedule to TikTok')?.type, 3);
});

test('/schedule: the clip first and videos alone, times and accounts completed, captions with their limit', () => {
  const schedule = find('schedule');
  assert.ok(schedule && 'options' in schedule);
  assert.deepEqual(
    schedule.options?.map(option => {
      const { name, type, required } = option;
      const extra = {
        ...('autocomplete' in option && { autocomplete: option.autocomplete }),
        ...('max_length' in option && { max_length: option.max_length }),
        ...('file_types' in option && { file_types: option.file_types }),
      };
      return { name, type, required, ...extra };
    }),
    [
      { name: 'video', type: 11, required: false, file_types: ['video'] },
      { name: 'when', type: 3, required: false, autocomplete: true },
      { name: 'caption', type: 3, required: false, max_length: 2200 },
      { name: 'account', type: 3, required: false, autocomplete: true },
      { name: 'link', type: 3, required: false, max_length: 2000 },
    ],
  );
});

test('the owner’s commands are not shown to members of a server', () => {
  assert.equal(find('invite')?.default_member_permissions, '0');
  assert.equal(find('schedule')?.default_member_permissions, undefined);
});

test('what Discord sends back is the same, whatever it adds', () => {
  const back = wanted.map((command, index) => ({
    ...structuredClone(command),
    id: String(index),
    version: '1',
    nsfw: false,
    name_localizations: null,
    default_member_permissions: command.default_member_permissions ?? null,
    ...(command.contexts && { contexts: command.contexts.toReversed() }),
  }));
  assert.deepEqual(diffCommands(wanted, back as never), { added: [], changed: [], removed: [] });
});

test('additions, changes and removals by name; a change changes the hash', () => {
  const [first, second, ...rest] = structuredClone(wanted);
  assert.ok(first && second && 'description' in second);
  const before = [{ ...second, description: 'Another description' }, ...rest, { type: 1, name: 'gone' }];
  assert.deepEqual(diffCommands(wanted, before as never), {
    added: [`/${first.name}`],
    changed: [`/${second.name}`],
    removed: ['/gone'],
  });
  assert.notEqual(hashOf(wanted), hashOf(wanted.slice(1)));
  assert.equal(hashOf(wanted), hashOf(structuredClone(wanted)));
});

test('npm run register -- discord shows the difference, applies it, and then finds none', async () => {
  const discord = await startFakeDiscord();
  discord.state.commands = [{ type: 1, name: 'old', description: 'Old' }];
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['scripts/register.ts', ...args], {
      env: { DISCORD_TOKEN: discord.token, DISCORD_API_ROOT: discord.apiRoot, PATH: process.env.PATH },
    });
  const first = await run('discord');
  assert.match(first.stdout, /^\+ \/connect-tiktok$[\s\S]*^\+ Schedule to TikTok$[\s\S]*^- \/old$[\s\S]*Registered/m);
  assert.equal(discord.state.commands.length, wanted.length);
  assert.match((await run('discord')).stdout, /^Nothing differs/);
  await assert.rejects(run('elsewhere'), ({ stderr }) => /npm run register -- discord/.test(stderr));
  await discord.stop();
});
