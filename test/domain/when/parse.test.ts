// Words to instants: what people type, across zones, clock changes and languages.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError, type ErrorCode, isAppError } from '#domain/errors.ts';
import { formatInstant } from '#domain/when/format.ts';
import { parseWhen, type WhenOptions } from '#domain/when/parse.ts';
import { WORLD_ZONES } from '#domain/when/places.ts';
import { inEveryProcessZone } from './process-zone.ts';

const DAY_MS = 86_400_000;

/** Friday, 12:07:30 in Berlin. */
const FRIDAY_NOON: WhenOptions = {
  now: Date.parse('2026-11-20T11:07:30Z'),
  zone: 'Europe/Berlin',
  minLeadMs: 0,
  maxAheadMs: 366 * DAY_MS,
};

function instantOf(words: string, options: Partial<WhenOptions> = {}): string {
  const when = parseWhen(words, { ...FRIDAY_NOON, ...options });
  assert.equal(when.kind, 'instant', `“${words}” is an instant`);
  return when.kind === 'instant' ? new Date(when.at).toISOString().replace(':00.000Z', 'Z') : '';
}

function delayOf(words: string, options: Partial<WhenOptions> = {}): number {
  const when = parseWhen(words, { ...FRIDAY_NOON, ...options });
  assert.equal(when.kind, 'relative', `“${words}” counts from pressing Schedule`);
  return when.kind === 'relative' ? when.delayMs / 1000 : Number.NaN;
}

function refusalOf(words: string, code: ErrorCode, options: Partial<WhenOptions> = {}): AppError['facts'] {
  try {
    const when = parseWhen(words, { ...FRIDAY_NOON, ...options });
    throw new assert.AssertionError({ message: `“${words}” is ${code}, but was read as ${JSON.stringify(when)}` });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    assert.equal(error.code, code, `“${words}”`);
    assert.equal(error.facts.words, words.trim().slice(0, 100), 'the refusal quotes the words');
    return error.facts;
  }
}

