/** Times to choose from while a person types one: each says in full what it would mean. */

import { isAppError } from '../errors.ts';
import { formatInstantShort, formatRelative } from './format.ts';
import { parseWhen, type When } from './parse.ts';
import { DAY_MS } from './wall-time.ts';

/** `value` is for parseWhen: an ISO instant, or words that count from pressing Schedule. */
export interface TimeSuggestion {
  readonly label: string;
  readonly value: string;
}

export interface SuggestOptions {
  readonly now: number;
  readonly zone: string;
  readonly locale?: string;
  readonly minLeadMs?: number;
  readonly maxAheadMs?: number;
}

const SUGGESTIONS_MAX = 5;
const PRESETS = [
  'in 1 hour',
  'today 18:00',
  'today 20:00',
  'tomorrow 9:00',
  'tomorrow 12:00',
  'tomorrow 18:00',
  'in 10 min',
];
const CLOCKS = ['9:00', '12:00', '18:00', '20:00', '21:30'];
const DAYS = ['today', 'tomorrow', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/**
 * Up to five times that `text` can mean, earliest first; some likely ones for an empty text, none for a text that is
 * no time. A day alone is offered with several clocks, 04/05 with both dates, a time that comes twice with both.
 */
export function suggestTimes(text: string, options: SuggestOptions): TimeSuggestion[] {
  const typed = text.trim();
  const found = typed === '' ? PRESETS.flatMap(words => read(words, options)) : complete(typed, options);
  const inOrder = found.toSorted((one, other) => instantOf(one, options) - instantOf(other, options));
  const suggestions = inOrder.map(when => toSuggestion(when, options));
  const unlike = suggestions.filter(
    ({ label }, index) => suggestions.findIndex(other => other.label === label) === index,
  );
  return unlike.slice(0, SUGGESTIONS_MAX);
}

/** The readings of what was typed, or of what it may become: "fr", "18", "18:3". */
function complete(typed: string, options: SuggestOptions): When[] {
  const found = read(typed, options);
  if (found.length > 0) return found;
  const clock = typed.replace(/^(\d{1,2})$/, '$1:').replace(/(?<=\d:)(\d?)$/, minutes => minutes.padEnd(2, '0'));
  if (clock !== typed) return read(clock, options);
  const days = typed.length < 2 ? [] : DAYS.filter(day => day.startsWith(typed.toLowerCase()));
  return days.flatMap(day => withClocks(day, options));
}

const withClocks = (words: string, options: SuggestOptions): When[] =>
  CLOCKS.flatMap(clock => readOnce(`${words} ${clock}`, options) ?? []);

const instantOf = (when: When, { now }: SuggestOptions): number =>
  when.kind === 'instant' ? when.at : now + when.delayMs;

/** Every way to read `words`; empty for a time that may not be chosen, and for what is no time. */
function read(words: string, options: SuggestOptions): When[] {
  try {
    return [parse(words, options)];
  } catch (error) {
    if (!isAppError(error) || error.kind !== 'user') throw error;
    const { first, second, firstAt, secondAt, nextValidAt } = error.facts;
    switch (error.code) {
      case 'time_needs_clock':
        return withClocks(words, options);
      case 'time_ambiguous_date':
        return [first, second].flatMap(choice => read(String(choice), options));
      case 'time_in_overlap':
        return [firstAt, secondAt].flatMap(choice => readOnce(String(choice), options) ?? []);
      case 'time_in_gap':
        return [nextValidAt].flatMap(choice => readOnce(String(choice), options) ?? []);
      default:
        return [];
    }
  }
}

function readOnce(words: string, options: SuggestOptions): When | null {
  try {
    return parse(words, options);
  } catch (error) {
    if (isAppError(error) && error.kind === 'user') return null;
    throw error;
  }
}

const parse = (words: string, { minLeadMs = 0, maxAheadMs = 366 * DAY_MS, ...options }: SuggestOptions): When =>
  parseWhen(words, { ...options, minLeadMs, maxAheadMs });

function toSuggestion(when: When, { now, zone }: SuggestOptions): TimeSuggestion {
  if (when.kind === 'relative') {
    const at = instantOf(when, { now, zone });
    const label =
      when.delayMs === 0 ? 'Now' : `${capitalize(formatRelative(at, now, zone))}, ${formatInstantShort(at, zone, now)}`;
    return { label, value: when.words };
  }
  return {
    label: `${formatInstantShort(when.at, zone, now)}, ${formatRelative(when.at, now, zone)}`,
    value: new Date(when.at).toISOString(),
  };
}

const capitalize = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
