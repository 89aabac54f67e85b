// Which posts need attention, by their `wakeAt`, and hints that bring it forward and touch nothing else: one that is lost costs a
// wait; one that comes twice, an extra question. Posts that somebody works on are left alone.

import type { Model } from 'mongoose';
import type { World } from '../domain/account.ts';
import type { PostState } from '../domain/post.ts';
import type { Post } from '../domain/post-record.ts';
import { type StoredPost, toPost } from './post-schema.ts';
import { ofSameKind } from './same-kind.ts';

/** A post that needs attention, and no more of it than it takes to queue it. */
export type WakingPost = Pick<Post, 'id' | 'ownerId' | 'state' | 'step' | 'due' | 'wakeAt' | 'version'>;

export function createWakingQueries(model: Model<StoredPost>) {
  const NOW = [{ $set: { wakeAt: '$$NOW' } }];

  /**
   * The longest waiting first. Practice posts only while practising, real ones only while not: neither may ever reach the other's
   * TikTok.
   */
  const find = (until: Date, limit: number, world: World, only: object = {}) =>
    model
      .find({ ...only, wakeAt: { $type: 'date', $lte: until }, ...ofSameKind(world) })
      .sort({ wakeAt: 1 })
      .limit(limit)
      // In one answer: a hundred at a time is the default.
      .batchSize(limit);
  const SCHEDULED = { state: 'scheduled' } as const;

  return {
    /** Posts that need attention up to `until`. */
    async findWaking(until: Date, limit: number, world: World): Promise<Post[]> {
      const found = await find(until, limit, world).lean<StoredPost[]>();
      return found.map(toPost);
    },

    /** Those of them that have not begun. */
    async findWakingScheduled(until: Date, limit: number, world: World): Promise<Post[]> {
      const found = await find(until, limit, world, SCHEDULED).lean<StoredPost[]>();
      return found.map(toPost);
    },

    /** Those that need attention at this very instant, by their ids from `fromId` on. */
    async findScheduledAt(at: Date, fromId: string, limit: number, world: World): Promise<Post[]> {
      const found = await model
        .find({ ...SCHEDULED, wakeAt: { $type: 'date', $eq: at }, _id: { $gte: fromId }, ...ofSameKind(world) })
        .sort({ _id: 1 })
        .limit(limit)
        .batchSize(limit)
        .lean<StoredPost[]>();
      return found.map(toPost);
    },

    /** Posts that somebody had begun with, without TikTok having heard of them, and whose lease ran out. */
    async findWakingClaimed(until: Date, limit: number, world: World): Promise<Post[]> {
      const found = await find(until, limit, world, { step: 'claimed' }).lean<StoredPost[]>();
      return found.map(toPost);
    },

    /** The same as `findWakingScheduled`, without what is in them. */
    async listWakingScheduled(until: Date, limit: number, world: World): Promise<WakingPost[]> {
      const found = await find(until, limit, world, SCHEDULED)
        .select({ ownerId: 1, state: 1, step: 1, due: 1, wakeAt: 1, version: 1 })
        .lean<(Omit<WakingPost, 'id'> & { _id: string })[]>();
      return found.map(({ _id, ...rest }) => ({ id: _id, ...rest }));
    },

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

    /** Of an account's posts that wait for its turn, the one that was due first by `now`. */
    async wakeNextOf(accountId: string, now: Date): Promise<void> {
      const next = await model
        .findOne({ accountId, state: 'scheduled', lease: null, 'due.at': { $lte: now } }, { _id: 1 })
        .sort({ 'due.at': 1 })
        .lean<{ _id: string } | null>();
      if (next)
        await model.updateOne({ _id: next._id, state: 'scheduled', lease: null }, NOW, { updatePipeline: true });
    },

    /** The account works again: what TikTok has of it can be asked about at once. */
    async wakeOfAccount(accountId: string): Promise<void> {
      await model.updateMany({ accountId, state: { $in: ['publishing', 'unconfirmed'] }, lease: null }, NOW, {
        updatePipeline: true,
      });
    },
  };
}
