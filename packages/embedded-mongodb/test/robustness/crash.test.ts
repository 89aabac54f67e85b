/** The short form; `npm run prove -- database-crashes` is the long one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runCrashes } from './crash.ts';

it('nothing acknowledged is lost and indexes stay true after kill -9', async () => {
  const { acknowledged } = await runCrashes({ kills: 2, operations: 400, seed: 2 });
  assert.ok(acknowledged > 50, `the server should have acknowledged writes between the kills, not ${acknowledged}`);
});
