// Access tokens under parallel use: one refresh per account whoever asks, the new pair saved before it is used, and a grant that
// ended told as that. Workers are separate stores and clients on one database, as separate processes have them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, isAppError } from '#domain/errors.ts';
import { makeId } from '#domain/secrets.ts';
import { type AccessTokens, createAccessTokens } from '#services/access-tokens.ts';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { type AccountStore, createAccountStore, type GrantState } from '#stores/accounts.ts';
import { createTokenBox } from '#stores/token-box.ts';
import { type Stand, startStand } from '#test/support/stand.ts';
import { createTikTokClient, type TikTokClient } from '#tiktok/client.ts';

const WORKERS = 4;
let stand: Stand;
let workers: readonly { tokens: AccessTokens; accounts: AccountStore; tiktok: TikTokClient }[];
let accountId: string;
let username: string;
let creators = 0;
/** Calls of the workers to TikTok. The journal would count those of the stand's own app too. */
let callsOfWorkers = 0;

const collection = () => stand.app.database.connection.collection<GrantState & { _id: string }>('accounts');
const stored = () => collection().findOne({ _id: accountId });
const storedGrant = async () => (await stored())?.grant ?? assert.fail('the account should have tokens');
const change = (set: object) => collection().updateOne({ _id: accountId }, { $set: set });
/** As if the token's time were up: the next use refreshes it. */
const runOut = () => change({ 'grant.accessExpiresAt': new Date() });
const refreshes = async () =>
  (await stand.simulator.journal('token.refreshed')).filter(entry => entry.username === username).length;

function makeWorker(wrap: (store: AccountStore) => AccountStore = store => store) {
  const { connection } = stand.app.database;
  const { keyring } = stand.config;
  assert.ok(keyring);
  const accounts = wrap(createAccountStore(connection.useDb(connection.name)));
  const client = createTikTokClient({
    apiOrigin: stand.simulator.origin,
    authorizeOrigin: stand.simulator.origin,
    clientKey: SIMULATOR_CLIENT.key,
    clientSecret: SIMULATOR_CLIENT.secret,
    clock: Date.now,
  });
  const tiktok: TikTokClient = {
    ...client,
    fetchUser(token) {
      callsOfWorkers += 1;
      return client.fetchUser(token);
    },
    refreshGrant(token) {
      callsOfWorkers += 1;
      return client.refreshGrant(token);
    },
  };
  const tokenBox = createTokenBox(keyring);
  const newId = () => makeId(randomBytes);
  return {
    tokens: createAccessTokens({
      accounts,
      tokenBox,
      tiktok,
      clock: Date.now,
      newId,
      requireNoStandby: async () => {},
    }),
    accounts,
    tiktok,
  };
}

/** Uses the token as each call to TikTok does. Gives the name that TikTok knows its owner by. */
const use = async ({ tokens, tiktok }: (typeof workers)[number]): Promise<string> =>
  tokens.use(accountId, async token => (await tiktok.fetchUser(token)).displayName);

before(async () => {
  stand = await startStand();
  // TikTok's documents: each refresh kills the old refresh token. Strictest reading: using a dead one ends the grant.
  await stand.simulator.change({ crowd: 50, refreshReuseEndsGrant: true });
  workers = Array.from({ length: WORKERS }, () => makeWorker());
});
after(async () => {
  await Promise.all(workers.map(({ tiktok }) => tiktok.close()));
  await stand.stop();
});
beforeEach(async () => {
  creators += 1;
  username = `creator-${creators}`;
  await stand.connect(stand.person(`Person ${creators}`), username);
  const account = await collection().findOne({ displayName: `Creator ${creators}` });
  assert.ok(account);
  accountId = account._id;
});

const first = () => workers[0] ?? assert.fail();

test('eight users of a token that has run out: one refresh, eight answers, five times over', async () => {
  for (let round = 1; round <= 5; round++) {
    await runOut();
    const names = await Promise.all([...workers, ...workers].map(use));
    assert.deepEqual(new Set(names), new Set([`Creator ${creators}`]));
    assert.equal(await refreshes(), round, `after round ${round}`);
  }
});

test('eight users of a token that TikTok refuses: one refresh as well', async () => {
  await stand.simulator.change({ accessTokenLifetimeSec: 1 });
  await runOut();
  await use(first());
  await stand.simulator.change({ accessTokenLifetimeSec: null });
  await change({ 'grant.accessExpiresAt': new Date(Date.now() + 3_600_000) });
  await waitUntilRefused();
  await Promise.all([...workers, ...workers].map(use));
  assert.equal(await refreshes(), 2, 'one to get the short-lived pair, one by the eight');
});

async function waitUntilRefused(): Promise<void> {
  const { accounts, tiktok } = first();
  const grant = (await accounts.readGrant(accountId))?.grant;
  assert.ok(grant && stand.config.keyring);
  const token = createTokenBox(stand.config.keyring).open(grant.accessToken, {
    collection: 'accounts',
    id: accountId,
    field: 'accessToken',
  });
  for (;;) {
    const refused = await tiktok.fetchUser(token).then(
      () => false,
      error => isAppError(error, 'tiktok_token_invalid'),
    );
    if (refused) return;
    await delay(50);
  }
}

test('a 401 in the middle: refreshed, and that call alone repeated, once', async () => {
  const seen: string[] = [];
  const answer = await first().tokens.use(accountId, async token => {
    seen.push(token);
    if (seen.length === 1) throw new AppError('tiktok_token_invalid');
    return 'through';
  });
  assert.equal(answer, 'through');
  assert.equal(new Set(seen).size, 2, 'the second try should bring a new token');
  assert.equal(await refreshes(), 1);

  let calls = 0;
  const refuse = async () => {
    calls += 1;
    throw new AppError('tiktok_token_invalid');
  };
  await assert.rejects(first().tokens.use(accountId, refuse), { code: 'tiktok_token_invalid' });
  assert.equal(calls, 2);
  assert.equal(await refreshes(), 2);
});

