// The commands as Discord lists them, made from the bot's own list; and what differs from what is registered. Pure but for `register`.

import { createHash } from 'node:crypto';
import {
  type APIApplicationCommand,
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  REST,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord.js';
import type { Command, CommandOption } from '../../chat/command.ts';
import { makeRequest } from './requests.ts';

export const MESSAGE_COMMAND = 'Schedule to TikTok';

/** docs.discord.com, Application Commands. */
const DESCRIPTION_LIMIT = 100;
const COMMAND_CHARS_LIMIT = 8000;

type RegisteredCommand = RESTPutAPIApplicationCommandsJSONBody[number];

/** In servers and in the bot's direct messages, whether the server installed it or the person for themselves. */
const EVERYWHERE = {
  integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
};
/** In servers, only administrators see it in the list; everybody else is refused by the bot itself. */
const ADMINS_ONLY = '0';

/** What is to be registered. @throws RangeError for a command that Discord would refuse. */
export function toDiscordCommands<Services>(commands: readonly Command<Services>[]): RegisteredCommand[] {
  const typed = commands.filter(({ isTyped }) => isTyped !== false).map(toSlashCommand);
  return [...typed, { type: ApplicationCommandType.Message, name: MESSAGE_COMMAND, ...EVERYWHERE }];
}

function toSlashCommand<Services>({ name, summary, options, ownerOnly }: Command<Services>): RegisteredCommand {
  const command = {
    type: ApplicationCommandType.ChatInput as const,
    name,
    description: summary,
    // Discord wants those first that must be given.
    options: options.toSorted((a, b) => Number(b.required) - Number(a.required)).map(toOption),
    ...EVERYWHERE,
    ...(ownerOnly && { default_member_permissions: ADMINS_ONLY }),
  };
  const texts = [command, ...command.options].flatMap(one => [one.name, one.description]);
  if (texts.some(text => text.length > DESCRIPTION_LIMIT) || texts.join('').length > COMMAND_CHARS_LIMIT)
    throw new RangeError(`/${name} is too wordy for Discord`);
  return command;
}

function toOption<Services>(option: CommandOption<Services>): APIApplicationCommandBasicOption {
  const { name, summary: description, required } = option;
  if (option.kind === 'video')
    return { type: ApplicationCommandOptionType.Attachment, name, description, required, file_types: ['video'] };
  const text = { type: ApplicationCommandOptionType.String as const, name, description, required };
  if (option.suggest) return { ...text, autocomplete: true };
  return option.kind === 'text' ? { ...text, max_length: option.maxLength } : text;
}

/** The parts of a command that count, in one order, with Discord's defaults spelled out: what it sends back has more. */
function essence(command: Partial<APIApplicationCommand> | RegisteredCommand): string {
  const { type = 1, name = '', default_member_permissions = null } = command;
  const options = ('options' in command && command.options) || [];
  const description = ('description' in command && command.description) || '';
  return JSON.stringify({
    type,
    name,
    description,
    options: options.map(option => ({
      type: option.type,
      name: option.name,
      description: option.description,
      required: option.required ?? false,
      autocomplete: ('autocomplete' in option && option.autocomplete) || false,
      max_length: ('max_length' in option && option.max_length) || null,
      file_types: ('file_types' in option && option.file_types) || null,
    })),
    default_member_permissions,
    integration_types: [...(command.integration_types ?? [])].toSorted((a, b) => a - b),
    contexts: [...(command.contexts ?? [])].toSorted((a, b) => a - b),
  });
}

export interface RegistrationDiff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export function diffCommands(
  wanted: readonly RegisteredCommand[],
  registered: readonly Partial<APIApplicationCommand>[],
): RegistrationDiff {
  const keyOf = ({ type = 1, name = '' }: { type?: number; name?: string }) => `${type}:${name}`;
  const before = new Map(registered.map(command => [keyOf(command), essence(command)]));
  const after = new Map(wanted.map(command => [keyOf(command), essence(command)]));
  const nameOf = (key: string) => key.replace(/^1:/, '/').replace(/^\d+:/, '');
  return {
    added: [...after.keys()].filter(key => !before.has(key)).map(nameOf),
    changed: [...after]
      .filter(([key, text]) => before.has(key) && before.get(key) !== text)
      .map(([key]) => nameOf(key)),
    removed: [...before.keys()].filter(key => !after.has(key)).map(nameOf),
  };
}

export const isSame = ({ added, changed, removed }: RegistrationDiff): boolean =>
  added.length + changed.length + removed.length === 0;

/** A short name for what is to be registered: while it stays the same, Discord need not be asked. */
export const hashOf = (wanted: readonly RegisteredCommand[]): string =>
  createHash('sha256')
    .update(JSON.stringify(wanted.map(essence)))
    .digest('base64url');

/** `register` for a token alone. */
export async function registerFromScratch<Services>(
  { token, apiRoot }: { token: string; apiRoot: string | null },
  commands: readonly Command<Services>[],
): Promise<RegistrationDiff> {
  const rest = new REST({ ...(apiRoot && { api: apiRoot }), makeRequest }).setToken(token);
  try {
    const { id } = (await rest.get(Routes.currentApplication())) as { id: string };
    return await register(rest, id, toDiscordCommands(commands));
  } finally {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  }
}

/** Compares with what is registered and replaces it where it differs. Gives the difference. */
export async function register(
  rest: Pick<REST, 'get' | 'put'>,
  applicationId: string,
  wanted: readonly RegisteredCommand[],
): Promise<RegistrationDiff> {
  const route = Routes.applicationCommands(applicationId);
  const registered = (await rest.get(route)) as APIApplicationCommand[];
  const diff = diffCommands(wanted, registered);
  if (!isSame(diff)) await rest.put(route, { body: wanted });
  return diff;
}
