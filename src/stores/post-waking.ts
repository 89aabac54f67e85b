// Hints that a post is worth a look before its time: they bring its `wakeAt` forward and touch nothing else. One that is lost costs
// a wait; one that comes twice, an extra question. Posts that somebody works on are left alone.

import type { Model } from 'mongoose';
import type { PostState } from '../domain/post.ts';
import type { StoredPost } from './post-schema.ts';

export function createWakingQueries(model: Model<StoredPost>) {
  const NOW = [{ $set: { wakeAt: '$$NOW' } }];

  return {
    /** What TikTok does with this upload has changed. `states`: those in which that is news. Gives the post's id, if it is ours. */
    async wakeByPublishId(accountId: string, publishId: string, states: readonly PostState[]): Promise<string | null> {
      const stored = await model
        .findOneAndUpdate({ accountId, state: { $in: states }, 'attempt.publishId': publishId, lease: null }, NOW, {
          updatePipeline: true,
          projection: { _id: 1 },
        })
        .lean<{ _id: string } | null>();
      return stored?._id ?? null;
    },

    /** The account works again: what TikTok has of it can be asked about at once. */
    async wakeOfAccount(accountId: string): Promise<void> {
      await model.updateMany({ accountId, state: { $in: ['publishing', 'unconfirmed'] }, lease: null }, NOW, {
        updatePipeline: true,
      });
    },
  };
}
