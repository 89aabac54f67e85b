/** Wall-clock time in a zone: an offset (`+02:00`) or an Olson name, whose rules come from Intl. */
import { CommandError } from '../../server/errors.ts';

const FIXED = /^([+-])(\d{2}):?(\d{2})?$/;
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function unknownZone(zone: string): CommandError {
  return new CommandError(40485, `unrecognized time zone identifier: "${zone}"`);
}

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(zone);
  if (!format) {
    // Intl takes names in any case, and offsets of other forms than MongoDB's.
    if (!/^[A-Z]/.test(zone) || (zone.includes('/') && !/[a-z]/.test(zone))) throw unknownZone(zone);
    try {
      format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw unknownZone(zone);
    }
    const known = format.resolvedOptions().timeZone;
    if (known !== zone && known.toLowerCase() === zone.toLowerCase()) throw unknownZone(zone);
    FORMATS.set(zone, format);
  }
  return format;
}

function isUtc(zone: string): boolean {
  return zone === 'UTC' || zone === 'GMT';
}

export function checkZone(zone: string): void {
  if (!isUtc(zone) && !FIXED.test(zone)) formatFor(zone);
}

/** Milliseconds to add to an instant to read its wall clock as if it were UTC. */
export function zoneOffsetMs(at: number, zone: string): number {
  if (isUtc(zone)) return 0;
  const fixed = FIXED.exec(zone);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3] ?? 0);
    return (fixed[1] === '-' ? -minutes : minutes) * 60_000;
  }
  const parts = Object.fromEntries(
    formatFor(zone)
      .formatToParts(at)
      .map(part => [part.type, part.value]),
  );
  const year = parts.era === 'BC' ? 1 - Number(parts.year) : Number(parts.year);
  const wall = utcMs(
    year,
    Number(parts.month),
    Number(parts.day),
    Number(parts.hour),
    Number(parts.minute),
    Number(parts.second),
  );
  return wall - Math.floor(at / 1000) * 1000;
}

/** Date.UTC without its reading of the years 0 to 99 as 1900 to 1999. */
export function utcMs(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, ms = 0): number {
  const result = new Date(0);
  result.setUTCFullYear(year, month - 1, day);
  result.setUTCHours(hour, minute, second, ms);
  return result.getTime();
}

export function localTime(at: number, zone: string) {
  const wall = new Date(at + zoneOffsetMs(at, zone));
  const year = wall.getUTCFullYear();
  return {
    year,
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
    millisecond: wall.getUTCMilliseconds(),
    weekday: wall.getUTCDay(),
    dayOfYear: Math.floor((wall.getTime() - utcMs(year, 1, 1)) / 86_400_000) + 1,
  };
}

/** The instant at which the zone's clock shows `wall` (given as if in UTC); in a gap the later reading. */
export function instantOfWall(wall: number, zone: string): number {
  const first = wall - zoneOffsetMs(wall, zone);
  return wall - zoneOffsetMs(first, zone);
}
