/** "in 2 hours", "90 min", "now": how long from pressing Schedule, whatever the clocks do meanwhile. */

import { type Found, type Language, languageOf, languagesFor, readWith } from './languages.ts';
import { MINUTE_MS } from './wall-time.ts';

/** A day in winter, at noon: chrono counts in the process's wall clock, and no zone changes its clocks around then. */
const DELAY_REFERENCE_MS = Date.UTC(2026, 0, 15, 12);
const SIX_HOURS_MS = 6 * 60 * MINUTE_MS;

/** "2h 3h": chrono takes the last and drops the rest. */
const UNIT_TWICE = /\d ?(\p{L})\p{L}*.*\d ?\1/iu;

/**
 * "in 2 hours", "2h 30m", "90 min", "now" as milliseconds, or null for everything else. "18h" is a clock to people whose
 * language writes it so, and a delay in English.
 */
export function readDelay(text: string, locale: string | undefined): number | null {
  if (languageOf(locale) !== 'en' && /^\d{1,2} ?h(?: ?\d\d)?$/i.test(text)) return null;
  if (UNIT_TWICE.test(text)) return null;
  const compact = text.replace(/^(in )?(\d{1,3}) ?h ?(\d{1,2})(?: ?m(?:in)?)?$/i, 'in $2 hours $3 minutes');
  for (const variant of compact === text ? [text, `in ${text}`] : [compact])
    for (const language of languagesFor(locale)) {
      const delayMs = delayFrom(language, variant, DELAY_REFERENCE_MS);
      if (delayMs === null) continue;
      // A long delay may end inside a clock change of the process's own zone, which adds its hour: a second count, six
      // hours off, cannot end in the same one.
      const again = delayFrom(language, variant, DELAY_REFERENCE_MS + SIX_HOURS_MS);
      return Math.min(delayMs, again ?? delayMs);
    }
  return null;
}

function delayFrom(language: Language, text: string, referenceMs: number): number | null {
  const found = readWith(language, text, referenceMs);
  if (!found) return null;
  if (found.tags().has('casualReference/now')) return /\d/.test(text) ? null : 0;
  return found.tags().has('result/relativeDateAndTime') ? fieldsMs(found) - referenceMs : null;
}

function fieldsMs(found: Found): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (
    ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  ).map(field => found.get(field) ?? undefined);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
