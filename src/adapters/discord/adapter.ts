// Discord as a chat platform of the bot: interactions and direct messages in, Invocations out; Replies in, messages out.

import {
  type AutocompleteInteraction,
  Events,
  type Interaction,
  type Message,
  MessageType,
  type REST,
} from 'discord.js';
import type { Adapter, AdapterLimits, InstallLink, SendOutcome } from '../../chat/adapter.ts';
import type { Command } from '../../chat/command.ts';
import type { Dispatch } from '../../chat/dispatch.ts';
import type { PictureOf } from '../../chat/picture.ts';
import { answerInteraction, followUpHidden } from './answering.ts';
import { CDN_ORIGINS, type DiscordAttachment, offerAttachment } from './attachments.ts';
import { createCompose } from './composing.ts';
import { createDelivery } from './delivery.ts';
import { answerMessage } from './direct-clips.ts';
import { createDirectMessages } from './direct-messages.ts';
import { type AnsweredInteraction, PLATFORM, readInteraction, readMessage, readSuggestionRequest } from './events.ts';
import { isAnsweredOrOver } from './failures.ts';
import { createGateway, type GatewayLog } from './gateway.ts';
import type { Progress } from './progress.ts';
import { hashOf, isSame, register, toDiscordCommands } from './registration.ts';
import { cut, OPTION_LIMIT, OPTIONS_LIMIT } from './render/controls.ts';
import { FIELDS_LIMIT } from './render/modal.ts';

export const DISCORD_LIMITS: AdapterLimits = {
  forms: true,
  fieldsAtOnce: FIELDS_LIMIT,
  edits: true,
  // For some minutes, by nonce; a notice is sent again within one.
  deduplicatesSends: true,
  deepLink: null,
  linkPage: false,
  optionsAtOnce: null,
  // A resumed connection replays only what was not confirmed, and Discord takes no second answer to an interaction.
  redelivers: false,
  maxClipBytes: null,
  opensItself: false,
};

export interface DiscordOptions<Services> {
  readonly token: string;
  /** Null: Discord itself. */
  readonly apiRoot: string | null;
  /** Where attachments may be fetched from. */
  readonly cdnOrigins?: ReadonlySet<string>;
  readonly commands: readonly Command<Services>[];
  /** Not there: cards show no pictures of clips. */
  readonly pictureOf?: PictureOf;
  /** What is remembered from start to start: the hash of what was registered. */
  readonly memory: { read(name: string): Promise<string | null>; write(name: string, value: string): Promise<void> };
  readonly clock: () => number;
  readonly log: GatewayLog;
}

/** Where a server's administrator, or a person for themselves, adds the bot. No permission is asked for: none is needed. */
export const installLinks = (applicationId: string): readonly InstallLink[] => {
  const address = `https://discord.com/oauth2/authorize?client_id=${applicationId}`;
  return [
    { to: 'a Discord server', url: `${address}&scope=bot+applications.commands&permissions=0&integration_type=0` },
    { to: 'your own Discord account', url: `${address}&scope=applications.commands&integration_type=1` },
  ];
};

export interface DiscordAdapter extends Adapter {
  isReady(): boolean;
  /** Why Discord will not work until somebody does something; null while it may. */
  fault(): string | null;
}

