// What a sweep finds due. Where one look does not show everything, those whose upload is not open yet are looked for by themselves;
// where one person's posts fill a look, now and then a longer one finds those of others behind them; and where other workers are
// quicker, each looks somewhere else among the many, for all of them at the same posts would be slower than one alone.

import type { World } from '../../domain/account.ts';
import type { Post } from '../../domain/post-record.ts';
import type { WakingPost } from '../../stores/post-waking.ts';
import type { PostStore } from '../../stores/posts.ts';

/** As many as have places, and as many again that wait for them. */
export const FIRST_LOOK = 800;
/** Of all kinds together, where those that have not begun are looked for by themselves in any case. */
const LOOK_WITH_OTHERS = 200;
/** While there are places for hardly any but those that have not begun. */
const LOOK_IN_RUSH = 50;
/** Beyond another person's thousand. */
const LONG_LOOK = 1_500;
/** It reads three times as much, and looks follow one another quickly while thousands are due. */
const LONG_LOOK_EVERY_MS = 2_000;
/** How long a worker that lost a post to another one counts on others: each post due finds them all at the same instant. */
const SHARED_FOR_MS = 10 * 60_000;

export interface Due {
  /** The longest waiting first, as long as this worker is alone. */
  readonly posts: readonly Post[];
  /** Other people's, found behind these. */
  readonly behind: readonly WakingPost[];
  /** There may be more of any kind. */
  readonly leavesMore: boolean;
  /** There may be more that have not begun. */
  readonly leavesScheduled: boolean;
  /** There may be more that are due and have not begun. */
  readonly leavesUnbegun: boolean;
}

export interface Looks {
  readonly now: Date;
  /** Up to here everything that needs attention. */
  readonly until: Date;
  /** Up to here what has not begun. */
  readonly ahead: Date;
  /** There are places for hardly any but those that have not begun. */
  readonly isRushed: boolean;
}

export interface FindDueDeps {
  readonly posts: Pick<
    PostStore,
    'findWaking' | 'findWakingScheduled' | 'findScheduledAt' | 'findWakingClaimed' | 'listWakingScheduled'
  >;
  readonly world: World;
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newId: () => string;
}

export type DueLooks = ReturnType<typeof createDueLooks>;

export function createDueLooks({ posts, world, clock, random, newId }: FindDueDeps) {
  let lookedFarAt = Number.NEGATIVE_INFINITY;
  let lostAt = Number.NEGATIVE_INFINITY;

  const isShared = (): boolean => clock() - lostAt < SHARED_FOR_MS;

  /** Of those that have not begun, as many as a look shows; from somewhere in the crowd where many are due at one instant. */
  async function findElsewhere(until: Date): Promise<Post[]> {
    const first = await posts.findWakingScheduled(until, LOOK_WITH_OTHERS, world);
    const at = first[0]?.wakeAt;
    if (first.length < LOOK_WITH_OTHERS || !at) return first;
    const found = await posts.findScheduledAt(at, newId(), FIRST_LOOK, world);
    // Ids lie in a ring.
    if (found.length < FIRST_LOOK)
      found.push(...(await posts.findScheduledAt(at, '', FIRST_LOOK - found.length, world)));
    return found.length < FIRST_LOOK ? posts.findWakingScheduled(until, FIRST_LOOK, world) : found;
  }

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

  return {
    async find({ now, until, ahead, isRushed }: Looks): Promise<Due> {
      const limit = isRushed ? LOOK_IN_RUSH : isShared() ? LOOK_WITH_OTHERS : FIRST_LOOK;
      const waking = await posts.findWaking(until, limit, world);
      const scheduled = isShared()
        ? await findElsewhere(ahead)
        : await posts.findWakingScheduled(ahead, FIRST_LOOK, world);
      const leavesMore = waking.length === limit;
      // A worker died, or was too slow, before it opened their uploads: they are as late as those that nobody has begun with.
      const claimed = leavesMore ? await posts.findWakingClaimed(now, FIRST_LOOK, world) : [];
      const leavesScheduled = scheduled.length === FIRST_LOOK;
      const isDue = ({ wakeAt }: Post): boolean => wakeAt !== null && wakeAt <= now;
      const isCrowd = isShared() ? scheduled.some(isDue) : scheduled.every(isDue);
      const found = [...new Map([...scheduled, ...claimed, ...waking].map(post => [post.id, post])).values()];
      return {
        posts: isShared() ? shuffled(found, random) : found,
        behind: leavesScheduled ? await findBehind(scheduled, ahead) : [],
        leavesMore,
        leavesScheduled,
        leavesUnbegun: leavesScheduled && isCrowd,
      };
    },

    /** Another worker was quicker with one of them. */
    noteLost(): void {
      lostAt = clock();
    },

    /** Others look at the same posts. */
    isShared,
  };
}

/** Fisher and Yates's, from the end. */
function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    [mixed[at], mixed[last]] = [mixed[last] as Item, mixed[at] as Item];
  }
  return mixed;
}
