// The changes of a post, each one compare-and-set on a single document. Notices are written in the same write as the state that they
// tell of.

import type { Model } from 'mongoose';
import { AppError } from '../domain/errors.ts';
import { GATHER_MS, isGathered } from '../domain/notice-policy.ts';
import { type PostEvent, transition } from '../domain/post.ts';
import type { NoticeKind, Post } from '../domain/post-record.ts';
import { type Patch, toSetStage } from './expressions.ts';
import type { GatheredWrites, IdFilter } from './gathering.ts';
import { PIPELINE, type StoredPost, toPost } from './post-schema.ts';

/** The fields that an event may change; stage, version and clocks are the store's own business. */
export type PostPatch = Patch<Omit<Post, 'id' | 'ownerId' | 'state' | 'step' | 'version' | 'fence' | 'outbox'>>;

export interface PostChange {
  readonly event: PostEvent;
  readonly patch?: PostPatch;
  /** Notices owed because of this change. */
  readonly notices?: readonly NoticeKind[];
  /** Only while nobody works on the post, or this instant lies ahead on the database's clock; else it is refused. */
  readonly before?: Date | null;
  /** The lease under which a worker writes; it is refused once another worker has claimed the post. */
  readonly under?: LeaseHeld;
}

export interface LeaseHeld {
  readonly fence: number;
  readonly owner: string;
}

/** What every change of a post writes besides; `owner` is the lease's name, null for a person. */
export const stampOf = (owner: string | null) => ({
  version: { $add: ['$version', 1] },
  writtenBy: { $literal: owner },
  updatedAt: '$$NOW',
});

/** Which post a change holds for, and what it writes. @throws AppError as `transition()` does. */
function toWrite(post: Post, { event, patch = {}, notices = [], before, under }: PostChange) {
  const stage = transition(post, event);
  const filter: IdFilter = {
    _id: post.id,
    ownerId: post.ownerId,
    version: post.version,
    ...(under && { fence: under.fence, 'lease.owner': under.owner }),
  };
  const set: Record<string, unknown> = {
    // Whoever worked on the post when a person changed it has lost it, and must not prolong what no longer is.
    ...toSetStage({ ...(!under && { lease: null }), ...patch, ...stage }),
    ...stampOf(under?.owner ?? null),
  };
  if (notices.length > 0) {
    const owed = notices.map(kind => ({ key: `${post.id}.${post.version + 1}.${kind}`, kind, at: '$$NOW' }));
    set.outbox = { $concatArrays: ['$outbox', owed] };
    const notifyAt = notices.every(isGathered) ? { $add: ['$$NOW', GATHER_MS] } : '$$NOW';
    set.notifyAt = { $ifNull: ['$notifyAt', notifyAt] };
  }
  return { filter, change: [before ? { $replaceWith: changedBefore(before, set) } : { $set: set }] };
}

const changedBefore = (before: Date, set: object) => ({
  $cond: [
    { $or: [{ $eq: ['$lease', null] }, { $lt: ['$$NOW', before] }] },
    { $mergeObjects: ['$$ROOT', set] },
    '$$ROOT',
  ],
});

/** Whether a document is as the write of `post` under the lease of `owner` left it. */
export const isWrittenBy =
  ({ version }: Post, owner: string) =>
  (stored: StoredPost): boolean =>
    stored.version === version + 1 && stored.writtenBy === owner;

export function createChangeQueries(model: Model<StoredPost>, writes: GatheredWrites<StoredPost>) {
  /** Why a change of `post` was not written. */
  async function findConflict({ id, ownerId }: Post, under: LeaseHeld | undefined): Promise<AppError> {
    const current = await model.findOne({ _id: id, ownerId }).lean<StoredPost | null>();
    if (!current) return new AppError('post_gone');
    const isLost = under && (current.fence !== under.fence || current.lease?.owner !== under.owner);
    return new AppError(isLost ? 'lease_lost' : 'post_changed');
  }

  return {
    /**
     * Applies `change` to `post` as it was read.
     * @throws AppError as `transition()` does; `post_wrong_state` where `change.before` does not hold; `lease_lost` where the writer's
     * lease is another's by now; `post_changed` where anybody wrote since `post` was read.
     */
    async apply(post: Post, change: PostChange): Promise<Post> {
      const { under } = change;
      const { filter, change: pipeline } = toWrite(post, change);
      if (under) {
        const written = await writes.change(filter, pipeline);
        if (written && isWrittenBy(post, under.owner)(written)) return toPost(written);
      } else {
        const written = await model.findOneAndUpdate(filter, pipeline, PIPELINE).lean<StoredPost | null>();
        if (written?.version === post.version) throw new AppError('post_wrong_state', { state: post.state });
        if (written) return toPost(written);
      }
      throw await findConflict(post, under);
    },

    /** Applies a worker's last change before it leaves the post to others, `patch.wakeAt` says until when. @throws as `apply`. */
    async leave(post: Post, { under, ...change }: PostChange & { readonly under: LeaseHeld }): Promise<void> {
      const { filter, change: pipeline } = toWrite(post, { ...change, under, patch: { ...change.patch, lease: null } });
      if (!(await writes.changeUnread(filter, pipeline, isWrittenBy(post, under.owner))))
        throw await findConflict(post, under);
    },
  };
}
