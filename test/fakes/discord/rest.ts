// The REST side of a Discord of ours: what the bot asks for and writes, with Discord's own refusals.

import { InteractionResponseType, MessageFlags } from 'discord.js';
import { checkCommands, checkMessage, checkModal } from './rules.ts';
import { apiMessage, type DiscordState, type FakeInteraction, type FakeMessage, type FakeUser } from './state.ts';

/** After this the first response is refused, as if the interaction had never been. */
const FIRST_RESPONSE_MS = 3_000;
const FOLLOW_UPS_OF_STRANGERS = 5;

export interface RestRequest {
  readonly method: string;
  /** Without the version's prefix. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | null;
  readonly body: Record<string, unknown>;
  readonly files: { name: string; bytes: Buffer }[];
}

export interface RestAnswer {
  readonly status: number;
  readonly body?: unknown;
}

const refuse = (status: number, code: number, message: string): RestAnswer => ({ status, body: { code, message } });
const NO_CONTENT: RestAnswer = { status: 204 };
const UNKNOWN_MESSAGE = refuse(404, 10_008, 'Unknown Message');

const POLICY_REFUSALS = {
  closed: refuse(403, 50_007, 'Cannot send messages to this user'),
  'no mutual server': refuse(403, 50_278, 'Cannot send messages to this user due to having no mutual guilds'),
  'missing access': refuse(403, 50_001, 'Missing Access'),
} as const;

export interface RestDeps {
  readonly state: DiscordState;
  readonly tokens: ReadonlySet<string>;
  readonly gatewayUrl: () => string;
  /** How many connections the bot is told to open. */
  readonly shards: number;
  /** Told of every break of Discord's rules; a test that finds one here has found a message that nobody would get. */
  readonly violations: string[];
  readonly clock: () => number;
}

