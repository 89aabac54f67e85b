/** The short form; `malformed.ts` runs the long one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runMalformed } from './malformed.ts';

it('mutated messages neither stop the server nor disturb other connections', { timeout: 60_000 }, async () => {
  assert.ok((await runMalformed({ messages: 1500, seed: 3 })) >= 1500);
});
