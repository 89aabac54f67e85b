// Several workers and many posts: one worker a post, one post of an account at a time, accounts side by side, TikTok's limits kept by
// waiting and never by being refused.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import type { Clip, Post } from '#domain/post-record.ts';
import type { JournalEntry } from '#simulator/simulator.ts';
import { openStage, SHORT_TIMING, type Stage } from './publisher-stage.ts';

let stage: Stage;
let clip: Clip;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(30_000));
});
afterEach(async () => {
  await stage.stopRunners();
  await stage.clearFaults();
});
after(() => stage.close());

const isPublished = ({ state }: Post) => state === 'published';

test('three workers on one database: each post is published by one of them, once', async () => {
  const posts = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { id: accountId, username } = await stage.addAccount();
      return { username, ...(await stage.addPost(clip, accountId)) };
    }),
  );
  const runners = [stage.startRunner(), stage.startRunner(), stage.startRunner()];
  for (const { id } of posts) for (const runner of runners) runner.wake(id);
  for (const { id, username } of posts) {
    await stage.waitFor(id, 'a video', isPublished);
    for (const kind of ['creator_info', 'init', 'published'] as const)
      assert.equal(stage.journalOf(username, { kind }).length, 1, `${kind} of ${username}`);
  }
});

test('of two workers that claim at once one wins; what the other holds is refused once it is taken', async () => {
  const { id: accountId } = await stage.addAccount();
  const { id } = await stage.addPost(clip, accountId);
  const claims = await Promise.all(['a', 'b', 'c', 'd'].map(owner => stage.posts.claim(id, owner, 1_000)));
  const [winner, ...others] = claims.filter(post => post !== null);
  assert.ok(winner && others.length === 0, 'one claim');
  await stage.expireLease(id);
  assert.ok(await stage.posts.claim(id, 'successor', 1_000));
  const under = { fence: winner.fence, owner: winner.lease?.owner ?? '' };
  await assert.rejects(stage.posts.apply(winner, { event: 'claim', under }), { code: 'lease_lost' });
  assert.equal(await stage.posts.renew(winner, under.owner, 1_000), false);
  const before = await stage.read(id);
  await stage.posts.release(winner, under.owner, {});
  assert.deepEqual(await stage.read(id), before);
  // Its lease would run out in the middle of another test, whose runner would publish it.
  await stage.posts.model.deleteOne({ _id: id });
});

interface Span {
  readonly from: number;
  readonly to: number;
}

/** When each upload began and ended, from the simulator's journal. */
function spansOf(entries: JournalEntry[]): Span[] {
  return entries
    .filter(({ kind }) => kind === 'init')
    .flatMap(({ publishId, at }) => {
      const end = entries.find(entry => entry.kind === 'upload.complete' && entry.publishId === publishId);
      // An init whose worker was too slow to keep its publish id has no upload.
      return end ? [{ from: at, to: end.at }] : [];
    });
}

function assertOneAfterTheOther(spans: Span[]): void {
  for (const [index, { from }] of spans.slice(1).entries())
    assert.ok(from >= (spans[index]?.to ?? 0), 'an upload began before the one before it had ended');
}

test('posts of one account go up one after the other, those of two accounts side by side', async () => {
  await stage.fault({ kind: 'slow', route: 'upload', delayMs: 200 });
  const accounts = [await stage.addAccount(), await stage.addAccount()];
  const posts = await Promise.all(accounts.flatMap(({ id }) => [1, 2, 3].map(() => stage.addPost(clip, id))));
  stage.startRunner();
  for (const { id } of posts) await stage.waitFor(id, 'a video', isPublished);
  const [first = [], second = []] = accounts.map(({ username }) => spansOf(stage.journalOf(username)));
  for (const spans of [first, second]) assertOneAfterTheOther(spans);
  const overlaps = first.filter(a => second.some(b => a.from < b.to && b.from < a.to));
  assert.ok(overlaps.length > 0, 'two accounts were at work at the same time');
});

test('an account’s turn survives a long upload and ends with a dead worker’s lease', async () => {
  const { id: accountId, username } = await stage.addAccount();
  const long = await stage.addPost(clip, accountId);
  // Long enough to be seen on a machine that is busy with other things.
  await stage.fault({ kind: 'slow', route: 'upload', delayMs: 2_000, count: 1 });
  stage.startRunner({ timing: { ...SHORT_TIMING, leaseMs: 300 } });
  await stage.waitFor(long.id, 'an upload', ({ step }) => step === 'committing', { hasten: false });
  const next = await stage.addPost(clip, accountId);
  await stage.waitFor(next.id, 'a video', isPublished);
  assertOneAfterTheOther(spansOf(stage.journalOf(username)));

  // A worker that dies in its turn holds the account up no longer than its lease.
  await stage.stopRunners();
  const dying = await stage.addPost(clip, accountId);
  const worker = await stage.claimByHand(dying.id);
  await worker.step();
  stage.startRunner();
  const last = await stage.addPost(clip, accountId);
  await stage.expireLease(dying.id);
  await stage.posts.model.updateOne({ _id: dying.id }, { $set: { wakeAt: new Date(Date.now() + 60_000) } });
  await stage.waitFor(last.id, 'a video', isPublished);
});

