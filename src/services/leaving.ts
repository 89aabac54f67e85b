// What is kept about a person: all of it as one file, and the end of it. Deleting is made of steps that may be repeated, the user
// last, so that a crash in the middle leaves somebody who can ask again.

import { isAppError } from '../domain/errors.ts';
import { isBeyondRecall, type PostState } from '../domain/post.ts';
import type { Post } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import type { AccountStore } from '../stores/accounts.ts';
import type { PersonData } from '../stores/person-data.ts';
import type { PostStore } from '../stores/posts.ts';
import type { Accounts } from './accounts.ts';
import type { ErasePosts } from './post-erasure.ts';

/** Discord takes 10 MiB from a bot, the least of all platforms. */
const FILE_MAX_BYTES = 8_000_000;
const AT_ONCE = 100;
const CANCEL_TRIES = 5;
/** More posts than this are not on their way at once, for one person. */
const PUBLISHING_MAX = 1000;
const WAITING: readonly PostState[] = ['draft', 'scheduled', 'held'];

export interface LeavingDeps {
  readonly personData: PersonData;
  readonly posts: PostStore;
  readonly accountStore: AccountStore;
  readonly accounts: Pick<Accounts, 'disconnect'>;
  /** Ends what the person has begun to connect, and gives back what TikTok granted for it. */
  readonly giveBackPending: (ownerId: string) => Promise<void>;
  /** Removes what the person has begun to upload. */
  readonly forgetUploads: (ownerId: string) => Promise<void>;
  readonly erasePosts: ErasePosts;
  readonly clock: () => number;
}

export interface Leave {
  /** Posts that will never be sent. */
  readonly cancelled: number;
  /** TikTok may have these already, or has them: deleting here does not take them off TikTok. */
  readonly beyondRecall: number;
}

export type Leaving = ReturnType<typeof createLeaving>;

export function createLeaving(deps: LeavingDeps) {
  const { personData, posts } = deps;

  /** Stops a post for good. False where TikTok may have the video already. */
  async function stop(post: Post): Promise<boolean> {
    let current = post;
    for (let tries = 1; ; tries++) {
      if (isBeyondRecall(current)) return false;
      try {
        await posts.apply(current, { event: 'cancel', patch: { wakeAt: null, lease: null } });
        return true;
      } catch (error) {
        if (isAppError(error, 'post_gone')) return true;
        if (!isAppError(error, 'post_changed') || tries === CANCEL_TRIES) throw error;
        const latest = await posts.findForWork(post.id);
        if (!latest || latest.state === 'cancelled' || latest.state === 'failed') return true;
        current = latest;
      }
    }
  }

  async function stopAll(user: User): Promise<Leave> {
    let cancelled = 0;
    for (;;) {
      const waiting = await posts.list(user.id, { states: WAITING }, { limit: AT_ONCE });
      if (waiting.length === 0) break;
      // One that began to be published meanwhile is seen to below.
      for (const post of waiting) if (await stop(post)) cancelled += 1;
    }
    for (const post of await listPublishing(user)) if (await stop(post)) cancelled += 1;
    return { cancelled, beyondRecall: await countBeyondRecall(user) };
  }

  const listPublishing = (user: User) => posts.list(user.id, { states: ['publishing'] }, { limit: PUBLISHING_MAX });

  async function countBeyondRecall(user: User): Promise<number> {
    const onTheWay = (await listPublishing(user)).filter(isBeyondRecall).length;
    return onTheWay + (await posts.count(user.id, { states: ['published', 'unconfirmed'] }));
  }

  return {
    /** What deleting everything would mean, before it is confirmed. Counts only; posts move on meanwhile. */
    async foresee(user: User): Promise<Leave> {
      const recallable = (await listPublishing(user)).filter(post => !isBeyondRecall(post)).length;
      const cancelled = recallable + (await posts.count(user.id, { states: WAITING }));
      return { cancelled, beyondRecall: await countBeyondRecall(user) };
    },

    /** All that is kept, as a JSON file of at most 8 MB: the newest posts where not all fit. No tokens, and not the clips themselves. */
    async collect(user: User): Promise<{ name: string; content: string }> {
      const now = new Date(deps.clock()).toISOString();
      const profile = { writtenAt: now, ...(await personData.readProfile(user)) };
      const kept: string[] = [];
      let sizeBytes = Buffer.byteLength(JSON.stringify(profile, null, 2));
      let leftOut = 0;
      for await (const post of personData.readPosts(user)) {
        const json = JSON.stringify(post);
        sizeBytes += Buffer.byteLength(json) + 2;
        if (sizeBytes > FILE_MAX_BYTES) leftOut += 1;
        else kept.push(json);
      }
      const head = JSON.stringify({ ...profile, ...(leftOut > 0 && { olderPostsLeftOut: leftOut }) }, null, 2);
      return {
        name: `clipcue-${now.slice(0, 10)}.json`,
        content: `${head.slice(0, -2)},\n  "posts": [\n${kept.join(',\n')}\n]}\n`,
      };
    },

    /**
     * Cancels the person's posts, erases them with their clips and jobs, gives the tokens back to TikTok, and erases the accounts
     * and the person.
     * @throws AppError where a store or the database fails; asking again goes on from there.
     */
    async leave(user: User): Promise<Leave> {
      const outcome = await stopAll(user);
      await deps.giveBackPending(user.id);
      await deps.forgetUploads(user.id);
      // Before the tokens: nobody must ask TikTok about a post whose account has none any more.
      await deps.erasePosts(user);
      for (const { id } of await deps.accountStore.list(user.id)) await disconnect(user, id);
      await personData.eraseRest(user);
      return outcome;
    },
  };

  async function disconnect(user: User, accountId: string): Promise<void> {
    try {
      await deps.accounts.disconnect(user, accountId);
    } catch (error) {
      // Pressed twice: the other press has done it.
      if (!isAppError(error, 'account_gone')) throw error;
    }
  }
}
