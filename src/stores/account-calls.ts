// Sliding windows of an account's calls to TikTok, shared by all workers: the instants of the last calls lie in the account itself, so
// that its turn and the first call in it are one write. TikTok's limits slide (tiktok-api-v2-rate-limit): fixed windows would let
// twice the number through at their edge.

import type { StoredAccount } from './account-schema.ts';

export const CALL_WINDOWS = ['videoInit', 'creatorInfo', 'status'] as const;
export type CallWindow = (typeof CALL_WINDOWS)[number];

export interface CallLimit {
  readonly window: CallWindow;
  readonly calls: number;
  readonly windowMs: number;
}

/** TikTok's clock and ours differ, and its window starts when the call arrives there. */
const MARGIN_MS = 1_000;

const spanOf = ({ windowMs }: CallLimit): number => windowMs + MARGIN_MS;

/**
 * Pipeline stages that take one call under the name `callId`, once, where one is left and `condition` holds, by the database's clock.
 * It is made `at` an instant that may lie ahead, an expression, and counts as made then.
 */
export function takeCallStages(
  limit: CallLimit,
  callId: string,
  { at = '$$NOW', condition = true }: { readonly at?: unknown; readonly condition?: unknown } = {},
): object[] {
  const field = `calls.${limit.window}`;
  const recent = {
    $filter: {
      input: { $ifNull: [`$${field}`, []] },
      cond: { $gt: ['$$this.at', { $subtract: ['$$NOW', spanOf(limit)] }] },
    },
  };
  const taken = { $concatArrays: [`$${field}`, [{ id: { $literal: callId }, at }]] };
  const isNew = { $not: [{ $in: [{ $literal: callId }, `$${field}.id`] }] };
  const isLeft = { $and: [condition, isNew, { $lt: [{ $size: `$${field}` }, limit.calls] }] };
  return [
    { $set: { [field]: recent, 'calls.askedAt': '$$NOW' } },
    { $set: { [field]: { $cond: [isLeft, taken, `$${field}`] } } },
  ];
}

/** The ms until a call is free, as of the write that asked for it; 0 where the call is `callId`'s. */
export function waitForCall({ calls }: Pick<StoredAccount, 'calls'>, limit: CallLimit, callId: string): number {
  const made = calls?.[limit.window] ?? [];
  if (!calls || made.some(({ id }) => id === callId)) return 0;
  const oldestMs = made[0]?.at.getTime() ?? calls.askedAt.getTime();
  return Math.max(1, oldestMs + spanOf(limit) - calls.askedAt.getTime());
}