/** Words, and the instant they mean when said at FRIDAY_NOON in Berlin (UTC+1). */
const INSTANTS: Record<string, string> = {
  // The next time the clock shows it.
  '18:30': '2026-11-20T17:30Z',
  '9:00': '2026-11-21T08:00Z',
  '6pm': '2026-11-20T17:00Z',
  '6.30 pm': '2026-11-20T17:30Z',
  '18.30': '2026-11-20T17:30Z',
  noon: '2026-11-21T11:00Z',
  midnight: '2026-11-20T23:00Z',
  '12:30': '2026-11-20T11:30Z',
  '18:30:15': '2026-11-20T17:30:15.000Z',
  // Days.
  'today 18:30': '2026-11-20T17:30Z',
  'tonight 8pm': '2026-11-20T19:00Z',
  'tomorrow 9': '2026-11-21T08:00Z',
  'tomorrow at 9am': '2026-11-21T08:00Z',
  '18:30 tomorrow': '2026-11-21T17:30Z',
  'day after tomorrow 18:30': '2026-11-22T17:30Z',
  'in 2 days 18:30': '2026-11-22T17:30Z',
  // Weekdays: today while it is still to come, else in a week.
  'fri 18:30': '2026-11-20T17:30Z',
  'fri 9:00': '2026-11-27T08:00Z',
  'friday 6pm': '2026-11-20T17:00Z',
  'Friday at 6:30 PM': '2026-11-20T17:30Z',
  'next friday 18:30': '2026-11-27T17:30Z',
  'wed 6': '2026-11-25T05:00Z',
  'mon 18:30': '2026-11-23T17:30Z',
  'next monday noon': '2026-11-23T11:00Z',
  '6pm saturday': '2026-11-21T17:00Z',
  // Dates.
  '27 nov 18:30': '2026-11-27T17:30Z',
  '27 nov 18': '2026-11-27T17:00Z',
  'nov 27 at 6:30pm': '2026-11-27T17:30Z',
  'Fri 27 Nov 2026, 18:30': '2026-11-27T17:30Z',
  'Thursday, December 24, 2026 at 8:15 PM': '2026-12-24T19:15Z',
  '1 jan 10:00': '2027-01-01T09:00Z',
  '2026-11-27 18:30': '2026-11-27T17:30Z',
  '2026-11-27T18:30': '2026-11-27T17:30Z',
  '2026/12/24 20:15': '2026-12-24T19:15Z',
  '24.12. 20:15': '2026-12-24T19:15Z',
  '24.12 20.15': '2026-12-24T19:15Z',
  '24.12.2026, 20:15': '2026-12-24T19:15Z',
  '24.12.26 20:15': '2026-12-24T19:15Z',
  '20:15 24.12.': '2026-12-24T19:15Z',
  'thu 24.12. 20:15': '2026-12-24T19:15Z',
  '24-12-2026 20:15': '2026-12-24T19:15Z',
  '25/12 18:00': '2026-12-25T17:00Z',
  '12/25 18:00': '2026-12-25T17:00Z',
  '25/12/2026 6pm': '2026-12-25T17:00Z',
  '4/4 18:00': '2027-04-04T16:00Z',
  // Other languages, whatever the person's own.
  'morgen 18 Uhr': '2026-11-21T17:00Z',
  '18 Uhr 30': '2026-11-20T17:30Z',
  'am 24.12. um 20:15': '2026-12-24T19:15Z',
  'heute abend um 8': '2026-11-20T19:00Z',
  '18h30 demain': '2026-11-21T17:30Z',
  'le 24/12 à 20h15': '2026-12-24T19:15Z',
  'viernes 18:30': '2026-11-20T17:30Z',
  'domani alle 18:30': '2026-11-21T17:30Z',
  'amanhã 18:30': '2026-11-21T17:30Z',
  'vrijdag om 18:30': '2026-11-20T17:30Z',
  // Words that say their own offset or zone.
  '6pm EST': '2026-11-20T23:00Z',
  'tomorrow 6pm PST': '2026-11-22T02:00Z',
  '18:30 UTC+2': '2026-11-20T16:30Z',
  '18:30 (New York)': '2026-11-20T23:30Z',
  'tomorrow 18:30 Europe/London': '2026-11-21T18:30Z',
  '2026-11-27T18:30:00+01:00': '2026-11-27T17:30Z',
  '2026-11-27T17:30:00.000Z': '2026-11-27T17:30Z',
  '<t:1795800600>': '2026-11-27T17:30Z',
  '<t:1795800600:F>': '2026-11-27T17:30Z',
  // What keyboards and clipboards add.
  'fri\u00a018:30': '2026-11-20T17:30Z',
  '\u200efri 18:30\u200e ': '2026-11-20T17:30Z',
  '２７ nov １８：３０': '2026-11-27T17:30Z',
  'fri 18:30.': '2026-11-20T17:30Z',
};

const DELAYS_IN_SECONDS: Record<string, number> = {
  now: 0,
  'in 10 seconds': 10,
  '30s': 30,
  '90 min': 5400,
  '45m': 2700,
  '2h': 7200,
  'in 2 hours': 7200,
  'in 2h 30m': 9000,
  '2h30': 9000,
  'in 1 hour 30 minutes': 5400,
  'half an hour': 1800,
  'in an hour': 3600,
  'in 1.5 hours': 5400,
  'in 1 day 2 hours': 93_600,
  '48 hours': 172_800,
  'in 2 stunden': 7200,
  'dans 2 heures': 7200,
  'en 2 horas': 7200,
  // 2:30 in the night in which New York's clocks skip it, counted from where delays are counted.
  'in 1238 hours 30 minutes': 4_458_600,
};

