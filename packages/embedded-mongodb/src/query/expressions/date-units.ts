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
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** MongoDB counts bins from 2000-01-01, a Saturday. */
const REFERENCE = Date.UTC(2000, 0, 1);

function checked(ms: number): number {
  if (!(Math.abs(ms) <= 8.64e15)) throw new CommandError(159, 'date arithmetic overflow');
  return ms;
}

export function addToDate(at: number, unit: Unit, amount: number, zone: string): number {
  if (unit === 'day' || unit === 'week') {
    const wall = at + zoneOffsetMs(at, zone);
    return checked(instantOfWall(wall + amount * UNITS[unit], zone));
  }
  if (unit !== 'month' && unit !== 'quarter' && unit !== 'year') return checked(at + amount * UNITS[unit]);
  const wall = new Date(at + zoneOffsetMs(at, zone));
  const months = wall.getUTCFullYear() * 12 + wall.getUTCMonth() + amount * MONTHS[unit];
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  const day = Math.min(wall.getUTCDate(), new Date(utcMs(year, month + 1, 0)).getUTCDate());
  const timeOfDay = wall.getTime() - Math.floor(wall.getTime() / UNITS.day) * UNITS.day;
  return checked(instantOfWall(utcMs(year, month, day) + timeOfDay, zone));
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
  const weekday = WEEKDAYS.indexOf(firstDay.slice(0, 3).toLowerCase());
  if (weekday < 0) throw new CommandError(9, `startOfWeek value cannot be recognized as a day of a week: ${firstDay}`);
  return REFERENCE + ((weekday + 1) % 7) * UNITS.day;
}

export function truncateDate(at: number, unit: Unit, size: number, zone: string, firstDay: string): number {
  if (size < 1) throw new CommandError(5439018, '$dateTrunc requires "binSize" to be greater than 0');
  const wall = at + zoneOffsetMs(at, zone);
  if (unit === 'month' || unit === 'quarter' || unit === 'year') {
    const local = new Date(wall);
    const months = (local.getUTCFullYear() - 2000) * 12 + local.getUTCMonth();
    const bin = Math.floor(months / (MONTHS[unit] * size)) * MONTHS[unit] * size;
    return instantOfWall(utcMs(2000, bin + 1, 1), zone);
  }
  const origin = unit === 'week' ? weekOrigin(firstDay) : REFERENCE;
  const length = UNITS[unit] * size;
  const truncated = origin + Math.floor((wall - origin) / length) * length;
  return instantOfWall(truncated, zone);
}
