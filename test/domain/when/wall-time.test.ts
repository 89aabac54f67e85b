// Wall times to instants and back: gaps and overlaps in the clocks of three zones.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAppError } from '#domain/errors.ts';
import { WORLD_ZONES } from '#domain/when/places.ts';
import { addDays, isZone, offsetMsAt, wallTimeAt, wallTimeMs, wallTimeToInstant } from '#domain/when/wall-time.ts';
import { inEveryProcessZone } from './process-zone.ts';

const at = (iso: string): number => Date.parse(iso);
const resolve = (zone: string, wall: string) => {
  const [date = '', time = ''] = wall.split(' ');
  return wallTimeToInstant({ date, time }, zone);
};

/** Berlin and New York move by an hour, Lord Howe by half of one. */
const CHANGES = [
  {
    zone: 'Europe/Berlin',
    lastBefore: ['2026-03-29 01:59', '2026-03-29T00:59Z'],
    skipped: ['2026-03-29 02:00', '2026-03-29 02:30', '2026-03-29 02:59'],
    firstAfter: ['2026-03-29 03:00', '2026-03-29T01:00Z'],
    twice: [
      ['2026-10-25 02:00', '2026-10-25T00:00Z', '2026-10-25T01:00Z'],
      ['2026-10-25 02:59', '2026-10-25T00:59Z', '2026-10-25T01:59Z'],
    ],
    once: [
      ['2026-10-25 01:59', '2026-10-24T23:59Z'],
      ['2026-10-25 03:00', '2026-10-25T02:00Z'],
    ],
  },
  {
    zone: 'America/New_York',
    lastBefore: ['2026-03-08 01:59', '2026-03-08T06:59Z'],
    skipped: ['2026-03-08 02:00', '2026-03-08 02:30', '2026-03-08 02:59'],
    firstAfter: ['2026-03-08 03:00', '2026-03-08T07:00Z'],
    twice: [
      ['2026-11-01 01:00', '2026-11-01T05:00Z', '2026-11-01T06:00Z'],
      ['2026-11-01 01:30', '2026-11-01T05:30Z', '2026-11-01T06:30Z'],
    ],
    once: [
      ['2026-11-01 00:59', '2026-11-01T04:59Z'],
      ['2026-11-01 02:00', '2026-11-01T07:00Z'],
    ],
  },
  {
    zone: 'Australia/Lord_Howe',
    lastBefore: ['2026-10-04 01:59', '2026-10-03T15:29Z'],
    skipped: ['2026-10-04 02:00', '2026-10-04 02:15', '2026-10-04 02:29'],
    firstAfter: ['2026-10-04 02:30', '2026-10-03T15:30Z'],
    twice: [
      ['2026-04-05 01:30', '2026-04-04T14:30Z', '2026-04-04T15:00Z'],
      ['2026-04-05 01:59', '2026-04-04T14:59Z', '2026-04-04T15:29Z'],
    ],
    once: [
      ['2026-04-05 01:29', '2026-04-04T14:29Z'],
      ['2026-04-05 02:00', '2026-04-04T15:30Z'],
    ],
  },
] as const;