const REFUSED: Record<string, ErrorCode> = {
  '': 'time_required',
  ' \u00a0 ': 'time_required',
  hello: 'time_unclear',
  'whenever you like': 'time_unclear',
  '12345': 'time_unclear',
  '18': 'time_unclear',
  '18:3': 'time_unclear',
  '18:60': 'time_unclear',
  '24:00': 'time_unclear',
  '25:99': 'time_unclear',
  'fri 18:30 and more': 'time_unclear',
  '18:30-19:30': 'time_unclear',
  'mon-fri 18:30': 'time_unclear',
  'friday midnight': 'time_unclear',
  'december 18:30': 'time_unclear',
  'next month 18:30': 'time_unclear',
  'now 18:30': 'time_unclear',
  'in 2h 3h': 'time_unclear',
  '18:30 art': 'time_unclear',
  '18:30 (Atlantis)': 'time_unclear',
  '1/2 price cats': 'time_unclear',
  '30 feb 18:00': 'time_unclear',
  '31/02 18:00': 'time_unclear',
  '2026-02-30 18:00': 'time_unclear',
  '2026-02-30T18:00:00Z': 'time_unclear',
  '2027-02-29 18:00': 'time_unclear',
  '99/99 18:00': 'time_unclear',
  '275760-01-01 10:00': 'time_unclear',
  'fri 28 nov 18:30': 'time_unclear',
  'fri 24.12. 20:15': 'time_unclear',
  [`fri 18:30${' '.repeat(200)}x`]: 'time_unclear',
  tomorrow: 'time_needs_clock',
  friday: 'time_needs_clock',
  '27 nov': 'time_needs_clock',
  '25/12': 'time_needs_clock',
  '24.12.': 'time_needs_clock',
  '20.10': 'time_needs_clock',
  'tomorrow evening': 'time_needs_clock',
  'in 2 days': 'time_needs_clock',
  morgen: 'time_needs_clock',
  'yesterday 5pm': 'time_past',
  'last friday 18:30': 'time_past',
  'letzten freitag 18:30': 'time_past',
  'today 9:00': 'time_past',
  'nov 20 9am': 'time_past',
  '19.11. 9:00': 'time_past',
  '5 minutes ago': 'time_past',
  '<t:0>': 'time_past',
  '29.03.2026 02:30': 'time_past',
  '25.10.2026 02:30': 'time_past',
  '2025-11-27 18:30': 'time_past',
  '1 jan 2030 10:00': 'time_too_far',
  'in 9000 hours': 'time_too_far',
  '<t:99999999999>': 'time_too_far',
};

