// What people do with posts once their card is complete: schedule, move, cancel, bring back.

import { consentSentence } from '../domain/choices.ts';
import { nextWakeOf } from '../domain/early-look.ts';
import { AppError } from '../domain/errors.ts';
import { canHappen, isTerminal, type PostState } from '../domain/post.ts';
import { type Due, NO_TRIES, type Post, setAsideKind } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import { nearestInstant, wallTimeAt, wallTimeToInstant } from '../domain/when/wall-time.ts';
import type { MediaStore } from '../media/store.ts';
import type { PostChange, PostStore } from '../stores/posts.ts';
import { DRAFT_REMINDER_MS, findGaps, requireDraft } from './drafts.ts';
import { changePost } from './post-change.ts';

/** More than anybody pages through. */
const LISTED_AT_MOST = 500;

/** A worker that began with a post ahead looks at it once more at its time; a move must be in by then. */
const MOVE_MARGIN_MS = 1_000;

/** Until when the post can be moved while a worker has it; null where that does not matter. */
const movableUntil = ({ step, due }: Post): Date | null =>
  step === 'claimed' ? new Date((due?.at?.getTime() ?? 0) - MOVE_MARGIN_MS) : null;

export interface PostsDeps {
  readonly posts: PostStore;
  readonly media: MediaStore;
  readonly clock: () => number;
  /** Sets the alarm for a post's time; the sweep would find it too. */
  readonly setAlarm: (post: Post) => Promise<void>;
  /** How long the clip of a post that ended is kept. */
  readonly clipKeepMs: number;
}

export type Posts = ReturnType<typeof createPosts>;

export function createPosts({ posts, media, clock, setAlarm, clipKeepMs }: PostsDeps) {
  const change = (ownerId: string, id: string, decide: (post: Post) => PostChange): Promise<Post> =>
    changePost(posts, ownerId, id, decide);

  return {
    /** Until when a post that ended can be brought back; null for one that has not ended, or never can be. */
    keptUntil: (post: Post): Date | null =>
      isTerminal(post.state) && canHappen(post, 'revive') ? new Date(post.updatedAt.getTime() + clipKeepMs) : null,

    find: (user: User, id: string): Promise<Post> => posts.find(user.id, id),

    list: (user: User, states: readonly PostState[]): Promise<Post[]> =>
      posts.list(user.id, { states }, { limit: LISTED_AT_MOST }),

    count: (user: User, accountId: string, states: readonly PostState[]): Promise<number> =>
      posts.count(user.id, { accountId, states }),

    /**
     * The press on Schedule: consent is recorded, relative times begin to count.
     * @throws AppError the first gap where something is missing, `time_past`.
     */
    async schedule(user: User, id: string): Promise<Post> {
      const scheduled = await change(user.id, id, post => {
        requireDraft(post);
        const [gap] = findGaps(post);
        if (gap) throw new AppError(gap.code, gap.facts);
        if (!post.due) throw new AppError('time_required');
        const now = clock();
        const at = post.due.delayMs === null ? post.due.at : new Date(now + post.due.delayMs);
        if (!at || at.getTime() < now) throw new AppError('time_past');
        return {
          event: 'schedule',
          patch: {
            due: { ...post.due, at },
            wakeAt: nextWakeOf(id, at, now),
            consent: {
              text: consentSentence(post.choices),
              at: new Date(now),
              choices: post.choices,
              caption: post.caption,
            },
            problem: null,
            reminders: 0,
            tries: NO_TRIES,
          },
        };
      });
      await setAlarm(scheduled);
      return scheduled;
    },

    /**
     * Moves a scheduled or held post to another time; `now` itself publishes it at once.
     * @throws AppError `post_wrong_state`, `post_too_late` once its upload may be open.
     */
    async reschedule(user: User, id: string, due: Due): Promise<Post> {
      const moved = await change(user.id, id, post => {
        const now = clock();
        const at = due.delayMs === null ? due.at : new Date(now + due.delayMs);
        if (!at) throw new AppError('zone_required');
        return {
          event: 'reschedule',
          before: movableUntil(post),
          patch: {
            due: { ...due, at },
            wakeAt: nextWakeOf(id, at, now),
            ...(post.step === 'claimed' && { attempt: null }),
            problem: null,
            reminders: 0,
            tries: NO_TRIES,
          },
        };
      });
      await setAlarm(moved);
      return moved;
    },

    /** Moves a scheduled post to the same time on another zone's clock. */
    async moveToZone(user: User, id: string, zone: string): Promise<Post> {
      const { due } = await posts.find(user.id, id);
      if (!due?.at) throw new AppError('time_required');
      const resolution = wallTimeToInstant(wallTimeAt(due.at.getTime(), due.zone), zone);
      const at = new Date(nearestInstant(resolution));
      return this.reschedule(user, id, { at, delayMs: null, zone, words: due.words });
    },

    /** @throws AppError `post_too_late` once TikTok may have the video. */
    cancel: (user: User, id: string): Promise<Post> =>
      changePost(
        posts,
        user.id,
        id,
        // What was set aside stays marked so: it does not come back.
        post => ({
          event: 'cancel',
          patch: { wakeAt: null, lease: null, problem: setAsideKind(post) ? post.problem : null },
        }),
        { isRemoval: true },
      ),

    /** Back to a card with every choice kept: from scheduled and held, and from cancelled and failed while the clip is kept. */
    async reopen(user: User, id: string): Promise<Post> {
      const { clip } = await posts.find(user.id, id);
      if (clip) await media.size(clip.mediaId);
      return change(user.id, id, post => ({
        event: canHappen(post, 'revive') ? 'revive' : 'edit',
        patch: {
          wakeAt: new Date(clock() + DRAFT_REMINDER_MS),
          reminders: 0,
          lease: null,
          attempt: null,
          problem: null,
          consent: null,
          tries: NO_TRIES,
          publication: null,
        },
      }));
    },
  };
}
