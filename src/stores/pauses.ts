// Pauses that all workers keep: until when something is not to be tried, by the database's clock.

import { type Connection, Schema } from 'mongoose';

interface StoredPause {
  readonly _id: string;
  readonly until: Date;
  /** The database's instant of the last question, so that what is left is computed on its clock. */
  readonly askedAt: Date;
}

const schema = new Schema<StoredPause>(
  { _id: String, until: Date, askedAt: Date },
  { collection: 'pauses', strict: 'throw', versionKey: false },
);

export type PauseStore = ReturnType<typeof createPauseStore>;

export function createPauseStore(connection: Connection) {
  const model = connection.model<StoredPause>('Pause', schema);
  return {
    model,

    /** Begins or prolongs a pause: `ms` from now. */
    async begin(name: string, ms: number): Promise<void> {
      // Made first: not every server can make a document with `$$NOW` when several ask at once.
      await model.updateOne({ _id: name }, { $setOnInsert: { until: new Date(0) } }, { upsert: true });
      await model.updateOne({ _id: name }, [{ $set: { until: { $add: ['$$NOW', ms] } } }], { updatePipeline: true });
    },

    /** What is left of a pause, ms; 0 where there is none. */
    async remainingMs(name: string): Promise<number> {
      const stored = await model
        .findOneAndUpdate({ _id: name }, [{ $set: { askedAt: '$$NOW' } }], {
          updatePipeline: true,
          returnDocument: 'after',
        })
        .lean<StoredPause | null>();
      return stored ? Math.max(0, stored.until.getTime() - stored.askedAt.getTime()) : 0;
    },
  };
}
