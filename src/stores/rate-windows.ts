// Sliding windows of calls, shared by all workers: one document per token and endpoint with the instants of its last calls. TikTok's
// limits slide (tiktok-api-v2-rate-limit), so fixed windows would let twice the number through at their edge.

import { type Connection, Schema } from 'mongoose';
import { isDuplicateKey } from './database.ts';
import { gather, gatherWrites } from './gathering.ts';

interface StoredWindow {
  readonly _id: string;
  readonly calls: readonly { readonly id: string; readonly at: Date }[];
  /** The database's instant of the last question, so that waits are computed on its clock. */
  readonly askedAt: Date;
  readonly purgeAt: Date;
}

const call = new Schema({ id: String, at: Date }, { _id: false, strict: 'throw' });

const schema = new Schema<StoredWindow>(
  { _id: String, calls: [call], askedAt: Date, purgeAt: Date },
  { collection: 'rateWindows', strict: 'throw', versionKey: false },
);
schema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 });

export interface RateLimit {
  readonly calls: number;
  readonly windowMs: number;
}

/** TikTok's clock and ours differ, and its window starts when the call arrives there. */
const MARGIN_MS = 1_000;

export type RateWindowStore = ReturnType<typeof createRateWindowStore>;

export function createRateWindowStore(connection: Connection, newId: () => string) {
  const model = connection.model<StoredWindow>('RateWindow', schema);
  const write = gatherWrites(model);

  const make = gather(async (keys: readonly string[]) => {
    try {
      const windows = [...new Set(keys)].map(key => ({ _id: key, calls: [] }));
      await model.collection.insertMany(windows as never, { ordered: false });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    return keys;
  });

  /** Not an upsert: not every server can make a document with `$$NOW` when several ask at once. */
  async function changeOrMake(key: string, change: object[]): Promise<StoredWindow> {
    for (;;) {
      const stored = await write({ _id: key }, change);
      if (stored) return stored;
      await make(key);
    }
  }

  return {
    model,

    /** Forgets every window whose key begins with one of `ids`, as in `id:call`. */
    async dropFor(ids: readonly string[]): Promise<void> {
      // ';' follows ':' in the order of letters.
      for (const id of ids) await model.deleteMany({ _id: { $gte: `${id}:`, $lt: `${id};` } });
    },

    /**
     * Takes one call from the window `key` and returns 0, or takes none and returns the ms to wait until one is free. Decided in
     * one write, by the database's clock.
     */
    async take(key: string, { calls: limit, windowMs }: RateLimit): Promise<number> {
      const id = newId();
      const spanMs = windowMs + MARGIN_MS;
      const recent = {
        $filter: { input: '$calls', cond: { $gt: ['$$this.at', { $subtract: ['$$NOW', spanMs] }] } },
      };
      const taken = { $concatArrays: ['$calls', [{ id: { $literal: id }, at: '$$NOW' }]] };
      const change = [
        { $set: { calls: recent, askedAt: '$$NOW', purgeAt: { $add: ['$$NOW', 2 * spanMs] } } },
        { $set: { calls: { $cond: [{ $lt: [{ $size: '$calls' }, limit] }, taken, '$calls'] } } },
      ];
      const stored = await changeOrMake(key, change);
      if (stored.calls.some(made => made.id === id)) return 0;
      const oldestMs = stored.calls[0]?.at.getTime() ?? stored.askedAt.getTime();
      return Math.max(1, oldestMs + spanMs - stored.askedAt.getTime());
    },
  };
}