inEveryProcessZone(() => {
  it('reads instants', () => {
    for (const [words, instant] of Object.entries(INSTANTS)) assert.equal(instantOf(words), instant, `“${words}”`);
  });

  it('reads delays, to the second', () => {
    for (const [words, seconds] of Object.entries(DELAYS_IN_SECONDS))
      assert.equal(delayOf(words), seconds, `“${words}”`);
  });

  it('refuses what is no time, no whole time, or not to be had', () => {
    for (const [words, code] of Object.entries(REFUSED)) refusalOf(words, code);
  });

  it('asks about times that the clocks skip', () => {
    for (const [zone, words, now, nextValid, nextValidAt] of [
      [
        'Europe/Berlin',
        '28.03.2027 02:30',
        '2026-11-20T11:00Z',
        'Sun 28 Mar 2027, 03:00 (Berlin)',
        '2027-03-28T01:00Z',
      ],
      ['America/New_York', 'sun 2:30am', '2027-03-12T11:00Z', 'Sun 14 Mar 2027, 03:00 (New York)', '2027-03-14T07:00Z'],
      [
        'Australia/Lord_Howe',
        'tomorrow 2:15',
        '2026-10-03T01:00Z',
        'Sun 4 Oct 2026, 02:30 (Lord Howe)',
        '2026-10-03T15:30Z',
      ],
    ] as const) {
      const facts = refusalOf(words, 'time_in_gap', { zone, now: Date.parse(now) });
      assert.equal(facts.nextValid, nextValid);
      assert.equal(instantOf(String(facts.nextValidAt), { zone, now: Date.parse(now) }), nextValidAt);
      assert.equal(instantOf(String(facts.nextValid), { zone, now: Date.parse(now) }), nextValidAt);
    }
  });

  it('asks about times that come twice, and reads either answer', () => {
    for (const [zone, words, now, first, firstAt, secondAt] of [
      ['Europe/Berlin', 'sun 2:30', '2026-10-24T11:00Z', 'GMT+2', '2026-10-25T00:30Z', '2026-10-25T01:30Z'],
      ['America/New_York', '1 nov 1:30', '2026-10-24T11:00Z', 'GMT-4', '2026-11-01T05:30Z', '2026-11-01T06:30Z'],
      [
        'Australia/Lord_Howe',
        '4 apr 2027 01:45',
        '2027-03-24T11:00Z',
        'GMT+11',
        '2027-04-03T14:45Z',
        '2027-04-03T15:15Z',
      ],
    ] as const) {
      const options = { zone, now: Date.parse(now) };
      const facts = refusalOf(words, 'time_in_overlap', options);
      assert.ok(String(facts.first).includes(` ${first} (`), `${facts.first} says which of the two it is`);
      assert.equal(instantOf(String(facts.firstAt), options), firstAt);
      assert.equal(instantOf(String(facts.secondAt), options), secondAt);
      assert.equal(instantOf(String(facts.first), options), firstAt);
      assert.equal(instantOf(String(facts.second), options), secondAt);
    }
  });

  it('takes the second of two equal times once the first is over', () => {
    const now = Date.parse('2026-10-25T00:45Z');
    assert.equal(instantOf('02:30', { now }), '2026-10-25T01:30Z');
    assert.equal(instantOf('02:30', { now: Date.parse('2026-10-25T01:45Z') }), '2026-10-26T01:30Z');
  });

  it('keeps the clock, not the distance, across a change', () => {
    const saturday = { zone: 'America/New_York', now: Date.parse('2026-10-31T16:00Z') };
    assert.equal(instantOf('tomorrow 6pm', saturday), '2026-11-01T23:00Z');
    assert.equal(instantOf('today 6pm', saturday), '2026-10-31T22:00Z');
  });

  it('goes by the calendar of the person, not by that of UTC', () => {
    const beforeMidnight = { zone: 'America/Los_Angeles', now: Date.parse('2026-11-21T07:30Z') };
    assert.equal(instantOf('tomorrow 9:00', beforeMidnight), '2026-11-21T17:00Z');
    assert.equal(instantOf('fri 23:45', beforeMidnight), '2026-11-21T07:45Z');
    const afterMidnight = { zone: 'Pacific/Kiritimati', now: Date.parse('2026-11-20T10:30Z') };
    assert.equal(instantOf('today 9:00', afterMidnight), '2026-11-20T19:00Z');
    assert.equal(
      instantOf('11pm EST', { zone: 'Australia/Sydney', now: Date.parse('2026-11-21T14:00Z') }),
      '2026-11-22T04:00Z',
    );
  });

  it('reads back every time that it writes', () => {
    const minutes = fc.integer({ min: 1, max: 366 * 1440 - 1 });
    fc.assert(
      fc.property(minutes, fc.constantFrom(...WORLD_ZONES), (minute, zone) => {
        const at = Math.ceil(FRIDAY_NOON.now / 60_000) * 60_000 + minute * 60_000;
        const written = formatInstant(at, zone);
        const when = parseWhen(written, { ...FRIDAY_NOON, maxAheadMs: 400 * DAY_MS, zone });
        assert.deepEqual(when, { kind: 'instant', at, zone, zoneTyped: true, dayNamed: true, words: written });
      }),
      { numRuns: 200 },
    );
  });
});

