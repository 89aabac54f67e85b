// TikTok's limits per minute and token, kept in the database so that all workers share them.

import { AppError } from '../domain/errors.ts';
import type { CallLimit } from '../stores/account-calls.ts';
import type { AccountStore } from '../stores/accounts.ts';

/** Content Posting API: "rate limits" of each endpoint's page. Both inits share one window. */
export const CALL_LIMITS = {
  init: { window: 'videoInit', calls: 6, windowMs: 60_000 },
  creatorInfo: { window: 'creatorInfo', calls: 20, windowMs: 60_000 },
  // Asked for posts that are not due yet; those that are, and people at their cards, keep the larger part.
  creatorInfoAhead: { window: 'creatorInfo', calls: 8, windowMs: 60_000 },
  status: { window: 'status', calls: 30, windowMs: 60_000 },
} as const satisfies Record<string, CallLimit>;

export type LimitedCall = keyof typeof CALL_LIMITS;
export type CallLimits = ReturnType<typeof createCallLimits>;

export function createCallLimits(accounts: Pick<AccountStore, 'takeCall'>, newId: () => string) {
  return {
    /** Takes one call. @throws AppError `tiktok_rate_limited` with `waitMs` where the account has none left. */
    async take(accountId: string, call: LimitedCall): Promise<void> {
      const waitMs = await accounts.takeCall(accountId, CALL_LIMITS[call], newId());
      if (waitMs > 0) throw new AppError('tiktok_rate_limited', { waitMs });
    },
  };
}
