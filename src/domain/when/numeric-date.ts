/**
 * Dates in figures, wherever they stand in what a person typed: 2026-11-27, 24.12., 24.12.2026, 25/12, 12/25/2026.
 *
 * With dots the day comes first wherever dots are used. With slashes half the world writes the day first and half the
 * month: 25/12 and 12/25 can each be only one thing, but 04/05 is settled by the person's locale or asked about. "en" and
 * "en-US" settle nothing, since chat programs say so for everybody who never chose a language.
 *
 * chrono-node reads these too, but takes 04/05 for granted and misses 24.12., hence this file.
 */

import { dateMs } from './wall-time.ts';

export interface MonthAndDay {
  readonly month: number;
  readonly day: number;
}

/** A date found in figures; `year` is null where none was typed. Two readings mean that the person must be asked. */
export interface NumericDate {
  readonly readings: readonly MonthAndDay[];
  readonly year: number | null;
  /** What stands around the date: the clock, as a rule. */
  readonly before: string;
  readonly after: string;
}

/** "am 24.12. um 20:15": these belong to the date, and chrono would stumble over them alone. */
const PREPOSITION = String.raw`(?:(?<![\p{L}\d])(?:on|am|den|le|el|il|op|em|dia) )?`;
const YEAR = String.raw`(?:[1-9]\d{3}|\d\d)`;
const NOT_INSIDE_FIGURES = String.raw`(?<![\d.:/-])`;
const NO_FIGURES_FOLLOW = String.raw`(?![\d/-]|[.:]\d)`;

const figures = (pattern: string): RegExp =>
  new RegExp(`${PREPOSITION}${NOT_INSIDE_FIGURES}${pattern}${NO_FIGURES_FOLLOW},?`, 'iu');

const YEAR_FIRST = new RegExp(
  String.raw`${PREPOSITION}${NOT_INSIDE_FIGURES}(?<year>\d{4})([-/.])(?<month>\d{1,2})\2(?<day>\d{1,2})(?:(?![\d/-]|[.:]\d)|(?=T\d)),?T?`,
  'iu',
);
const WITH_SLASH = figures(String.raw`(?<first>\d{1,2})/(?<second>\d{1,2})(?:/(?<year>${YEAR}))?`);
const WITH_DASH = figures(String.raw`(?<first>\d{1,2})-(?<second>\d{1,2})-(?<year>${YEAR})`);
const WITH_DOTS = figures(
  String.raw`(?<day>\d{1,2})\. ?(?<month>\d{1,2})\.(?:(?<year>${YEAR})| (?<spaced>[1-9]\d{3}))?`,
);
/** "24.12" and "18.10" look alike: a date unless a clock's unit follows, so that at worst the clock is asked for. */
const WITH_ONE_DOT = figures(String.raw`(?<day>\d{1,2})\.(?<month>\d{1,2})(?! ?(?:uhr|uur|h|[ap]\.?m)(?!\p{L}))`);

/** Finds the date in figures in `text`, or null. A date that exists in no year is found with no readings. */
export function findNumericDate(text: string, locale: string | undefined): NumericDate | null {
  for (const pattern of [YEAR_FIRST, WITH_SLASH, WITH_DASH, WITH_DOTS]) {
    const found = pattern.exec(text);
    if (found) return toNumericDate(text, found, locale);
  }
  const found = WITH_ONE_DOT.exec(text);
  if (!found) return null;
  const date = toNumericDate(text, found, locale);
  return date.readings.length > 0 ? date : null;
}

function toNumericDate(text: string, found: RegExpExecArray, locale: string | undefined): NumericDate {
  const groups = found.groups ?? {};
  const { first, second, month, day } = groups;
  const typedYear = groups.year ?? groups.spaced;
  const year = typedYear === undefined ? null : Number(typedYear) + (typedYear.length === 2 ? 2000 : 0);
  const candidates =
    first !== undefined && second !== undefined
      ? readTwoFigures(Number(first), Number(second), locale)
      : [{ month: Number(month), day: Number(day) }];
  return {
    readings: candidates.filter(reading => toDate(reading, year ?? LEAP_YEAR) !== null),
    year,
    before: text.slice(0, found.index).trim(),
    after: text.slice(found.index + found[0].length).trim(),
  };
}

/** Any leap year: 29 February is a date as long as nobody said of which year. */
export const LEAP_YEAR = 2028;

function readTwoFigures(first: number, second: number, locale: string | undefined): MonthAndDay[] {
  const dayFirst = { month: second, day: first };
  const monthFirst = { month: first, day: second };
  if (first > 12 || first === second) return [dayFirst];
  if (second > 12) return [monthFirst];
  const order = orderOf(locale);
  if (order) return [order === 'day first' ? dayFirst : monthFirst];
  return [dayFirst, monthFirst];
}

/** Whether the locale writes the day or the month first; null where it says nothing about the person. */
function orderOf(locale: string | undefined): 'day first' | 'month first' | null {
  if (!locale || /^en(?:[-_]US)?$/i.test(locale)) return null;
  const [supported] = findSupported(locale);
  if (!supported) return null;
  const parts = new Intl.DateTimeFormat(supported, { day: 'numeric', month: 'numeric', calendar: 'gregory' });
  const first = parts.formatToParts(0).find(({ type }) => type === 'day' || type === 'month');
  return first?.type === 'day' ? 'day first' : 'month first';
}

function findSupported(locale: string): string[] {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale.replaceAll('_', '-'));
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** The date as YYYY-MM-DD, or null where that year has none. */
export function toDate({ month, day }: MonthAndDay, year: number): string | null {
  const date = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
  return dateMs(date) === null ? null : date;
}
