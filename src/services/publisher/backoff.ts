// How long the publisher waits before it tries again, and how often it does. Pure: randomness is passed in.

import type { RetryStep } from '../../domain/post-record.ts';

const CAP_MS = 5 * 60_000;

/**
 * Tries after the first, per step. With full jitter ten of them outlast an outage of about ten minutes. An init whose answer was
 * lost leaves an upload at TikTok that nobody fills, hence fewer. Status has no count: it is asked until `STATUS_GIVE_UP_MS` have
 * passed.
 */
export const RETRY_BUDGETS: Record<RetryStep, number> = {
  prepare: 10,
  initiate: 8,
  upload: 30,
  status: Number.POSITIVE_INFINITY,
};

/** Uploads begun for one post, each of which TikTok failed or let expire; one more will not mend it. */
export const UPLOADS_PER_POST = 4;

/** When TikTok has not said for this long what became of a video, the person is asked. */
export const STATUS_GIVE_UP_MS = 24 * 3_600_000;

/** Public ids come after moderation, usually within a minute, sometimes hours; after this nobody waits for one. */
export const LIVE_GIVE_UP_MS = 24 * 3_600_000;

/**
 * Full jitter: anywhere between 0 and an exponentially growing bound, so that many posts that failed together do not come back
 * together. `random` is in [0, 1). Gives ms.
 */
export const backoffMs = (tries: number, random: number, baseMs: number): number =>
  Math.round(random * Math.min(CAP_MS, baseMs * 2 ** Math.min(tries, 20)));

/** Waits between status questions, ms: close together while a short clip is processed, then within 30 a minute for any number of posts. */
const STATUS_WAITS_MS = [500, 1_000, 1_000, 2_000, 3_000, 5_000, 10_000, 15_000, 30_000];

export const statusWaitMs = (polls: number): number => STATUS_WAITS_MS[polls] ?? 60_000;

/** Waits while TikTok moderates, ms. */
const LIVE_WAITS_MS = [2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000];

export const liveWaitMs = (polls: number): number => LIVE_WAITS_MS[polls] ?? 10 * 60_000;
