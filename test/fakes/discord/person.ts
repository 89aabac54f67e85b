// A person at a Discord of ours: types registered commands, presses buttons that are there, fills in the form on the screen, and
// reads. The same verbs as the headless person, so that the same stories are told.

import { MessageFlags } from 'discord.js';
import type { ChatMessage } from '#adapters/headless/adapter.ts';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { renderText } from '#adapters/headless/render-text.ts';
import type { ClipOffer, OptionValue } from '#chat/invocation.ts';
import type { Button, Control, Form, Reply, Select } from '#chat/reply.ts';
import { createClient, type FakeClient } from './client.ts';
import { markdownOf, readScreen } from './screen.ts';
import type { FakeDiscord } from './server.ts';
import type { FakeGuild, FakeInteraction, FakeMessage, FakeUser } from './state.ts';

/** Where somebody uses the bot: its direct messages, a server that has it, or one that does not, having installed it themselves. */
export type Place = 'direct' | 'server' | 'installed';

/** What somebody without Nitro may upload, bytes. */
const UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024;
const WAIT_MS = 15_000;
/** What stands where the answer will be while a clip is on its way. */
const PROGRESS = /^(?:Taking in|Looking at) /;

export interface DiscordPerson extends HeadlessPerson {
  readonly user: FakeUser;
  /** The server that this person uses the bot in; null for direct messages. */
  readonly guild: FakeGuild | null;
  /** What this person's client sends, without waiting for an answer. */
  readonly client: FakeClient;
  /** What stands in the chat, as Discord keeps it. */
  readonly shown: readonly FakeMessage[];
  /** The markdown of a message, the newest without one, as the bot sent it. */
  markdown(message?: ChatMessage): string;
  /** What an interaction ends in: a message, or the form that opened. */
  outcomeOf(interaction: FakeInteraction, what?: string): Promise<ChatMessage | Form>;
  /** Presses at a message, whichever it is: one of last week, or one that was deleted. */
  pressAt(ref: string, id: string): Promise<ChatMessage | Form>;
  /** Types into an option and reads what is offered. */
  suggest(commandName: string, option: string, text: string): Promise<{ name: string; value: string }[]>;
  /** Forwards somebody's clip to the bot. */
  forwardClip(clip: ClipOffer): Promise<ChatMessage>;
  /** Uses the message command on clips that `by` posted in the channel; without a name, this person did. */
  scheduleMessage(clips: readonly ClipOffer[], posted?: { words?: string; by?: string }): Promise<ChatMessage>;
}

export interface DiscordPersonOptions {
  readonly name: string;
  readonly place?: Place;
  readonly clock?: () => number;
  /** The zone of the person's device. */
  readonly zone?: string;
  readonly uploadLimitBytes?: number;
}

const isLabel = (wanted: string | RegExp, label: string): boolean =>
  typeof wanted === 'string' ? label === wanted : wanted.test(label);
const isButton = (control: Control): control is Button => control.kind === 'button';
const isSelect = (control: Control): control is Select => control.kind === 'select';

