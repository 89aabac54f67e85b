// The gap of a series told from the caption that follows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSeries, splitSeries } from '#domain/series.ts';

const CASES: [when: string, rest: string, expected: [when: string, caption: string]][] = [
  ['fri 18:30', 'then daily #cats', ['fri 18:30, then daily', '#cats']],
  ['fri 18:30', 'daily: soup', ['fri 18:30, daily', 'soup']],
  ['fri 18:30', 'every 4 h - soup of the day', ['fri 18:30, every 4 h', 'soup of the day']],
  ['fri 18:30', 'then every 2 days', ['fri 18:30, then every 2 days', '']],
  ['fri 18:30', 'then daily\n#cats', ['fri 18:30, then daily', '#cats']],
  ['fri 18:30', 'dailyvlog number 3', ['fri 18:30', 'dailyvlog number 3']],
  ['fri 18:30', 'everybody dances', ['fri 18:30', 'everybody dances']],
  ['fri 18:30', '#cats then daily', ['fri 18:30', '#cats then daily']],
  ['', 'daily soup', ['', 'daily soup']],
];

for (const [when, rest, [expectedWhen, caption]] of CASES)
  test(`“${when}” and “${rest.replaceAll('\n', ' / ')}”`, () => {
    assert.deepEqual(splitSeries(when, rest), { when: expectedWhen, caption });
    if (expectedWhen !== when) assert.equal(readSeries(expectedWhen).first, when);
  });
