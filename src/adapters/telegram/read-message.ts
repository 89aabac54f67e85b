// What a person did on Telegram, as an Invocation. Nothing is fetched here.

import type { Message, Update, User } from 'grammy/types';
import type { ClipOffer, Invocation, Person } from '../../chat/invocation.ts';

/** Makes the offers of a message's clip; none where it has no clip. */
export type OfferClips = (message: Message) => readonly ClipOffer[];

export const PLATFORM = 'telegram';

export const personOf = (from: User, chatId: number): Person => ({
  platform: PLATFORM,
  personId: String(from.id),
  name: [from.first_name, from.last_name].filter(Boolean).join(' ') || (from.username ?? String(from.id)),
  chatId: String(chatId),
});

interface TypedCommand {
  readonly name: string;
  /** The bot that is meant, where the person says so. */
  readonly bot: string | null;
  readonly words: string;
}

/** "/schedule@my_bot fri 18:30"; hyphens too, which Telegram itself does not take for a command's letter. */
export function readCommand(text: string): TypedCommand | null {
  const [, name, bot = null, words = ''] =
    /^\/([a-z0-9][a-z0-9_-]*)(?:@([a-z0-9_]+))?(?:\s+([\s\S]*))?$/i.exec(text.trim()) ?? [];
  return name === undefined ? null : { name: name.toLowerCase(), bot, words: words.trim() };
}

/** Whether a command is for `botName`, by name or because it names no bot. */
export const isMeant = ({ bot }: TypedCommand, botName: string): boolean =>
  bot === null || bot.toLowerCase() === botName.toLowerCase();

/** A message in a private chat. Several where they are an album: their clips together, with what was written beside any of them. */
export function readMessages(messages: readonly Message[], key: string, offerClips: OfferClips): Invocation | null {
  const [first] = messages;
  if (!first?.from) return null;
  const base = { key, person: personOf(first.from, first.chat.id), isPrivate: true };
  const own = messages.flatMap(offerClips);
  const clips = own.length > 0 || !first.reply_to_message ? own : offerClips(first.reply_to_message);
  const text = messages.map(({ text, caption }) => text ?? caption ?? '').find(words => words !== '') ?? '';
  const command = readCommand(text);
  if (command?.name === 'start') return { ...base, kind: 'start', payload: command.words };
  if (command)
    return { ...base, kind: 'command', command: command.name, options: {}, typed: { words: command.words, clips } };
  if (clips.length > 0) return { ...base, kind: 'clips', clips, text };
  return { ...base, kind: 'text', text };
}

/** A pressed button in a private chat. */
export function readPress(query: NonNullable<Update['callback_query']>, key: string): Invocation | null {
  const { message, data, from } = query;
  if (!message || data === undefined) return null;
  return {
    key,
    person: personOf(from, message.chat.id),
    isPrivate: true,
    kind: 'press',
    id: data,
    messageRef: String(message.message_id),
  };
}
