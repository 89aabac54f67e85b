// A short round of chaos, so that every run of the tests sees workers killed, stopped and cut off; `npm run chaos` plays long ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from './plan.ts';
import { playRound } from './round.ts';

const SIZE = { posts: 24, kills: 3, workers: 2, seed: 1 };

test('a plan follows from its seed', () => {
  assert.deepEqual(makePlan(SIZE), makePlan(SIZE));
  assert.notDeepEqual(makePlan(SIZE), makePlan({ ...SIZE, seed: 2 }));
});

/** Usually a dozen seconds; whoever meets TikTok's limit waits a minute for its end, as in life. */
const TIMEOUT_MS = 150_000;

test('a round of chaos: nothing posted twice, nothing lost, nothing early, everybody told', {
  timeout: TIMEOUT_MS,
}, async t => {
  const { kills, breaches, tookMs } = await playRound(makePlan(SIZE), line => t.diagnostic(line));
  t.diagnostic(`${kills} kills, ${tookMs} ms`);
  assert.deepEqual(breaches, []);
  assert.ok(kills >= SIZE.kills, `${kills} workers were killed`);
});
