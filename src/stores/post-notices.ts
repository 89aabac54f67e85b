// The queries on what posts owe to people: notices are claimed, delivered and struck one by one, in the order in which they were
// written. They touch neither a post's version nor its lease, so publishing never waits for a chat.

import type { Model } from 'mongoose';
import type { NoticeKind, Post } from '../domain/post-record.ts';
import { PIPELINE, type StoredPost, toPost } from './post-schema.ts';

/** More than anybody is told of in one message. */
const GATHERED_AT_MOST = 500;

/** The outbox with so many sends more, or less, of one notice. */
const withSends = (key: string, more: number) => {
  const sends = { $max: [0, { $add: [{ $ifNull: ['$$this.sends', 0] }, more] }] };
  const counted = { $mergeObjects: ['$$this', { sends }] };
  return {
    $map: { input: '$outbox', in: { $cond: [{ $eq: ['$$this.key', { $literal: key }] }, counted, '$$this'] } },
  };
};

export function createNoticeQueries(model: Model<StoredPost>) {
  return {
    /** Posts that owe a person a message, up to `until`. */
    async findOwingNotices(until: Date, limit: number): Promise<string[]> {
      const found = await model
        .find({ notifyAt: { $type: 'date', $lte: until } }, { _id: 1 })
        .sort({ notifyAt: 1 })
        .limit(limit)
        .lean();
      return found.map(({ _id }) => _id);
    },

    /** Posts that wait for the person of `post` in the same chat, and whose next notice is of the same `kind`. */
    async listOwing({ ownerId, card }: Post, kind: NoticeKind): Promise<Post[]> {
      const stored = await model
        .find({
          ownerId,
          state: { $in: ['held', 'unconfirmed'] },
          'outbox.0.kind': kind,
          'card.platform': card.platform,
          'card.chatId': card.chatId,
        })
        .sort({ _id: 1 })
        .limit(GATHERED_AT_MOST)
        .lean<StoredPost[]>();
      return stored.map(toPost);
    },

    /**
     * Takes the right to send a post's next notice for `holdMs`, under a name that is new with each claim; whoever crashes
     * meanwhile is followed by another.
     */
    async claimNotice(id: string, owner: string, holdMs: number): Promise<Post | null> {
      const ifDue = (then: unknown, otherwise: unknown) => ({
        $cond: [{ $lte: ['$notifyAt', '$$NOW'] }, then, otherwise],
      });
      const claim = {
        notifyAt: ifDue({ $add: ['$$NOW', holdMs] }, '$notifyAt'),
        notifiedBy: ifDue({ $literal: owner }, '$notifiedBy'),
      };
      const stored = await model
        .findOneAndUpdate({ _id: id, notifyAt: { $type: 'date' } }, [{ $set: claim }], PIPELINE)
        .lean<StoredPost | null>();
      return stored?.notifiedBy === owner ? toPost(stored) : null;
    },

    /** Counts a send of a claimed notice before it is made. Gives the count; null where another has claimed it meanwhile. */
    async beginSend(id: string, owner: string, key: string): Promise<number | null> {
      const stored = await model
        .findOneAndUpdate({ _id: id, notifiedBy: owner }, [{ $set: { outbox: withSends(key, 1) } }], PIPELINE)
        .lean<StoredPost | null>();
      return stored?.outbox.find(notice => notice.key === key)?.sends ?? null;
    },

    /** Strikes a notice, keeps where its message stands, and lets the next one of the post go at once. */
    async settleNotice(id: string, key: string, messageRef: string | null): Promise<void> {
      const rest = { $filter: { input: '$outbox', cond: { $ne: ['$$this.key', { $literal: key }] } } };
      await model.updateOne(
        { _id: id },
        [
          { $set: { outbox: rest, ...(messageRef !== null && { noticeRef: { $literal: messageRef } }) } },
          { $set: { notifyAt: { $cond: [{ $gt: [{ $size: '$outbox' }, 0] }, '$$NOW', null] } } },
        ],
        { updatePipeline: true },
      );
    },

    /** The send that was counted came to nothing, and whoever made it knows. */
    async takeSendBack(id: string, key: string): Promise<void> {
      await model.updateOne({ _id: id }, [{ $set: { outbox: withSends(key, -1) } }], { updatePipeline: true });
    },

    async delayNotice(id: string, delayMs: number | null): Promise<void> {
      const notifyAt = delayMs === null ? null : { $add: ['$$NOW', Math.round(delayMs)] };
      await model.updateOne({ _id: id }, [{ $set: { notifyAt } }], { updatePipeline: true });
    },

    /** Lets the notices go out that wait for a person who could not be reached. */
    async rearmNotices(ownerId: string): Promise<void> {
      await model.updateMany(
        { ownerId, notifyAt: null, 'outbox.0': { $exists: true } },
        [{ $set: { notifyAt: '$$NOW' } }],
        {
          updatePipeline: true,
        },
      );
    },
  };
}
