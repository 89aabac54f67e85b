/**
 * Between what a clock on the wall shows and the instant that it means, in any IANA zone and whatever zone the process
 * itself runs in. Everything about clock changes is decided here.
 */

import dayjs from 'dayjs';
import timezone from 'dayjs/plugin/timezone.js';
import utc from 'dayjs/plugin/utc.js';
import { AppError } from '../errors.ts';

dayjs.extend(utc);
dayjs.extend(timezone);

/** What a calendar and a clock show: `date` as YYYY-MM-DD, `time` as HH:mm on a 24-hour clock. */
export interface WallTime {
  readonly date: string;
  readonly time: string;
}

/** What a wall time means: one instant, none (the clock skipped it) or two (the clock showed it twice). Milliseconds. */
export type WallResolution =
  | { readonly kind: 'instant'; readonly at: number }
  | { readonly kind: 'gap'; readonly nextValid: number }
  | { readonly kind: 'overlap'; readonly earlier: number; readonly later: number };

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Far enough from a clock change to see both of its offsets, even where a zone skipped a whole day (Samoa, 2011), and
 * near enough to see no other change: no zone changes twice within three days.
 */
const AROUND_MS = 36 * 60 * MINUTE_MS;

/** Formatters are slow to make and hold tens of kilobytes each, so a few are kept and no more. */
const FORMATTERS_KEPT = 64;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const kept = formatters.get(zone);
  if (kept) return kept;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  if (formatters.size >= FORMATTERS_KEPT) for (const oldest of formatters.keys()) if (formatters.delete(oldest)) break;
  formatters.set(zone, formatter);
  return formatter;
}

/** Whether `text` is the IANA name of a zone, like "Europe/Berlin" or "UTC". Offsets and abbreviations are not names. */
export function isZone(text: string): boolean {
  if (text !== 'UTC' && !/^[a-z]+(?:\/[a-z0-9_+-]+)+$/i.test(text)) return false;
  try {
    formatterOf(text);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The wall clock as if it were UTC, to the second. Intl is asked because dayjs goes through the process's own zone. */
function wallClockMs(at: number, zone: string): number {
  const fields: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(at)) fields[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** How far the clocks of `zone` are ahead of UTC at `at`, in milliseconds. */
export function offsetMsAt(at: number, zone: string): number {
  const second = Math.floor(at / 1000) * 1000;
  return wallClockMs(second, zone) - second;
}

/** What a calendar and a clock in `zone` show at `at`, seconds dropped. */
export function wallTimeAt(at: number, zone: string): WallTime {
  return toWallTime(wallClockMs(at, zone));
}

/** What a calendar and a clock show that are `offsetMs` ahead of UTC. */
export const wallTimeAtOffset = (at: number, offsetMs: number): WallTime => toWallTime(at + offsetMs);

function toWallTime(wallMs: number): WallTime {
  const text = new Date(wallMs).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
}

/** Midnight of a calendar date as if it were UTC, or null where the calendar has no such date (30 February). */
export function dateMs(date: string): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date);
  if (!found) return null;
  const [year = 0, month = 0, day = 0] = found.slice(1).map(Number);
  const ms = Date.UTC(year, month - 1, day);
  return year >= 1970 && new Date(ms).toISOString().startsWith(date) ? ms : null;
}

/** The calendar date `days` after `date`; both YYYY-MM-DD. */
export function addDays(date: string, days: number): string {
  return new Date((dateMs(date) ?? Number.NaN) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The wall time as if it were UTC. Throws `time_unclear` for a date or a time that no calendar or clock has. */
export function wallTimeMs({ date, time }: WallTime): number {
  const midnight = dateMs(date);
  const clock = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  if (midnight === null || !clock) throw new AppError('time_unclear', { words: `${date} ${time}`.slice(0, 100) });
  return midnight + (Number(clock[1]) * 60 + Number(clock[2])) * MINUTE_MS;
}

/**
 * The instant, in milliseconds, that a wall time means in `zone`. Throws `time_unclear` for a date that does not exist
 * and `zone_unknown` for an unknown zone.
 *
 * `dayjs.tz(text, zone)` is the only way of dayjs that holds across clock changes: `.add` and `.hour` keep a stale offset
 * and their answer varies with the process's zone (measured with dayjs 1.11.23). In an overlap it may give either
 * instant, depending on today's date, and in a gap one that shows another time; both are therefore tested for.
 */
export function wallTimeToInstant(wall: WallTime, zone: string): WallResolution {
  if (!isZone(zone)) throw new AppError('zone_unknown', { words: zone.slice(0, 100) });
  const wantedMs = wallTimeMs(wall);
  const at = dayjs.tz(`${wall.date} ${wall.time}`, zone).valueOf();
  const before = offsetMsAt(at - AROUND_MS, zone);
  const after = offsetMsAt(at + AROUND_MS, zone);
  if (wallClockMs(at, zone) !== wantedMs) return { kind: 'gap', nextValid: findClockChange(at, after, zone) };
  const other = at + offsetMsAt(at, zone) - (offsetMsAt(at, zone) === before ? after : before);
  if (other !== at && wallClockMs(other, zone) === wantedMs)
    return { kind: 'overlap', earlier: Math.min(at, other), later: Math.max(at, other) };
  return { kind: 'instant', at };
}

/** One instant for a wall time where nobody can be asked: past a gap, the earlier of two. Milliseconds. */
export function nearestInstant(resolution: WallResolution): number {
  if (resolution.kind === 'instant') return resolution.at;
  return resolution.kind === 'gap' ? resolution.nextValid : resolution.earlier;
}

/** The first instant around `at` from which the clocks of `zone` have the offset `after`; changes fall on whole minutes. */
function findClockChange(at: number, after: number, zone: string): number {
  let low = Math.floor((at - AROUND_MS) / MINUTE_MS);
  let high = Math.ceil((at + AROUND_MS) / MINUTE_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMsAt(middle * MINUTE_MS, zone) === after) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}
