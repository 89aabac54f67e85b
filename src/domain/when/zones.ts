/**
 * Asking for a person's zone by what everybody knows: what time it is for them. Offsets alone would not do, since Berlin
 * and Lagos agree in winter and not in summer.
 */

import { AppError } from '../errors.ts';
import { findPlaceZones, WORLD_ZONES } from './places.ts';
import { DAY_MS, MINUTE_MS, offsetMsAt, wallTimeAtOffset } from './wall-time.ts';

/** One clock that somebody in the world is looking at. */
export interface ClockChoice {
  /** "18:42"; with the weekday, "Fri 18:42", where two days have the same clock. */
  readonly label: string;
  readonly offsetMs: number;
  /** A zone for each way in which this clock goes on through the year, the most lived-in first. */
  readonly zones: readonly [string, ...string[]];
}

/**
 * The clocks of the world at `now`, from west to east, at most `limit`: those with the fewest people are left out first.
 * All of them are about 37.
 */
export function clockQuestion(now: number, limit = WORLD_ZONES.length): ClockChoice[] {
  const byOffset = new Map<number, [string, ...string[]]>();
  for (const zone of WORLD_ZONES) {
    const offsetMs = offsetMsAt(now, zone);
    const known = byOffset.get(offsetMs);
    if (!known) byOffset.set(offsetMs, [zone]);
    else if (!known.some(other => haveSameClock(zone, other, now))) known.push(zone);
  }
  const kept = [...byOffset].slice(0, limit).sort(([one], [other]) => one - other);
  const clocks = kept.map(([offsetMs]) => wallTimeAtOffset(now, offsetMs).time);
  return kept.map(([offsetMs, zones], index) => {
    const clock = clocks[index] ?? '';
    const twice = clocks.indexOf(clock) !== clocks.lastIndexOf(clock);
    const weekday = new Date(now + offsetMs).toUTCString().slice(0, 3);
    return { label: twice ? `${weekday} ${clock}` : clock, offsetMs, zones };
  });
}

/** Whether two zones' clocks agree for a year from `now`, looked at twice a week: no clock change lasts less. */
function haveSameClock(one: string, other: string, now: number): boolean {
  for (let at = now; at < now + 366 * DAY_MS; at += 3.5 * DAY_MS)
    if (offsetMsAt(at, one) !== offsetMsAt(at, other)) return false;
  return true;
}

/** How far the clock that a person reads out may be off: they read it a while ago, or it runs wrong. */
const READ_OUT_TOLERANCE_MS = 5 * MINUTE_MS;

/**
 * The IANA zones that `words` can mean, best first, ten at most: "Berlin", "new york", "Europe/Berlin", "UTC+2" (places
 * with that offset now) or the clock that the person sees, "18:42" or "6:42 pm". Throws `zone_unknown`.
 */
export function findZones(words: string, now: number): string[] {
  const text = words.normalize('NFKC').replace(/\s+/gu, ' ').trim().replace('−', '-');
  const found = findByOffset(text, now) ?? findByClock(text, now) ?? findPlaceZones(text);
  if (found.length === 0) throw new AppError('zone_unknown', { words: text.slice(0, 100) });
  return found;
}

function findByOffset(text: string, now: number): string[] | null {
  const found = /^(?:utc|gmt)? ?([+-]) ?(\d{1,2})(?::?([0-5]\d))?$/i.exec(text);
  if (!found) return null;
  const [, sign, hours, minutes = '0'] = found;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS * (sign === '-' ? -1 : 1);
  return (
    clockQuestion(now)
      .find(choice => choice.offsetMs === offsetMs)
      ?.zones.slice() ?? []
  );
}

function findByClock(text: string, now: number): string[] | null {
  const found = /^(\d{1,2})[:.h]([0-5]\d)(?: ?([ap])\.?m\.?)?$/i.exec(text);
  if (!found) return null;
  const [, hours, minutes, half] = found;
  const hour = half ? (Number(hours) % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : Number(hours);
  if (hour > 23 || (half && (Number(hours) < 1 || Number(hours) > 12))) return [];
  const readOutMs = (hour * 60 + Number(minutes)) * MINUTE_MS;
  return clockQuestion(now)
    .map(choice => ({ choice, offMs: distanceOnClock(now + choice.offsetMs, readOutMs) }))
    .filter(({ offMs }) => offMs <= READ_OUT_TOLERANCE_MS)
    .sort((one, other) => one.offMs - other.offMs)
    .flatMap(({ choice }) => choice.zones);
}

/** How far apart two moments are on a clock face of 24 hours. */
function distanceOnClock(one: number, other: number): number {
  const apart = Math.abs(one - other) % DAY_MS;
  return Math.min(apart, DAY_MS - apart);
}
