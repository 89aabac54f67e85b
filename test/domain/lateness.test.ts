// How late is too late, and how posts that are caught up with keep apart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTooLate, spaceOut } from '#domain/lateness.ts';

const MINUTE_MS = 60_000;

const CASES: [lateMinutes: number, allowedMinutes: number, isTooLate: boolean][] = [
  [0.5, 0, false],
  [1.5, 0, true],
  [9, 10, false],
  [11, 10, true],
  [119, 120, false],
];
for (const [late, allowed, expected] of CASES)
  test(`${late} minutes late, ${allowed} allowed: ${expected ? 'asked about' : 'published'}`, () =>
    assert.equal(isTooLate(late * MINUTE_MS, allowed * MINUTE_MS), expected));

const space = (count: number, taken: number[]) =>
  spaceOut(
    count,
    0,
    taken.map(minutes => minutes * MINUTE_MS),
  ).map(slot => slot / MINUTE_MS);

test('ten minutes apart', () => assert.deepEqual(space(3, []), [0, 10, 20]));
test('around what is scheduled anyway', () => assert.deepEqual(space(3, [-4, 25, 200]), [6, 35, 45]));
test('between two that leave no room', () => assert.deepEqual(space(1, [5, 14, 23]), [33]));
