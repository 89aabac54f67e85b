// A person changes their mind while the publisher works: before the last chunk nothing is posted, after it they are told "too late".

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Clip, Due, Post } from '#domain/post-record.ts';
import type { User } from '#domain/user.ts';
import type { Posts } from '#services/posts.ts';
import { openStage, type Stage } from './publisher-stage.ts';

let stage: Stage;
let clip: Clip;
let people: Posts;
let clara: User;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
  ({ people, clara } = stage);
});
afterEach(() => stage.stopRunners());
after(() => stage.close());

const dueIn = (ms: number): Due => ({ at: new Date(Date.now() + ms), delayMs: null, zone: 'UTC', words: 'later' });

/** Steps of a one-chunk post, and where each leaves it. */
const STEPS = ['claimed', 'claimed (init intended)', 'initiated', 'processing'];

async function workFor(steps: number) {
  const account = await stage.addAccount();
  const { id } = await stage.addPost(clip, account.id);
  const worker = await stage.claimByHand(id);
  for (let done = 0; done < steps; done++) await worker.step();
  return { id, worker, username: account.username };
}

/** Lets a healthy worker do whatever it thinks is left to do with a post. */
async function workOn(id: string) {
  await stage.expireLease(id);
  stage.startRunner();
  const { id: accountId } = await stage.addAccount();
  const other = await stage.addPost(clip, accountId);
  // Once a later post has gone all the way, the sweep has had every chance to find the first one too.
  await stage.waitFor(other.id, 'another post', ({ state }) => state === 'published');
  return stage.read(id);
}

describe('cancel', () => {
  for (const steps of [0, 1, 2, 3])
    test(`before the last chunk, ${steps} steps done (${STEPS[steps - 1] ?? 'scheduled'}): no video`, async () => {
      const { id, worker, username } = await workFor(steps);
      const cancelled = await people.cancel(clara, id);
      assert.equal(cancelled.state, 'cancelled');
      await assert.rejects(worker.step(), { code: /lease_lost|post_changed/ }, 'the worker learns of it');
      assert.equal((await workOn(id)).state, 'cancelled');
      assert.deepEqual(stage.journalOf(username, { kind: 'upload.complete' }), [], 'nothing was sent to its end');
    });

  test('while a chunk is being sent: the worker stops sending', async () => {
    const account = await stage.addAccount();
    const large = await stage.keepClip(randomBytes(65_000_000));
    const { id } = await stage.addPost(large, account.id);
    await stage.fault({ kind: 'slow', route: 'upload', bytesPerSecond: 1_000_000, count: 1 });
    stage.startRunner();
    await stage.waitFor(id, 'a running upload', ({ step }) => step === 'initiated', { hasten: false });
    assert.equal((await people.cancel(clara, id)).state, 'cancelled');
    const isTurnOver = async () => (await stage.accounts.model.findById(account.id).lean())?.turn === null;
    await stage.until('the account’s turn to end', isTurnOver);
    await stage.clearFaults();
    assert.equal((await workOn(id)).state, 'cancelled');
    assert.deepEqual(stage.journalOf(account.username, { kind: 'chunk' }), [], 'no chunk arrived whole');
  });

  test('once the last chunk may have been sent: too late, and it is posted', async () => {
    const account = await stage.addAccount();
    const { id } = await stage.addPost(clip, account.id);
    await stage.fault({ kind: 'lost_reply', route: 'upload', count: 1 });
    const worker = await stage.claimByHand(id);
    for (let done = 0; done < 3; done++) await worker.step();
    await assert.rejects(worker.step(), { code: 'tiktok_unreachable' });
    await assert.rejects(people.cancel(clara, id), { code: 'post_too_late' });
    await assert.rejects(people.reschedule(clara, id, dueIn(60_000)), { code: 'post_too_late' });
    await stage.expireLease(id);
    stage.startRunner();
    await stage.waitFor(id, 'a video', ({ state }) => state === 'published');
    await assert.rejects(people.cancel(clara, id), { code: 'post_too_late' });
  });
});

