// Sliding windows of calls: never one too many, whoever asks at once, and every wait ends when the oldest call leaves the window. A
// turn brings its first call with it, or none where another post has it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeId } from '#domain/secrets.ts';
import type { CallLimit, CallWindow } from '#stores/account-calls.ts';
import { type AccountStore, createAccountStore } from '#stores/accounts.ts';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createTokenBox } from '#stores/token-box.ts';
import { connectAccount } from '#test/support/publishable.ts';
import { startTestDatabase } from '#test/support/test-database.ts';

const LIMIT: CallLimit = { window: 'videoInit', calls: 6, windowMs: 60_000 };
const MARGIN_MS = 1_000;

let folder: string;
let server: Awaited<ReturnType<typeof startTestDatabase>>;
let database: Database;
let accounts: AccountStore;

const newId = () => makeId(randomBytes);
const tokenBox = createTokenBox({ activeKeyId: 'test', keys: new Map([['test', randomBytes(32)]]) });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipcue-calls-'));
  server = await startTestDatabase(folder);
  database = await connectDatabase(server.uri);
  accounts = createAccountStore(database.connection);
  await accounts.model.createIndexes();
});
after(async () => {
  await database.drop();
  await database.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

async function addAccount(): Promise<string> {
  const id = newId();
  const reply = { open_id: id, access_token: 'a', refresh_token: 'r', expires_in: 1, refresh_expires_in: 1 };
  await connectAccount({ accounts, tokenBox, id, ownerId: 'clara', world: 'simulator' }, 'Clara', reply);
  return id;
}

/** As if `ms` had passed since the account's inits. */
async function age(id: string, ms: number): Promise<void> {
  const stored = await accounts.model.findById(id).lean();
  const made = stored?.calls?.videoInit?.map(call => ({ ...call, at: new Date(call.at.getTime() - ms) }));
  await accounts.model.updateOne({ _id: id }, { $set: { 'calls.videoInit': made } });
}

const take = (id: string, window: CallWindow = 'videoInit') => accounts.takeCall(id, { ...LIMIT, window }, newId());
const takeMany = (id: string, count: number) => Promise.all(Array.from({ length: count }, () => take(id)));

test('twenty at once on an account that never called: six are let through, the others are told how long to wait', async () => {
  const waits = await takeMany(await addAccount(), 20);
  assert.equal(waits.filter(wait => wait === 0).length, LIMIT.calls);
  for (const wait of waits.filter(one => one > 0))
    assert.ok(wait > 55_000 && wait <= LIMIT.windowMs + MARGIN_MS, `a wait of ${wait} ms`);
});

test('a call leaves the window a minute after it was made, and not before: the window slides', async () => {
  const id = await addAccount();
  await takeMany(id, 3);
  await age(id, 40_000);
  await takeMany(id, 3);
  const wait = await take(id);
  assert.ok(wait > 15_000 && wait <= 21_000, `the oldest three leave in 21 s, not ${wait} ms`);

  await age(id, 20_000);
  assert.ok((await take(id)) > 0, 'after a minute TikTok’s clock may still count them');
  await age(id, MARGIN_MS);
  const waits = await takeMany(id, 6);
  assert.equal(waits.filter(one => one === 0).length, 3, 'three places are free again');
});

test('a refused call takes no place', async () => {
  const id = await addAccount();
  await takeMany(id, 6);
  await takeMany(id, 10);
  await age(id, LIMIT.windowMs + MARGIN_MS);
  assert.deepEqual(await takeMany(id, 6), [0, 0, 0, 0, 0, 0]);
});

test('windows of different accounts and endpoints are apart', async () => {
  const id = await addAccount();
  await takeMany(id, 6);
  assert.equal(await take(id, 'status'), 0);
  assert.equal(await take(await addAccount()), 0);
});

test('an account that is gone has no calls', async () => {
  await assert.rejects(take('nobody'), { code: 'account_gone' });
});

test('a turn brings its call with it; another post gets neither, and takes no place', async () => {
  const id = await addAccount();
  const call = () => ({ limit: LIMIT, id: newId() });
  const mine = await accounts.takeTurn(id, 'post-1', 60_000, { call: call() });
  assert.deepEqual([mine?.takenAt instanceof Date, mine?.isCallTaken], [true, true]);
  const other = await accounts.takeTurn(id, 'post-2', 60_000, { call: call() });
  assert.deepEqual([other?.takenAt instanceof Date, other?.isCallTaken], [false, false]);
  assert.equal((await takeMany(id, 6)).filter(wait => wait === 0).length, 5, 'one of six was taken');
  const late = await accounts.takeTurn(id, 'post-1', 60_000, { call: call() });
  assert.deepEqual(
    [late?.takenAt instanceof Date, late?.isCallTaken],
    [true, false],
    'a turn without a call where none is left',
  );
});

test('no turn before its time by the database’s clock; two workers at one post take one call', async () => {
  const id = await addAccount();
  const call = { limit: LIMIT, id: 'post-1.7' };
  const early = await accounts.takeTurn(id, 'post-1', 60_000, { call, beginsAt: new Date(Date.now() + 60_000) });
  assert.deepEqual([early?.takenAt, early?.isCallTaken], [null, false], 'a minute before its time');
  const due = { call, beginsAt: new Date(Date.now() - 60_000) };
  const both = [await accounts.takeTurn(id, 'post-1', 60_000, due), await accounts.takeTurn(id, 'post-1', 60_000, due)];
  assert.deepEqual(
    both.map(turn => [turn?.takenAt instanceof Date, turn?.isCallTaken]),
    [
      [true, true],
      [true, true],
    ],
  );
  assert.equal((await takeMany(id, 6)).filter(wait => wait === 0).length, 5, 'one of six was taken');
});

test('a turn that is taken ahead, and its call, count from the time that it is for', async () => {
  const id = await addAccount();
  const beginsAt = new Date(Date.now() + 5_000);
  const ahead = { call: { limit: LIMIT, id: 'post-1.7' }, beginsAt };
  const tooSoon = await accounts.takeTurn(id, 'post-1', 60_000, { ...ahead, aheadMs: 3_000 });
  assert.deepEqual([tooSoon?.takenAt, tooSoon?.isCallTaken], [null, false]);
  const taken = await accounts.takeTurn(id, 'post-1', 60_000, { ...ahead, aheadMs: 10_000 });
  assert.deepEqual([taken?.takenAt, taken?.isCallTaken], [beginsAt, true]);
  assert.ok(taken?.askedAt && taken.askedAt < beginsAt);
  const { turn, calls } = (await accounts.model.findById(id).lean()) ?? {};
  assert.deepEqual(turn?.until, new Date(beginsAt.getTime() + 60_000));
  assert.deepEqual(
    calls?.videoInit?.map(({ at }) => at),
    [beginsAt],
  );
  assert.equal((await accounts.takeTurn(id, 'post-2', 60_000))?.takenAt, null, 'nobody else has it meanwhile');
});
