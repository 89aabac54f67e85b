/** Which day and which clock a person's words name, before anything is said about the instant that this is. */

import type { Failure } from './failure.ts';
import { formatDate } from './format.ts';
import { type Found, languagesFor, readWith } from './languages.ts';
import { findNumericDate, LEAP_YEAR, type MonthAndDay, type NumericDate, toDate } from './numeric-date.ts';
import { addDays, DAY_MS, dateMs, MINUTE_MS, wallTimeAt, wallTimeAtOffset, wallTimeMs } from './wall-time.ts';

export interface ClockOptions {
  readonly now: number;
  readonly zone: string;
  readonly locale?: string;
  readonly maxAheadMs: number;
}

/** A day and a clock as typed. `next` is what follows a day that turns out to be over; null where the day was named. */
export interface ClockReading {
  readonly date: string;
  readonly time: string;
  readonly seconds: number;
  /** How far the typed clock is ahead of UTC ("6pm EST"); null where it is the person's own. */
  readonly offsetMs: number | null;
  readonly next: 'day' | 'week' | null;
}

/** Offsets by letters, taken only if unmistakable: chrono knows ART, EAT and PET, which people write for other reasons. */
const OFFSET_WORDS =
  /(?<![\p{L}])(?:UTC|GMT|BST|CES?T|EES?T|WEST|MSK|JST|KST|A[EC][SD]T|AWST|NZ[SD]T|[ECMP][SD]?T|AK[SD]T|HST)(?![\p{L}])|[+-]\d{1,2}(?::?\d\d)?$/iu;
const MIDNIGHT = /midnight|mitternacht|minuit|medianoche|mezzanotte|meia-noite|middernacht/iu;
const BACKWARDS = /\b(?:last|letzte[nrms]?|vorige[nrms]?|derni[eè]re?|pasad[oa]|scors[oa]|passad[oa]|afgelopen)\b/iu;

/** Reads a day and a clock, or a clock alone. Throws what `parseWhen` says about words, never about instants. */
export function readClock(text: string, options: ClockOptions, fail: Failure): ClockReading {
  const today = wallTimeAt(options.now, options.zone).date;
  const numeric = findNumericDate(text, options.locale);
  if (!numeric) return readWords(text, today, null, options, fail);
  const [reading, other] = numeric.readings;
  if (!reading) throw fail('time_unclear');
  const date = numeric.year === null ? findYear(reading, today, options) : toDate(reading, numeric.year);
  if (date === null) throw fail('time_unclear');
  const rest = `${numeric.before} ${numeric.after}`.trim();
  if (!other) {
    if (rest === '') throw fail('time_needs_clock');
    return readWords(rest, today, date, options, fail);
  }
  // Asked about only where it is the one thing unclear: "1/2 price" is no date.
  if (rest !== '') readWords(rest, today, date, options, fail);
  throw fail('time_ambiguous_date', { first: spell(numeric, reading), second: spell(numeric, other) });
}

/** The same words with the month as a word: something that a person can be offered, and that can be parsed. */
function spell({ before, after, year }: NumericDate, { month, day }: MonthAndDay): string {
  const date = formatDate(toDate({ month, day }, year ?? LEAP_YEAR) ?? '', year !== null);
  return [before, date, after].filter(Boolean).join(' ');
}

/** A date over for less than this is a slip, not next year's. */
const JUST_OVER_DAYS = 30;

/** This year's date, or next year's once it is well over and where that may still be scheduled. */
function findYear(reading: MonthAndDay, today: string, { now, maxAheadMs }: ClockOptions): string | null {
  const year = Number(today.slice(0, 4));
  const thisYears = toDate(reading, year);
  if (thisYears !== null && thisYears >= addDays(today, -JUST_OVER_DAYS)) return thisYears;
  const nextYears = toDate(reading, year + 1);
  const isReachable = nextYears !== null && (dateMs(nextYears) ?? 0) - DAY_MS <= now + maxAheadMs;
  return isReachable ? nextYears : (thisYears ?? nextYears);
}