export function createDiscordAdapter<Services>(options: DiscordOptions<Services>): DiscordAdapter {
  const { token, apiRoot, cdnOrigins = CDN_ORIGINS, memory, clock, log } = options;
  const gateway = createGateway({ token, apiRoot, log });
  const direct = createDirectMessages({ token, apiRoot });
  const compose = createCompose(options.pictureOf);
  const delivery = createDelivery({ direct, compose, clock, log });
  const running = new Set<Promise<void>>();
  let bot: { readonly name: string; readonly applicationId: string } | null = null;
  let isStopping = false;

  /** Runs a handler that `stop` waits for. Its failure is logged: there is nobody left to tell. */
  function run(name: string, handle: () => Promise<void>): void {
    if (isStopping) return;
    const task = handle()
      .catch(error => log.error({ err: error }, `Discord: ${name} failed`))
      .finally(() => running.delete(task));
    running.add(task);
  }

  const offers = (progress: Progress, limitBytes: number | null) => (attachment: DiscordAttachment) =>
    progress.watch(offerAttachment(attachment, { origins: cdnOrigins, limitBytes, onBytes: progress.onBytes }));

  const answer = (interaction: AnsweredInteraction, dispatch: Dispatch): Promise<void> =>
    answerInteraction(interaction, {
      dispatch,
      limits: DISCORD_LIMITS,
      compose,
      read: (event, progress) => readInteraction(event, offers(progress, limitOf(event))),
      async sendDirect(userId, message, key) {
        return direct.post(await direct.open(userId), message, { idempotencyKey: key });
      },
      seen: event => delivery.noteContact(event.user.id, message => followUpHidden(event, message)),
      log,
    });

  /** What this person may upload here. A message that was posted before has passed another person's limit. */
  const limitOf = (interaction: AnsweredInteraction): number | null =>
    interaction.isMessageContextMenuCommand() ? null : (interaction.attachmentSizeLimit ?? null);

  async function suggest(interaction: AutocompleteInteraction, dispatch: Dispatch): Promise<void> {
    const choices = await dispatch.suggest(readSuggestionRequest(interaction), DISCORD_LIMITS);
    try {
      await interaction.respond(
        choices.slice(0, OPTIONS_LIMIT).map(({ label, value }) => ({ name: cut(label, OPTION_LIMIT), value })),
      );
    } catch (error) {
      // Whoever types on does not wait for suggestions.
      if (!isAnsweredOrOver(error)) throw error;
    }
  }

  function onInteraction(interaction: Interaction, dispatch: Dispatch): void {
    if (interaction.isAutocomplete()) run('autocomplete', () => suggest(interaction, dispatch));
    else if (
      interaction.isChatInputCommand() ||
      interaction.isMessageContextMenuCommand() ||
      interaction.isMessageComponent() ||
      interaction.isModalSubmit()
    )
      run('an interaction', () => answer(interaction, dispatch));
  }

  function onMessage(message: Message, dispatch: Dispatch): void {
    const isOfPerson = !message.author.bot && !message.system && !message.inGuild();
    const isWritten = message.type === MessageType.Default || message.type === MessageType.Reply;
    if (!isOfPerson || !isWritten) return;
    delivery.noteMessage(message.author.id);
    run('a message', () =>
      answerMessage(message, {
        dispatch,
        limits: DISCORD_LIMITS,
        compose,
        read: (event, progress) => readMessage(event, offers(progress, null)),
        direct,
        log,
      }),
    );
  }

  /** Registers the commands where they differ from what was registered last. Discord being down now stops nothing. */
  async function registerChanges(rest: REST, applicationId: string): Promise<void> {
    const wanted = toDiscordCommands(options.commands);
    const [key, hash] = [`discord-commands:${applicationId}`, hashOf(wanted)];
    if ((await memory.read(key)) === hash) return;
    const diff = await register(rest, applicationId, wanted);
    await memory.write(key, hash);
    if (!isSame(diff)) log.info(diff, 'Discord: commands registered');
  }

  return {
    platform: PLATFORM,
    limits: DISCORD_LIMITS,
    isReady: gateway.isReady,
    calledAs: () => bot?.name ?? null,
    installLinks: () => (bot ? installLinks(bot.applicationId) : []),
    fault: gateway.fault,

    async start(dispatch) {
      await gateway.start(client => {
        client.on(Events.InteractionCreate, interaction => onInteraction(interaction, dispatch));
        client.on(Events.MessageCreate, message => onMessage(message, dispatch));
        client.once(Events.ClientReady, ({ application, user, rest }) => {
          bot = { name: user.tag, applicationId: application.id };
          log.info({ bot: user.tag }, 'Discord is connected');
          run('registering the commands', () => registerChanges(rest, application.id));
        });
      });
    },

    async stop() {
      isStopping = true;
      while (running.size > 0) await Promise.allSettled(running);
      await gateway.stop();
      direct.stop();
    },

    // The list of direct messages: only Discord's own clients know where the person was.
    chatUrl: () => 'https://discord.com/channels/@me',

    send: (chatId, message): Promise<SendOutcome> => delivery.send(chatId, message),
  };
}
