// The queries on posts. Every change is one compare-and-set on a single document; leases, waits and "is it due" are decided by
// the database's clock. Notices are written in the same write as the state that they tell of.

import type { Connection } from 'mongoose';
import type { Consent } from '../domain/choices.ts';
import { AppError } from '../domain/errors.ts';
import { GATHER_MS, isGathered } from '../domain/notice-policy.ts';
import { type PostEvent, type PostState, transition } from '../domain/post.ts';
import type { NoticeKind, Post } from '../domain/post-record.ts';
import { isDuplicateKey } from './database.ts';
import { type Patch, toSetStage } from './expressions.ts';
import { gatherWrites } from './gathering.ts';
import { createClipQueries } from './post-clips.ts';
import { createFigureQueries } from './post-figures.ts';
import { createNoticeQueries } from './post-notices.ts';
import { PIPELINE, POST_SCHEMA_VERSION, postSchema, type StoredPost, toPost } from './post-schema.ts';
import { createWakingQueries } from './post-waking.ts';

/** The fields that an event may change; stage, version and clocks are the store's own business. */
export type PostPatch = Patch<Omit<Post, 'id' | 'ownerId' | 'state' | 'step' | 'version' | 'fence' | 'outbox'>>;

export interface PostChange {
  readonly event: PostEvent;
  readonly patch?: PostPatch;
  /** Notices owed because of this change. */
  readonly notices?: readonly NoticeKind[];
  /** The lease under which a worker writes; it is refused once another worker has claimed the post. */
  readonly under?: { readonly fence: number; readonly owner: string };
}

export interface PostFilter {
  readonly states?: readonly PostState[];
  readonly accountId?: string;
  readonly batchId?: string;
}

const toFilter = (ownerId: string, { states, accountId, batchId }: PostFilter) => ({
  ownerId,
  ...(states && { state: { $in: states } }),
  ...(accountId && { accountId }),
  ...(batchId && { 'batch.id': { $type: 'string' as const, $eq: batchId } }),
});

export type PostStore = ReturnType<typeof createPostStore>;

