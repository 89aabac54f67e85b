/** The short form; `npm run prove -- malformed-messages` is the long one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runMalformed } from './malformed.ts';

it('mutated messages neither stop the server nor disturb other connections', async () => {
  assert.ok((await runMalformed({ messages: 500, seed: 3 })) >= 500);
});
