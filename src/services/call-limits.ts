// TikTok's limits per minute and token, kept in the database so that all workers share them.

import { AppError } from '../domain/errors.ts';
import type { RateLimit, RateWindowStore } from '../stores/rate-windows.ts';

/** Content Posting API: "rate limits" of each endpoint's page. Both inits share one window. */
const LIMITS = {
  init: { window: 'init', calls: 6, windowMs: 60_000 },
  creatorInfo: { window: 'creatorInfo', calls: 20, windowMs: 60_000 },
  // Asked for posts that are not due yet; those that are, and people at their cards, keep the larger part.
  creatorInfoAhead: { window: 'creatorInfo', calls: 8, windowMs: 60_000 },
  status: { window: 'status', calls: 30, windowMs: 60_000 },
} as const satisfies Record<string, RateLimit & { window: string }>;

export type LimitedCall = keyof typeof LIMITS;
export type CallLimits = ReturnType<typeof createCallLimits>;

export function createCallLimits(windows: RateWindowStore) {
  return {
    /** Takes one call. @throws AppError `tiktok_rate_limited` with `waitMs` where the account has none left. */
    async take(accountId: string, call: LimitedCall): Promise<void> {
      const waitMs = await windows.take(`${accountId}:${LIMITS[call].window}`, LIMITS[call]);
      if (waitMs > 0) throw new AppError('tiktok_rate_limited', { waitMs });
    },
  };
}