export function createDiscordPerson(
  fake: FakeDiscord,
  {
    name,
    place = 'direct',
    clock = Date.now,
    zone = 'Europe/Berlin',
    uploadLimitBytes = UPLOAD_LIMIT_BYTES,
  }: DiscordPersonOptions,
): DiscordPerson {
  const { state } = fake;
  const user = fake.user(name);
  const guild = place === 'direct' ? null : fake.guild();
  if (guild && place === 'installed') guild.hasBot = false;
  const client = createClient(fake, { user, guild, uploadLimitBytes });
  let open: { form: NonNullable<FakeInteraction['modal']>; source: FakeMessage | null } | null = null;

  const isVisible = (message: FakeMessage) =>
    message.authorId === state.botId &&
    !message.isDeleted &&
    [user.dmChannelId, client.here].includes(message.channelId) &&
    (message.hiddenFor === null || message.hiddenFor === user.id);
  const shown = () => [...state.messages.values()].filter(isVisible);
  const screenOf = (message: FakeMessage): Reply => readScreen(message, { now: clock(), zone });
  const readOne = (message: FakeMessage) => renderText(screenOf(message), clock());
  const toChatMessage = (message: FakeMessage): ChatMessage => ({
    ref: message.id,
    reply: screenOf(message),
    answers: message.answers,
    isSilent: (message.flags & MessageFlags.SuppressNotifications) !== 0,
  });
  /** As it stands now, which need not be as it stood when the person got it. */
  const read = (message?: ChatMessage) => {
    const stored = message ? state.messages.get(message.ref) : shown().at(-1);
    return stored ? readOne(stored) : '';
  };
  const readAll = () => shown().map(readOne).join('\n---\n');

  function outcomeOf(interaction: FakeInteraction, what = 'interaction'): Promise<ChatMessage | Form> {
    const look = (): ChatMessage | Form | null => {
      const { modal, sourceId } = interaction;
      if (modal) {
        open = { form: modal, source: sourceId === null ? null : (state.messages.get(sourceId) ?? null) };
        return { id: modal.custom_id, title: modal.title, submitLabel: 'Submit', fields: [] };
      }
      const message = interaction.shown.at(-1);
      return message && !PROGRESS.test(readOne(message)) ? toChatMessage(message) : null;
    };
    return fake.waitFor(look, `the answer to ${name}’s ${what}`, WAIT_MS);
  }

  async function expectMessage(interaction: FakeInteraction, what: string): Promise<ChatMessage> {
    const message = await outcomeOf(interaction, what);
    if ('ref' in message) return message;
    throw new Error(`${name} expected a message and got the form “${message.title}”`);
  }

  async function answerTo({ id }: FakeMessage): Promise<ChatMessage> {
    const isAnswer = (message: FakeMessage) => message.answers === id && !PROGRESS.test(readOne(message));
    return toChatMessage(
      await fake.waitFor(() => shown().findLast(isAnswer), `the answer to ${name}’s message`, WAIT_MS),
    );
  }

  function find<T extends Control>(
    test: (control: Control) => control is T,
    isWanted: (control: T) => boolean,
    what: string,
  ): { control: T; message: FakeMessage } {
    for (const message of shown().toReversed())
      for (const control of screenOf(message).rows.flat())
        if (test(control) && isWanted(control)) return { control, message };
    throw new Error(`${name} looked for ${what}; the chat shows:\n${readAll()}`);
  }

  const findButton = (label: string | RegExp) => find(isButton, one => isLabel(label, one.label), `a button ${label}`);
  const command = (commandName: string, values: Record<string, OptionValue> = {}) =>
    expectMessage(client.command(commandName, values), `/${commandName}`);

  return {
    user,
    guild,
    client,
    get messages() {
      return shown().map(toChatMessage);
    },
    get shown() {
      return shown();
    },
    read,
    markdown(message) {
      const found = message ? state.messages.get(message.ref) : shown().at(-1);
      return found ? markdownOf(found) : '';
    },
    outcomeOf,
    command,
    say: words => answerTo(client.write(words, [])),
    sendClips: (clips, words = '') => answerTo(client.write(words, clips)),
    forwardClip: clip => answerTo(client.write('', [], [clip])),
    scheduleMessage: (clips, { words = '', by = name } = {}) =>
      expectMessage(client.useMessageCommand(fake.user(by), clips, words), 'message command'),
    // Discord has no deep links: a payload is a code, given to the command that takes it.
    open: (payload = '') => (payload ? command('claim', { code: payload }) : command('help')),

    async suggest(commandName, option, text) {
      const interaction = client.suggest(commandName, option, text);
      const choices = await fake.waitFor(() => interaction.choices, `suggestions for “${text}”`, WAIT_MS);
      return choices.map(choice => ({ name: choice.name, value: String(choice.value) }));
    },

    async press(label) {
      const { control, message } = findButton(label);
      if (control.disabled) throw new Error(`${name} pressed ${control.label}, which is disabled:\n${readAll()}`);
      return outcomeOf(client.press(message, control.id), `press of ${control.label}`);
    },

    async choose(placeholder, option) {
      const { control, message } = find(
        isSelect,
        one => isLabel(placeholder, one.placeholder),
        `a choice ${placeholder}`,
      );
      const chosen = control.options.find(({ label }) => isLabel(option, label));
      if (!chosen)
        throw new Error(`${name} looked for ${option} in ${control.options.map(({ label }) => label).join(', ')}`);
      return outcomeOf(client.press(message, control.id, [chosen.value]), `choice of ${chosen.label}`);
    },

    idOf: label => findButton(label).control.id,

    async pressAt(ref, id) {
      const message = state.messages.get(ref);
      if (!message) throw new Error(`there never was a message ${ref}`);
      return outcomeOf(client.press(message, id), `press of ${id}`);
    },

    async pressId(id) {
      const message = shown().at(-1);
      if (!message) throw new Error(`${name} has no message to press at`);
      return outcomeOf(client.press(message, id), `press of ${id}`);
    },

    async fill(values) {
      if (!open) throw new Error(`${name} has no form to fill in; the chat shows:\n${readAll()}`);
      const { form, source } = open;
      open = null;
      return expectMessage(client.submit(form, source, values), `form “${form.title}”`);
    },

    // In a button, or in the text where Discord takes no such address in buttons.
    linkOf(label) {
      for (const message of shown().toReversed()) {
        for (const control of screenOf(message).rows.flat())
          if (control.kind === 'link' && isLabel(label, control.label)) return control.url;
        for (const [, linked = '', address, plain = '', typed] of markdownOf(message).matchAll(
          /\[([^\]]+)\]\(<([^>]+)>\)|^(.+?): <([^>]+)>$/gm,
        ))
          if (isLabel(label, linked || plain)) return address ?? typed ?? '';
      }
      throw new Error(`${name} looked for a link ${label}; the chat shows:\n${readAll()}`);
    },

    async waitFor(matches, timeoutMs = WAIT_MS) {
      const test = (message: FakeMessage) => {
        if (typeof matches === 'function') return matches(screenOf(message));
        return typeof matches === 'string' ? readOne(message).includes(matches) : matches.test(readOne(message));
      };
      try {
        return toChatMessage(await fake.waitFor(() => shown().findLast(test), String(matches), timeoutMs));
      } catch (error) {
        throw new Error(`${name} saw no ${matches}; the chat shows:\n${readAll()}`, { cause: error });
      }
    },
  };
}
