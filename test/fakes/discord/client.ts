// What Discord's own client sends for a person: interactions and messages, after the checks that it makes itself.

import {
  ApplicationCommandOptionType,
  GatewayDispatchEvents,
  GatewayIntentBits,
  InteractionContextType,
  InteractionType,
} from 'discord.js';
import { type ClipOffer, type OptionValue, readChecks } from '#chat/invocation.ts';
import type { FakeDiscord } from './server.ts';
import {
  apiMessage,
  apiUser,
  type FakeAttachment,
  type FakeGuild,
  type FakeInteraction,
  type FakeMessage,
  type FakeUser,
} from './state.ts';

type Values = Readonly<Record<string, OptionValue>>;

export interface ClientSetting {
  readonly user: FakeUser;
  readonly guild: FakeGuild | null;
  readonly uploadLimitBytes: number;
}

export type FakeClient = ReturnType<typeof createClient>;

export function createClient(fake: FakeDiscord, { user, guild, uploadLimitBytes }: ClientSetting) {
  const { state } = fake;
  const here = guild?.channelId ?? user.dmChannelId;

  function interact(
    kind: FakeInteraction['kind'],
    type: InteractionType,
    data: object,
    source: FakeMessage | null = null,
  ): FakeInteraction {
    const channelId = source?.channelId ?? here;
    const place = guild?.channelId === channelId ? guild : null;
    const interaction: FakeInteraction = {
      id: state.nextId(),
      token: `token-${state.nextId()}`,
      user,
      channelId,
      guild: place,
      kind,
      sourceId: source?.id ?? null,
      sentAt: Date.now(),
      first: null,
      isHidden: false,
      originalId: null,
      followUps: 0,
      isTokenOver: false,
      modal: null,
      choices: null,
      shown: [],
    };
    state.interactions.set(interaction.id, interaction);
    const member = { user: apiUser(user), roles: [], permissions: '0', joined_at: null, flags: 0 };
    fake.gateway.dispatch(GatewayDispatchEvents.InteractionCreate, {
      id: interaction.id,
      application_id: state.applicationId,
      type,
      token: interaction.token,
      version: 1,
      ...(place ? { guild_id: place.id, member } : { user: apiUser(user) }),
      channel_id: channelId,
      channel: { id: channelId, type: place ? 0 : 1 },
      context: place ? InteractionContextType.Guild : InteractionContextType.BotDM,
      authorizing_integration_owners: place?.hasBot ? { 0: place.id } : { 1: user.id },
      attachment_size_limit: uploadLimitBytes,
      app_permissions: '0',
      locale: 'en-US',
      entitlements: [],
      data,
      ...(source && { message: apiMessage(state, source) }),
    });
    return interaction;
  }

  /** Somebody's message in a channel, as Discord keeps it. */
  const messageOf = (
    authorId: string,
    channelId: string,
    content: string,
    attachments: FakeAttachment[],
  ): FakeMessage => ({
    id: state.nextId(),
    channelId,
    authorId,
    hiddenFor: null,
    createdAt: Date.now(),
    content,
    components: [],
    flags: 0,
    answers: null,
    nonce: null,
    isDeleted: false,
    edits: 0,
    attachments,
    files: [],
  });

  function readOptions(commandName: string, values: Values) {
    const command = state.commands.find(({ type = 1, name }) => type === 1 && name === commandName);
    if (!command)
      throw new Error(`/${commandName} is not registered; there are ${state.commands.map(({ name }) => name)}`);
    const attachments: Record<string, FakeAttachment> = {};
    for (const { name, required } of command.options ?? [])
      if (required && values[name] === undefined) throw new Error(`/${commandName} needs ${name}`);
    const options = Object.entries(values).map(([name, value]) => {
      if (!command.options?.some(option => option.name === name))
        throw new Error(`/${commandName} has no option ${name}`);
      if (typeof value === 'string') return { name, type: ApplicationCommandOptionType.String, value };
      const attachment = { ...fake.upload(value), ephemeral: true };
      attachments[attachment.id] = attachment;
      return { name, type: ApplicationCommandOptionType.Attachment, value: attachment.id };
    });
    return { id: command.id ?? '', name: commandName, type: 1, options, resolved: { attachments } };
  }

  return {
    here,

    command: (name: string, values: Values): FakeInteraction =>
      interact('command', InteractionType.ApplicationCommand, readOptions(name, values)),

    press: (message: FakeMessage, custom_id: string, values?: string[]): FakeInteraction =>
      interact(
        'component',
        InteractionType.MessageComponent,
        { custom_id, component_type: values ? 3 : 2, ...(values && { values }) },
        message,
      ),

    suggest(commandName: string, option: string, text: string): FakeInteraction {
      const options = [{ name: option, type: ApplicationCommandOptionType.String, value: text, focused: true }];
      const data = { id: '1', name: commandName, type: 1, options };
      return interact('autocomplete', InteractionType.ApplicationCommandAutocomplete, data);
    },

    submit(form: NonNullable<FakeInteraction['modal']>, source: FakeMessage | null, values: Values): FakeInteraction {
      const attachments: Record<string, FakeAttachment> = {};
      const upload = (offer: ClipOffer) => {
        const attachment = fake.upload(offer);
        attachments[attachment.id] = attachment;
        return attachment.id;
      };
      const components = form.components.map(label => {
        const { component } = label as unknown as { component: Input };
        return { type: 18, id: 1, component: fillIn(component, values[component.custom_id], upload) };
      });
      const data = { custom_id: form.custom_id, components, resolved: { attachments } };
      return interact('modal', InteractionType.ModalSubmit, data, source);
    },

    /** The message command, used on a message of `by` in the channel. */
    useMessageCommand(by: FakeUser, clips: readonly ClipOffer[], words: string): FakeInteraction {
      const command = state.commands.find(({ type }) => type === 3);
      if (!command) throw new Error('no message command is registered');
      const target = messageOf(
        by.id,
        here,
        words,
        clips.map(clip => fake.upload(clip)),
      );
      const resolved = { messages: { [target.id]: apiMessage(state, target) } };
      const data = { id: command.id ?? '', name: command.name, type: 3, target_id: target.id, resolved };
      return interact('command', InteractionType.ApplicationCommand, data);
    },

    /** A message to the bot itself; `forwarded` are clips of a message passed on. */
    write(content: string, clips: readonly ClipOffer[], forwarded: readonly ClipOffer[] = []): FakeMessage {
      const message = messageOf(
        user.id,
        user.dmChannelId,
        content,
        clips.map(clip => fake.upload(clip)),
      );
      state.messages.set(message.id, message);
      const snapshot = {
        content: '',
        attachments: forwarded.map(clip => fake.upload(clip)),
        embeds: [],
        timestamp: new Date().toISOString(),
        edited_timestamp: null,
        flags: 0,
        mentions: [],
        mention_roles: [],
        type: 0,
      };
      fake.gateway.dispatch(
        GatewayDispatchEvents.MessageCreate,
        {
          ...apiMessage(state, message),
          channel_type: 1,
          ...(forwarded.length > 0 && {
            message_snapshots: [{ message: snapshot }],
            message_reference: { type: 1, channel_id: here, message_id: state.nextId() },
          }),
        },
        GatewayIntentBits.DirectMessages,
      );
      return message;
    },
  };
}

