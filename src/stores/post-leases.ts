// A worker's lease on a post: who works on it, and until when, by the database's clock.

import type { Model } from 'mongoose';
import { afterNow } from '../domain/after-now.ts';
import { transition } from '../domain/post.ts';
import type { Attempt, Post } from '../domain/post-record.ts';
import { notBefore, toSetStage } from './expressions.ts';
import type { GatheredWrites } from './gathering.ts';
import { isWrittenBy, type PostPatch, stampOf } from './post-changes.ts';
import { type StoredPost, toPost } from './post-schema.ts';

export function createLeaseQueries(model: Model<StoredPost>, writes: GatheredWrites<StoredPost>) {
  return {
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
      const stored = await writes.change({ _id: id, wakeAt: { $type: 'date' } }, [{ $set: claim }]);
      return stored?.lease?.owner === owner ? toPost(stored) : null;
    },

    /**
     * Claims a scheduled post as it was read, without a lease of anybody's, and begins it with `attempt` in the same write. `from`: on
     * the database's clock, now or the instant ahead at which the post is to begin; its lease counts from there. Null where anybody was
     * quicker, or changed it.
     */
    async begin(
      post: Post,
      { owner, leaseMs, from, attempt }: { owner: string; leaseMs: number; from: Date; attempt: Attempt | null },
    ): Promise<Post | null> {
      const stage = transition(post, 'claim');
      const until = { $add: [notBefore(from), leaseMs] };
      const fence = post.fence + 1;
      const set = {
        ...toSetStage({ ...stage, attempt, fence }),
        ...stampOf(owner),
        lease: { owner: { $literal: owner }, until },
        wakeAt: until,
      };
      const filter = { _id: post.id, ownerId: post.ownerId, version: post.version, lease: null };
      const isBegun = await writes.changeUnread(filter, [{ $set: set }], isWrittenBy(post, owner));
      const lease = { owner, until: new Date(from.getTime() + leaseMs) };
      return isBegun
        ? { ...post, ...stage, attempt, fence, version: post.version + 1, lease, wakeAt: lease.until, updatedAt: from }
        : null;
    },

    /** Lets a post as it was read, without a lease of anybody's, wait `delayMs` from the database's now. Nothing where it changed. */
    async putOff({ id, ownerId, version }: Post, delayMs: number): Promise<void> {
      const set = { ...toSetStage({ wakeAt: afterNow(delayMs) }), version: version + 1, updatedAt: '$$NOW' };
      await writes.changeUnread({ _id: id, ownerId, version, lease: null }, [{ $set: set }], () => true);
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

    /** Gives a post back without a change of state; `wakeAt` says when it needs attention again. Nothing where it is lost already. */
    async release({ id, version, fence }: Post, owner: string, patch: PostPatch): Promise<void> {
      const set = { ...toSetStage({ ...patch, lease: null }), ...stampOf(owner) };
      await writes.changeUnread({ _id: id, version, fence, 'lease.owner': owner }, [{ $set: set }], () => true);
    },
  };
}
