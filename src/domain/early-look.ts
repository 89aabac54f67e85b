// Before its time a post is looked at twice more: half an hour before, while its person can still mend what TikTok would refuse by
// then, and within the last minute, so that TikTok is not asked about a thousand creators in the second in which a thousand posts
// are due.

export const EARLY_LOOK_MS = 30 * 60_000;
export const LAST_LOOK_MS = 60_000;
/** Posts of one second take their last look at different times, none of them so late that it could make its post late. */
const LAST_LOOK_SPREAD_MS = 45_000;

/** When the post `id`, due at `dueAt`, needs attention next: at one of its looks, or at its time. */
export function nextWakeOf(id: string, dueAt: Date, nowMs: number): Date {
  const leftMs = dueAt.getTime() - nowMs;
  if (leftMs > EARLY_LOOK_MS) return new Date(dueAt.getTime() - EARLY_LOOK_MS);
  const lastLookMs = LAST_LOOK_MS - shareOf(id) * LAST_LOOK_SPREAD_MS;
  return leftMs > lastLookMs ? new Date(dueAt.getTime() - lastLookMs) : dueAt;
}

/** In [0, 1), the same for an id each time. Ids are random, so a few of their letters spread them evenly. */
const shareOf = (id: string): number =>
  ((id.charCodeAt(0) * 31 * 31 + id.charCodeAt(1) * 31 + id.charCodeAt(2)) % 97) / 97;
