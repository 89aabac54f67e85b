// Sliding windows of calls: never one too many, whoever asks at once, and every wait ends when the oldest call leaves the window.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeId } from '#domain/secrets.ts';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createRateWindowStore, type RateWindowStore } from '#stores/rate-windows.ts';
import { startTestDatabase } from '#test/support/test-database.ts';

const LIMIT = { calls: 6, windowMs: 60_000 };
const MARGIN_MS = 1_000;

let folder: string;
let server: Awaited<ReturnType<typeof startTestDatabase>>;
let database: Database;
let windows: RateWindowStore;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipcue-windows-'));
  server = await startTestDatabase(folder);
  database = await connectDatabase(server.uri);
  windows = createRateWindowStore(database.connection, () => makeId(randomBytes));
  await windows.model.createIndexes();
});
after(async () => {
  await database.drop();
  await database.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** As if `ms` had passed since the calls of `key`. */
async function age(key: string, ms: number): Promise<void> {
  const stored = await windows.model.findById(key).lean();
  const calls = stored?.calls.map(call => ({ ...call, at: new Date(call.at.getTime() - ms) }));
  await windows.model.updateOne({ _id: key }, { $set: { calls } });
}

const takeMany = (key: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => windows.take(key, LIMIT)));

test('twenty at once on a window that does not exist yet: six are let through, the others are told how long to wait', async () => {
  const waits = await takeMany('fresh', 20);
  assert.equal(waits.filter(wait => wait === 0).length, LIMIT.calls);
  for (const wait of waits.filter(one => one > 0))
    assert.ok(wait > 55_000 && wait <= LIMIT.windowMs + MARGIN_MS, `a wait of ${wait} ms`);
});

test('a call leaves the window a minute after it was made, and not before: the window slides', async () => {
  await takeMany('sliding', 3);
  await age('sliding', 40_000);
  await takeMany('sliding', 3);
  const wait = await windows.take('sliding', LIMIT);
  assert.ok(wait > 15_000 && wait <= 21_000, `the oldest three leave in 21 s, not ${wait} ms`);

  await age('sliding', 20_000);
  assert.ok((await windows.take('sliding', LIMIT)) > 0, 'after a minute TikTok’s clock may still count them');
  await age('sliding', MARGIN_MS);
  const waits = await takeMany('sliding', 6);
  assert.equal(waits.filter(one => one === 0).length, 3, 'three places are free again');
});

test('a refused call takes no place', async () => {
  await takeMany('refused', 6);
  await takeMany('refused', 10);
  await age('refused', LIMIT.windowMs + MARGIN_MS);
  const waits = await takeMany('refused', 6);
  assert.deepEqual(waits, [0, 0, 0, 0, 0, 0]);
});

test('windows of different tokens and endpoints are apart', async () => {
  await takeMany('one:init', 6);
  assert.equal(await windows.take('one:status', LIMIT), 0);
  assert.equal(await windows.take('two:init', LIMIT), 0);
});
