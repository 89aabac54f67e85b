// What can be foretold about TikTok's daily caps before they are hit. Pure.

import type { PostingMode } from './choices.ts';

/**
 * Posts per 24 hours and creator: about 15 direct posts (Content Sharing Guidelines; it varies and is shared by all apps), and five
 * unfinished drafts (inbox init's page).
 */
export const DAILY_CAPS: Record<PostingMode, number> = { direct: 15, inbox: 5 };

const DAY_MS = 86_400_000;

/**
 * How many of `instants` (ms) are over `cap` within the 24 hours before them, themselves included: those that TikTok is likely to
 * refuse.
 */
export function countOverCap(instants: readonly number[], cap: number): number {
  const sorted = instants.toSorted((a, b) => a - b);
  let over = 0;
  let windowStart = 0;
  for (const [index, instant] of sorted.entries()) {
    while ((sorted[windowStart] ?? 0) <= instant - DAY_MS) windowStart++;
    if (index - windowStart + 1 > cap) over++;
  }
  return over;
}
