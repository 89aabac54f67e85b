// Asking where a person is, by what everybody knows: what time it is for them. Two zones can share a clock today and not in summer,
// so a second question follows where that matters.

import { ACTION_VALUE_LIMIT } from '#chat/action-id.ts';
import type { Choice } from '#chat/reply.ts';
import { AppError } from '#domain/errors.ts';
import { zoneName } from '#domain/when/format.ts';
import { isZone } from '#domain/when/wall-time.ts';
import { clockQuestion } from '#domain/when/zones.ts';

/** Few enough to read; everybody else types the nearest city. */
const CLOCKS_OFFERED = 12;

/** Zone names as an id's value: no slash there, and none of those offered is longer than an id has room for. */
const encodeZone = (zone: string): string => zone.replaceAll('/', '.');

export const clockChoices = (now: number): Choice[] =>
  clockQuestion(now, CLOCKS_OFFERED).map(({ label, offsetMs, zones }) => ({
    label: `${label} (${zones.slice(0, 2).map(zoneName).join(', ')})`,
    value: zones.length === 1 ? encodeZone(zones[0]) : `clock${offsetMs / 60_000}`,
  }));

/** The places among which a second question decides. Names too long for an id are left out; they can be typed. */
export const placeChoices = (zones: readonly string[]): Choice[] =>
  zones
    .map(zone => ({ label: zoneName(zone), value: encodeZone(zone) }))
    .filter(({ value }) => value.length <= ACTION_VALUE_LIMIT);

/**
 * What a choice means: a zone, or the places among which a second question decides.
 * @throws AppError `button_unknown` for a value that was never offered.
 */
export function decideZone(value: string, now: number): { zone: string } | { places: Choice[] } {
  const minutes = /^clock(-?\d{1,4})$/.exec(value)?.[1];
  if (minutes === undefined) {
    const zone = value.replaceAll('.', '/');
    if (!isZone(zone)) throw new AppError('button_unknown');
    return { zone };
  }
  const clock = clockQuestion(now).find(({ offsetMs }) => offsetMs === Number(minutes) * 60_000);
  if (!clock) throw new AppError('button_unknown');
  const [zone, ...others] = clock.zones;
  if (others.length === 0) return { zone };
  return { places: placeChoices(clock.zones) };
}
