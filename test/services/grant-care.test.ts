// Connections looked after: an idle account refreshed once before its grant ends, its person warned once, and a grant that ended
// told once, with everything that waits for it held.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import type { Clip } from '#domain/post-record.ts';
import { createGrantCare, type GrantCare } from '#services/grant-care.ts';
import { createReconnection } from '#services/reconnection.ts';
import { createMemoStore, type MemoStore } from '#stores/memos.ts';
import { openStage, type Stage } from './publisher-stage.ts';

const DAY_MS = 86_400_000;
const LATER = { due: { at: new Date(Date.now() + DAY_MS), delayMs: null, zone: 'UTC', words: 'tomorrow' } };

let stage: Stage;
let clip: Clip;
let memos: MemoStore;
let care: GrantCare;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
  memos = createMemoStore(stage.connection, Date.now);
  const { accounts, posts } = stage;
  care = createGrantCare({
    accounts,
    posts,
    memos,
    accessTokens: stage.accessTokens,
    world: 'simulator',
    clock: Date.now,
    log: { warn: (facts, message) => stage.logged.push({ level: 'warn', message, facts }) },
  });
});
afterEach(() => stage.stopRunners());
after(() => stage.close());

const refreshesOf = (username: string) => stage.journalOf(username, { kind: 'token.refreshed' }).length;
const endIn = (id: string, days: number) =>
  stage.accounts.model.updateOne(
    { _id: id },
    { $set: { 'grant.refreshExpiresAt': new Date(Date.now() + days * DAY_MS - 60_000) } },
  );
const owed = async (accountName: string) =>
  (await memos.model.find({ 'facts.account': accountName }).sort({ sendAt: 1 }).lean()).map(({ kind, facts }) => ({
    kind,
    ...facts,
  }));
const statusOf = async (id: string) => (await stage.accounts.findForWork(id))?.status;

test('thirty days left: refreshed once, by whichever worker looks; thirty-one: not yet', async () => {
  const [idle, fresh] = [await stage.addAccount(), await stage.addAccount()];
  await endIn(idle.id, 30);
  await endIn(fresh.id, 32);
  await Promise.all([care.lookAfterIdle(), care.lookAfterIdle()]);
  const refreshed = refreshesOf(idle.username);
  assert.ok(refreshed >= 1, 'the idle account is refreshed');
  assert.equal(refreshesOf(fresh.username), 0);
  // TikTok may give a grant that ends when the first one would have: once is enough then.
  await endIn(idle.id, 30);
  await care.lookAfterIdle();
  assert.equal(refreshesOf(idle.username), refreshed, 'no second time');
  assert.deepEqual(await owed(idle.username), []);
});

test('a refresh that TikTok cannot do now is tried again by the next look', async () => {
  const { id, username } = await stage.addAccount();
  await endIn(id, 20);
  await stage.fault({ kind: '5xx', route: 'token', status: 503, count: 1 });
  await care.lookAfterIdle();
  assert.deepEqual([refreshesOf(username), await statusOf(id)], [0, 'active']);
  await care.lookAfterIdle();
  assert.equal(refreshesOf(username), 1);
});

test('fourteen days left: its person is warned once', async () => {
  const { id, username } = await stage.addAccount();
  await stage.accounts.noteCare(id, 'refreshed', new Date());
  await endIn(id, 14);
  await care.lookAfterIdle();
  await care.lookAfterIdle();
  assert.deepEqual(await owed(username), [{ kind: 'grant_ending', account: username, daysLeft: 14 }]);
});

test('its time is over: everything that waits is held, its person told once, and a reconnect releases it', async () => {
  const { id, username } = await stage.addAccount();
  const waiting = await Promise.all([1, 2].map(() => stage.addPost(clip, id, LATER)));
  await stage.accounts.noteCare(id, 'refreshed', new Date());
  await endIn(id, 0);
  await care.settleAllEnded();
  await care.settleAllEnded();
  assert.equal(await statusOf(id), 'needs_reconnect');
  assert.deepEqual(await owed(username), [{ kind: 'grant_ended', account: username, held: 2 }]);
  for (const post of waiting) {
    const { state, problem, outbox, wakeAt } = await stage.read(post.id);
    assert.deepEqual([state, problem?.code, outbox.length], ['held', 'tiktok_grant_ended', 0]);
    assert.ok(wakeAt && wakeAt < new Date(Date.now() + DAY_MS), 'its person will be reminded');
  }

  const account = await stage.accounts.findForWork(id);
  assert.ok(account);
  await stage.accounts.model.updateOne({ _id: id }, { $set: { status: 'active' } });
  await createReconnection({ posts: stage.posts, setAlarm: async () => {} })({ ...account, status: 'active' });
  for (const post of waiting) {
    const { state, wakeAt, reminders } = await stage.read(post.id);
    assert.deepEqual([state, wakeAt?.getTime(), reminders], ['scheduled', LATER.due.at.getTime(), 0]);
  }
});

test('a post that could not go out has told its person already: nothing more is said unless more is held', async () => {
  const { id, username } = await stage.addAccount();
  stage.simulator.disconnect(username);
  await stage.accounts.model.updateOne({ _id: id }, { $set: { 'grant.accessExpiresAt': new Date() } });
  const post = await stage.addPost(clip, id);
  stage.startRunner();
  const held = await stage.waitFor(post.id, 'being held', ({ state }) => state === 'held');
  assert.deepEqual(
    held.outbox.map(({ kind }) => kind),
    ['held'],
  );
  await care.settleAllEnded();
  assert.deepEqual(await owed(username), []);
});

test('TikTok says that access was taken away: the same at once, but never of what was connected since', async () => {
  const { id, username, openId } = await stage.addAccount();
  await stage.addPost(clip, id, LATER);
  await care.endGrant(openId, new Date(Date.now() - DAY_MS));
  assert.equal(await statusOf(id), 'active', 'older than the connection');
  await care.endGrant(openId, new Date());
  await care.endGrant(openId, new Date());
  assert.equal(await statusOf(id), 'needs_reconnect');
  assert.deepEqual(await owed(username), [{ kind: 'grant_ended', account: username, held: 1 }]);
});
