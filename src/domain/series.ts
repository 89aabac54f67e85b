// Times for several posts at once: "fri 18:30, then daily", "in 1 hour, every 4 h". The first time is read like any other; the rest
// follow from it on the wall clock (days) or on the stopwatch (hours, minutes).

import { AppError } from './errors.ts';
import type { Due } from './post-record.ts';
import { addDays, nearestInstant, wallTimeAt, wallTimeToInstant } from './when/wall-time.ts';

/** The gap from one post to the next: days keep the wall clock across clock changes, ms do not. */
export type Step = { readonly days: number } | { readonly ms: number };

export interface Series {
  /** Words for the first post's time. */
  readonly first: string;
  readonly step: Step;
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000 };
const DAY_MS = 86_400_000;
const DEFAULT_STEP: Step = { days: 1 };
const SERIES =
  /^(?<first>.+?)[\s,;]+(?:then\s+)?(?:(?<daily>daily|every\s+day)|(?:every\s+)(?<count>\d{1,3})?\s*(?<unit>days?|hours?|h|minutes?|mins?|m))$/i;

/** Reads "fri 18:30, then daily". Words without a gap are a first time, followed daily. */
export function readSeries(words: string): Series {
  const found = SERIES.exec(words.trim())?.groups;
  if (!found?.first) return { first: words.trim(), step: DEFAULT_STEP };
  if (found.daily) return { first: found.first, step: { days: 1 } };
  const count = Number(found.count ?? 1);
  if (count === 0) throw new AppError('time_unclear', { words });
  const unit = (found.unit ?? 'h').toLowerCase().charAt(0);
  return { first: found.first, step: unit === 'd' ? { days: count } : { ms: count * (UNIT_MS[unit] ?? 0) } };
}

/** A gap at the beginning of what stands after a time: "then daily #cats", "every 4 h - soup". */
const STEP_BEFORE_CAPTION =
  /^(?:then\s+)?(?:daily|every\s+(?:day|\d{1,3}\s*(?:days?|hours?|h|minutes?|mins?|m)))(?=$|[\s,;:|#–—-])/iu;

/**
 * Tells the gap from the caption where a time was told from both: the words of the series whole, and the caption without them. A
 * caption that only looks like a gap in part stays as it is.
 */
export function splitSeries(when: string, rest: string): { readonly when: string; readonly caption: string } {
  const step = when === '' ? null : STEP_BEFORE_CAPTION.exec(rest.trim())?.[0];
  if (!step) return { when, caption: rest };
  return {
    when: `${when}, ${step}`,
    caption: rest
      .trim()
      .slice(step.length)
      .replace(/^\s*[,;:|–—-]?\s*/u, ''),
  };
}

/** The instant of the post that is `index` steps after the first, ms. A clock change that swallows the time moves it just past. */
export function instantInSeries(firstAt: number, index: number, step: Step, zone: string): number {
  if ('ms' in step) return firstAt + index * step.ms;
  const wall = wallTimeAt(firstAt, zone);
  return nearestInstant(wallTimeToInstant({ date: addDays(wall.date, index * step.days), time: wall.time }, zone));
}

/** `first` moved on by `index` steps. Words that wait for a zone stay as they are. */
export function dueInSeries(first: Due, index: number, step: Step): Due {
  if (first.at) return { ...first, at: new Date(instantInSeries(first.at.getTime(), index, step, first.zone)) };
  if (first.delayMs === null) return first;
  return { ...first, delayMs: first.delayMs + index * ('ms' in step ? step.ms : step.days * DAY_MS) };
}

/** The words that stand for a step, as they can be typed again. */
export const stepWords = (step: Step): string =>
  'days' in step
    ? step.days === 1
      ? 'daily'
      : `every ${step.days} days`
    : `every ${Math.round(step.ms / 60_000)} min`;
