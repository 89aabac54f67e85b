// A whole journey over faults, with the log at its most talkative: whatever secret went over a wire on the way (tokens, upload
// addresses, link addresses, codes, states), no line has it. Errors should not hold them in the first place; the scrub comes after.

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, test } from 'node:test';
import { type Stand, schedulePost, startStand } from '#test/support/stand.ts';

const LIVE_WITHIN_MS = 30_000;
const SECRET_PARAMETERS = ['code', 'state', 'upload_token', 'code_challenge'];

/** undici tells of every request it makes, ours and the playing browser's (undici's docs, Diagnostics Channel). */
const REQUESTS = 'undici:request:create';
const seen = { tokens: new Set<string>(), parameters: new Set<string>(), links: new Set<string>() };

function remember(message: unknown): void {
  const { request } = message as { request: { origin: string; path: string; headers: readonly unknown[] | string } };
  const url = new URL(request.path, request.origin);
  const token = String(request.headers).match(/Bearer ([^\s,]+)/)?.[1];
  const link = url.pathname.match(/\/connect\/([\w-]{16,})/)?.[1];
  if (token) seen.tokens.add(token);
  if (link) seen.links.add(link);
  for (const name of SECRET_PARAMETERS) {
    const value = url.searchParams.get(name);
    if (value) seen.parameters.add(value);
  }
}

let stand: Stand;
before(async () => {
  subscribe(REQUESTS, remember);
  stand = await startStand({ env: { LOG_LEVEL: 'debug' } });
  await stand.simulator.change({ processingDelayMs: 0, moderationDelayMs: 0 });
});
after(async () => {
  unsubscribe(REQUESTS, remember);
  await stand.stop();
});

test('no secret of a journey over faults is in the log', async () => {
  const person = stand.person('Clara');
  await person.command('settings', { zone: 'Berlin' });
  await stand.simulator.addFault({ kind: '5xx', route: 'user_info', count: 1 });
  await assert.rejects(stand.connect(person), 'TikTok fails while linking');
  await stand.connect(person);
  await stand.simulator.addFault({ kind: 'reset', route: 'upload', count: 1, afterBytes: 100_000 });
  await schedulePost(person, { when: 'in 1 second' });
  await person.waitFor('Live on TikTok', LIVE_WITHIN_MS);

  assert.ok(seen.tokens.size > 0, 'an access token went to TikTok');
  assert.ok(seen.parameters.size >= 4, 'codes, states and upload addresses went over the wire');
  assert.ok(seen.links.size >= 2, 'both links were opened');
  const lines = stand.logLines.join('');
  assert.match(lines, /a step failed/, 'the faults should have been logged');
  for (const secret of [...seen.tokens, ...seen.parameters, ...seen.links])
    assert.ok(!lines.includes(secret), `${secret} is in the log: ${lines}`);
});
