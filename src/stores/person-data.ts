// Everything that the database holds about one person, across collections. A new collection that holds something about people
// belongs in here: test/flows/leaving.test.ts searches the whole database for what was forgotten.

import type { World } from '../domain/account.ts';
import { identityKey, type User } from '../domain/user.ts';
import type { AccountStore } from './accounts.ts';
import type { InviteStore } from './invites.ts';
import type { KeptEventStore } from './kept-events.ts';
import type { LinkAttemptStore } from './link-attempts.ts';
import type { MemoStore } from './memos.ts';
import type { PendingQuestionStore } from './pending-questions.ts';
import type { PlaygroundMessageStore } from './playground-messages.ts';
import type { PostStore } from './posts.ts';
import type { UploadStore } from './uploads.ts';
import type { UserStore } from './users.ts';

export interface PersonDataDeps {
  readonly users: UserStore;
  readonly accounts: AccountStore;
  readonly linkAttempts: LinkAttemptStore;
  readonly posts: PostStore;
  readonly invites: InviteStore;
  readonly memos: MemoStore;
  readonly keptEvents: KeptEventStore;
  readonly pendingQuestions: PendingQuestionStore;
  readonly playgroundMessages: PlaygroundMessageStore;
  readonly uploads: UploadStore;
}

export type PersonData = ReturnType<typeof createPersonData>;

/** What a copy of a post leaves out: keys to an upload, and the bookkeeping of workers. */
const WITHOUT = { 'attempt.uploadUrl': 0, lease: 0, fence: 0, version: 0, source: 0, notifiedBy: 0, tries: 0 } as const;

export function createPersonData(deps: PersonDataDeps) {
  const { users, accounts, linkAttempts, posts, invites, pendingQuestions, playgroundMessages, uploads } = deps;
  const keysOf = (user: User) => user.identities.map(({ platform, personId }) => identityKey(platform, personId));
  const invitesOf = (user: User) => ({ $or: [{ madeBy: user.id }, { redeemedBy: { $in: keysOf(user) } }] });

  return {
    /** All but the posts, without tokens and without the hashes of secrets. */
    async readProfile(user: User) {
      const secretsOfLinks = { nonceHash: 0, stateHash: 0, cookieHash: 0, codeHash: 0, verifier: 0 };
      const secretsOfGrants = { 'pending.accessToken': 0, 'pending.refreshToken': 0 };
      return {
        person: await users.model.findById(user.id).lean(),
        accounts: await accounts.model.find({ ownerId: user.id }, { grant: 0, grantLease: 0, turn: 0 }).lean(),
        connecting: await linkAttempts.model
          .find({ ownerId: user.id }, { ...secretsOfLinks, ...secretsOfGrants })
          .lean(),
        chats: await pendingQuestions.readAll(user.identities),
        playground: await playgroundMessages.readAll(user.identities),
        uploads: await uploads.model.find({ ownerId: user.id }, { nonceHash: 0, cookieHash: 0 }).lean(),
        memos: await deps.memos.model.find({ userId: user.id }, { sentBy: 0 }).lean(),
        invitations: await invites.model.find(invitesOf(user), { codeHash: 0 }).lean(),
      };
    },

    /** The person's posts, newest first, read as they are asked for. */
    readPosts: (user: User): AsyncIterable<object> =>
      posts.model.find({ ownerId: user.id }, WITHOUT).sort({ createdAt: -1 }).lean().cursor({ batchSize: 100 }),

    /** Up to `limit` of the person's posts, of one TikTok or of all, for taking them apart. */
    async findPosts(user: User, limit: number, world?: World): Promise<{ id: string; mediaId: string | null }[]> {
      const found = await posts.model
        .find({ ownerId: user.id, ...(world && { world }) }, { _id: 1, 'clip.mediaId': 1 })
        .limit(limit)
        .lean<{ _id: string; clip: { mediaId: string } | null }[]>();
      return found.map(({ _id, clip }) => ({ id: _id, mediaId: clip?.mediaId ?? null }));
    },

    async erasePosts(user: User, ids: readonly string[]): Promise<void> {
      await posts.model.deleteMany({ ownerId: user.id, _id: { $in: ids } });
    },

    /** Everything but the posts. The user goes last: after a crash the person is still known and can ask again. */
    async eraseRest(user: User): Promise<void> {
      await accounts.model.deleteMany({ ownerId: user.id });
      await linkAttempts.model.deleteMany({ ownerId: user.id });
      // Somebody else's attempt may still owe this person a warning.
      for (const { platform, chatId } of user.identities)
        await linkAttempts.model.updateMany(
          { 'warning.platform': platform, 'warning.chatId': chatId },
          { $set: { warning: null } },
        );
      await uploads.model.deleteMany({ ownerId: user.id });
      await deps.memos.model.deleteMany({ userId: user.id });
      await invites.model.deleteMany(invitesOf(user));
      await deps.keptEvents.forget(user.identities);
      await pendingQuestions.forget(user.identities);
      await playgroundMessages.forget(user.identities);
      await users.model.deleteOne({ _id: user.id });
    },
  };
}
