// What the Playground's chats show, so that a reload or a restart shows it again: the newest messages of each chat, for a month.

import { type Connection, Schema } from 'mongoose';
import type { Reply } from '../chat/reply.ts';
import type { Identity } from '../domain/user.ts';

/** Who can see a bot's message: the person alone, in answer to what they did, or in a direct message. */
export type MessageMark = 'private' | 'direct' | null;

export interface PlaygroundMessage {
  /** 16 base64url characters. */
  readonly ref: string;
  readonly chatId: string;
  /** Messages of a chat are shown in this order; it grows with time. */
  readonly order: number;
  /** Null for what the person said. */
  readonly reply: Reply | null;
  /** What the person said, and the names of the clips they sent with it. */
  readonly text: string;
  readonly clips: readonly string[];
  readonly mark: MessageMark;
  /** The message that this one answers. */
  readonly answers: string | null;
  readonly at: Date;
}

interface StoredMessage extends Omit<PlaygroundMessage, 'ref'> {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly purgeAt: Date;
}

export const MESSAGES_KEPT = 200;
const KEPT_MS = 30 * 86_400_000;
/** How many may be there beyond those that are kept, so that not every message costs a clearing up. */
const SPARE = 20;

const schema = new Schema<StoredMessage>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    chatId: { type: String, required: true },
    order: { type: Number, required: true },
    // Written and read whole, in the shape of chat/reply.ts.
    reply: { type: Schema.Types.Mixed, default: null },
    text: { type: String, default: '' },
    clips: [String],
    mark: { type: String, enum: ['private', 'direct', null], default: null },
    answers: { type: String, default: null },
    at: { type: Date, required: true },
    purgeAt: { type: Date, required: true },
  },
  { collection: 'playgroundMessages', strict: 'throw', versionKey: false, minimize: false },
);
schema.index({ chatId: 1, order: 1 });
schema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 });

const toMessage = ({ _id, schemaVersion: _v, purgeAt: _p, ...rest }: StoredMessage): PlaygroundMessage => ({
  ref: _id,
  ...rest,
});

export type PlaygroundMessageStore = ReturnType<typeof createPlaygroundMessageStore>;

export function createPlaygroundMessageStore(connection: Connection) {
  const model = connection.model<StoredMessage>('PlaygroundMessage', schema);
  const sinceClearing = new Map<string, number>();

  /** Takes away the oldest messages of a chat that has grown too long. */
  async function clearUp(chatId: string): Promise<void> {
    const count = (sinceClearing.get(chatId) ?? SPARE) + 1;
    sinceClearing.set(chatId, count > SPARE ? 0 : count);
    if (count <= SPARE) return;
    const [last] = await model
      .find({ chatId }, { order: 1 })
      .sort({ order: -1 })
      .skip(MESSAGES_KEPT)
      .limit(1)
      .lean<{ order: number }[]>();
    if (last) await model.deleteMany({ chatId, order: { $lte: last.order } });
  }

  return {
    model,

    /** Keeps a message; one that is there already under its ref stays as it is. Gives what is kept now. */
    async add({ ref, ...message }: PlaygroundMessage): Promise<PlaygroundMessage> {
      const purgeAt = new Date(message.at.getTime() + KEPT_MS);
      const kept = await model
        .findOneAndUpdate(
          { _id: ref },
          { $setOnInsert: { ...message, schemaVersion: 1, purgeAt } },
          { upsert: true, returnDocument: 'after' },
        )
        .lean<StoredMessage>();
      await clearUp(message.chatId);
      return toMessage(kept as StoredMessage);
    },

    /** Puts another reply in a message's place; null where the message is gone. */
    async edit(chatId: string, ref: string, reply: Reply): Promise<PlaygroundMessage | null> {
      const kept = await model
        .findOneAndUpdate({ _id: ref, chatId }, { $set: { reply } }, { returnDocument: 'after' })
        .lean<StoredMessage | null>();
      return kept && toMessage(kept);
    },

    async remove(chatId: string, refs: readonly string[]): Promise<void> {
      await model.deleteMany({ chatId, _id: { $in: refs } });
    },

    async find(ref: string): Promise<PlaygroundMessage | null> {
      const kept = await model.findById(ref).lean<StoredMessage | null>();
      return kept && toMessage(kept);
    },

    /** A chat's newest messages, oldest first. */
    async list(chatId: string): Promise<PlaygroundMessage[]> {
      const newest = await model.find({ chatId }).sort({ order: -1 }).limit(MESSAGES_KEPT).lean<StoredMessage[]>();
      return newest.reverse().map(toMessage);
    },

    /** Everything kept of these people's own chats. */
    async readAll(identities: readonly Identity[]): Promise<object[]> {
      return model.find({ chatId: { $in: chatsOf(identities) } }).lean();
    },

    async forget(identities: readonly Identity[]): Promise<void> {
      await model.deleteMany({ chatId: { $in: chatsOf(identities) } });
    },
  };
}

const chatsOf = (identities: readonly Identity[]): string[] =>
  identities.filter(({ platform }) => platform === 'playground').map(({ chatId }) => chatId);
