/** Telling the time from the caption where a person wrote both in one message: "fri 18:30 #cats are great". */

import { isAppError } from '../errors.ts';
import { parseWhen, type When, type WhenOptions } from './parse.ts';
import { DAY_MS } from './wall-time.ts';

export interface ClipMessage {
  /** Words that parseWhen reads, or refuses with an exact reason; empty where the message names no time. */
  readonly when: string;
  readonly caption: string;
}

export type SplitOptions = Pick<WhenOptions, 'now' | 'zone' | 'locale'>;

/**
 * Splits a clip's message into time and caption. It is careful, since a caption is lost words when it is taken for a time: the
 * time is the whole message, the whole first or last line with a figure in it, or the beginning of the first line where that
 * names a day and a clock, or stands before a # or a dash. "2 hours of cats", "now" on a line of its own and "6pm thoughts"
 * are captions. Between time and caption only blanks and one separator are dropped.
 */
export function splitWhen(message: string, options: SplitOptions): ClipMessage {
  const text = message.trim();
  if (isTime(text, options)) return { when: text, caption: '' };

  const [firstLine = '', ...others] = text.split(/\r?\n/);
  const lastLine = others.at(-1) ?? '';
  if (others.length > 0 && isLineOfTime(firstLine, options))
    return { when: firstLine.trim(), caption: text.slice(firstLine.length).trim() };
  if (others.length > 0 && isLineOfTime(lastLine, options))
    return { when: lastLine.trim(), caption: text.slice(0, -lastLine.length).trim() };

  const length = findTimeBefore(firstLine, options);
  if (length === null) return { when: '', caption: message };
  const when = firstLine.slice(0, length).replace(SEPARATOR_AT_END, '').trim();
  return { when, caption: text.slice(length).replace(SEPARATOR_AT_START, '').trim() };
}

const isLineOfTime = (line: string, options: SplitOptions): boolean => /\d/.test(line) && isTime(line.trim(), options);

const SEPARATOR_AT_END = /\s*[,;:|–—-]$/u;
const SEPARATOR_AT_START = /^\s*[,;:|–—-]?\s+/u;
/** What a person puts between two things: "18:30 - the cat", "18:30 | the cat", "18:30 #cat". */
const SET_APART = /^\s*(?:#|[|–—]|[-:,;]\s)/u;

/** Letters that are an offset when somebody shouts them, and a word otherwise: "fri 18:30 et demain". */
const ENDS_IN_SMALL_WORD =
  /(?<=\s)(?:bst|ces?t|ees?t|west|msk|jst|kst|a[ec][sd]t|awst|nz[sd]t|[ecmp][sd]?t|ak[sd]t|hst)$/u;

/** A time and a day is rarely more words than this: "on Friday, 27 November 2026 at 6:30 PM EST". */
const TIME_WORDS_MAX = 9;

/** How much of the line's beginning is a time, or null. The longest counts: "fri 18:30 EST", not "fri 18:30". */
function findTimeBefore(line: string, options: SplitOptions): number | null {
  const ends = [...line.matchAll(/\s+|$/gu)].map(({ index }) => index).slice(0, TIME_WORDS_MAX);
  for (const end of ends.reverse()) {
    const words = line.slice(0, end).replace(SEPARATOR_AT_END, '').trim();
    const found = /\d/.test(words) && !ENDS_IN_SMALL_WORD.test(words) ? read(words, options) : null;
    if (found === null) continue;
    const isSetApart = SET_APART.test(line.slice(end)) || SEPARATOR_AT_END.test(line.slice(0, end));
    if (isSetApart ? !isBareDuration(found, words) : namesDayAndClock(found, words)) return end;
  }
  return null;
}

/** "10 min #workout" says what the clip is; "in 10 min #workout" says when. */
const isBareDuration = (found: Reading, words: string): boolean =>
  found !== 'refused' && found.kind === 'relative' && /^\d/.test(words);

/** "tomorrow 9" is a time by itself, but also the beginning of "tomorrow 9 lives of a cat". */
const namesDayAndClock = (found: Reading, words: string): boolean =>
  found === 'refused' || (found.kind === 'instant' && found.dayNamed && !/(?:^|\s)\d{1,2}$/.test(words));

/** What words mean; `refused` where they are a time, but none that will do. */
type Reading = When | 'refused';

function read(words: string, { now, zone, locale }: SplitOptions): Reading | null {
  try {
    return parseWhen(words, { now, zone, locale, minLeadMs: 0, maxAheadMs: 366 * DAY_MS });
  } catch (error) {
    if (isAppError(error, 'time_too_far', 'time_in_gap', 'time_in_overlap')) return 'refused';
    if (isAppError(error, 'time_past')) return error.facts.resolved ? 'refused' : null; // "5 minutes ago" tells a story
    if (isAppError(error, 'time_ambiguous_date')) return read(String(error.facts.first), { now, zone, locale });
    if (isAppError(error, 'time_unclear', 'time_needs_clock', 'time_required')) return null;
    throw error;
  }
}

const isTime = (words: string, options: SplitOptions): boolean => read(words, options) !== null;
