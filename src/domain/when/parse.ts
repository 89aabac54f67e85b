/**
 * What a person typed as a time, read as one instant or as a delay. chrono-node knows the words; what they mean on the
 * person's clock is decided here, because chrono counts in one fixed offset and in the process's own zone.
 *
 * All of the input must be understood: "24.12. 20:15" read as "20:15" would publish on the wrong day.
 */

import { type ClockReading, readClock } from './clock.ts';
import { readDelay } from './delay.ts';
import { type Failure, failureOf, WORDS_MAX_LENGTH } from './failure.ts';
import { formatInstant, zoneName } from './format.ts';
import { findPlaceZones } from './places.ts';
import {
  addDays,
  DAY_MS,
  dateMs,
  isZone,
  MINUTE_MS,
  type WallResolution,
  wallTimeMs,
  wallTimeToInstant,
} from './wall-time.ts';

export interface WhenOptions {
  readonly now: number;
  /** The person's IANA zone. */
  readonly zone: string;
  /** The language that their chat program says, "de" or "en-GB": its words are tried first. */
  readonly locale?: string;
  readonly minLeadMs: number;
  readonly maxAheadMs: number;
}

/**
 * `words` are as typed. A delay counts from pressing Schedule. `zone` is the zone typed, else the person's; `zoneTyped` says
 * that the words mean this instant whatever the person's zone is ("<t:1764268200>", "18:30 (Berlin)"). Without `dayNamed` the
 * words were a clock alone, and the day is ours.
 */
export type When =
  | {
      readonly kind: 'instant';
      readonly at: number;
      readonly zone: string;
      readonly zoneTyped: boolean;
      readonly dayNamed: boolean;
      readonly words: string;
    }
  | { readonly kind: 'relative'; readonly delayMs: number; readonly words: string };

/**
 * "Fri 27 Nov 2026 18:30:15 GMT+10:30" has seven. Chrono's patterns, the Dutch ones above all, take a second of backtracking
 * over a hundred characters of "1h 1h 1h".
 */
const NUMBERS_MAX = 8;

/**
 * Reads `words` as a time between `minLeadMs` and `maxAheadMs` from now. Words without a day mean the next time the clock
 * shows that; a weekday means the next such day; a date without a year means this year, or the next once it is over.
 *
 * Throws, always with `words` in the facts:
 * - `time_required`: nothing typed; `time_unclear`: not a time, not wholly a time, or a date that does not exist;
 * - `time_needs_clock`: a day alone; `time_ambiguous_date` {first, second}: 04/05; both are words that can be parsed;
 * - `time_past` {resolved}; `time_too_far` {days};
 * - `time_in_gap` {nextValid, nextValidAt}; `time_in_overlap` {first, second, firstAt, secondAt}: the clocks change just
 *   then; `…At` are ISO instants that can be parsed;
 * - `zone_unknown`: `zone` is not an IANA name.
 */
export function parseWhen(words: string, options: WhenOptions): When {
  if (!isZone(options.zone)) throw failureOf(options.zone)('zone_unknown');
  const typed = words.trim();
  const fail = failureOf(typed);
  const normal = normalize(typed);
  if (normal === '') throw fail('time_required');
  if (typed.length > WORDS_MAX_LENGTH) throw fail('time_unclear');

  const exactly = readExactInstant(normal);
  if (exactly !== null)
    return withinBounds({ at: exactly, zone: options.zone, zoneTyped: true, dayNamed: true }, typed, options);
  if ((normal.match(/\d+/g)?.length ?? 0) > NUMBERS_MAX) throw fail('time_unclear');
  const { text, zone = options.zone } = splitZone(normal, options.zone, fail);
  const delayMs = readDelay(text, options.locale);
  if (delayMs !== null) {
    if (delayMs < 0) throw fail('time_past');
    if (delayMs > options.maxAheadMs) throw fail('time_too_far', { days: Math.floor(options.maxAheadMs / DAY_MS) });
    return { kind: 'relative', delayMs, words: typed };
  }
  const there = { ...options, zone };
  const reading = readClock(text, there, fail);
  const at = resolve(reading, there, fail);
  return withinBounds({ at, zone, zoneTyped: text !== normal, dayNamed: reading.next !== 'day' }, typed, options);
}

