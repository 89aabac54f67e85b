// Small facts that Clipcue keeps about its own upkeep from start to start: one text a name.

import { type Connection, Schema } from 'mongoose';
import { isDuplicateKey } from './database.ts';
import { PIPELINE } from './post-schema.ts';

interface StoredMark {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly value: string;
  /** Until when a mark that is a lease belongs to the process that its value names. */
  readonly until?: Date;
}

const schema = new Schema<StoredMark>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    value: { type: String, required: true },
    until: Date,
  },
  { collection: 'marks', strict: 'throw', versionKey: false },
);

export type MarkStore = ReturnType<typeof createMarkStore>;

export function createMarkStore(connection: Connection) {
  const model = connection.model<StoredMark>('Mark', schema);
  return {
    model,

    async read(name: string): Promise<string | null> {
      const stored = await model.findById(name).lean<StoredMark | null>();
      return stored?.value ?? null;
    },

    async write(name: string, value: string): Promise<void> {
      await model.updateOne({ _id: name }, { $set: { schemaVersion: 1, value } }, { upsert: true });
    },

    async remove(name: string): Promise<void> {
      await model.deleteOne({ _id: name });
    },

    /** Takes or prolongs a right that one process at a time has, for `leaseMs` by the database's clock. False while another has it. */
    async lease(name: string, owner: string, leaseMs: number): Promise<boolean> {
      const isFree = { $or: [{ $eq: ['$value', { $literal: owner }] }, { $lte: ['$until', '$$NOW'] }] };
      const take = (then: unknown, otherwise: unknown) => ({ $cond: [isFree, then, otherwise] });
      const claim = {
        schemaVersion: 1,
        value: take({ $literal: owner }, '$value'),
        until: take({ $add: ['$$NOW', leaseMs] }, '$until'),
      };
      try {
        // A mark that is not there has no `until`, which sorts before every date.
        const stored = await model
          .findOneAndUpdate({ _id: name }, [{ $set: claim }], { ...PIPELINE, upsert: true })
          .lean<StoredMark | null>();
        return stored?.value === owner;
      } catch (error) {
        // Two processes made the mark at once.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
  };
}