export function createPostStore(connection: Connection) {
  const model = connection.model<StoredPost>('Post', postSchema);
  const write = gatherWrites(model);
  const findOne = async (filter: object) => (await model.findOne(filter).lean<StoredPost | null>()) ?? null;

  return {
    model,
    ...createNoticeQueries(model),
    ...createWakingQueries(model),
    ...createFigureQueries(model),
    ...createClipQueries(model),

    /** Inserts `post`, or gives the one that the same event made before. */
    async insert(post: Post, source: string): Promise<Post> {
      const { id, ...rest } = post;
      try {
        await model.create({ _id: id, schemaVersion: POST_SCHEMA_VERSION, source, ...rest });
        return post;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const earlier = await findOne({ source, ownerId: post.ownerId });
        if (!earlier) throw error;
        return toPost(earlier);
      }
    },

    /** @throws AppError `post_gone` for a post that does not exist or is somebody else's: the answer is the same. */
    async find(ownerId: string, id: string): Promise<Post> {
      const stored = await findOne({ _id: id, ownerId });
      if (!stored) throw new AppError('post_gone');
      return toPost(stored);
    },

    /** For the publisher, which works for everybody. */
    async findForWork(id: string): Promise<Post | null> {
      const stored = await findOne({ _id: id });
      return stored && toPost(stored);
    },

    async list(ownerId: string, filter: PostFilter, { skip = 0, limit = 100 } = {}): Promise<Post[]> {
      const stored = await model
        .find(toFilter(ownerId, filter))
        .sort({ 'due.at': 1, _id: 1 })
        .skip(skip)
        .limit(limit)
        .lean<StoredPost[]>();
      return stored.map(toPost);
    },

    async count(ownerId: string, filter: PostFilter): Promise<number> {
      return model.countDocuments(toFilter(ownerId, filter));
    },

    async listPublishedSince(ownerId: string, since: Date): Promise<Post[]> {
      const stored = await model
        .find({ ownerId, state: 'published', 'publication.publishedAt': { $gte: since } })
        .sort({ 'publication.publishedAt': 1 })
        .limit(100)
        .lean<StoredPost[]>();
      return stored.map(toPost);
    },

    /** The choices that the person consented to last for an account. */
    async findLastConsent(ownerId: string, accountId: string): Promise<Consent | null> {
      const last = await model
        .findOne({ ownerId, accountId, consent: { $ne: null } }, { consent: 1 })
        .sort({ 'consent.at': -1 })
        .lean<Pick<StoredPost, 'consent'> | null>();
      return last?.consent ?? null;
    },

    async hasPublishedSince(accountId: string, since: Date): Promise<boolean> {
      const isRecent = { state: 'published' as const, 'publication.publishedAt': { $gte: since } };
      return (await model.exists({ accountId, ...isRecent })) !== null;
    },

    /** Whether the account has a scheduled post that is due before `at`. */
    async hasEarlierScheduled(accountId: string, at: Date): Promise<boolean> {
      return (await model.exists({ accountId, state: 'scheduled', 'due.at': { $lt: at } })) !== null;
    },

    /** The due times of an account's posts between two instants, but for `exceptIds`. */
    async listDueTimes(accountId: string, from: Date, to: Date, exceptIds: readonly string[]): Promise<Date[]> {
      const found = await model
        .find(
          {
            accountId,
            state: { $in: ['scheduled', 'publishing', 'published'] },
            'due.at': { $gte: from, $lte: to },
            _id: { $nin: exceptIds },
          },
          { 'due.at': 1 },
        )
        .lean<Pick<StoredPost, 'due'>[]>();
      return found.flatMap(({ due }) => (due?.at ? [due.at] : []));
    },

    /**
     * Applies `change` to `post` as it was read.
     * @throws AppError as `transition()` does; `lease_lost` where the writer's lease is another's by now; `post_changed` where
     * anybody wrote since `post` was read.
     */
    async apply(post: Post, { event, patch = {}, notices = [], under }: PostChange): Promise<Post> {
      const stage = transition(post, event);
      const filter = {
        _id: post.id,
        ownerId: post.ownerId,
        version: post.version,
        ...(under && { fence: under.fence, 'lease.owner': under.owner }),
      };
      const set: Record<string, unknown> = {
        // Whoever worked on the post when a person changed it has lost it, and must not prolong what no longer is.
        ...toSetStage({ ...(!under && { lease: null }), ...patch, ...stage }),
        version: { $add: ['$version', 1] },
        writtenBy: { $literal: under?.owner ?? null },
        updatedAt: '$$NOW',
      };
      if (notices.length > 0) {
        const owed = notices.map(kind => ({ key: `${post.id}.${post.version + 1}.${kind}`, kind, at: '$$NOW' }));
        set.outbox = { $concatArrays: ['$outbox', owed] };
        const notifyAt = notices.every(isGathered) ? { $add: ['$$NOW', GATHER_MS] } : '$$NOW';
        set.notifyAt = { $ifNull: ['$notifyAt', notifyAt] };
      }
      if (under) {
        const written = await write(filter, [{ $set: set }]);
        if (written?.version === post.version + 1 && written.writtenBy === under.owner) return toPost(written);
      } else {
        const written = await model.findOneAndUpdate(filter, [{ $set: set }], PIPELINE).lean<StoredPost | null>();
        if (written) return toPost(written);
      }
      const current = await findOne({ _id: post.id, ownerId: post.ownerId });
      if (!current) throw new AppError('post_gone');
      if (under && (current.fence !== under.fence || current.lease?.owner !== under.owner))
        throw new AppError('lease_lost');
      throw new AppError('post_changed');
    },

    /**
     * Takes a post that is due by the database's clock, for `leaseMs`, under the name `owner`, which must be new with each claim.
     * Null where it is not due, not there, or another worker was quicker.
     */
    async claim(id: string, owner: string, leaseMs: number): Promise<Post | null> {
      const until = { $add: ['$$NOW', leaseMs] };
      const ifDue = (then: unknown, otherwise: unknown) => ({
        $cond: [{ $lte: ['$wakeAt', '$$NOW'] }, then, otherwise],
      });
      const claim = {
        lease: ifDue({ owner: { $literal: owner }, until }, '$lease'),
        wakeAt: ifDue(until, '$wakeAt'),
        fence: { $add: ['$fence', ifDue(1, 0)] },
        version: { $add: ['$version', ifDue(1, 0)] },
        updatedAt: ifDue('$$NOW', '$updatedAt'),
      };
      const stored = await write({ _id: id, wakeAt: { $type: 'date' } }, [{ $set: claim }]);
      return stored?.lease?.owner === owner ? toPost(stored) : null;
    },

    /**
     * Prolongs a lease, from the database's now. False once it is lost, given back, or taken away by the person's cancelling: the
     * worker must stop.
     */
    async renew({ id, fence }: Pick<Post, 'id' | 'fence'>, owner: string, leaseMs: number): Promise<boolean> {
      const until = { $add: ['$$NOW', leaseMs] };
      const { matchedCount } = await model.updateOne(
        { _id: id, fence, 'lease.owner': owner },
        [{ $set: { 'lease.until': until, wakeAt: until } }],
        { updatePipeline: true },
      );
      return matchedCount === 1;
    },

    /** Gives a post back without a change of state; `wakeAt` says when it needs attention again. */
    async release({ id, version, fence }: Post, owner: string, patch: PostPatch): Promise<void> {
      const set = {
        ...toSetStage({ ...patch, lease: null }),
        version: { $add: ['$version', 1] },
        writtenBy: { $literal: owner },
        updatedAt: '$$NOW',
      };
      await write({ _id: id, version, fence, 'lease.owner': owner }, [{ $set: set }]);
    },

    async keepCard(ownerId: string, id: string, messageRef: string): Promise<void> {
      await model.updateOne({ _id: id, ownerId }, { $set: { 'card.messageRef': messageRef } });
    },
  };
}