test('any other failure of the call is the caller’s: neither refreshed nor repeated', async () => {
  let calls = 0;
  const fail = async () => {
    calls += 1;
    throw new AppError('tiktok_unreachable');
  };
  await assert.rejects(first().tokens.use(accountId, fail), { code: 'tiktok_unreachable' });
  assert.deepEqual([calls, await refreshes()], [1, 0]);
});

test('a token that lasts is not refreshed; TikTok’s expires_in decides, not a constant', async () => {
  await use(first());
  assert.equal(await refreshes(), 0);
  await stand.simulator.change({ accessTokenLifetimeSec: 86_400, refreshTokenLifetimeSec: 1_000_000 });
  await runOut();
  await use(first());
  await stand.simulator.change({ accessTokenLifetimeSec: null, refreshTokenLifetimeSec: null });
  const grant = await storedGrant();
  assertNear(grant.accessExpiresAt, 86_400);
  assertNear(grant.refreshExpiresAt, 1_000_000);
});

function assertNear(at: Date, secondsFromNow: number): void {
  const off = at.getTime() - Date.now() - secondsFromNow * 1000;
  assert.ok(Math.abs(off) < 10_000, `${at.toISOString()} should be ${secondsFromNow} s from now`);
}

test('both tokens are replaced, sealed, and each opens in its own place alone', async () => {
  const before = await storedGrant();
  await runOut();
  await use(first());
  const after = await storedGrant();
  for (const field of ['accessToken', 'refreshToken'] as const) {
    assert.notEqual(after[field], before[field]);
    assert.match(after[field], /^v1\.test\./);
  }
  await change({ 'grant.accessToken': after.refreshToken });
  await assert.rejects(use(first()), { code: 'secret_unreadable' });
});

test('a grant that the person ended at TikTok: told once asked, then no more calls', async () => {
  await fetch(`${stand.simulator.origin}/simulator/accounts/${username}/disconnect`, { method: 'POST' });
  await assert.rejects(use(first()), { code: 'tiktok_grant_ended' });
  assert.equal((await stored())?.status, 'needs_reconnect');
  const callsBefore = callsOfWorkers;
  assert.ok(callsBefore > 0);
  await assert.rejects(use(first()), { code: 'tiktok_grant_ended' });
  assert.equal(callsOfWorkers, callsBefore);
});

test('eight users of a grant that ended: all are told, none hangs', async () => {
  await fetch(`${stand.simulator.origin}/simulator/accounts/${username}/disconnect`, { method: 'POST' });
  const outcomes = await Promise.allSettled([...workers, ...workers].map(use));
  for (const outcome of outcomes)
    assert.ok(
      outcome.status === 'rejected' && isAppError(outcome.reason, 'tiktok_grant_ended'),
      String(outcome.status),
    );
});

test('a refresh whose reply is lost: no answer first, then the person must connect again', async () => {
  await stand.simulator.addFault({ kind: 'lost_reply', route: 'token', count: 1 });
  await runOut();
  await assert.rejects(use(first()), { code: 'tiktok_unreachable' });
  assert.equal((await stored())?.status, 'active', 'nobody knows yet');
  await assert.rejects(use(first()), { code: 'tiktok_grant_ended' });
  assert.equal((await stored())?.status, 'needs_reconnect');
});

test('TikTok down during a refresh costs nothing: the old pair stays and works later', async () => {
  await stand.simulator.addFault({ kind: '5xx', route: 'token', status: 503, count: 1 });
  await runOut();
  await assert.rejects(use(first()), { code: 'tiktok_unavailable' });
  assert.equal(await use(first()), `Creator ${creators}`);
  assert.equal(await refreshes(), 1);
});

test('the database away just when the new pair came: it is saved once it is back', async t => {
  let failures = 0;
  const worker = makeWorker(store => ({
    ...store,
    async saveGrant(...args) {
      failures += 1;
      if (failures < 3) throw new Error('connection closed');
      return store.saveGrant(...args);
    },
  }));
  t.after(() => worker.tiktok.close());
  await runOut();
  assert.equal(await use(worker), `Creator ${creators}`);
  assert.equal(await use(first()), `Creator ${creators}`);
  assert.equal(await refreshes(), 1);
});

test('a worker that died over a refresh is followed by another when its lease runs out', async () => {
  await runOut();
  await change({ grantLease: { owner: 'gone', until: new Date(Date.now() + 400) } });
  assert.equal(await use(first()), `Creator ${creators}`);
  assert.equal(await refreshes(), 1);
});

test('who lost the lease cannot save an old pair over a new one', async () => {
  const { accounts } = first();
  const slow = await accounts.leaseGrant(accountId, 'slow', 0);
  assert.ok(slow?.grant);
  await runOut();
  await use(workers[1] ?? assert.fail());
  const grant = await storedGrant();
  assert.equal(await accounts.saveGrant(accountId, slow.grantFence, slow.grant), false);
  assert.deepEqual(await storedGrant(), grant);
});

test('disconnected while a refresh is under way: its new tokens are not kept', async () => {
  const { accounts } = first();
  const refreshing = await accounts.leaseGrant(accountId, 'refreshing', 20_000);
  assert.ok(refreshing?.grant);
  const account = await accounts.findForWork(accountId);
  await accounts.disconnect(account?.ownerId ?? '', accountId);
  assert.equal(await accounts.saveGrant(accountId, refreshing.grantFence, refreshing.grant), false);
  assert.equal((await stored())?.grant, null);
});
