/** Instants as people read them: absolute with the place whose clock it is, and relative to now. */

import {
  DAY_MS,
  MINUTE_MS,
  offsetMsAt,
  type WallTime,
  wallTimeAt,
  wallTimeMs,
  wallTimeToInstant,
} from './wall-time.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "Berlin" for "Europe/Berlin": a person knows the city, not the name of the database entry. */
export const zoneName = (zone: string): string => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');

/** "GMT+2", "GMT-3:30", "GMT". */
export function formatOffset(offsetMs: number): string {
  const minutes = Math.abs(Math.round(offsetMs / MINUTE_MS));
  if (minutes === 0) return 'GMT';
  const rest = minutes % 60;
  return `GMT${offsetMs < 0 ? '-' : '+'}${Math.floor(minutes / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

/** "27 Nov", or "27 Nov 2027" with the year. */
export function formatDate(date: string, withYear: boolean): string {
  const [year, month = '1', day] = date.split('-');
  return `${Number(day)} ${MONTHS[Number(month) - 1]}${withYear ? ` ${year}` : ''}`;
}

const weekdayOf = (wall: WallTime): string => WEEKDAYS[new Date(wallTimeMs(wall)).getUTCDay()] ?? '';

/** The clock with its place, and with the offset when the clock shows this time twice, since the place alone is not enough. */
function formatClock(at: number, zone: string, wall: WallTime): string {
  const twice = wallTimeToInstant(wall, zone).kind === 'overlap';
  return `${wall.time}${twice ? ` ${formatOffset(offsetMsAt(at, zone))}` : ''} (${zoneName(zone)})`;
}

/** "Fri 27 Nov 2026, 18:30 (Berlin)", seconds dropped. `parseWhen` reads it back to the same minute. */
export function formatInstant(at: number, zone: string): string {
  const wall = wallTimeAt(at, zone);
  return `${weekdayOf(wall)} ${formatDate(wall.date, true)}, ${formatClock(at, zone, wall)}`;
}

/** "Fri 27 Nov 18:30 (Berlin)": for lists and buttons; the year only where it is not this one. */
export function formatInstantShort(at: number, zone: string, now: number): string {
  const wall = wallTimeAt(at, zone);
  const otherYear = wall.date.slice(0, 4) !== wallTimeAt(now, zone).date.slice(0, 4);
  return `${weekdayOf(wall)} ${formatDate(wall.date, otherYear)} ${formatClock(at, zone, wall)}`;
}

/**
 * "in 6 days", "in 2 h 30 min", "in 3 s", "2 min ago", "now". Hours up to two days, since "in 1 day" says too little. Days
 * are those of the zone's calendar: what is typed as "in 6 days" late in the evening reads so too.
 */
export function formatRelative(at: number, now: number, zone: string): string {
  const apartMs = Math.abs(at - now);
  const distance =
    apartMs >= 2 * DAY_MS ? `${Math.abs(dayOf(at, zone) - dayOf(now, zone))} days` : formatDuration(apartMs);
  if (distance === '0 s') return 'now';
  return at > now ? `in ${distance}` : `${distance} ago`;
}

/** A day's number in the calendar of `zone`. */
const dayOf = (at: number, zone: string): number => Math.floor(wallTimeMs(wallTimeAt(at, zone)) / DAY_MS);

/** "3 s", "45 min", "2 h 30 min", "34 h", "6 days": the largest unit that says enough, rounded. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 6 * 60) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round((minutes * MINUTE_MS) / DAY_MS)} days`;
}
