// Suggestions while a time is being typed.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseWhen } from '#domain/when/parse.ts';
import { suggestTimes } from '#domain/when/suggest.ts';

const DAY_MS = 86_400_000;
const OPTIONS = { now: Date.parse('2026-11-20T11:07:30Z'), zone: 'Europe/Berlin' };
const labels = (text: string): string[] => suggestTimes(text, OPTIONS).map(({ label }) => label);

describe('suggestTimes', () => {
  it('starts with likely times', () => {
    assert.deepEqual(labels(''), [
      'In 10 min, Fri 20 Nov 12:17 (Berlin)',
      'In 1 h, Fri 20 Nov 13:07 (Berlin)',
      'Fri 20 Nov 18:00 (Berlin), in 5 h 53 min',
      'Fri 20 Nov 20:00 (Berlin), in 8 h',
      'Sat 21 Nov 09:00 (Berlin), in 21 h',
    ]);
  });

  it('says what the words would mean', () => {
    assert.deepEqual(suggestTimes('27 nov 18:30', OPTIONS), [
      { label: 'Fri 27 Nov 18:30 (Berlin), in 7 days', value: '2026-11-27T17:30:00.000Z' },
    ]);
  });

  it('keeps delays as words, since they count from pressing Schedule', () => {
    assert.deepEqual(suggestTimes('in 2 hours', OPTIONS), [
      { label: 'In 2 h, Fri 20 Nov 14:07 (Berlin)', value: 'in 2 hours' },
    ]);
    assert.deepEqual(suggestTimes('now', OPTIONS), [{ label: 'Now', value: 'now' }]);
  });

  it('goes on where the person has got to', () => {
    assert.deepEqual(labels('18'), ['Fri 20 Nov 18:00 (Berlin), in 5 h 53 min']);
    assert.deepEqual(labels('18:3'), ['Fri 20 Nov 18:30 (Berlin), in 6 h']);
    assert.equal(labels('tom')[0], 'Sat 21 Nov 09:00 (Berlin), in 21 h');
    assert.equal(labels('25/12')[0], 'Fri 25 Dec 09:00 (Berlin), in 35 days');
  });

  it('offers both readings of a date and of a time that comes twice', () => {
    assert.deepEqual(labels('04/05 18:00'), [
      'Mon 5 Apr 2027 18:00 (Berlin), in 136 days',
      'Tue 4 May 2027 18:00 (Berlin), in 165 days',
    ]);
    assert.deepEqual(labels('31.10.2027 02:30'), [
      'Sun 31 Oct 2027 02:30 GMT+2 (Berlin), in 345 days',
      'Sun 31 Oct 2027 02:30 GMT+1 (Berlin), in 345 days',
    ]);
  });

  it('offers the next time there is for one that the clocks skip', () => {
    assert.deepEqual(labels('28.3.2027 02:30'), ['Sun 28 Mar 2027 03:00 (Berlin), in 128 days']);
  });

  it('has nothing for what is no time, or past', () => {
    for (const text of ['nonsense', 'yesterday 5pm', '1 jan 2030 10:00', 'x'.repeat(500)])
      assert.deepEqual(labels(text), [], text);
  });

  it('offers five at most, each readable and short enough for Discord', () => {
    for (const text of ['', 'fri', 't', 'to', 'tomorrow', '04/05', '6pm', 'now', '2h', '25/12', '31.10.2027 02:30']) {
      const found = suggestTimes(text, OPTIONS);
      assert.ok(found.length <= 5, text);
      assert.equal(new Set(found.map(({ value }) => value)).size, found.length, text);
      for (const { label, value } of found) {
        assert.ok(label.length <= 100 && value.length <= 100, label);
        const when = parseWhen(value, { ...OPTIONS, minLeadMs: 0, maxAheadMs: 366 * DAY_MS });
        if (when.kind === 'instant') assert.equal(new Date(when.at).toISOString(), value);
      }
    }
  });
});
