// How the bot is doing, for its owner: what waits, what became of the last hour's posts, and what everything stands on.

import type { Adapter } from '../chat/adapter.ts';
import type { World } from '../domain/account.ts';
import type { Outcomes } from '../stores/post-figures.ts';
import type { PostStore } from '../stores/posts.ts';

const HOUR_MS = 3_600_000;

/** What is known once, at start. */
export interface BuildFacts {
  readonly version: string;
  readonly nodeVersion: string;
  readonly database: string;
}

export interface PlatformStatus {
  readonly platform: string;
  readonly name: string | null;
  /** Null while it works. */
  readonly fault: string | null;
}

export interface BotStatus extends BuildFacts {
  readonly startedAt: Date;
  /** Posts whose time has come and that nobody has begun with. */
  readonly dueCount: number;
  readonly nextDueAt: Date | null;
  readonly nextDayCount: number;
  readonly lastHour: Outcomes;
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number };
  readonly platforms: readonly PlatformStatus[];
}

export interface StatusDeps {
  readonly posts: Pick<PostStore, 'countScheduled' | 'findNextDue' | 'countOutcomes'>;
  readonly readSpace: () => Promise<{ freeBytes: number; totalBytes: number }>;
  readonly listAdapters: () => readonly Adapter[];
  readonly build: BuildFacts;
  readonly world: World;
  readonly clock: () => number;
}

export type Status = ReturnType<typeof createStatus>;

/** Why a platform does not work, in a sentence; null while it does. */
export function faultOf({ fault, isReady }: Adapter): string | null {
  const sentence = fault?.() ?? null;
  if (sentence !== null) return sentence;
  return isReady?.() === false ? 'It cannot be reached; Clipcue keeps trying.' : null;
}

export function createStatus({ posts, readSpace, listAdapters, build, world, clock }: StatusDeps) {
  const startedAt = new Date(clock());
  return {
    async read(): Promise<BotStatus> {
      const now = clock();
      const at = new Date(now);
      const [dueCount, nextDueAt, withinDay, lastHour, disk] = await Promise.all([
        posts.countScheduled(at, world),
        posts.findNextDue(at, world),
        posts.countScheduled(new Date(now + 24 * HOUR_MS), world),
        posts.countOutcomes(new Date(now - HOUR_MS), world),
        readSpace(),
      ]);
      const platforms = listAdapters().map(adapter => ({
        platform: adapter.platform,
        name: adapter.calledAs?.() ?? null,
        fault: faultOf(adapter),
      }));
      return {
        ...build,
        ...{ startedAt, dueCount, nextDueAt, lastHour, disk, platforms },
        nextDayCount: Math.max(0, withinDay - dueCount),
      };
    },
  };
}
