// Messages owed to people beside those of posts: kept until delivered, each once, whoever notices what it tells of.

import { type Connection, Schema } from 'mongoose';
import { MEMO_KINDS, type Memo } from '../domain/memo.ts';

interface StoredMemo extends Omit<Memo, 'key'> {
  readonly _id: string;
  readonly schemaVersion: number;
  /** When it is sent, or sent again; null once it was, or while its person cannot be reached. */
  readonly sendAt: Date | null;
  /** Who sends it. */
  readonly sentBy: string | null;
  readonly isTold: boolean;
  readonly purgeAt: Date;
}

/** Longer than anything lasts that a memo's key names. */
const KEPT_MS = 200 * 86_400_000;

const schema = new Schema<StoredMemo>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    userId: { type: String, required: true },
    kind: { type: String, enum: MEMO_KINDS, required: true },
    facts: Schema.Types.Mixed,
    sendAt: { type: Date, default: null },
    sentBy: { type: String, default: null },
    isTold: { type: Boolean, default: false },
    purgeAt: Date,
  },
  { collection: 'memos', strict: 'throw', versionKey: false, minimize: false },
);
schema.index({ sendAt: 1 }, { partialFilterExpression: { sendAt: { $type: 'date' } } });
schema.index({ userId: 1 });
schema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 });

export type MemoStore = ReturnType<typeof createMemoStore>;

export function createMemoStore(connection: Connection, clock: () => number) {
  const model = connection.model<StoredMemo>('Memo', schema);
  const toMemo = ({ _id, userId, kind, facts }: StoredMemo): Memo => ({ key: _id, userId, kind, facts });

  return {
    model,

    /** Owes a memo, unless it was owed before. */
    async add({ key, ...memo }: Memo): Promise<void> {
      const now = clock();
      const made = { schemaVersion: 1, ...memo, sendAt: new Date(now), sentBy: null, isTold: false };
      await model.updateOne(
        { _id: key },
        { $setOnInsert: { ...made, purgeAt: new Date(now + KEPT_MS) } },
        { upsert: true },
      );
    },

    async findDue(limit: number): Promise<string[]> {
      const found = await model
        .find({ sendAt: { $lte: new Date(clock()) } }, { _id: 1 })
        .sort({ sendAt: 1 })
        .limit(limit)
        .lean();
      return found.map(({ _id }) => _id);
    },

    /** Takes the right to send a memo for `holdMs`, under a name that is new with each claim. */
    async claim(key: string, owner: string, holdMs: number): Promise<Memo | null> {
      const ifDue = (then: unknown, otherwise: unknown) => ({
        $cond: [{ $lte: ['$sendAt', '$$NOW'] }, then, otherwise],
      });
      const claim = {
        sendAt: ifDue({ $add: ['$$NOW', holdMs] }, '$sendAt'),
        sentBy: ifDue({ $literal: owner }, '$sentBy'),
      };
      const stored = await model
        .findOneAndUpdate({ _id: key, sendAt: { $type: 'date' } }, [{ $set: claim }], {
          updatePipeline: true,
          returnDocument: 'after',
        })
        .lean<StoredMemo | null>();
      return stored?.sentBy === owner ? toMemo(stored) : null;
    },

    async settle(key: string): Promise<void> {
      await model.updateOne({ _id: key }, { $set: { sendAt: null, isTold: true } });
    },

    /** Null: until the person writes again. */
    async delay(key: string, delayMs: number | null): Promise<void> {
      const sendAt = delayMs === null ? null : { $add: ['$$NOW', Math.round(delayMs)] };
      await model.updateOne({ _id: key }, [{ $set: { sendAt } }], { updatePipeline: true });
    },

    /** Lets those go out that wait for a person who could not be reached. */
    async rearm(userId: string): Promise<void> {
      await model.updateMany({ userId, sendAt: null, isTold: false }, { $set: { sendAt: new Date(clock()) } });
    },
  };
}