interface Input {
  readonly type: number;
  readonly custom_id: string;
  readonly required?: boolean;
  readonly value?: string;
  readonly max_length?: number;
  readonly options?: readonly { value: string; default?: boolean }[];
}

/** One field as Discord's client submits it. */
function fillIn(input: Input, given: OptionValue | undefined, upload: (offer: ClipOffer) => string) {
  const { type, custom_id, required } = input;
  const must = (value: unknown) => {
    if (required && !value) throw new Error(`the field ${custom_id} must be filled in`);
  };
  if (typeof given === 'object') return { type, id: 2, custom_id, values: [upload(given)] };
  if (type === 4) {
    const value = given ?? input.value ?? '';
    must(value);
    if (value.length > (input.max_length ?? 4000)) throw new Error(`${custom_id} takes ${input.max_length} characters`);
    return { type, id: 2, custom_id, value };
  }
  if (type === 22) {
    const defaults = (input.options ?? []).filter(option => option.default).map(({ value }) => value);
    const checked = given === undefined ? defaults : [...readChecks(given)];
    must(checked[0]);
    return { type, id: 2, custom_id, values: checked };
  }
  const chosen = given ?? input.options?.find(option => option.default)?.value;
  must(chosen);
  if (type === 21) return { type, id: 2, custom_id, value: chosen ?? null };
  return { type, id: 2, custom_id, values: chosen === undefined ? [] : [chosen] };
}
