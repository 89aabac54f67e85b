// Has every post keep its history: each write that changes it adds the stage that it leads to, in the same write, so that no kill can
// come between. Added below the stores, to what is sent to the database.

import type { Model } from 'mongoose';
import type { StoredPost } from '#stores/post-schema.ts';

/** A post's stage after one write. */
export interface HistoryEntry {
  readonly state: string;
  readonly step: string | null;
  readonly version: number;
  readonly fence: number;
  /** On the database's clock. */
  readonly at: Date;
}

/** Writes that leave the version alone (a lease's renewal, a notice) change no stage. */
const KEEP_HISTORY = {
  $set: {
    history: {
      $cond: [
        { $eq: [{ $arrayElemAt: [{ $ifNull: ['$history.version', []] }, -1] }, '$version'] },
        '$history',
        {
          $concatArrays: [
            { $ifNull: ['$history', []] },
            [{ state: '$state', step: '$step', version: '$version', fence: '$fence', at: '$$NOW' }],
          ],
        },
      ],
    },
  },
};

const withHistory = (update: unknown): unknown => (Array.isArray(update) ? [...update, KEEP_HISTORY] : update);

type Statement = { readonly updateOne: { readonly update: unknown } };

export function keepHistory(model: Model<StoredPost>): void {
  const { collection } = model;
  const change = collection.findOneAndUpdate.bind(collection) as (...args: unknown[]) => unknown;
  const changeMany = collection.bulkWrite.bind(collection) as (...args: unknown[]) => unknown;
  Object.assign(collection, {
    findOneAndUpdate: (filter: unknown, update: unknown, ...rest: unknown[]) =>
      change(filter, withHistory(update), ...rest),
    bulkWrite: (statements: readonly Statement[], ...rest: unknown[]) =>
      changeMany(
        statements.map(({ updateOne }) => ({ updateOne: { ...updateOne, update: withHistory(updateOne.update) } })),
        ...rest,
      ),
  });
}
