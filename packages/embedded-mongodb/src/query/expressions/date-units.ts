/** Adding, subtracting and truncating by calendar units. */
import { CommandError } from '../../server/errors.ts';
import { instantOfWall, utcMs, zoneOffsetMs } from './time-zone.ts';

/** Fixed lengths in milliseconds; `null` for units that depend on the calendar. */
export const UNITS = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: null,
  quarter: null,
  year: null,
} as const;

export type Unit = keyof typeof UNITS;

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
/** MongoDB counts bins from 2000-01-01, a Saturday. */
const REFERENCE = Date.UTC(2000, 0, 1);

/** The most units an amount may count: what 2^64 milliseconds hold of them. */
const MOST_DAYS = 213_503_982_335;
const MOST_YEARS = 584_942_418;
const MOST: Record<Unit, number> = {
  millisecond: Number.POSITIVE_INFINITY,
  second: MOST_DAYS * 86_400,
  minute: MOST_DAYS * 1440,
  hour: MOST_DAYS * 24,
  day: MOST_DAYS,
  week: MOST_DAYS / 7,
  month: MOST_YEARS * 12,
  quarter: MOST_YEARS * 4,
  year: MOST_YEARS,
};

function checked(ms: number, name: string): number {
  if (!(Math.abs(ms) <= 8.64e15)) throw new CommandError(5166406, `${name} overflowed`);
  return ms;
}

export function addToDate(at: number, unit: Unit, amount: number, zone: string, name: string): number {
  if (Math.abs(amount) > MOST[unit]) {
    throw new CommandError(5976500, `invalid ${name} 'amount' parameter value: ${amount} ${unit}`);
  }
  if (unit === 'day' || unit === 'week') {
    const wall = at + zoneOffsetMs(at, zone);
    return checked(instantOfWall(wall + amount * UNITS[unit], zone), name);
  }
  if (unit !== 'month' && unit !== 'quarter' && unit !== 'year') return checked(at + amount * UNITS[unit], name);
  const wall = new Date(at + zoneOffsetMs(at, zone));
  const months = wall.getUTCFullYear() * 12 + wall.getUTCMonth() + amount * MONTHS[unit];
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  const day = Math.min(wall.getUTCDate(), new Date(utcMs(year, month + 1, 0)).getUTCDate());
  const timeOfDay = wall.getTime() - Math.floor(wall.getTime() / UNITS.day) * UNITS.day;
  return checked(instantOfWall(utcMs(year, month, day) + timeOfDay, zone), name);
}

/** The number of unit boundaries between two instants. */
export function differenceOfDates(start: number, end: number, unit: Unit, zone: string, firstDay: string): number {
  return binNumber(end, unit, zone, firstDay) - binNumber(start, unit, zone, firstDay);
}

function binNumber(at: number, unit: Unit, zone: string, firstDay: string): number {
  if (unit === 'millisecond' || unit === 'second') return Math.floor(at / UNITS[unit]);
  const wall = at + zoneOffsetMs(at, zone);
  if (unit === 'month' || unit === 'quarter' || unit === 'year') {
    const local = new Date(wall);
    return Math.floor((local.getUTCFullYear() * 12 + local.getUTCMonth()) / MONTHS[unit]);
  }
  const origin = unit === 'week' ? weekOrigin(firstDay) : 0;
  return Math.floor((wall - origin) / UNITS[unit]);
}

function weekOrigin(firstDay: string): number {
  return REFERENCE + ((WEEKDAYS.indexOf(firstDay) + 1) % 7) * UNITS.day;
}

/** In any case, whole or of three letters. */
export function weekdayNamed(name: string): string | undefined {
  const wanted = name.toLowerCase();
  return WEEKDAYS.find(day => day === wanted || day.slice(0, 3) === wanted);
}

export function truncateDate(at: number, unit: Unit, size: number, zone: string, firstDay: string): number {
  if (size < 1) throw new CommandError(5439018, "$dateTrunc requires 'binSize' to be greater than 0");
  const length = UNITS[unit];
  if (length === null || length >= UNITS.day) {
    if (size > 1e11) throw new CommandError(length === null ? 5439006 : 5439005, "$dateTrunc 'binSize' is too large");
  } else if (length * size >= 2 ** 63) throw new CommandError(5439002, "$dateTrunc 'binSize' overflows");
  const wall = at + zoneOffsetMs(at, zone);
  if (unit === 'month' || unit === 'quarter' || unit === 'year') {
    const local = new Date(wall);
    const months = (local.getUTCFullYear() - 2000) * 12 + local.getUTCMonth();
    const bin = Math.floor(months / (MONTHS[unit] * size)) * MONTHS[unit] * size;
    return instantOfWall(utcMs(2000, bin + 1, 1), zone);
  }
  const origin = unit === 'week' ? weekOrigin(firstDay) : REFERENCE;
  const bin = UNITS[unit] * size;
  const truncated = origin + Math.floor((wall - origin) / bin) * bin;
  return instantOfWall(truncated, zone);
}
