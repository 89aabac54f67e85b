// Whether this instance can do its work: what /readyz answers.

import type { Adapter } from '../chat/adapter.ts';
import type { World } from '../domain/account.ts';
import { AppError } from '../domain/errors.ts';
import type { Runner } from '../services/publisher/runner.ts';
import type { Database } from '../stores/database.ts';
import type { PostStore } from '../stores/posts.ts';

const STALE_SWEEP_MS = 10_000;
/** A due post that nobody has touched for this long is stuck, whatever else looks well. */
const UNTOUCHED_MS = 60_000;

export interface ReadinessDeps {
  readonly database: Pick<Database, 'isThere' | 'now'>;
  readonly runner: Pick<Runner, 'lastSweepAt'>;
  readonly posts: Pick<PostStore, 'findWaking'>;
  readonly adapters: readonly Pick<Adapter, 'isReady'>[];
  /** A restored copy that waits publishes nothing, and is as ready as it can be. */
  readonly isOnStandby: () => Promise<boolean>;
  readonly world: World;
  readonly clock: () => number;
}

/** @throws AppError `database_unavailable`, `publisher_stalled`, `chat_unreachable` where it cannot. */
export function createReadinessCheck(deps: ReadinessDeps) {
  async function requirePublisher(): Promise<void> {
    if (deps.clock() - deps.runner.lastSweepAt() > STALE_SWEEP_MS) throw new AppError('publisher_stalled');
    const untouchedSince = new Date((await deps.database.now()) - UNTOUCHED_MS);
    const [untouched] = await deps.posts.findWaking(untouchedSince, 1, deps.world);
    if (untouched) throw new AppError('publisher_stalled');
  }

  return async (): Promise<void> => {
    if (!(await deps.database.isThere())) throw new AppError('database_unavailable');
    if (!(await deps.isOnStandby())) await requirePublisher();
    if (deps.adapters.some(({ isReady }) => isReady?.() === false)) throw new AppError('chat_unreachable');
  };
}