describe('parseWhen', () => {
  it('asks which of day and month comes first, and reads either answer', () => {
    const facts = refusalOf('04/05 18:00', 'time_ambiguous_date');
    assert.deepEqual([facts.first, facts.second], ['4 May 18:00', '5 Apr 18:00']);
    assert.equal(instantOf(String(facts.first)), '2027-05-04T16:00Z');
    assert.equal(instantOf(String(facts.second)), '2027-04-05T16:00Z');
    refusalOf('04/05', 'time_ambiguous_date');
    refusalOf('6:30pm 04/05/2027', 'time_ambiguous_date');
  });

  it('does not ask a person whose language says it', () => {
    for (const locale of ['de', 'en-GB', 'fr', 'pt-BR'])
      assert.equal(instantOf('04/05 18:00', { locale }), '2027-05-04T16:00Z', locale);
    for (const locale of ['en', 'en-US', 'xx-invalid-locale-', ''])
      refusalOf('04/05 18:00', 'time_ambiguous_date', { locale });
  });

  it('reads "18h" as the language does', () => {
    assert.equal(delayOf('18h'), 64_800);
    assert.equal(delayOf('18h', { locale: 'en-US' }), 64_800);
    assert.equal(instantOf('18h', { locale: 'fr' }), '2026-11-20T17:00Z');
  });

  it('reads the language of the person’s chat program', () => {
    for (const [locale, words] of [
      ['ru', 'завтра в 18:30'],
      ['uk-UA', 'завтра о 18:30'],
      ['fi', 'huomenna klo 18:30'],
      ['id', 'besok jam 18:30'],
      ['ja', '明日18時30分'],
      ['vi', 'ngày mai 18:30'],
    ] as const)
      assert.equal(instantOf(words, { locale }), '2026-11-21T17:30Z', words);
    assert.equal(instantOf('fri 18:30', { locale: 'constructor' }), '2026-11-20T17:30Z');
  });

  it('keeps the bounds', () => {
    const lead = { minLeadMs: 10 * 60_000 };
    assert.equal(instantOf('12:20', lead), '2026-11-20T11:20Z');
    assert.equal(instantOf('12:10', lead), '2026-11-21T11:10Z');
    assert.equal(refusalOf('today 12:10', 'time_past', lead).resolved, 'Fri 20 Nov 2026, 12:10 (Berlin)');
    assert.equal(refusalOf('27 nov 18:30', 'time_too_far', { maxAheadMs: 5 * DAY_MS }).days, 5);
    assert.equal(refusalOf('in 121 hours', 'time_too_far', { maxAheadMs: 5 * DAY_MS }).days, 5);
    assert.equal(delayOf('in 120 hours', { maxAheadMs: 5 * DAY_MS }), 432_000);
  });

  it('takes a date that is just over for a slip, and one long over for next year', () => {
    refusalOf('22 oct 10:00', 'time_past');
    assert.equal(instantOf('1 oct 10:00'), '2027-10-01T08:00Z');
    refusalOf('1 oct 10:00', 'time_past', { maxAheadMs: 90 * DAY_MS });
  });

  it('says whether the words need the person’s zone, and whether they name a day', () => {
    for (const [words, zone, zoneTyped, dayNamed] of [
      ['18:30', 'Europe/Berlin', false, false],
      ['fri 18:30', 'Europe/Berlin', false, true],
      ['fri 18:30 (New York)', 'America/New_York', true, true],
      ['<t:1795800600>', 'Europe/Berlin', true, true],
    ] as const) {
      const when = parseWhen(words, FRIDAY_NOON);
      assert.ok(when.kind === 'instant');
      assert.deepEqual([when.zone, when.zoneTyped, when.dayNamed], [zone, zoneTyped, dayNamed], words);
    }
  });

  it('refuses a zone that does not exist', () => {
    assert.throws(
      () => parseWhen('18:30', { ...FRIDAY_NOON, zone: 'Berlin' }),
      error => isAppError(error, 'zone_unknown'),
    );
  });

  it('is quick to refuse what chrono is slow with', () => {
    refusalOf('hello', 'time_unclear');
    const startedAt = performance.now();
    for (const words of ['1h '.repeat(33), '1 h '.repeat(25), '1m '.repeat(8), '1 '.repeat(50)])
      refusalOf(words, 'time_unclear');
    assert.ok(performance.now() - startedAt < 300, `${performance.now() - startedAt} ms`);
  });

  it('either reads or refuses, whatever it is given', () => {
    const pieces = fc.constantFrom(
      ...[
        'fri',
        'tomorrow',
        '18:30',
        '6pm',
        '24.12.',
        '04/05',
        '2026-11-27',
        'T',
        'Z',
        '+02:00',
        'in',
        '2',
        'h',
        'min',
      ],
      ...[
        'next',
        'last',
        'noon',
        'midnight',
        'EST',
        '(Berlin)',
        '<t:1>',
        'at',
        ',',
        '.',
        '-',
        '/',
        ':',
        '99',
        'uhr',
        'à',
      ],
    );
    const sentences = fc.array(pieces, { maxLength: 7 }).map(words => words.join(' '));
    fc.assert(
      fc.property(fc.oneof(sentences, fc.string({ unit: 'binary', maxLength: 120 })), words => {
        try {
          const when = parseWhen(words, FRIDAY_NOON);
          if (when.kind === 'relative') assert.ok(when.delayMs >= 0 && when.delayMs <= FRIDAY_NOON.maxAheadMs);
          else assert.ok(when.at >= FRIDAY_NOON.now && when.at <= FRIDAY_NOON.now + FRIDAY_NOON.maxAheadMs);
        } catch (error) {
          if (!isAppError(error) || !error.code.startsWith('time_')) throw error;
        }
      }),
      { numRuns: 400 },
    );
  });
});
