// `npm run register -- discord`: shows how the commands registered at Discord differ from the bot's own, and registers them.

import { existsSync } from 'node:fs';
import { commandSet } from '#commands/index.ts';
import { loadConfig } from '#config.ts';

const [platform] = process.argv.slice(2);
const fail = (words: string): never => {
  process.stderr.write(`${words}\n`);
  process.exit(1);
};

if (platform !== 'discord') fail('Say for which platform: npm run register -- discord');
if (existsSync('.env')) process.loadEnvFile('.env');
// Of all settings these two matter here; the others may belong to another machine.
const { DISCORD_TOKEN, DISCORD_TOKEN_FILE, DISCORD_API_ROOT } = process.env;
const { discord } = loadConfig({ DISCORD_TOKEN, DISCORD_TOKEN_FILE, DISCORD_API_ROOT });
if (!discord) fail('DISCORD_TOKEN is not set: the bot’s token from the Developer Portal.');
else {
  const { registerFromScratch } = await import('#adapters/discord/registration.ts');
  const { added, changed, removed } = await registerFromScratch(discord, commandSet.commands).catch(error =>
    fail(`Discord refused: ${error instanceof Error ? error.message : error}`),
  );
  for (const name of added) process.stdout.write(`+ ${name}\n`);
  for (const name of changed) process.stdout.write(`~ ${name}\n`);
  for (const name of removed) process.stdout.write(`- ${name}\n`);
  const differs = added.length + changed.length + removed.length > 0;
  process.stdout.write(differs ? 'Registered.\n' : 'Nothing differs; nothing was changed.\n');
}
