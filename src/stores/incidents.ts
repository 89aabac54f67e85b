// Incidents, each from when it was first noticed until nobody has noticed it for a while, by the database's clock and whoever looks.

import { type Connection, Schema } from 'mongoose';

interface StoredIncident {
  readonly _id: string;
  readonly openedAt: Date;
  /** Noticed again before this, it is the same incident. */
  readonly quietUntil: Date;
}

const schema = new Schema<StoredIncident>(
  { _id: String, openedAt: Date, quietUntil: Date },
  { collection: 'incidents', strict: 'throw', versionKey: false },
);

export type IncidentStore = ReturnType<typeof createIncidentStore>;

export function createIncidentStore(connection: Connection) {
  const model = connection.model<StoredIncident>('Incident', schema);
  return {
    model,

    /** Notes that it is going on. Gives when it began: the same instant for everybody who notices the same incident. */
    async note(name: string, quietMs: number): Promise<Date> {
      const past = new Date(0);
      // Made first: not every server can make a document with `$$NOW` when several ask at once.
      await model.updateOne({ _id: name }, { $setOnInsert: { openedAt: past, quietUntil: past } }, { upsert: true });
      const isNew = { $lte: ['$quietUntil', '$$NOW'] };
      const stored = await model
        .findOneAndUpdate(
          { _id: name },
          [
            {
              $set: {
                openedAt: { $cond: [isNew, '$$NOW', '$openedAt'] },
                quietUntil: { $add: ['$$NOW', quietMs] },
              },
            },
          ],
          { updatePipeline: true, returnDocument: 'after' },
        )
        .lean<StoredIncident | null>();
      return stored?.openedAt ?? past;
    },
  };
}
