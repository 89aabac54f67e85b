// Instants in words: with weekday, zone and how far off they are.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatDuration,
  formatInstant,
  formatInstantShort,
  formatOffset,
  formatRelative,
} from '#domain/when/format.ts';
import { inEveryProcessZone } from './process-zone.ts';

const at = (iso: string): number => Date.parse(iso);
const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;
const DAY = 24 * H;

inEveryProcessZone(() => {
  it('writes an instant with the clock and the place it is read on', () => {
    const instant = at('2026-11-27T17:30:45Z');
    assert.equal(formatInstant(instant, 'Europe/Berlin'), 'Fri 27 Nov 2026, 18:30 (Berlin)');
    assert.equal(formatInstant(instant, 'America/New_York'), 'Fri 27 Nov 2026, 12:30 (New York)');
    assert.equal(formatInstant(instant, 'Australia/Lord_Howe'), 'Sat 28 Nov 2026, 04:30 (Lord Howe)');
    assert.equal(formatInstant(at('2026-11-27T23:05:00Z'), 'Europe/Berlin'), 'Sat 28 Nov 2026, 00:05 (Berlin)');
  });

  it('adds the offset only where the clock shows a time twice', () => {
    assert.equal(formatInstant(at('2026-10-25T00:30Z'), 'Europe/Berlin'), 'Sun 25 Oct 2026, 02:30 GMT+2 (Berlin)');
    assert.equal(formatInstant(at('2026-10-25T01:30Z'), 'Europe/Berlin'), 'Sun 25 Oct 2026, 02:30 GMT+1 (Berlin)');
    assert.equal(formatInstant(at('2026-10-25T02:00Z'), 'Europe/Berlin'), 'Sun 25 Oct 2026, 03:00 (Berlin)');
  });

  it('leaves this year out of short ones', () => {
    const now = at('2026-11-20T11:00Z');
    assert.equal(formatInstantShort(at('2026-11-27T17:30Z'), 'Europe/Berlin', now), 'Fri 27 Nov 18:30 (Berlin)');
    assert.equal(formatInstantShort(at('2027-01-01T09:00Z'), 'Europe/Berlin', now), 'Fri 1 Jan 2027 10:00 (Berlin)');
  });
});

describe('relative times', () => {
  for (const [ms, words] of [
    [0, 'now'],
    [400, 'now'],
    [3 * S, 'in 3 s'],
    [-2 * MIN, '2 min ago'],
    [59.6 * S, 'in 1 min'],
    [2 * H - 5, 'in 2 h'],
    [2.5 * H, 'in 2 h 30 min'],
    [5 * H + 59.7 * MIN, 'in 6 h'],
    [34 * H, 'in 34 h'],
    [6 * DAY - 10 * MIN, 'in 6 days'],
    [-3 * DAY, '3 days ago'],
  ] as const)
    it(`${ms} ms from now is “${words}”`, () => {
      assert.equal(formatRelative(1_000_000_000 + ms, 1_000_000_000, 'UTC'), words);
    });

  it('counts days by the calendar where it knows whose', () => {
    const evening = at('2026-11-21T22:05Z');
    assert.equal(formatRelative(at('2026-11-27T08:00Z'), evening, 'Europe/Berlin'), 'in 6 days');
    assert.equal(formatRelative(evening - 3.4 * DAY, evening, 'Europe/Berlin'), '3 days ago');
    assert.equal(formatRelative(evening + 34 * H, evening, 'Europe/Berlin'), 'in 34 h');
  });

  it('never writes sixty of a smaller unit', () => {
    for (let ms = 0; ms < 3 * DAY; ms += 29_731) assert.doesNotMatch(formatDuration(ms), /\b60 (?:s|min)|\b24 min 60/);
  });

  it('writes offsets', () => {
    assert.deepEqual([0, 2 * H, -5 * H, 5.5 * H, -3.5 * H].map(formatOffset), [
      'GMT',
      'GMT+2',
      'GMT-5',
      'GMT+5:30',
      'GMT-3:30',
    ]);
  });
});