inEveryProcessZone(() => {
  for (const { zone, lastBefore, skipped, firstAfter, twice, once } of CHANGES)
    it(`finds both clock changes of ${zone}`, () => {
      for (const [wall, instant] of [lastBefore, firstAfter, ...once])
        assert.deepEqual(resolve(zone, wall), { kind: 'instant', at: at(instant) }, wall);
      for (const wall of skipped)
        assert.deepEqual(resolve(zone, wall), { kind: 'gap', nextValid: at(firstAfter[1]) }, wall);
      for (const [wall, earlier, later] of twice)
        assert.deepEqual(resolve(zone, wall), { kind: 'overlap', earlier: at(earlier), later: at(later) }, wall);
    });

  it('sees a day that a zone skipped', () => {
    assert.deepEqual(resolve('Pacific/Apia', '2011-12-30 12:00'), { kind: 'gap', nextValid: at('2011-12-30T10:00Z') });
  });

  it('reads every instant back from what the clock shows then', () => {
    const instants = fc.integer({ min: at('2026-01-01T00:00Z') / 60_000, max: at('2036-01-01T00:00Z') / 60_000 });
    fc.assert(
      fc.property(instants, fc.constantFrom(...WORLD_ZONES), (minute, zone) => {
        const instant = minute * 60_000;
        const found = wallTimeToInstant(wallTimeAt(instant, zone), zone);
        assert.notEqual(found.kind, 'gap', 'a time that a clock showed exists');
        const meant =
          found.kind === 'overlap' ? [found.earlier, found.later] : found.kind === 'instant' ? [found.at] : [];
        assert.ok(meant.includes(instant), `${new Date(instant).toISOString()} in ${zone} is read as ${meant}`);
      }),
      { numRuns: 300 },
    );
  });

  it('finds gaps and overlaps exactly where the offset changes', () => {
    // Clocks change on Sundays before dawn nearly everywhere.
    const sundays = fc.integer({ min: 0, max: 500 }).map(week => addDays('2026-01-04', 7 * week));
    const minutes = fc.integer({ min: 0, max: 239 });
    fc.assert(
      fc.property(sundays, minutes, fc.constantFrom(...WORLD_ZONES), (date, minute, zone) => {
        const time = new Date(minute * 60_000).toISOString().slice(11, 16);
        const wall = { date, time };
        const found = wallTimeToInstant(wall, zone);
        if (found.kind === 'instant') return assert.deepEqual(wallTimeAt(found.at, zone), wall);
        if (found.kind === 'overlap') {
          assert.ok(found.earlier < found.later);
          assert.deepEqual(wallTimeAt(found.earlier, zone), wall);
          return assert.deepEqual(wallTimeAt(found.later, zone), wall);
        }
        assert.ok(wallTimeMs(wallTimeAt(found.nextValid, zone)) > wallTimeMs(wall));
        assert.ok(wallTimeMs(wallTimeAt(found.nextValid - 60_000, zone)) < wallTimeMs(wall));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('wall times', () => {
  for (const [date, time] of [
    ['2026-02-30', '18:30'],
    ['2026-02-29', '18:30'],
    ['2026-13-01', '18:30'],
    ['2026-00-10', '18:30'],
    ['0026-01-10', '18:30'],
    ['275760-01-01', '18:30'],
    ['2026-11-27', '24:00'],
    ['2026-11-27', '18:60'],
    ['2026-11-27', '1830'],
  ] as const)
    it(`refuses ${date} ${time}, which no calendar or clock has`, () => {
      assert.throws(
        () => wallTimeToInstant({ date, time }, 'Europe/Berlin'),
        error => isAppError(error, 'time_unclear'),
      );
    });

  it('refuses a zone that nobody lives in', () => {
    const wall = { date: '2026-11-27', time: '18:30' };
    assert.throws(
      () => wallTimeToInstant(wall, 'Europe/Atlantis'),
      error => isAppError(error, 'zone_unknown'),
    );
  });

  it('takes IANA names only', () => {
    for (const zone of ['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'Etc/GMT-2', 'UTC'])
      assert.equal(isZone(zone), true, zone);
    for (const text of ['', 'Berlin', 'EST', '+02:00', 'UTC+2', 'Europe/Atlantis', '../etc/passwd', 'Europe/Berlin\n'])
      assert.equal(isZone(text), false, text);
  });

  it('knows offsets before and after a change', () => {
    assert.equal(offsetMsAt(at('2026-10-25T00:59:59Z'), 'Europe/Berlin'), 2 * 3_600_000);
    assert.equal(offsetMsAt(at('2026-10-25T01:00:00Z'), 'Europe/Berlin'), 3_600_000);
  });
});
