// From a person's words to a post's time, within the bounds that Clipcue keeps.

import type { Choice, FormField } from '#chat/reply.ts';
import { isAppError } from '#domain/errors.ts';
import type { Due } from '#domain/post-record.ts';
import type { User } from '#domain/user.ts';
import { parseWhen } from '#domain/when/parse.ts';

const QUICK_TIMES: readonly Choice[] = [
  { label: 'In 1 hour', value: 'in 1 hour' },
  { label: 'This evening, 18:00', value: 'today 18:00' },
  { label: 'Tomorrow morning, 9:00', value: 'tomorrow 9:00' },
];

/** What most people answer when asked for a time, without an evening that has begun. */
export const quickTimes = (user: Pick<User, 'zone'>, now: number): NonNullable<FormField['suggestions']> => ({
  options: QUICK_TIMES.filter(({ value }) => !hasPassed(value, user, now)),
  otherwise: 'Another time',
});

function hasPassed(words: string, user: Pick<User, 'zone'>, now: number): boolean {
  try {
    readDue(words, user, now);
    return false;
  } catch (error) {
    if (isAppError(error, 'time_past', 'time_in_gap', 'time_in_overlap')) return true;
    throw error;
  }
}

/** As far ahead as posts are kept. */
export const MAX_AHEAD_MS = 366 * 86_400_000;

/**
 * Reads `words`. Where they depend on a zone that nobody has said yet, they are kept as they are, to be read once it is known
 * (`isWaitingForZone`): a guessed zone would post at the wrong hour.
 * @throws AppError time_*.
 */
export function readDue(words: string, user: Pick<User, 'zone'>, now: number): Due {
  const waiting: Due = { at: null, delayMs: null, zone: '', words: words.trim() };
  try {
    const parsed = parseWhen(words, { now, zone: user.zone ?? 'UTC', minLeadMs: 0, maxAheadMs: MAX_AHEAD_MS });
    if (parsed.kind === 'relative')
      return { at: null, delayMs: parsed.delayMs, zone: user.zone ?? 'UTC', words: parsed.words };
    if (user.zone === null && !parsed.zoneTyped) return waiting;
    return { at: new Date(parsed.at), delayMs: null, zone: parsed.zone, words: parsed.words };
  } catch (error) {
    // Past in Greenwich may be to come in New York.
    if (user.zone === null && isAppError(error, 'time_past')) return waiting;
    throw error;
  }
}
