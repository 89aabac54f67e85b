// How late a post may go out without its person being asked, and how posts that are late keep apart. Pure.

const MINUTE_MS = 60_000;

/** What holds for people who have chosen nothing. */
export const DEFAULT_LATENESS_MS = 30 * MINUTE_MS;

/** What people may choose; 0 asks them always. */
export const LATENESS_CHOICES_MS = [0, 10 * MINUTE_MS, DEFAULT_LATENESS_MS, 120 * MINUTE_MS, 720 * MINUTE_MS] as const;

/** A retry, or a long upload before it, makes anybody this late: nobody is asked about it. */
const UNNOTICED_MS = MINUTE_MS;

/** Whether lateness matters at all, before anybody's choice is looked up. */
export const isLate = (lateMs: number): boolean => lateMs > UNNOTICED_MS;

export const isTooLate = (lateMs: number, allowedMs: number): boolean =>
  isLate(lateMs) && lateMs > Math.max(allowedMs, UNNOTICED_MS);

/** Later than this a post is caught up with: it has missed its time rather than waited in a queue. */
export const CATCH_UP_AFTER_MS = 5 * MINUTE_MS;

/** Posts of one account that are caught up with keep this far apart: a burst looks like spam to TikTok and to followers. */
export const CATCH_UP_GAP_MS = 10 * MINUTE_MS;

/**
 * `count` instants from `from` on, ms, in order: at least the gap apart, from each other and from the account's other posts, whose
 * instants are `taken`.
 */
export function spaceOut(count: number, from: number, taken: readonly number[]): number[] {
  const slots: number[] = [];
  let slot = from;
  while (slots.length < count) {
    const inTheWay = taken.filter(other => Math.abs(other - slot) < CATCH_UP_GAP_MS);
    if (inTheWay.length > 0) slot = Math.max(...inTheWay) + CATCH_UP_GAP_MS;
    else {
      slots.push(slot);
      slot += CATCH_UP_GAP_MS;
    }
  }
  return slots;
}
