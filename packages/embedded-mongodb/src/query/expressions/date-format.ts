/** `$dateToString`'s format strings. */
import { displayValue } from '../../codec/display.ts';
import { typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { localTime, utcMs, zoneOffsetMs } from './time-zone.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAY = 86_400_000;

/** What each letter of a format reads; all but the names of months are digits. */
const READERS: Readonly<Record<string, string>> = {
  Y: '\\d{4}',
  G: '\\d{4}',
  m: '\\d{1,2}',
  d: '\\d{1,2}',
  H: '\\d{1,2}',
  M: '\\d{1,2}',
  S: '\\d{1,2}',
  L: '\\d{1,3}',
  j: '\\d{1,3}',
  V: '\\d{1,2}',
  u: '[1-7]',
  b: '[a-z]{3}',
  B: '[a-z]+',
  z: '[+-]\\d{2}:?\\d{2}',
  Z: '[+-]\\d{1,4}',
};

/** `$dateFromString`'s `format`: reads what `formatDate` writes, weeks of the year but for those of ISO 8601. */
export function parseFormatted(format: string): (text: string) => { ms: number; hasZone: boolean } | null {
  const letters: string[] = [];
  const pattern = format.replace(/%(.?)|[^%]/gs, (found, letter: string | undefined) => {
    if (letter === undefined || letter === '%') return (letter ?? found).replace(/[^\w\s]/g, '\\$&');
    const reader = READERS[letter];
    if (letter === '') throw new CommandError(18535, "Unmatched '%' at end of format string");
    if (!reader) throw new CommandError(18536, `Invalid format character '%${letter}' in format string`);
    letters.push(letter);
    return `(${reader})`;
  });
  const expression = new RegExp(`^${pattern}$`, 'i');
  return text => {
    const found = expression.exec(text);
    return found && instantOf(new Map(letters.map((letter, index) => [letter, found[index + 1] as string])));
  };
}

function instantOf(read: ReadonlyMap<string, string>): { ms: number; hasZone: boolean } | null {
  const number = (letter: string, otherwise: number) => Number(read.get(letter) ?? otherwise);
  const name = (read.get('b') ?? read.get('B'))?.toLowerCase();
  const named = MONTHS.findIndex(entry => entry.toLowerCase() === name || entry.slice(0, 3).toLowerCase() === name) + 1;
  if (name !== undefined && named === 0) return null;
  if (read.has('G') === read.has('Y')) return null;
  const month = named || number('m', 1);
  const day = number('d', 1);
  if (month < 1 || month > 12 || day < 1 || day > 31 || number('H', 0) > 23 || number('M', 0) > 59) return null;
  let start = utcMs(number('Y', 0), month, day);
  if (new Date(start).getUTCDate() !== day) return null;
  // MongoDB counts the days from 0 here (timelib does), unlike where it writes them.
  if (read.has('j')) start = utcMs(number('Y', 0), 1, number('j', 0) + 1);
  if (read.has('G')) {
    const fourth = utcMs(number('G', 0), 1, 4);
    const monday = fourth - ((new Date(fourth).getUTCDay() || 7) - 1) * DAY;
    start = monday + ((number('V', 1) - 1) * 7 + number('u', 1) - 1) * DAY;
  }
  const millisecond = Number((read.get('L') ?? '0').padEnd(3, '0'));
  const ms = start + ((number('H', 0) * 60 + number('M', 0)) * 60 + number('S', 0)) * 1000 + millisecond;
  const minutes = read.has('z') ? minutesOf(read.get('z') as string) : number('Z', 0);
  return { ms: ms - minutes * 60_000, hasZone: read.has('z') || read.has('Z') };
}

/** `+0530` or `+05:30`. */
function minutesOf(offset: string): number {
  return Number(`${offset[0]}1`) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2)));
}

export function checkFormat(format: Value): void {
  if (typeof format !== 'string') {
    throw new CommandError(
      18533,
      `$dateToString requires that 'format' be a string, found: ${typeName(format)} with value ${displayValue(format)}`,
    );
  }
  const rest = format.replace(/%[YmdHMSLjwuzZGVUbB%]/g, '');
  const at = rest.indexOf('%');
  if (at < 0) return;
  if (at === rest.length - 1) throw new CommandError(18535, "Unmatched '%' at end of format string");
  throw new CommandError(18536, `Invalid format character '%${rest[at + 1]}' in format string`);
}

/** The week and its year, as ISO 8601 counts them: a week belongs to the year of its Thursday. */
function isoWeek(local: ReturnType<typeof localTime>): { year: number; week: number } {
  const day = utcMs(local.year, local.month, local.day);
  const thursday = day + (4 - (local.weekday || 7)) * DAY;
  const year = new Date(thursday).getUTCFullYear();
  return { year, week: Math.floor((thursday - utcMs(year, 1, 1)) / (7 * DAY)) + 1 };
}

export function formatDate(at: number, format: string, zone: string): string {
  const local = localTime(at, zone);
  if (!(local.year >= 0 && local.year <= 9999)) {
    throw new CommandError(
      18537,
      `Could not convert date to string: date component was outside the supported range of 0-9999: ${local.year}`,
    );
  }
  const pad = (value: number, size: number) => String(value).padStart(size, '0');
  const offset = Math.round(zoneOffsetMs(at, zone) / 60_000);
  const sign = offset < 0 ? '-' : '+';
  const month = MONTHS[local.month - 1] as string;
  const fields: Record<string, () => string> = {
    Y: () => pad(local.year, 4),
    m: () => pad(local.month, 2),
    d: () => pad(local.day, 2),
    H: () => pad(local.hour, 2),
    M: () => pad(local.minute, 2),
    S: () => pad(local.second, 2),
    L: () => pad(local.millisecond, 3),
    j: () => pad(local.dayOfYear, 3),
    w: () => String(local.weekday + 1),
    u: () => String(local.weekday || 7),
    G: () => pad(isoWeek(local).year, 4),
    V: () => pad(isoWeek(local).week, 2),
    U: () => pad(Math.floor((local.dayOfYear + 6 - local.weekday) / 7), 2),
    b: () => month.slice(0, 3),
    B: () => month,
    z: () => `${sign}${pad(Math.floor(Math.abs(offset) / 60), 2)}${pad(Math.abs(offset) % 60, 2)}`,
    Z: () => String(offset),
    '%': () => '%',
  };
  return format.replace(/%(.)/gs, (_, letter: string) => fields[letter]?.() ?? '');
}
