/** The short form of the crash test; `crash.ts` runs the long one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runCrashes } from './crash.ts';

it('nothing acknowledged is lost and indexes stay true after kill -9', { timeout: 60_000 }, async () => {
  const { acknowledged } = await runCrashes({ kills: 3, operations: 10_000, seed: 7 });
  assert.ok(acknowledged > 50, `the server should have acknowledged writes between the kills, not ${acknowledged}`);
});
