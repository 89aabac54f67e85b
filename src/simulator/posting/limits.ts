/** Rate limits per grant, as a sliding window that survives a restart. */
import type { DatabaseSync } from 'node:sqlite';
import { atomically } from '../database.ts';
import { ApiError } from '../envelope.ts';
import type { Journal } from '../journal.ts';
import type { Caller } from '../oauth/grants.ts';
import type { SettingsStore, SimulatorSettings } from '../settings.ts';

/** The limits of `settings.rateLimits` that count calls; both inits share one (as a client should assume). */
export type RateBucket = Exclude<keyof SimulatorSettings['rateLimits'], 'enabled' | 'windowMs'>;

export interface RateLimits {
  /** Counts one call. Throws ApiError rate_limit_exceeded, counting nothing, where the window is full. */
  count(caller: Caller, bucket: RateBucket): void;
}

export function createRateLimits(
  db: DatabaseSync,
  clock: () => number,
  settings: SettingsStore,
  journal: Journal,
): RateLimits {
  const forget = db.prepare('DELETE FROM rate_hits WHERE grant_id = ? AND bucket = ? AND at <= ?');
  const hits = db.prepare('SELECT count(*) AS n FROM rate_hits WHERE grant_id = ? AND bucket = ?');
  const hit = db.prepare('INSERT INTO rate_hits VALUES (?, ?, ?)');
  return {
    count(caller, bucket) {
      const { enabled, windowMs, [bucket]: limit } = settings.current().rateLimits;
      if (!enabled) return;
      const allowed = atomically(db, () => {
        forget.run(caller.id, bucket, clock() - windowMs);
        if (Number(hits.get(caller.id, bucket)?.n) >= limit) {
          const { clientKey, username, openId, tokenId } = caller;
          journal.append('rate_limited', { code: bucket, clientKey, username, openId, tokenId });
          return false;
        }
        hit.run(caller.id, bucket, clock());
        return true;
      });
      if (!allowed) throw new ApiError('rate_limit_exceeded');
    },
  };
}
