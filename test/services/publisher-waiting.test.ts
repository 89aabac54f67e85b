// Posts that wait for their person: reminded of after an hour and after a day, by the sweep alone; before each reminder of an
// unconfirmed one TikTok is asked once more.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import type { Clip, Post } from '#domain/post-record.ts';
import { openStage, type Stage } from './publisher-stage.ts';

const HOUR_MS = 3_600_000;

let stage: Stage;
let clip: Clip;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
});
afterEach(async () => {
  await stage.stopRunners();
  await stage.clearFaults();
});
after(() => stage.close());

const told = ({ outbox }: Post) => outbox.map(({ kind }) => kind);
const waitMs = async ({ wakeAt }: Post) => (wakeAt?.getTime() ?? 0) - (await stage.databaseNow());

async function assertReminded(id: string, first: 'held' | 'unconfirmed'): Promise<void> {
  stage.startRunner();
  const reminder = `${first}_reminder` as const;
  const begun = await stage.read(id);
  const toFirst = await waitMs(begun);
  assert.ok(
    toFirst > HOUR_MS - 60_000 && toFirst <= HOUR_MS,
    `the first reminder comes after an hour, not ${toFirst} ms`,
  );
  await stage.hurry(id);
  const once = await stage.waitFor(id, 'a reminder', ({ reminders }) => reminders === 1, { hasten: false });
  assert.deepEqual([once.state, told(once)], [first, [first, reminder]]);
  const toSecond = await waitMs(once);
  assert.ok(
    Math.abs(toSecond - 23 * HOUR_MS) < 60_000,
    `the second comes a day after the beginning, not ${toSecond} ms`,
  );
  await stage.hurry(id);
  const twice = await stage.waitFor(id, 'another', ({ reminders }) => reminders === 2, { hasten: false });
  assert.deepEqual([twice.state, told(twice), twice.wakeAt], [first, [first, reminder, reminder], null]);
}

test('held: reminded after an hour and after a day, then left alone', async () => {
  const account = await stage.addAccount();
  const { id } = await stage.addPost(clip, account.id, { accountId: 'account-that-went' });
  stage.startRunner();
  await stage.waitFor(id, 'being held', ({ state }) => state === 'held', { hasten: false });
  await stage.stopRunners();
  await assertReminded(id, 'held');
});

/** A post whose bytes TikTok has, and of which nobody could say anything for a day. */
async function addUnconfirmed(): Promise<{ id: string; username: string }> {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(clip, accountId);
  const worker = await stage.claimByHand(id);
  for (let steps = 0; steps < 4; steps++) await worker.step();
  const processing = await stage.read(id);
  await stage.posts.apply(processing, {
    event: 'lose_track',
    patch: { reminders: 0, wakeAt: new Date((await stage.databaseNow()) + HOUR_MS) },
    notices: ['unconfirmed'],
  });
  return { id, username };
}

test('unconfirmed, and TikTok still does not know: reminded like one that is held', async () => {
  const { id, username } = await addUnconfirmed();
  await stage.fault({ kind: 'forget_publish_id' });
  await assertReminded(id, 'unconfirmed');
  assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'nothing is sent again');
});

test('unconfirmed, and TikTok knows after all: published, told, not asked about again', async () => {
  const { id, username } = await addUnconfirmed();
  await stage.until('TikTok to be done', () => stage.journalOf(username, { kind: 'published' }).length === 1);
  stage.startRunner();
  await stage.hurry(id);
  const post = await stage.waitFor(id, 'its end', ({ state }) => state !== 'unconfirmed', { hasten: false });
  assert.deepEqual([post.state, post.problem, post.reminders], ['published', null, 0]);
  assert.ok(['published', 'live'].includes(told(post).at(-1) ?? ''), 'the person is told');
});

test('unconfirmed, and TikTok says it failed: ended with the reason, never sent again by itself', async () => {
  const { id: accountId, username } = await stage.addAccount();
  await stage.fault({ kind: 'fail_processing', failReason: 'internal', count: 1 });
  const { id } = await stage.addPost(clip, accountId);
  const worker = await stage.claimByHand(id);
  for (let steps = 0; steps < 4; steps++) await worker.step();
  await stage.posts.apply(await stage.read(id), { event: 'lose_track', patch: { wakeAt: new Date(0) } });
  stage.startRunner();
  await stage.until('its end', async () => {
    await stage.hurry(id);
    return (await stage.read(id)).state !== 'unconfirmed';
  });
  const post = await stage.read(id);
  assert.deepEqual([post.state, post.problem?.code], ['failed', 'tiktok_internal']);
  // On a slow machine TikTok may still have been at work when it was asked first.
  assert.deepEqual(
    told(post).filter(kind => kind !== 'unconfirmed_reminder'),
    ['failed'],
  );
  assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'inits');
});
