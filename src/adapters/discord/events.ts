// What people did on Discord, as Invocations.

import {
  ApplicationCommandOptionType,
  type AutocompleteInteraction,
  type ChatInputCommandInteraction,
  InteractionContextType,
  type Message,
  type MessageComponentInteraction,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
  type User,
} from 'discord.js';
import { withValue } from '../../chat/action-id.ts';
import type { ClipOffer, Invocation, OptionValue, Person, SuggestionRequest } from '../../chat/invocation.ts';
import { isAppError } from '../../domain/errors.ts';
import { type DiscordAttachment, looksLikeVideo } from './attachments.ts';
import { readModal } from './render/modal.ts';

export const PLATFORM = 'discord';

/** Interactions that end in an answer; autocomplete ends in suggestions. */
export type AnsweredInteraction =
  | ChatInputCommandInteraction
  | MessageContextMenuCommandInteraction
  | MessageComponentInteraction
  | ModalSubmitInteraction;

type Offer = (attachment: DiscordAttachment) => ClipOffer;

/** Direct messages are opened by the person's id: it holds when the channel's is not known yet. */
export const personOf = (user: User): Person => ({
  platform: PLATFORM,
  personId: user.id,
  name: user.displayName,
  chatId: user.id,
});

/** Whether it happened between the person and the bot alone; nothing needs hiding there. */
export const isDirect = ({ context }: Pick<AnsweredInteraction, 'context'>): boolean =>
  context === InteractionContextType.BotDM;

export function readInteraction(interaction: AnsweredInteraction, offer: Offer): Invocation {
  const base = {
    key: `${PLATFORM}:${interaction.id}`,
    person: personOf(interaction.user),
    isPrivate: isDirect(interaction),
  };
  if (interaction.isModalSubmit()) {
    const values = readModal(interaction, offer);
    return { ...base, kind: 'form', id: interaction.customId, values, messageRef: interaction.message?.id ?? null };
  }
  if (interaction.isMessageContextMenuCommand()) {
    const { targetMessage, user } = interaction;
    // Somebody else's words are no caption of this person's.
    const text = targetMessage.author.id === user.id ? targetMessage.content : '';
    return { ...base, kind: 'clips', clips: clipsOf(targetMessage, offer), text };
  }
  if (interaction.isMessageComponent()) {
    return { ...base, kind: 'press', id: pressedId(interaction), messageRef: interaction.message.id };
  }
  return { ...base, kind: 'command', command: interaction.commandName, options: readOptions(interaction, offer) };
}

function pressedId(interaction: MessageComponentInteraction): string {
  const { customId } = interaction;
  const [chosen] = interaction.isStringSelectMenu() ? interaction.values : [];
  if (chosen === undefined) return customId;
  try {
    return withValue(customId, chosen);
  } catch (error) {
    // A select of another version: it goes on as it is, and dispatch explains.
    if (isAppError(error, 'button_unknown')) return customId;
    throw error;
  }
}

function readOptions({ options }: ChatInputCommandInteraction, offer: Offer): Record<string, OptionValue> {
  const values: Record<string, OptionValue> = {};
  for (const { name, type, value, attachment } of options.data) {
    if (type === ApplicationCommandOptionType.Attachment && attachment) values[name] = offer(attachment);
    else if (typeof value === 'string') values[name] = value;
  }
  return values;
}

/** The videos of a message, those of a forwarded one included; without any, whatever is attached, to be told what is wrong. */
export function clipsOf(message: Message, offer: Offer): ClipOffer[] {
  const forwarded = [...(message.messageSnapshots?.values() ?? [])].flatMap(({ attachments }) => [
    ...(attachments?.values() ?? []),
  ]);
  const attached = [...message.attachments.values(), ...forwarded];
  const videos = attached.filter(looksLikeVideo);
  return (videos.length > 0 ? videos : attached).map(offer);
}

/** A message to the bot: clips with the words beside them, or words alone. */
export function readMessage(message: Message, offer: Offer): Invocation {
  const base = { key: `${PLATFORM}:${message.id}`, person: personOf(message.author), isPrivate: true };
  const clips = clipsOf(message, offer);
  return clips.length > 0
    ? { ...base, kind: 'clips', clips, text: message.content }
    : { ...base, kind: 'text', text: message.content };
}

export function readSuggestionRequest(interaction: AutocompleteInteraction): SuggestionRequest {
  const { name, value } = interaction.options.getFocused(true);
  return { person: personOf(interaction.user), command: interaction.commandName, option: name, text: String(value) };
}
