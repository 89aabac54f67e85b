// Zones by place name, and by the clock on the wall.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '#domain/errors.ts';
import { WORLD_ZONES } from '#domain/when/places.ts';
import { isZone, offsetMsAt, wallTimeAt } from '#domain/when/wall-time.ts';
import { clockQuestion, findZones } from '#domain/when/zones.ts';
import { inEveryProcessZone } from './process-zone.ts';

const NOVEMBER = Date.parse('2026-11-20T17:42:30Z');
const JULY = Date.parse('2026-07-20T17:42:30Z');

inEveryProcessZone(() => {
  it('asks with the clocks of the world', () => {
    const choices = clockQuestion(NOVEMBER);
    const berlin = choices.find(({ zones }) => zones.includes('Europe/Berlin'));
    assert.deepEqual(berlin, { label: '18:42', offsetMs: 3_600_000, zones: ['Europe/Berlin', 'Africa/Lagos'] });
    assert.equal(new Set(choices.map(({ label }) => label)).size, choices.length, 'no two choices look the same');
    assert.deepEqual(
      choices.map(({ offsetMs }) => offsetMs),
      choices.map(({ offsetMs }) => offsetMs).sort((one, other) => one - other),
      'west to east',
    );
    for (const { label, zones } of choices)
      for (const zone of zones) assert.ok(label.endsWith(wallTimeAt(NOVEMBER, zone).time), `${zone} shows ${label}`);
  });

  it('finds the zones in which a clock shows that', () => {
    assert.deepEqual(findZones('18:42', NOVEMBER), ['Europe/Berlin', 'Africa/Lagos']);
    assert.deepEqual(findZones('6:40 pm', NOVEMBER), ['Europe/Berlin', 'Africa/Lagos']);
    assert.equal(findZones('12.42', NOVEMBER)[0], 'America/New_York');
    assert.equal(findZones('23:12', NOVEMBER)[0], 'Asia/Kolkata');
    assert.equal(findZones('19:42', JULY)[0], 'Europe/Berlin');
  });
});

describe('clockQuestion', () => {
  it('covers every way in which clocks run in the world', () => {
    const yearOf = (zone: string): string =>
      Array.from({ length: 53 }, (_, week) => offsetMsAt(NOVEMBER + week * 7 * 86_400_000, zone)).join();
    const covered = new Set(WORLD_ZONES.map(yearOf));
    const missing = Intl.supportedValuesOf('timeZone').filter(zone => !covered.has(yearOf(zone)));
    assert.deepEqual(missing, [], 'these zones need a representative in WORLD_ZONES');
  });

  it('leaves out the least lived-in where there is room for few', () => {
    const choices = clockQuestion(NOVEMBER, 25);
    assert.equal(choices.length, 25);
    const kept = choices.flatMap(({ zones }) => zones);
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Asia/Tokyo', 'Australia/Sydney'])
      assert.ok(kept.includes(zone), zone);
    assert.ok(!kept.includes('Pacific/Chatham'));
  });

  it('names the day where two clocks agree a day apart', () => {
    const labels = clockQuestion(NOVEMBER).map(({ label }) => label);
    assert.ok(labels.includes('Fri 06:42') && labels.includes('Sat 06:42'), labels.join(', '));
  });
});

describe('findZones', () => {
  for (const [words, zone] of [
    ['Berlin', 'Europe/Berlin'],
    ['  new   york ', 'America/New_York'],
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['US/Eastern', 'America/New_York'],
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['são paulo', 'America/Sao_Paulo'],
    ['Kyiv', 'Europe/Kyiv'],
    ['Munich', 'Europe/Berlin'],
    ['München', 'Europe/Berlin'],
    ['Mumbai', 'Asia/Kolkata'],
    ['Washington, DC', 'America/New_York'],
    ['St. Petersburg', 'Europe/Moscow'],
    ['lond', 'Europe/London'],
    ['EST', 'America/New_York'],
    ['UTC', 'UTC'],
    ['UTC+1', 'Europe/Berlin'],
    ['+5:30', 'Asia/Kolkata'],
    ['GMT −5', 'America/New_York'],
  ] as const)
    it(`knows ${JSON.stringify(words)}`, () => {
      assert.equal(findZones(words, NOVEMBER)[0], zone);
    });

  it('takes an offset as that of today', () => {
    assert.deepEqual(findZones('UTC+2', NOVEMBER).slice(0, 2), ['Africa/Johannesburg', 'Europe/Athens']);
    assert.equal(findZones('UTC+2', JULY)[0], 'Europe/Berlin');
  });

  it('finds zones only, ten at most', () => {
    for (const words of ['san', 'new', 'port', '18:42', 'UTC-5']) {
      const zones = findZones(words, NOVEMBER);
      assert.ok(zones.length <= 10 && zones.every(isZone), `${words}: ${zones}`);
    }
  });

  for (const words of ['', 'xx', 'Atlantis', '12:30', '25:00', '13:00 pm', 'UTC+20', '../etc/passwd', 'a'.repeat(300)])
    it(`refuses ${JSON.stringify(words.slice(0, 20))}`, () => {
      assert.throws(
        () => findZones(words, NOVEMBER),
        error => isAppError(error, 'zone_unknown'),
      );
    });

  it('lists zones that exist', () => {
    assert.deepEqual(
      WORLD_ZONES.filter(zone => !isZone(zone)),
      [],
    );
  });
});
