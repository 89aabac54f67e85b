// What a sweep finds due. Where one look does not show everything, those that have not begun are looked for by themselves, and where
// one person's posts fill a look, now and then a longer one finds those of others behind them.

import type { World } from '../../domain/account.ts';
import type { Post } from '../../domain/post-record.ts';
import type { WakingPost } from '../../stores/post-waking.ts';
import type { PostStore } from '../../stores/posts.ts';

/** As many as have places, and as many again that wait for them. */
export const FIRST_LOOK = 800;
/** Beyond another person's thousand. */
const LONG_LOOK = 1_500;
/** It reads three times as much, and looks follow one another quickly while thousands are due. */
const LONG_LOOK_EVERY_MS = 2_000;

export interface Due {
  /** The longest waiting first. */
  readonly posts: readonly Post[];
  /** Other people's, found behind these. */
  readonly behind: readonly WakingPost[];
  /** There may be more of any kind. */
  readonly leavesMore: boolean;
  /** There may be more that have not begun. */
  readonly leavesUnbegun: boolean;
}

export interface FindDueDeps {
  readonly posts: Pick<PostStore, 'findWaking' | 'findWakingScheduled' | 'listWakingScheduled'>;
  readonly world: World;
  readonly clock: () => number;
}

export function createFindDue({ posts, world, clock }: FindDueDeps) {
  let lookedFarAt = Number.NEGATIVE_INFINITY;

  /** Those of people who have none among the `first`, where one person has most of these. */
  async function findBehind(first: readonly Post[], until: Date): Promise<WakingPost[]> {
    const counts = new Map<string, number>();
    for (const { ownerId } of first) counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1);
    const isCrowded = Math.max(...counts.values()) > first.length / 2;
    if (!isCrowded || clock() - lookedFarAt < LONG_LOOK_EVERY_MS) return [];
    lookedFarAt = clock();
    const all = await posts.listWakingScheduled(until, LONG_LOOK, world);
    return all.filter(({ ownerId }) => !counts.has(ownerId));
  }

  /** Posts that need attention up to `until`. */
  return async function findDue(until: Date): Promise<Due> {
    const waking = await posts.findWaking(until, FIRST_LOOK, world);
    if (waking.length < FIRST_LOOK) return { posts: waking, behind: [], leavesMore: false, leavesUnbegun: false };
    const begun = waking.filter(({ state }) => state !== 'scheduled');
    const scheduled = begun.length === 0 ? waking : await posts.findWakingScheduled(until, FIRST_LOOK, world);
    const isFull = scheduled.length === FIRST_LOOK;
    const behind = isFull ? await findBehind(scheduled, until) : [];
    return { posts: [...scheduled, ...begun], behind, leavesMore: true, leavesUnbegun: isFull };
  };
}
