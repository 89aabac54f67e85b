// The commands that Telegram lists behind the menu button, in private chats, where the bot works.

import type { BotCommand } from 'grammy/types';
import { underscoreName } from '../../chat/command.ts';
import type { TelegramApi } from './client.ts';

export interface MenuItem {
  readonly name: string;
  readonly summary: string;
}

const SCOPE = { type: 'all_private_chats' } as const;

/** Telegram's bound on a description (core.telegram.org/bots/api#botcommand). */
const DESCRIPTION_LIMIT = 256;

/** Sets the menu where it differs. Gives whether it did. */
export async function setMenu(api: TelegramApi, items: readonly MenuItem[]): Promise<boolean> {
  const wanted: BotCommand[] = items.map(({ name, summary }) => ({
    command: underscoreName(name),
    description: summary.slice(0, DESCRIPTION_LIMIT),
  }));
  const shown = await api.getMyCommands({ scope: SCOPE });
  const spell = (commands: readonly BotCommand[]) =>
    JSON.stringify(commands.map(one => [one.command, one.description]));
  if (spell(shown) === spell(wanted)) return false;
  await api.setMyCommands(wanted, { scope: SCOPE });
  return true;
}