/** Reads `text`, the clock and, unless `date` was found in figures already, the day. */
function readWords(
  text: string,
  today: string,
  date: string | null,
  options: ClockOptions,
  fail: Failure,
): ClockReading {
  // Noon, since it exists in every zone that this process may run in, and chrono puts the reference on that clock.
  const noonMs = wallTimeMs({ date: today, time: '12:00' });
  let withoutClock = false;
  for (const variant of spellings(text, date !== null))
    for (const language of languagesFor(options.locale)) {
      const found = readWith(language, variant, noonMs);
      if (!found || !isTrustworthy(found, variant)) continue;
      withoutClock ||= !found.isCertain('hour');
      const reading = found.isCertain('hour') ? toReading(found, variant, date, options) : null;
      if (reading) return reading;
    }
  throw fail(withoutClock ? 'time_needs_clock' : 'time_unclear');
}

/** The text as typed, then with clocks written as chrono knows them: "tomorrow 9", "18.30 Uhr", "18 Uhr 30". */
function spellings(text: string, dateIsKnown: boolean): string[] {
  const clock = text
    .replace(/(?<![\d.:])(\d{1,2})\.([0-5]\d)(?![\d.:])/u, '$1:$2')
    .replace(/(\d{1,2}) ?uhr ?([0-5]\d)$/iu, '$1:$2')
    .replace(/(?<=\d:\d\d) ?uhr\b/iu, '')
    .replace(/^(?=\d+ ?(?:d|days?|w|weeks?)(?: |$))/iu, 'in ')
    .replace(/^(?:the )?day after tomorrow/iu, 'in 2 days')
    .replace(/(?<=^|[\p{L}.,] )(\d{1,2})$/u, '$1:00');
  return clock === text || (!dateIsKnown && /^\d{1,2}$/.test(text)) ? [text] : [clock, text];
}

function isTrustworthy(found: Found, text: string): boolean {
  if (MIDNIGHT.test(text) && /\s/.test(text)) return false; // "friday midnight": which end of Friday?
  if (/\d:\d(?!\d)/.test(text)) return false; // "18:3" is a slip, not 18:03
  if (found.tags().has('result/relativeDateAndTime') || found.tags().has('casualReference/now')) return false;
  if (found.isCertain('timezoneOffset') && !OFFSET_WORDS.test(text)) return false;
  const dayNamed = found.isCertain('day') || found.isCertain('weekday');
  return dayNamed || !(found.isCertain('month') || found.isCertain('year'));
}

/** Null where the parts contradict each other: a weekday that the date does not have, a second date, a day of no month. */
function toReading(found: Found, text: string, numericDate: string | null, options: ClockOptions): ClockReading | null {
  const offsetMinutes = found.isCertain('timezoneOffset') ? found.get('timezoneOffset') : null;
  const offsetMs = offsetMinutes === null ? null : offsetMinutes * MINUTE_MS;
  const clock = {
    time: [found.get('hour'), found.get('minute')].map(part => String(part ?? 0).padStart(2, '0')).join(':'),
    seconds: found.isCertain('second') ? (found.get('second') ?? 0) : 0,
    offsetMs,
  };
  const today = (offsetMs === null ? wallTimeAt(options.now, options.zone) : wallTimeAtOffset(options.now, offsetMs))
    .date;
  const weekday = found.isCertain('weekday') ? found.get('weekday') : null;
  if (numericDate !== null) {
    if (found.isCertain('day') || !isOnWeekday(numericDate, weekday)) return null;
    return { ...clock, date: numericDate, next: null };
  }
  if (!found.isCertain('day') && weekday === null) return { ...clock, date: today, next: 'day' };

  const monthAndDay = { month: found.get('month') ?? 0, day: found.get('day') ?? 0 };
  const yearless = found.isCertain('month') && !found.isCertain('year');
  const date = yearless ? findYear(monthAndDay, today, options) : toDate(monthAndDay, found.get('year') ?? 0);
  if (date === null) return null;
  if (found.isCertain('day')) return isOnWeekday(date, weekday) ? { ...clock, date, next: null } : null;
  return { ...clock, date, next: BACKWARDS.test(text) ? null : 'week' };
}

const isOnWeekday = (date: string, weekday: number | null): boolean =>
  weekday === null || new Date(dateMs(date) ?? Number.NaN).getUTCDay() === weekday % 7;
