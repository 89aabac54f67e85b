// Events of a chat platform that take long to be handled, written down so that the platform may forget them: whoever dies meanwhile
// finds them at the next start. Sealed, for what people write may be a key to their account.

import { type Connection, Schema } from 'mongoose';
import { isAppError } from '../domain/errors.ts';
import { type Identity, identityKey } from '../domain/user.ts';
import type { TokenBox } from './token-box.ts';

interface KeptEvent {
  readonly _id: string;
  readonly schemaVersion: number;
  /** The bot that got it: files and chats are each bot's own. */
  readonly bot: string;
  /** Whose it is, as `identityKey` spells it. */
  readonly person: string;
  readonly sealed: string;
  readonly purgeAt: Date;
}

export interface EventToKeep extends Pick<KeptEvent, 'bot' | 'person'> {
  /** The same event has the same key. */
  readonly key: string;
  readonly event: string;
}

/** As long as Telegram itself keeps what nobody took (core.telegram.org/bots/api#getting-updates). */
const KEPT_MS = 86_400_000;
const COLLECTION = 'keptEvents';

const schema = new Schema<KeptEvent>(
  {
    _id: String,
    schemaVersion: { type: Number, default: 1 },
    bot: { type: String, required: true },
    person: { type: String, required: true },
    sealed: { type: String, required: true },
    purgeAt: { type: Date, required: true },
  },
  { collection: COLLECTION, strict: 'throw', versionKey: false },
);
schema.index({ bot: 1 });
schema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 });

const placeOf = (key: string) => ({ collection: COLLECTION, id: key, field: 'sealed' });

export type KeptEventStore = ReturnType<typeof createKeptEventStore>;

export function createKeptEventStore(connection: Connection, clock: () => number) {
  const model = connection.model<KeptEvent>('KeptEvent', schema);
  return {
    model,

    async keep(box: TokenBox, { key, bot, person, event }: EventToKeep): Promise<void> {
      const kept = { bot, person, sealed: box.seal(event, placeOf(key)), purgeAt: new Date(clock() + KEPT_MS) };
      await model.updateOne({ _id: key }, { $setOnInsert: { schemaVersion: 1, ...kept } }, { upsert: true });
    },

    /** Without those whose key is gone: nobody can read them any more. */
    async list(box: TokenBox, bot: string): Promise<string[]> {
      const kept = await model.find({ bot, purgeAt: { $gt: new Date(clock()) } }).lean<KeptEvent[]>();
      return kept.flatMap(({ _id, sealed }) => {
        try {
          return [box.open(sealed, placeOf(_id))];
        } catch (error) {
          if (isAppError(error, 'secret_unreadable')) return [];
          throw error;
        }
      });
    },

    async drop(keys: readonly string[]): Promise<void> {
      await model.deleteMany({ _id: { $in: [...keys] } });
    },

    async forget(identities: readonly Identity[]): Promise<void> {
      const people = identities.map(({ platform, personId }) => identityKey(platform, personId));
      await model.deleteMany({ person: { $in: people } });
    },
  };
}
