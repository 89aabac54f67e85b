// What a sweep finds due. Where one person's posts fill the first look, a longer one finds those of others behind them.

import type { World } from '../../domain/account.ts';
import type { PostStore } from '../../stores/posts.ts';

/** As many as places are soon free for. */
export const FIRST_LOOK = 400;
/** Beyond another person's thousand. */
const LONG_LOOK = 1_500;

type Waking = Awaited<ReturnType<PostStore['findWaking']>>;

function isCrowded(waking: Waking): boolean {
  const counts = new Map<string, number>();
  for (const { ownerId } of waking) counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1);
  return Math.max(...counts.values()) > waking.length / 2;
}

/** Posts that need attention up to `until`, the longest waiting first, and whether there may be more. */
export async function findDue(
  posts: Pick<PostStore, 'findWaking'>,
  until: Date,
  world: World,
): Promise<{ waking: Waking; leavesMore: boolean }> {
  const waking = await posts.findWaking(until, FIRST_LOOK, world);
  if (waking.length < FIRST_LOOK) return { waking, leavesMore: false };
  return { waking: isCrowded(waking) ? await posts.findWaking(until, LONG_LOOK, world) : waking, leavesMore: true };
}