describe('reschedule', () => {
  test('to later, in the very moment in which a worker has claimed it: not early, and no lease brings it back', async () => {
    const { id, worker, username } = await workFor(0);
    const claimed = await stage.read(id);
    const later = dueIn(10_000);
    await people.reschedule(clara, id, later);
    assert.equal(await stage.posts.renew(claimed, claimed.lease?.owner ?? '', 1_000), false, 'the lease is gone');
    await assert.rejects(worker.step(), { code: /lease_lost|post_changed/ });
    const post = await workOn(id);
    assert.deepEqual([post.state, post.wakeAt], ['scheduled', later.at]);
    assert.deepEqual(stage.journalOf(username, { kind: 'creator_info' }), []);
  });

  test('a post that wakes before its time waits for it', async () => {
    const account = await stage.addAccount();
    // After its last look, and before anybody begins with it ahead.
    const due = dueIn(14_500);
    const { id } = await stage.addPost(clip, account.id, { due, wakeAt: new Date(0) });
    const post = await workOn(id);
    assert.deepEqual([post.state, post.wakeAt], ['scheduled', due.at]);
    assert.deepEqual(stage.journalOf(account.username, { kind: 'init' }), []);
  });

  test('in the minute before its time TikTok is asked what it allows, and not again when it is due', async () => {
    const account = await stage.addAccount();
    const { id } = await stage.addPost(clip, account.id, { due: dueIn(2_000), wakeAt: new Date(0) });
    stage.startRunner();
    await stage.waitFor(id, 'a video', ({ state }) => state === 'published');
    const calls = stage.journalOf(account.username, { kind: 'creator_info' });
    const [init] = stage.journalOf(account.username, { kind: 'init' });
    assert.equal(calls.length, 1);
    assert.ok(calls[0] && init && calls[0].at < init.at - 500, 'asked well before the upload was opened');
  });

  test('where that answer does not allow what the person has chosen since, TikTok is asked again', async () => {
    const account = await stage.addAccount();
    const { id } = await stage.addPost(clip, account.id, { due: dueIn(14_500), wakeAt: new Date(0) });
    stage.startRunner();
    const hasAnswer = ({ creator, lease, wakeAt, due }: Post) =>
      creator !== null && lease === null && wakeAt?.getTime() === due?.at?.getTime();
    await stage.waitFor(id, 'the look before its time', hasAnswer, { hasten: false });
    // Its time comes sooner too, before anybody begins with it ahead.
    const { at } = dueIn(1_000);
    await stage.posts.model.updateOne(
      { _id: id, lease: null },
      { $set: { 'creator.privacyOptions': [], 'due.at': at, wakeAt: at } },
    );
    await stage.waitFor(id, 'a video', ({ state }) => state === 'published');
    assert.equal(stage.journalOf(account.username, { kind: 'creator_info' }).length, 2);
  });

  test('to now: posted at once', async () => {
    const account = await stage.addAccount();
    const due = dueIn(60_000);
    const { id } = await stage.addPost(clip, account.id, { due, wakeAt: due.at });
    stage.startRunner();
    await people.reschedule(clara, id, dueIn(0));
    await stage.waitFor(id, 'a video', ({ state }) => state === 'published');
  });

  for (const steps of [1, 2, 3])
    test(`with ${steps} steps done is refused in words, and the post goes on`, async () => {
      const { id, username } = await workFor(steps);
      await assert.rejects(people.reschedule(clara, id, dueIn(60_000)), { code: 'post_wrong_state' });
      await stage.expireLease(id);
      stage.startRunner();
      await stage.waitFor(id, 'a video', ({ state }) => state === 'published');
      assert.equal(stage.journalOf(username, { kind: 'published' }).length, 1);
    });
});
