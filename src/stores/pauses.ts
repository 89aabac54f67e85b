// Pauses that all workers keep: until when something is not to be tried, by the database's clock.

import { type Connection, Schema } from 'mongoose';

interface StoredPause {
  readonly _id: string;
  readonly until: Date;
}

const schema = new Schema<StoredPause>(
  { _id: String, until: Date },
  { collection: 'pauses', strict: 'throw', versionKey: false },
);

export type PauseStore = ReturnType<typeof createPauseStore>;

export function createPauseStore(connection: Connection) {
  const model = connection.model<StoredPause>('Pause', schema);
  return {
    model,

    /** Begins or prolongs a pause. */
    async begin(name: string, until: Date): Promise<void> {
      await model.updateOne({ _id: name }, { $set: { until } }, { upsert: true });
    },

    /** When a pause ends; null where there is none. */
    async findEnd(name: string): Promise<Date | null> {
      const stored = await model.findById(name).lean<StoredPause | null>();
      return stored?.until ?? null;
    },
  };
}
