// What a Discord of ours knows: people, servers, channels, messages, interactions, registered commands. Ids are snowflakes.

import type {
  APIApplicationCommand,
  APIMessageTopLevelComponent,
  APIModalInteractionResponseCallbackData,
  ApplicationCommandOptionChoiceData,
} from 'discord.js';
import type { ClipOffer } from '#chat/invocation.ts';

/** How a person's direct messages take what the bot writes; each closed kind answers with its own number. */
export type DirectMessagePolicy = 'open' | 'closed' | 'no mutual server' | 'missing access';

export interface FakeUser {
  readonly id: string;
  readonly name: string;
  readonly dmChannelId: string;
  policy: DirectMessagePolicy;
}

export interface FakeGuild {
  readonly id: string;
  readonly channelId: string;
  hasBot: boolean;
}

export interface FakeAttachment {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly content_type: string;
  readonly url: string;
  readonly proxy_url: string;
  readonly ephemeral?: boolean;
}

export interface FakeMessage {
  readonly id: string;
  readonly channelId: string;
  readonly authorId: string;
  /** The only person who sees it, where it is an ephemeral one. */
  readonly hiddenFor: string | null;
  readonly createdAt: number;
  content: string;
  components: APIMessageTopLevelComponent[];
  flags: number;
  answers: string | null;
  nonce: string | null;
  isDeleted: boolean;
  edits: number;
  attachments: FakeAttachment[];
  /** What the bot uploaded with it. */
  files: { name: string; bytes: Buffer }[];
}

export interface FakeInteraction {
  readonly id: string;
  readonly token: string;
  readonly user: FakeUser;
  readonly channelId: string;
  readonly guild: FakeGuild | null;
  readonly kind: 'command' | 'component' | 'autocomplete' | 'modal';
  /** The message whose button was pressed. */
  readonly sourceId: string | null;
  readonly sentAt: number;
  /** How the bot responded first, and how long it took. */
  first: { readonly type: number; readonly afterMs: number } | null;
  isHidden: boolean;
  originalId: string | null;
  followUps: number;
  isTokenOver: boolean;
  modal: APIModalInteractionResponseCallbackData | null;
  choices: ApplicationCommandOptionChoiceData[] | null;
  /** Messages that came from it, in order; the same message again for each edit. */
  readonly shown: FakeMessage[];
}

export interface RequestEntry {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

export interface DiscordState {
  readonly applicationId: string;
  readonly botId: string;
  readonly users: Map<string, FakeUser>;
  readonly guilds: Map<string, FakeGuild>;
  readonly messages: Map<string, FakeMessage>;
  readonly interactions: Map<string, FakeInteraction>;
  readonly uploads: Map<string, ClipOffer>;
  commands: Partial<APIApplicationCommand>[];
  nextId(): string;
}

/** Discord's epoch is the first second of 2015; ids made here carry the true time, which discord.js reads from them. */
const DISCORD_EPOCH_MS = 1_420_070_400_000n;

export function createState(): DiscordState {
  let increment = 0n;
  const nextId = () => (((BigInt(Date.now()) - DISCORD_EPOCH_MS) << 22n) | (increment++ & 0x3f_ffffn)).toString();
  return {
    applicationId: nextId(),
    botId: nextId(),
    users: new Map(),
    guilds: new Map(),
    messages: new Map(),
    interactions: new Map(),
    uploads: new Map(),
    commands: [],
    nextId,
  };
}

export const apiUser = ({ id, name }: { id: string; name: string }, bot = false) => ({
  id,
  username: name.toLowerCase(),
  discriminator: '0',
  global_name: name,
  avatar: null,
  bot,
});

export function apiMessage(state: DiscordState, message: FakeMessage) {
  const author = state.users.get(message.authorId);
  return {
    id: message.id,
    channel_id: message.channelId,
    author: author ? apiUser(author) : apiUser({ id: state.botId, name: 'Clips' }, true),
    content: message.content,
    timestamp: new Date(message.createdAt).toISOString(),
    edited_timestamp: message.edits > 0 ? new Date().toISOString() : null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: message.attachments,
    embeds: [],
    pinned: false,
    type: message.answers === null ? 0 : 19,
    flags: message.flags,
    components: message.components,
    ...(message.nonce !== null && { nonce: message.nonce }),
  };
}
