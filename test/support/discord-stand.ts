// The stand with Discord beside the headless chat: a Discord of ours, unmodified discord.js, people who type commands and press.

import { createDiscordPerson, type DiscordPerson, type DiscordPersonOptions } from '#test/fakes/discord/person.ts';
import { type FakeDiscord, startFakeDiscord } from '#test/fakes/discord/server.ts';
import { askForLink, consent } from './linking.ts';
import { bringTo, PUBLIC_ADDRESS } from './public-address.ts';
import { connectPerson, type Stand, type StandOptions, startHeadlessStand } from './stand.ts';

export interface DiscordStand extends Stand {
  readonly discord: FakeDiscord;
  person(name: string, options?: Omit<DiscordPersonOptions, 'name'>): DiscordPerson;
}

export interface DiscordStandOptions extends StandOptions {
  readonly discord?: FakeDiscord;
}

export async function startDiscordStand(options: DiscordStandOptions = {}): Promise<DiscordStand> {
  const discord = options.discord ?? (await startFakeDiscord());
  const env = {
    DISCORD_TOKEN: discord.token,
    DISCORD_API_ROOT: discord.apiRoot,
    ACCESS: 'everyone',
    ...(options.opensPages && { PUBLIC_URL: PUBLIC_ADDRESS }),
    ...options.env,
  };
  const stand = await startHeadlessStand({ ...options, env }).catch(async error => {
    await discord.stop();
    throw error;
  });
  await discord.waitFor(() => discord.state.commands.length > 0, 'the commands to be registered');
  const people = new Map<string, DiscordPerson>();
  const { stop } = stand;
  const leaveAddress = options.opensPages ? bringTo(() => stand.config.port) : null;

  return Object.assign(stand, {
    discord,
    platform: 'discord',
    person(name: string, personal: Omit<DiscordPersonOptions, 'name'> = {}) {
      const { clock } = options;
      const known = people.get(name) ?? createDiscordPerson(discord, { name, ...(clock && { clock }), ...personal });
      people.set(name, known);
      return known;
    },
    async connect(person: Parameters<Stand['connect']>[0], account = 'clara.cooks') {
      if (options.opensPages) return connectPerson(person, account);
      const address = await consent(await askForLink(person), account);
      await person.press('Paste the address');
      await person.fill({ address });
    },
    cutOff: () => discord.fail({ path: /^\/channels\/\d+\/messages/, status: 503, times: Number.POSITIVE_INFINITY }),
    async stop() {
      leaveAddress?.();
      await stop();
      await discord.stop();
      // A message that breaks one of Discord's rules never reaches anybody.
      if (discord.violations.length > 0) throw new Error(`Discord refused: ${discord.violations.join('\n')}`);
    },
  });
}