test('twelve posts at once on one account: six inits, a minute’s wait, six more, and TikTok refuses nothing', async () => {
  const account = await stage.addAccount();
  const posts = await Promise.all(Array.from({ length: 12 }, () => stage.addPost(clip, account.id)));
  stage.startRunner();
  const all = () => Promise.all(posts.map(({ id }) => stage.read(id)));
  await stage.until('six posts to wait for the next minute', async () => {
    const now = await all();
    // Only the turns are hastened here, not the waits for TikTok's windows.
    for (const { id, state } of now) if (state === 'scheduled') await stage.hurry(id);
    return now.filter(({ problem }) => problem?.code === 'tiktok_rate_limited').length >= 6;
  });
  assert.equal(stage.journalOf(account.username, { kind: 'init' }).length, 6, 'inits in the first minute');
  for (const { problem, wakeAt } of await all()) {
    if (problem?.code !== 'tiktok_rate_limited') continue;
    const waitMs = (wakeAt?.getTime() ?? 0) - Date.now();
    assert.ok(waitMs > 50_000 && waitMs < 62_000, `the window is waited out, not ${waitMs} ms`);
  }

  // A minute passes: at TikTok by its clock, here by moving what was counted.
  stage.letTikTokAge(62_000);
  await stage.accounts.model.updateOne({ _id: account.id }, { $unset: { calls: 1 } });
  for (const { id } of posts) await stage.waitFor(id, 'a video', isPublished);
  assert.equal(stage.journalOf(account.username, { kind: 'published' }).length, 12, 'videos');
  assert.deepEqual(stage.journalOf(account.username, { kind: 'rate_limited' }), [], 'TikTok refused nothing');
});

test('more posts than places: all are published, without waiting for the next sweep', async () => {
  const posts = await Promise.all(
    Array.from({ length: 12 }, async () => stage.addPost(clip, (await stage.addAccount()).id)),
  );
  stage.startRunner({}, 2);
  for (const { id } of posts) await stage.waitFor(id, 'a video', isPublished);
});

test('a stopping worker gives its posts back at once', async () => {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(clip, accountId);
  await stage.fault({ kind: 'slow', route: 'upload', delayMs: 5_000, count: 1 });
  stage.startRunner();
  await stage.waitFor(id, 'an upload', ({ step }) => step === 'committing', { hasten: false });
  const startedAt = performance.now();
  await stage.stopRunners();
  assert.ok(performance.now() - startedAt < 2_000, 'it does not wait for the upload');
  const { lease, step } = await stage.read(id);
  assert.deepEqual([lease, step], [null, 'committing']);
  await stage.clearFaults();
  stage.startRunner();
  await stage.waitFor(id, 'a video', isPublished);
  assert.equal(stage.journalOf(username, { kind: 'published' }).length, 1);
});

test('an init is counted where it is made: not by the slower of two workers, and not while the creator cannot be asked', async () => {
  const { id: accountId } = await stage.addAccount();
  await stage.fault({ kind: '5xx', route: 'creator_info', status: 503, count: 3 });
  const { id } = await stage.addPost(clip, accountId);
  const runners = [stage.startRunner(), stage.startRunner()];
  for (const runner of runners) runner.wake(id);
  await stage.waitFor(id, 'a video', isPublished);
  const account = await stage.accounts.model.findById(accountId).lean();
  assert.equal(account?.calls?.videoInit?.length, 1);
});

test('while others are due, a post gives its place away once its upload is open: one sends bytes, the rest do after them', async () => {
  const accounts = await Promise.all(Array.from({ length: 6 }, () => stage.addAccount()));
  const posts = await Promise.all(accounts.map(({ id }) => stage.addPost(clip, id)));
  await stage.fault({ kind: 'slow', route: 'upload', delayMs: 700 });
  stage.startRunner({}, 2);
  for (const { id } of posts) await stage.waitFor(id, 'a video', isPublished, { hasten: false });
  const journal = accounts.flatMap(({ username }) => stage.journalOf(username));
  const kinds = journal.toSorted((a, b) => a.seq - b.seq).map(({ kind }) => kind);
  const secondBytes = kinds.indexOf('upload.complete', kinds.indexOf('upload.complete') + 1);
  const initsBefore = kinds.slice(0, secondBytes).filter(kind => kind === 'init').length;
  assert.equal(initsBefore, 6, 'all uploads are open before a second one has its bytes');
  for (const kind of ['creator_info', 'init', 'upload.complete', 'published'])
    assert.equal(kinds.filter(one => one === kind).length, 6, kind);
});
