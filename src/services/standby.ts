// Standby: a copy restored from a backup does nothing at TikTok until its owner says that the old one is off. Then each post that the
// old one may have published meanwhile is looked into: TikTok is asked where it has a publish id to be asked about, the person where
// it has none.

import { afterNow } from '../domain/after-now.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import type { Post } from '../domain/post-record.ts';
import type { BackupPosts } from '../stores/backup-posts.ts';
import type { PostChange, PostStore } from '../stores/posts.ts';
import type { StandbyMark } from '../stores/standby.ts';
import { WAITS_FOR_PERSON } from './publisher/waiting.ts';

export interface StandbyDeps {
  readonly mark: { read(): Promise<StandbyMark | null>; remove(): Promise<void> };
  readonly posts: Pick<PostStore, 'apply'>;
  readonly backupPosts: BackupPosts;
  readonly clock: () => number;
}

/** What the end of standby found: posts of which TikTok is asked, and posts of which the person is. */
export interface Review {
  readonly askedTikTok: number;
  readonly held: number;
}

export type Standby = ReturnType<typeof createStandby>;

export function createStandby({ mark, posts, backupPosts, clock }: StandbyDeps) {
  return {
    /** Null while this copy works. Read from the database each time: it can be restored under a running process. */
    read: mark.read,

    isOn: async (): Promise<boolean> => (await mark.read()) !== null,

    /** @throws AppError `copy_on_standby`. */
    async requireOff(): Promise<void> {
      const standby = await mark.read();
      if (standby) throw new AppError('copy_on_standby', { reason: standby.reason });
    },

    /**
     * Ends it. The posts come first and the mark last, so that a crash in between leaves it on and it can be ended again.
     * Null where this copy was not on standby.
     */
    async end(): Promise<Review | null> {
      const standby = await mark.read();
      if (!standby) return null;
      const review = { askedTikTok: 0, held: 0 };
      const at = new Date(clock());
      for await (const post of backupPosts.listDoubtful(at)) {
        const change = decide(post, at);
        if (!(await applied(post, change))) continue;
        if (change.event === 'hold') review.held += 1;
        else review.askedTikTok += 1;
      }
      await mark.remove();
      return review;
    },
  };

  /** False where the person changed the post in this very moment: what they wrote stands. */
  async function applied(post: Post, change: PostChange): Promise<boolean> {
    try {
      await posts.apply(post, change);
      return true;
    } catch (error) {
      if (isAppError(error, 'post_changed', 'post_gone')) return false;
      throw error;
    }
  }
}

function decide({ state, attempt }: Post, at: Date): PostChange {
  if (state === 'publishing' && attempt?.publishId)
    return { event: 'note', patch: { attempt: { ...attempt, fromBackup: true }, lease: null, wakeAt: afterNow(0) } };
  const problem = { code: 'post_maybe_published', facts: {}, at } as const;
  return { event: 'hold', patch: { ...WAITS_FOR_PERSON, problem }, notices: ['held'] };
}
