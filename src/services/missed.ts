// Posts whose time passed before they could go out, and what their person decides about all of them at once: publish them, spaced,
// or give them new times.

import { AppError, isAppError } from '../domain/errors.ts';
import { CATCH_UP_GAP_MS, spaceOut } from '../domain/lateness.ts';
import { type Due, NO_TRIES, type Post } from '../domain/post-record.ts';
import { dueInSeries, type Step } from '../domain/series.ts';
import type { User } from '../domain/user.ts';
import type { PostStore } from '../stores/posts.ts';
import { changePost } from './post-change.ts';

/** More than anybody misses. */
const LISTED_AT_MOST = 500;

export interface MissedDeps {
  readonly posts: PostStore;
  readonly clock: () => number;
  /** Sets the alarm for a post's time. */
  readonly setAlarm: (post: Post) => Promise<void>;
}

export type Missed = ReturnType<typeof createMissed>;

export const isMissed = ({ state, problem }: Pick<Post, 'state' | 'problem'>): boolean =>
  state === 'held' && problem?.code === 'post_missed';

export function createMissed({ posts, clock, setAlarm }: MissedDeps) {
  /** Those that wait for their person, in the order in which they were due. */
  async function list(user: User): Promise<Post[]> {
    const held = await posts.list(user.id, { states: ['held'] }, { limit: LISTED_AT_MOST });
    return held.filter(isMissed);
  }

  /** Null where the post was seen to meanwhile: what was decided there stands. */
  async function move(user: User, id: string, due: Due): Promise<Post | null> {
    try {
      const moved = await changePost(posts, user.id, id, post => {
        if (!isMissed(post)) throw new AppError('post_changed');
        return { event: 'reschedule', patch: { due, wakeAt: due.at, problem: null, reminders: 0, tries: NO_TRIES } };
      });
      await setAlarm(moved);
      return moved;
    } catch (error) {
      if (isAppError(error, 'post_changed', 'post_gone')) return null;
      throw error;
    }
  }

  async function findSlots(accountId: string | null, missed: readonly Post[], now: number): Promise<number[]> {
    if (accountId === null) return spaceOut(missed.length, now, []);
    const from = new Date(now - CATCH_UP_GAP_MS);
    // As if every slot were taken once: beyond that nothing can be in the way.
    const to = new Date(now + 2 * missed.length * CATCH_UP_GAP_MS);
    const others = await posts.listDueTimes(
      accountId,
      from,
      to,
      missed.map(({ id }) => id),
    );
    const taken = others.map(at => at.getTime());
    return spaceOut(missed.length, now, taken);
  }

  return {
    list,

    /** From now on, those of one account ten minutes apart. Gives the posts with their new times. */
    async publishSpaced(user: User): Promise<Post[]> {
      const now = clock();
      const moved: Post[] = [];
      for (const [accountId, missed] of Map.groupBy(await list(user), post => post.accountId)) {
        const slots = await findSlots(accountId, missed, now);
        for (const [index, post] of missed.entries()) {
          const at = new Date(slots[index] ?? now);
          const minutes = Math.round((at.getTime() - now) / 60_000);
          const words = minutes === 0 ? 'now' : `in ${minutes} minutes`;
          const done = await move(user, post.id, { at, delayMs: null, zone: post.due?.zone || 'UTC', words });
          if (done) moved.push(done);
        }
      }
      return moved;
    },

    /** The first one's time, and the others' from it. @throws AppError `zone_required`, `time_past`. */
    async pickTimes(user: User, first: Due, step: Step): Promise<Post[]> {
      const now = clock();
      const at = first.delayMs === null ? first.at : new Date(now + first.delayMs);
      if (!at) throw new AppError('zone_required');
      if (at.getTime() < now) throw new AppError('time_past');
      const moved: Post[] = [];
      for (const [index, post] of (await list(user)).entries()) {
        const done = await move(user, post.id, dueInSeries({ ...first, at, delayMs: null }, index, step));
        if (done) moved.push(done);
      }
      return moved;
    },
  };
}
