// The queries on posts: how they are made, found, listed and counted. How they change is in post-changes.ts and post-leases.ts.

import type { Connection } from 'mongoose';
import type { Consent } from '../domain/choices.ts';
import { AppError } from '../domain/errors.ts';
import type { PostState } from '../domain/post.ts';
import type { Post } from '../domain/post-record.ts';
import { isDuplicateKey } from './database.ts';
import { gatherReads, gatherWrites } from './gathering.ts';
import { createChangeQueries } from './post-changes.ts';
import { createClipQueries } from './post-clips.ts';
import { createFigureQueries } from './post-figures.ts';
import { createLeaseQueries } from './post-leases.ts';
import { createNoticeQueries } from './post-notices.ts';
import { POST_SCHEMA_VERSION, postSchema, type StoredPost, toPost } from './post-schema.ts';
import { createWakingQueries } from './post-waking.ts';

export type { PostChange, PostPatch } from './post-changes.ts';

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
  const writes = gatherWrites(model);
  const readForWork = gatherReads<StoredPost>(model);
  const readVersion = gatherReads<StoredPost, Pick<StoredPost, 'version'>>(model, { version: 1 });
  const findOne = async (filter: object) => (await model.findOne(filter).lean<StoredPost | null>()) ?? null;

  return {
    model,
    ...createNoticeQueries(model),
    ...createWakingQueries(model),
    ...createFigureQueries(model),
    ...createClipQueries(model),
    ...createChangeQueries(model, writes),
    ...createLeaseQueries(model, writes),

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
      const stored = await readForWork(id);
      return stored && toPost(stored);
    },

    /** Null where there is no such post any more. */
    async findVersion(id: string): Promise<number | null> {
      return (await readVersion(id))?.version ?? null;
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

    async keepCard(ownerId: string, id: string, messageRef: string): Promise<void> {
      await model.updateOne({ _id: id, ownerId }, { $set: { 'card.messageRef': messageRef } });
    },
  };
}
