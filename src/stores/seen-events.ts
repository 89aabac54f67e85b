// Events that were answered, for platforms that deliver one twice. A week is far longer than any of them tries: Telegram gives
// up after a day (core.telegram.org/bots/api#getting-updates).

import { type Connection, Schema } from 'mongoose';

interface SeenEvent {
  readonly _id: string;
  readonly purgeAt: Date;
}

const KEPT_MS = 7 * 86_400_000;

const schema = new Schema<SeenEvent>(
  { _id: String, purgeAt: Date },
  { collection: 'seenEvents', strict: 'throw', versionKey: false },
);
schema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 });

export type SeenEventStore = ReturnType<typeof createSeenEventStore>;

export function createSeenEventStore(connection: Connection, clock: () => number) {
  const model = connection.model<SeenEvent>('SeenEvent', schema);
  return {
    model,

    async has(key: string): Promise<boolean> {
      return (await model.exists({ _id: key })) !== null;
    },

    /** False where it was there before, whoever added it. */
    async addNew(key: string): Promise<boolean> {
      const purgeAt = new Date(clock() + KEPT_MS);
      const { upsertedCount } = await model.updateOne({ _id: key }, { $setOnInsert: { purgeAt } }, { upsert: true });
      return upsertedCount === 1;
    },

    async add(key: string): Promise<void> {
      const purgeAt = new Date(clock() + KEPT_MS);
      await model.updateOne({ _id: key }, { $setOnInsert: { purgeAt } }, { upsert: true });
    },
  };
}
