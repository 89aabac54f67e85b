// Practice kept apart from the real thing. When Clipcue starts on the other side of that line, what waits on this one is set aside:
// never sent, the person told once. Whatever comes back with its TikTok comes back as a draft, to be scheduled anew.

import { isPractice, type World } from '../domain/account.ts';
import { afterNow } from '../domain/after-now.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import { canHappen } from '../domain/post.ts';
import { NO_TRIES, type Post, type SetAsideKind, setAsideKind, setAsideProblem } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import type { PostChange, PostStore } from '../stores/posts.ts';
import type { StrandedPosts } from '../stores/stranded-posts.ts';
import { DRAFT_REMINDER_MS } from './drafts.ts';
import type { ErasePosts } from './post-erasure.ts';

export interface PracticeDeps {
  readonly posts: PostStore;
  readonly strandedPosts: StrandedPosts;
  readonly erasePosts: ErasePosts;
  readonly world: World;
  readonly clock: () => number;
}

export type Practice = ReturnType<typeof createPractice>;

export function createPractice({ posts, strandedPosts, erasePosts, world, clock }: PracticeDeps) {
  const kindHere: SetAsideKind = isPractice(world) ? 'practice' : 'real';
  const kindElsewhere: SetAsideKind = isPractice(world) ? 'real' : 'practice';

  /** False where another process that starts at the same time was quicker. */
  async function change(post: Post, wanted: PostChange): Promise<boolean> {
    try {
      await posts.apply(post, wanted);
      return true;
    } catch (error) {
      if (isAppError(error, 'post_changed', 'post_gone')) return false;
      throw error;
    }
  }

  /** What TikTok may have already stays as it is: nobody works on it until its own TikTok is back. */
  async function setAsideAll(): Promise<void> {
    const told = new Set<string>();
    for await (const post of strandedPosts.listOfOtherKind(world)) {
      const { ownerId } = post;
      if (setAsideKind(post) === kindElsewhere || !canHappen(post, 'hold')) continue;
      const isFirst = !told.has(ownerId) && !(await strandedPosts.hasSetAside(ownerId, kindElsewhere));
      const isDone = await change(post, {
        event: 'hold',
        patch: { wakeAt: null, lease: null, problem: setAsideProblem(kindElsewhere, new Date(clock())) },
        notices: isFirst ? ['set_aside'] : [],
      });
      if (isDone) told.add(ownerId);
    }
  }

  /** Consent was given for another day: nothing goes out again by itself. */
  async function takeBackAll(): Promise<void> {
    for await (const post of strandedPosts.listSetAside(kindHere)) {
      await change(post, {
        event: 'edit',
        patch: {
          ...{ problem: null, consent: null, attempt: null, tries: NO_TRIES, reminders: 0 },
          wakeAt: afterNow(DRAFT_REMINDER_MS),
        },
      });
    }
  }

  return {
    /** To be called before anything works on posts. May run again, and in several processes. */
    async setAside(): Promise<void> {
      await setAsideAll();
      await takeBackAll();
    },

    /**
     * Erases a person's practice posts, clips included. Gives how many there were.
     * @throws AppError `button_unknown` while practising, when they are no leftovers.
     */
    async remove(user: User): Promise<number> {
      if (isPractice(world)) throw new AppError('button_unknown');
      return erasePosts(user, 'simulator');
    },
  };
}
