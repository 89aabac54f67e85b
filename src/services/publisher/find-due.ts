// What a sweep finds due. Where one look does not show everything, those that have not begun are looked for by themselves, and where
// one person's posts fill a look, a longer one finds those of others behind them.

import type { World } from '../../domain/account.ts';
import type { PostStore } from '../../stores/posts.ts';

/** As many as places are soon free for. */
export const FIRST_LOOK = 400;
/** Beyond another person's thousand. */
const LONG_LOOK = 1_500;

type Waking = Awaited<ReturnType<PostStore['findWaking']>>;

export interface Due {
  /** The longest waiting first. */
  readonly waking: Waking;
  /** There may be more of any kind. */
  readonly leavesMore: boolean;
  /** There may be more that have not begun. */
  readonly leavesUnbegun: boolean;
}

function isCrowded(waking: Waking): boolean {
  const counts = new Map<string, number>();
  for (const { ownerId } of waking) counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1);
  return Math.max(...counts.values()) > waking.length / 2;
}

/** Posts that need attention up to `until`. */
export async function findDue(
  posts: Pick<PostStore, 'findWaking' | 'findWakingScheduled'>,
  until: Date,
  world: World,
): Promise<Due> {
  const waking = await posts.findWaking(until, FIRST_LOOK, world);
  if (waking.length < FIRST_LOOK) return { waking, leavesMore: false, leavesUnbegun: false };
  const begun = waking.filter(({ state }) => state !== 'scheduled');
  const first = begun.length === 0 ? waking : await posts.findWakingScheduled(until, FIRST_LOOK, world);
  const isFull = first.length === FIRST_LOOK;
  const scheduled = isFull && isCrowded(first) ? await posts.findWakingScheduled(until, LONG_LOOK, world) : first;
  return { waking: [...scheduled, ...begun], leavesMore: true, leavesUnbegun: isFull };
}
