// Small facts that Clipcue keeps about its own upkeep from start to start: one text a name.

import { type Connection, Schema } from 'mongoose';

interface StoredMark {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly value: string;
}

const schema = new Schema<StoredMark>(
  { _id: String, schemaVersion: { type: Number, required: true }, value: { type: String, required: true } },
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
  };
}
