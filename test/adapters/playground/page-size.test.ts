// The page stays small: its own scripts, the rendering library aside, as they are sent.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readAssets } from '#adapters/playground/assets.ts';

const SCRIPTS_MAX_BYTES = 60_000;

it('its scripts have under 60 kB', async () => {
  const own = [...(await readAssets())].filter(([path]) => path.endsWith('.js') && !path.startsWith('lit-html/'));
  assert.ok(own.length > 5, 'the page has scripts');
  const sizeBytes = own.reduce((sum, [, { content }]) => sum + content.length, 0);
  assert.ok(sizeBytes < SCRIPTS_MAX_BYTES, `they have ${sizeBytes} bytes`);
});
