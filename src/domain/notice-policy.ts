// Whether a notice is told at once, silently, in the daily summary, or not at all: the person's setting, and the hour on their clock.

import type { NoticeKind } from './post-record.ts';
import type { NoticeSetting } from './user.ts';
import { addDays, nearestInstant, wallTimeAt, wallTimeToInstant } from './when/wall-time.ts';

/**
 * - `problem`: the person must act or will wonder; always told, with a sound;
 * - `task`: theirs to finish, and told whatever they chose, silently at night;
 * - `news`: good to know.
 */
type Weight = 'problem' | 'task' | 'news';

const WEIGHTS: Record<NoticeKind, Weight> = {
  published: 'news',
  live: 'news',
  in_inbox: 'task',
  inbox_reminder: 'task',
  failed: 'problem',
  held: 'problem',
  held_reminder: 'task',
  unconfirmed: 'problem',
  unconfirmed_reminder: 'task',
  missed: 'problem',
  draft_waiting: 'news',
  draft_gone: 'news',
  set_aside: 'problem',
  clip_arrived: 'task',
};

/**
 * Kinds that many posts of one person tend to owe at once; they wait this long for each other and are told in one message. Long
 * enough for a sweep to find all that was missed while the bot was off.
 */
const GATHERED: ReadonlySet<NoticeKind> = new Set(['missed', 'held_reminder', 'unconfirmed_reminder']);
export const GATHER_MS = 3_000;
export const isGathered = (kind: NoticeKind): boolean => GATHERED.has(kind);

export type Delivery =
  | { readonly kind: 'send'; readonly silent: boolean }
  | { readonly kind: 'leave_to_summary' }
  | { readonly kind: 'drop' };

/** Hours on the person's clock in which nothing but problems makes a sound. */
const NIGHT_FROM = '22:00';
const NIGHT_UNTIL = '07:00';

/** The hour of the daily summary, when the day's posts are mostly out. */
export const SUMMARY_TIME = '19:00';

export function decideDelivery(
  kind: NoticeKind,
  { notices, zone }: { readonly notices: NoticeSetting; readonly zone: string | null },
  now: number,
): Delivery {
  const weight = WEIGHTS[kind];
  if (weight === 'news' && notices === 'daily') return { kind: 'leave_to_summary' };
  if (weight === 'news' && notices === 'problems') return { kind: 'drop' };
  return { kind: 'send', silent: weight !== 'problem' && isNightFor({ zone }, now) };
}

/** Where nobody knows the person's zone nobody knows when night is. */
export const isNightFor = ({ zone }: { readonly zone: string | null }, now: number): boolean =>
  zone !== null && isNight(now, zone);

function isNight(now: number, zone: string): boolean {
  const { time } = wallTimeAt(now, zone);
  return time >= NIGHT_FROM || time < NIGHT_UNTIL;
}

/** The next summary after `now`, ms; people whose zone is not known get it by UTC. */
export function nextSummaryAt(now: number, zone: string | null): number {
  const place = zone ?? 'UTC';
  const { date } = wallTimeAt(now, place);
  const today = nearestInstant(wallTimeToInstant({ date, time: SUMMARY_TIME }, place));
  return today > now ? today : nearestInstant(wallTimeToInstant({ date: addDays(date, 1), time: SUMMARY_TIME }, place));
}
