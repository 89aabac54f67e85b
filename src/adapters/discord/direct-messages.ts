// Messages to people's direct chats. Sends the same message twice only as the same message: Discord drops a nonce that it has seen.

import { createHash } from 'node:crypto';
import {
  MessageFlags,
  REST,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageResult,
  type RESTPostAPICurrentUserCreateDMChannelResult,
  Routes,
} from 'discord.js';
import type { DiscordMessage } from './render/message.ts';
import { isBrokenConnection, makeRequest } from './requests.ts';

/** A request that would have to wait longer is given back to the caller, who has other people to write to. */
const PATIENCE_MS = 5_000;
/** Channels whose ids are remembered; asking again costs one request. */
const CHANNELS_KEPT = 10_000;
/** Discord's limit for a nonce (docs.discord.com, Create Message). */
const NONCE_CHARS = 25;

export type DirectMessages = ReturnType<typeof createDirectMessages>;

export interface Posting {
  readonly idempotencyKey: string;
  readonly answers?: string | null;
  readonly silent?: boolean;
}

/** A REST client of its own, with Discord's common limit: answers to interactions must not wait behind notices. */
export function createDirectMessages({ token, apiRoot }: { token: string; apiRoot: string | null }) {
  const rest = new REST({
    ...(apiRoot && { api: apiRoot }),
    makeRequest,
    rejectOnRateLimit: ({ timeToReset, retryAfter }) => Math.max(timeToReset, retryAfter) > PATIENCE_MS,
  }).setToken(token);
  const channels = new Map<string, string>();

  const bodyOf = ({ components, files }: DiscordMessage) => ({
    components,
    allowed_mentions: { parse: [] },
    attachments: files.map(({ name }, id) => ({ id: String(id), filename: name })),
  });
  const filesOf = ({ files }: DiscordMessage) => files.map(({ name, data }) => ({ name, data }));

  return {
    /** The direct channel with a person. */
    async open(userId: string): Promise<string> {
      const known = channels.get(userId);
      if (known) return known;
      const { id } = (await rest.post(Routes.userChannels(), {
        body: { recipient_id: userId },
      })) as RESTPostAPICurrentUserCreateDMChannelResult;
      if (channels.size >= CHANNELS_KEPT) channels.clear();
      channels.set(userId, id);
      return id;
    },

    /** Gives the message's id. */
    async post(channelId: string, message: DiscordMessage, posting: Posting): Promise<string> {
      const { idempotencyKey, answers, silent } = posting;
      const body: RESTPostAPIChannelMessageJSONBody = {
        ...bodyOf(message),
        flags: message.flags | (silent ? MessageFlags.SuppressNotifications : 0),
        nonce: createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, NONCE_CHARS),
        enforce_nonce: true,
        ...(answers && { message_reference: { message_id: answers, fail_if_not_exists: false } }),
      };
      const route = Routes.channelMessages(channelId);
      const send = () => rest.post(route, { body, files: filesOf(message) });
      // The nonce makes the second one harmless where the first had arrived.
      const posted = await send().catch(error => {
        if (!isBrokenConnection(error)) throw error;
        return send();
      });
      return (posted as RESTPostAPIChannelMessageResult).id;
    },

    async edit(channelId: string, messageId: string, message: DiscordMessage): Promise<void> {
      const body: RESTPatchAPIChannelMessageJSONBody = { ...bodyOf(message), flags: message.flags };
      await rest.patch(Routes.channelMessage(channelId, messageId), { body, files: filesOf(message) });
    },

    async remove(channelId: string, messageId: string): Promise<void> {
      await rest.delete(Routes.channelMessage(channelId, messageId));
    },

    /** Shows that the bot is at work, for ten seconds. */
    async showTyping(channelId: string): Promise<void> {
      await rest.post(Routes.channelTyping(channelId));
    },

    stop(): void {
      rest.clearHashSweeper();
      rest.clearHandlerSweeper();
    },
  };
}
