// The breakers alone: what opens them, what does not, one call that tries, and each endpoint for itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type ErrorCode } from '#domain/errors.ts';
import { type Breakers, createBreakers } from '#tiktok/breakers.ts';

const REST_MS = 50;
const make = () => createBreakers({ failures: 3, restMs: REST_MS });

async function fail(breakers: Breakers, code: ErrorCode, times: number): Promise<string[]> {
  const seen: string[] = [];
  for (let made = 0; made < times; made++)
    await breakers
      .run('init', async () => {
        throw new AppError(code);
      })
      .catch(error => seen.push(error.code));
  return seen;
}

for (const code of ['tiktok_unavailable', 'tiktok_internal', 'tiktok_unreachable', 'tiktok_timeout'] as const)
  test(`${code}: three in a row and nobody calls`, async () => {
    const breakers = make();
    assert.deepEqual(await fail(breakers, code, 4), [code, code, code, 'tiktok_paused']);
    let calls = 0;
    const call = async () => ++calls;
    await assert.rejects(breakers.run('init', call), (error: AppError) => Number(error.facts.waitMs) > 0);
    assert.equal(calls, 0, 'not called while it rests');
    assert.equal(await breakers.run('status', call), 1, 'another endpoint is none the worse');
  });

for (const code of [
  'tiktok_rate_limited',
  'tiktok_request_invalid',
  'tiktok_token_invalid',
  'tiktok_daily_cap',
] as const)
  test(`${code}: an answer, however often, opens nothing, and ends a row of outages`, async () => {
    const breakers = make();
    assert.deepEqual(new Set(await fail(breakers, code, 20)), new Set([code]));
    await fail(breakers, 'tiktok_unavailable', 2);
    await fail(breakers, code, 1);
    assert.deepEqual(await fail(breakers, 'tiktok_unavailable', 2), ['tiktok_unavailable', 'tiktok_unavailable']);
  });

test('after the rest one call tries: it alone, and its answer opens the way again', async () => {
  const breakers = make();
  await fail(breakers, 'tiktok_unavailable', 3);
  await delay(REST_MS + 20);
  const answer = Promise.withResolvers<string>();
  const trying = breakers.run('init', () => answer.promise);
  await assert.rejects(
    breakers.run('init', async () => 'a second one'),
    { code: 'tiktok_paused' },
  );
  answer.resolve('an answer');
  assert.equal(await trying, 'an answer');
  assert.equal(await breakers.run('init', async () => 'and another'), 'and another');
});

test('the call that tries fails: another rest', async () => {
  const breakers = make();
  await fail(breakers, 'tiktok_unavailable', 3);
  await delay(REST_MS + 20);
  assert.deepEqual(await fail(breakers, 'tiktok_unavailable', 2), ['tiktok_unavailable', 'tiktok_paused']);
});
