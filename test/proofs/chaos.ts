// A longer round of chaos than the tests', with a seed of its own each time; `npm run chaos` plays any.

import assert from 'node:assert/strict';
import { makePlan } from '#test/chaos/plan.ts';
import { playRound } from '#test/chaos/round.ts';

const SIZE = { posts: 300, kills: 30, workers: 3 };

export async function proveChaos(print: (line: string) => void): Promise<void> {
  const size = { ...SIZE, seed: Date.now() % 1_000_000 };
  print(`npm run chaos -- --posts ${size.posts} --kills ${size.kills} --workers ${size.workers} --seed ${size.seed}`);
  const { breaches, deaths: _deaths, tookMs, ...counts } = await playRound(makePlan(size), print);
  print(JSON.stringify({ ...counts, tookMs }));
  assert.deepEqual(breaches, []);
}
