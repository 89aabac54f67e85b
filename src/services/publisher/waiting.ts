// Posts that wait for their person, held or unconfirmed: reminded of after an hour and after a day, then left alone. Pure.

import { afterNow } from '../../domain/after-now.ts';
import type { Post } from '../../domain/post-record.ts';
import type { PostChange, PostPatch } from '../../stores/posts.ts';

const HOUR_MS = 3_600_000;
/** Counted from when the post began to wait. */
const REMINDERS_MS = [HOUR_MS, 24 * HOUR_MS] as const;

/** What every change adds with which a post begins to wait for its person. */
export const WAITS_FOR_PERSON = {
  lease: null,
  reminders: 0,
  wakeAt: afterNow(REMINDERS_MS[0]),
} as const satisfies PostPatch;

/** A waiting post woke: its person is reminded, twice at most. */
export function remind(post: Post): PostChange {
  const reminders = post.reminders + 1;
  const [, next] = REMINDERS_MS.slice(post.reminders);
  const wakeAt = next === undefined ? null : afterNow(next - (REMINDERS_MS[post.reminders] ?? next));
  const notice = post.state === 'held' ? 'held_reminder' : 'unconfirmed_reminder';
  return {
    event: 'note',
    patch: { lease: null, reminders, wakeAt },
    notices: post.reminders < REMINDERS_MS.length ? [notice] : [],
  };
}
