// The queries on the clips of posts: which are still needed, what they take, and where one was used before.

import type { Model } from 'mongoose';
import { isTerminal, POST_STATES, type PostState } from '../domain/post.ts';
import type { Post } from '../domain/post-record.ts';
import { type StoredPost, toPost } from './post-schema.ts';

const TERMINAL_STATES = POST_STATES.filter(isTerminal);
/** Posts whose clip TikTok has, may have, or will get. */
const USING_STATES: readonly PostState[] = ['scheduled', 'publishing', 'held', 'published', 'unconfirmed'];

/** A post still needs its clip: it is not at its end, or came to it after `keptSince`. */
const needsClip = (keptSince: Date) => ({
  $or: [{ state: { $nin: TERMINAL_STATES } }, { updatedAt: { $gte: keptSince } }],
});

export function createClipQueries(model: Model<StoredPost>) {
  return {
    /** Which of `mediaIds` a post still needs. */
    async findMediaInUse(mediaIds: readonly string[], keptSince: Date): Promise<Set<string>> {
      const found = await model.distinct('clip.mediaId', {
        'clip.mediaId': { $in: mediaIds },
        ...needsClip(keptSince),
      });
      return new Set(found.filter(id => typeof id === 'string'));
    },

    /** What a person's clips take together, bytes. */
    async sumClipBytes(ownerId: string, keptSince: Date): Promise<number> {
      const [sum] = await model.aggregate<{ sizeBytes: number }>([
        { $match: { ownerId, 'clip.mediaId': { $type: 'string' }, ...needsClip(keptSince) } },
        { $group: { _id: null, sizeBytes: { $sum: '$clip.sizeBytes' } } },
      ]);
      return sum?.sizeBytes ?? 0;
    },

    /** The person's newest other post with the very same bytes. */
    async findSameClip(ownerId: string, sha256: string, exceptId: string): Promise<Post | null> {
      const found = await model
        .findOne({ ownerId, 'clip.sha256': sha256, state: { $in: USING_STATES }, _id: { $ne: exceptId } })
        .sort({ 'due.at': -1 })
        .lean<StoredPost | null>();
      return found && toPost(found);
    },
  };
}