/** Phones type no-break spaces, direction marks and full-width figures; none of them changes what is meant. */
const normalize = (words: string): string =>
  words
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/gu, ' ')
    .replace(/(?<=[\p{L}\d)])[!,;]$|(?<=:\d\d|\p{L}{2})\.$/u, '')
    .trim();

function withinBounds(
  found: { at: number; zone: string; zoneTyped: boolean; dayNamed: boolean },
  words: string,
  { now, minLeadMs, maxAheadMs }: WhenOptions,
): When {
  const fail = failureOf(words);
  if (found.at > now + maxAheadMs) throw fail('time_too_far', { days: Math.floor(maxAheadMs / DAY_MS) });
  if (found.at < now + minLeadMs) throw fail('time_past', { resolved: formatInstant(found.at, found.zone) });
  return { kind: 'instant', ...found, words };
}

const ISO_INSTANT =
  /^(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3})\d*)?)? ?(?:Z|([+-])(\d\d):?(\d\d))$/i;
/** Discord's timestamp, as its clients insert it for "@time". https://discord.com/developers/docs/reference#message-formatting */
const DISCORD_TIMESTAMP = /^<t:(\d{1,11})(?::[tTdDfFsSR])?>$/;

/** An instant that needs no zone: ISO 8601 with an offset, or a Discord timestamp. */
function readExactInstant(text: string): number | null {
  const stamp = DISCORD_TIMESTAMP.exec(text);
  if (stamp) return Number(stamp[1]) * 1000;
  const iso = ISO_INSTANT.exec(text);
  if (!iso) return null;
  const [, date = '', time = '', second = '0', fraction = '0', sign = '+', hours = '0', minutes = '0'] = iso;
  if (dateMs(date) === null) return null;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS * (sign === '-' ? -1 : 1);
  return wallTimeMs({ date, time }) + Number(second) * 1000 + Number(fraction.padEnd(3, '0')) - offsetMs;
}

/** Takes a zone off the end: "18:30 (Berlin)", as formatInstant writes it, or "18:30 Europe/Berlin". */
function splitZone(normal: string, own: string, fail: Failure): { text: string; zone?: string } {
  const found = /^(?<text>.+?) ?(?:\((?<place>[^()]+)\)| (?<zone>[A-Za-z]+\/[A-Za-z/_-]+))$/u.exec(normal)?.groups;
  if (!found?.text) return { text: normal };
  const place = found.place ?? found.zone ?? '';
  if (place === zoneName(own)) return { text: found.text, zone: own };
  const [zone, ...others] = findPlaceZones(place);
  if (zone === undefined || others.length > 0) throw fail('time_unclear');
  return { text: found.text, zone };
}

/** The instant of a reading on the person's clock, days or weeks later where its day is over and none was named. */
function resolve(reading: ClockReading, { now, zone, minLeadMs }: WhenOptions, fail: Failure): number {
  const earliest = now + minLeadMs;
  const extraMs = reading.seconds * 1000;
  const stepDays = reading.next === 'week' ? 7 : 1;
  let date = reading.date;
  let found = resolveOn(date, reading, zone);
  if (reading.next !== null && latestOf(found) + extraMs < earliest) {
    date = addDays(date, stepDays);
    found = resolveOn(date, reading, zone);
  }
  if (found.kind === 'instant') return found.at + extraMs;
  if (latestOf(found) + extraMs < earliest) return latestOf(found); // over, whatever the clocks did then
  if (found.kind === 'gap')
    throw fail('time_in_gap', {
      nextValid: formatInstant(found.nextValid, zone),
      nextValidAt: new Date(found.nextValid).toISOString(),
    });
  if (found.earlier + extraMs < earliest) return found.later + extraMs;
  throw fail('time_in_overlap', {
    first: formatInstant(found.earlier, zone),
    second: formatInstant(found.later, zone),
    firstAt: new Date(found.earlier + extraMs).toISOString(),
    secondAt: new Date(found.later + extraMs).toISOString(),
  });
}

function resolveOn(date: string, { time, offsetMs }: ClockReading, zone: string): WallResolution {
  if (offsetMs === null) return wallTimeToInstant({ date, time }, zone);
  return { kind: 'instant', at: wallTimeMs({ date, time }) - offsetMs };
}

const latestOf = (found: WallResolution): number =>
  found.kind === 'instant' ? found.at : found.kind === 'gap' ? found.nextValid : found.later;