export function createRest({ state, tokens, gatewayUrl, shards, violations, clock }: RestDeps) {
  const findMessage = (channelId: string, id: string): FakeMessage | undefined => {
    const message = state.messages.get(id);
    return message?.channelId === channelId && !message.isDeleted ? message : undefined;
  };
  const findByToken = (token: string): FakeInteraction | undefined =>
    [...state.interactions.values()].find(interaction => interaction.token === token);

  function judge(faults: string[]): RestAnswer | null {
    if (faults.length === 0) return null;
    violations.push(...faults);
    return refuse(400, 50_035, `Invalid Form Body: ${faults.join('; ')}`);
  }

  const judgeMessage = ({ body, files }: Pick<RestRequest, 'body' | 'files'>, isNew: boolean) =>
    judge(
      checkMessage(
        body,
        files.map(({ name }) => name),
        isNew,
      ),
    );

  function addMessage(
    { body, files }: Pick<RestRequest, 'body' | 'files'>,
    channelId: string,
    hiddenFor: string | null,
  ): FakeMessage {
    const reference = body.message_reference as { message_id?: string } | undefined;
    const message: FakeMessage = {
      id: state.nextId(),
      channelId,
      authorId: state.botId,
      hiddenFor,
      createdAt: Date.now(),
      content: '',
      components: [],
      flags: 0,
      answers: reference?.message_id ?? null,
      nonce: typeof body.nonce === 'string' ? body.nonce : null,
      isDeleted: false,
      edits: -1,
      attachments: [],
      files: [],
    };
    state.messages.set(message.id, message);
    return write(message, { body, files });
  }

  function write(message: FakeMessage, { body, files }: Pick<RestRequest, 'body' | 'files'>): FakeMessage {
    message.components = (body.components ?? message.components) as FakeMessage['components'];
    message.flags |= Number(body.flags ?? 0) | (message.hiddenFor ? MessageFlags.Ephemeral : 0);
    message.files = files;
    message.edits += 1;
    return message;
  }

  function callback(interaction: FakeInteraction | undefined, request: RestRequest): RestAnswer {
    if (!interaction || clock() - interaction.sentAt > FIRST_RESPONSE_MS)
      return refuse(404, 10_062, 'Unknown interaction');
    if (interaction.first) return refuse(400, 40_060, 'Interaction has already been acknowledged.');
    const { type, data = {} } = request.body as { type: number; data?: Record<string, unknown> };
    if (type === InteractionResponseType.ChannelMessageWithSource) {
      const refused = judgeMessage({ body: data, files: request.files }, true);
      if (refused) return refused;
    }
    if (type === InteractionResponseType.Modal) {
      const refused =
        interaction.kind === 'modal' ? refuse(400, 50_035, 'A modal after a modal') : judge(checkModal(data));
      if (refused) return refused;
      interaction.modal = data as unknown as FakeInteraction['modal'];
    }
    interaction.first = { type, afterMs: clock() - interaction.sentAt };
    interaction.isHidden = (Number(data.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
    if (type === InteractionResponseType.ApplicationCommandAutocompleteResult)
      interaction.choices = data.choices as FakeInteraction['choices'];
    if (type === InteractionResponseType.DeferredMessageUpdate) interaction.originalId = interaction.sourceId;
    if (type === InteractionResponseType.ChannelMessageWithSource)
      show(
        interaction,
        addMessage({ body: data, files: request.files }, interaction.channelId, hiddenFor(interaction)),
      );
    return NO_CONTENT;
  }

  const hiddenFor = (interaction: FakeInteraction): string | null =>
    interaction.isHidden ? interaction.user.id : null;

  function show(interaction: FakeInteraction, message: FakeMessage): void {
    interaction.originalId ??= message.id;
    interaction.shown.push(message);
  }

  function editOriginal(interaction: FakeInteraction, request: RestRequest): RestAnswer {
    const refused = judgeMessage(request, false);
    if (refused) return refused;
    if (interaction.originalId === null)
      show(interaction, addMessage(request, interaction.channelId, hiddenFor(interaction)));
    else {
      const original = findMessage(interaction.channelId, interaction.originalId);
      if (!original) return UNKNOWN_MESSAGE;
      show(interaction, write(original, request));
    }
    const message = interaction.shown.at(-1);
    return { status: 200, body: message && apiMessage(state, message) };
  }

  function followUp(interaction: FakeInteraction, request: RestRequest): RestAnswer {
    if (!interaction.guild?.hasBot && interaction.guild && ++interaction.followUps > FOLLOW_UPS_OF_STRANGERS)
      return refuse(400, 40_094, 'Maximum number of follow ups reached');
    const refused = judgeMessage(request, true);
    if (refused) return refused;
    // The first follow-up of a deferred answer takes its place, and its visibility.
    const isDeferred = interaction.first?.type === InteractionResponseType.DeferredChannelMessageWithSource;
    const wantsHidden = (Number(request.body.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
    const isHidden = isDeferred && interaction.originalId === null ? interaction.isHidden : wantsHidden;
    const message = addMessage(request, interaction.channelId, isHidden ? interaction.user.id : null);
    show(interaction, message);
    return { status: 200, body: apiMessage(state, message) };
  }

  function webhook(request: RestRequest, token: string, messageId: string | undefined): RestAnswer {
    const interaction = findByToken(token);
    if (!interaction) return refuse(404, 10_015, 'Unknown Webhook');
    if (interaction.isTokenOver) return refuse(401, 50_027, 'Invalid Webhook Token');
    if (!interaction.first) return refuse(404, 10_015, 'Unknown Webhook');
    if (messageId === undefined && request.method === 'POST') return followUp(interaction, request);
    if (messageId === '@original' && request.method === 'PATCH') return editOriginal(interaction, request);
    const followed = messageId === undefined ? undefined : findMessage(interaction.channelId, messageId);
    if (!followed || !interaction.shown.includes(followed)) return UNKNOWN_MESSAGE;
    if (request.method === 'DELETE') {
      followed.isDeleted = true;
      return NO_CONTENT;
    }
    return judgeMessage(request, false) ?? { status: 200, body: apiMessage(state, write(followed, request)) };
  }

  function findRecipient(channelId: string): FakeUser | undefined {
    return [...state.users.values()].find(user => user.dmChannelId === channelId);
  }

  function channelMessages(request: RestRequest, channelId: string, messageId: string | undefined): RestAnswer {
    const recipient = findRecipient(channelId);
    // The bot writes to people alone: in a server it has asked for no permission.
    if (!recipient) return refuse(403, 50_001, 'Missing Access');
    if (recipient.policy !== 'open') return POLICY_REFUSALS[recipient.policy];
    if (messageId === undefined) return createMessage(request, channelId);
    const message = findMessage(channelId, messageId);
    if (message?.authorId !== state.botId) return UNKNOWN_MESSAGE;
    if (request.method === 'DELETE') {
      message.isDeleted = true;
      return NO_CONTENT;
    }
    return judgeMessage(request, false) ?? { status: 200, body: apiMessage(state, write(message, request)) };
  }

  function createMessage(request: RestRequest, channelId: string): RestAnswer {
    const refused = judgeMessage(request, true);
    if (refused) return refused;
    const { nonce } = request.body;
    const earlier = [...state.messages.values()].find(
      message => nonce !== undefined && message.channelId === channelId && message.nonce === nonce,
    );
    return { status: 200, body: apiMessage(state, earlier ?? addMessage(request, channelId, null)) };
  }

  return function handle(request: RestRequest): RestAnswer {
    const { method, path, body } = request;
    const [, root = '', one = '', two = '', three = '', four] = path.split('/').map(decodeURIComponent);
    if (root === 'interactions' && three === 'callback') return callback(state.interactions.get(one), request);
    if (root === 'webhooks') return webhook(request, two, four);
    if (request.token === null || !tokens.has(request.token)) return refuse(401, 0, '401: Unauthorized');
    if (path === '/gateway/bot')
      return {
        status: 200,
        body: {
          url: gatewayUrl(),
          shards,
          // All at once: what is tested is not discord.js's patience between them.
          session_start_limit: { total: 1000, remaining: 999, reset_after: 86_400_000, max_concurrency: shards },
        },
      };
    if (path === '/users/@me/channels' && method === 'POST') {
      const user = state.users.get(String(body.recipient_id));
      if (!user) return refuse(400, 50_033, 'Invalid Recipient(s)');
      return {
        status: 200,
        body: { id: user.dmChannelId, type: 1, last_message_id: null, recipients: [{ id: user.id }] },
      };
    }
    if (path === '/applications/@me' && method === 'GET') return { status: 200, body: { id: state.applicationId } };
    if (root === 'applications' && two === 'commands') {
      if (one !== state.applicationId) return refuse(403, 20_012, 'Not your application');
      if (method === 'PUT') {
        const refused = judge(checkCommands(body));
        if (refused) return refused;
        state.commands = (body as unknown as typeof state.commands).map(command => ({
          ...command,
          id: state.nextId(),
        }));
      }
      return { status: 200, body: state.commands };
    }
    if (root === 'channels' && two === 'typing') return NO_CONTENT;
    if (root === 'channels' && two === 'messages') return channelMessages(request, one, three || undefined);
    return refuse(404, 0, '404: Not Found');
  };
}
