// Watches what the owner must hear of: the disk, the database, the chat platforms, and posts that came due while nothing ran.

import type { Adapter } from '../chat/adapter.ts';
import type { World } from '../domain/account.ts';
import type { MarkStore } from '../stores/marks.ts';
import type { PostStore } from '../stores/posts.ts';
import type { OwnerNotices } from './owner-notices.ts';
import { faultOf } from './status.ts';
import { createSweep, type Sweep } from './sweep.ts';

/** Below this the owner hears of it; below a tenth no new clip is taken. */
const LOW_SPACE_RATIO = 0.15;
const SLOW_LOOK_MS = 60_000;
/** A platform reconnects by itself within this, and a database restarts. */
const PLATFORM_GRACE_MS = 60_000;
const DATABASE_GRACE_MS = 10_000;
const ALIVE = 'alive-at';
/** A restart takes less. */
const OFF_AFTER_MS = 3 * 60_000;

export interface WatchDeps {
  readonly ownerNotices: Pick<OwnerNotices, 'tell'>;
  readonly marks: Pick<MarkStore, 'read' | 'write'>;
  readonly posts: Pick<PostStore, 'countScheduled'>;
  readonly readSpace: () => Promise<{ freeBytes: number; totalBytes: number }>;
  readonly isDatabaseThere: () => Promise<boolean>;
  readonly listAdapters: () => readonly Adapter[];
  readonly world: World;
  readonly clock: () => number;
  readonly everyMs: number;
  readonly log: { error(facts: object, message: string): void };
}

export interface Watch extends Sweep {
  /** To be called before anything works on posts: what came due while nothing ran is counted, and the owner told. */
  noteStart(): Promise<void>;
}

const minutesOf = (ms: number): number => Math.max(1, Math.round(ms / 60_000));

export function createWatch(deps: WatchDeps): Watch {
  const { ownerNotices, clock } = deps;
  let goneSince: number | null = null;
  let slowLookAt = 0;
  const faultySince = new Map<string, number>();

  async function watchDatabase(): Promise<boolean> {
    if (!(await deps.isDatabaseThere())) {
      goneSince ??= clock();
      return false;
    }
    if (goneSince === null) return true;
    const awayMs = clock() - goneSince;
    if (awayMs > DATABASE_GRACE_MS) await ownerNotices.tell('database_back', { minutesAway: minutesOf(awayMs) });
    goneSince = null;
    return true;
  }

  async function watchPlatforms(): Promise<void> {
    for (const adapter of deps.listAdapters()) {
      const { platform } = adapter;
      const reason = faultOf(adapter);
      if (reason === null) {
        faultySince.delete(platform);
        continue;
      }
      const since = faultySince.get(platform) ?? clock();
      faultySince.set(platform, since);
      const isForGood = (adapter.fault?.() ?? null) !== null;
      if (isForGood || clock() - since >= PLATFORM_GRACE_MS)
        await ownerNotices.tell('platform_down', { platform, reason }, platform);
    }
  }

  async function watchDisk(): Promise<void> {
    const { freeBytes, totalBytes } = await deps.readSpace();
    if (freeBytes >= totalBytes * LOW_SPACE_RATIO) return;
    const percent = Math.round((freeBytes / totalBytes) * 100);
    await ownerNotices.tell('disk_low', { freeMb: Math.round(freeBytes / 1e6), percent });
  }

  const sweep = createSweep({
    name: 'watch',
    everyMs: deps.everyMs,
    clock,
    log: deps.log,
    async run() {
      if (!(await watchDatabase())) return;
      await watchPlatforms();
      if (clock() < slowLookAt) return;
      slowLookAt = clock() + SLOW_LOOK_MS;
      await deps.marks.write(ALIVE, new Date(clock()).toISOString());
      await watchDisk();
    },
  });

  return {
    ...sweep,
    async noteStart() {
      const last = Date.parse((await deps.marks.read(ALIVE)) ?? '');
      const offMs = clock() - last;
      if (!(offMs > OFF_AFTER_MS)) return;
      const count = await deps.posts.countScheduled(new Date(clock()), deps.world);
      if (count > 0) await ownerNotices.tell('posts_missed', { count, minutesOff: minutesOf(offMs) });
    },
  };
}
