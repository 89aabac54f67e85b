// The end of standby: whatever step a post stood at when the backup was made, and whatever the old bot did with it since, it becomes no
// second video, and either TikTok's word or the person's decides.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Clip, Post } from '#domain/post-record.ts';
import { createReconnection } from '#services/reconnection.ts';
import { createStandby } from '#services/standby.ts';
import { createBackupPosts } from '#stores/backup-posts.ts';
import { createMarkStore } from '#stores/marks.ts';
import { createStandbyStore } from '#stores/standby.ts';
import { openStage, type Stage } from './publisher-stage.ts';

let stage: Stage;
let clip: Clip;
let mark: ReturnType<typeof createStandbyStore>;
let standby: ReturnType<typeof createStandby>;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
  mark = createStandbyStore(createMarkStore(stage.connection));
  const backupPosts = createBackupPosts(stage.posts);
  standby = createStandby({ mark, posts: stage.posts, backupPosts, clock: Date.now });
});
afterEach(async () => {
  await stage.stopRunners();
  await stage.clearFaults();
});
after(() => stage.close());

const collection = () => stage.connection.collection('posts');
const isSettled = ({ state }: Post) => state === 'published' || state === 'held';

/** The post as it lies in the database: what a backup holds of it. */
const copyOf = (id: string) => collection().findOne({ _id: id as never });

/** What the old bot left is overwritten, as if this database were a copy that knows nothing of it. */
async function restore(copy: object, id: string): Promise<void> {
  await collection().replaceOne({ _id: id as never }, copy);
  await stage.connection.collection('accounts').updateMany({}, { $set: { turn: null } });
  await mark.write({ reason: 'restored', at: new Date() });
}

/** Lets whoever comes go on at once with what a worker left. */
const release = (id: string) =>
  collection().updateOne({ _id: id as never }, { $set: { lease: null, wakeAt: new Date(0) } });

describe('a post that was on its way when the backup was made', () => {
  const STEPS = ['claimed', 'claimed', 'initiated', 'committing', 'processing'];
  for (const steps of [1, 2, 3, 4])
    test(`${steps} steps on: one video, or the person is asked`, async () => {
      const { id: accountId, username } = await stage.addAccount();
      const { id } = await stage.addPost(clip, accountId);
      const worker = await stage.claimByHand(id);
      for (let step = 0; step < steps; step++) await worker.step();
      const copy = await copyOf(id);
      assert.ok(copy && STEPS.includes(copy.step), `it stands at ${copy?.step}`);

      await release(id);
      stage.startRunner();
      await stage.waitFor(id, 'the old bot to publish it', ({ state }) => state === 'published');
      await stage.stopRunners();

      await restore(copy, id);
      assert.ok(await standby.isOn());
      await standby.end();
      assert.ok(!(await standby.isOn()));
      stage.startRunner();
      const post = await stage.waitFor(id, 'its fate', isSettled);
      assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'one init: the old bot’s');
      assert.equal(stage.journalOf(username, { kind: 'published' }).length, 1, 'one video');
      if (copy.attempt?.publishId) assert.equal(post.state, 'published', 'TikTok was asked');
      else assert.deepEqual([post.state, post.problem?.code], ['held', 'post_maybe_published']);
    });

  test('TikTok has closed its upload: the old bot may have begun another, so the person is asked', async () => {
    const { id: accountId, username } = await stage.addAccount();
    const { id } = await stage.addPost(clip, accountId);
    const worker = await stage.claimByHand(id);
    for (let step = 0; step < 3; step++) await worker.step();
    const copy = await copyOf(id);
    assert.equal(copy?.step, 'initiated');
    await restore({ ...copy, attempt: { ...copy.attempt, uploadExpiresAt: new Date(0) } }, id);
    await standby.end();
    stage.startRunner();
    const post = await stage.waitFor(id, 'its fate', isSettled);
    assert.deepEqual([post.state, post.problem?.code], ['held', 'post_maybe_published']);
    assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'inits');
  });

  test('its account must be connected again: it does not go out by itself once it is', async () => {
    const { id: accountId } = await stage.addAccount();
    const { id } = await stage.addPost(clip, accountId);
    const worker = await stage.claimByHand(id);
    for (let step = 0; step < 3; step++) await worker.step();
    await stage.accounts.markStatus(accountId, 'needs_reconnect');
    await restore((await copyOf(id)) as object, id);
    await standby.end();
    stage.startRunner();
    const post = await stage.waitFor(id, 'its fate', isSettled);
    assert.deepEqual([post.state, post.problem?.code], ['held', 'post_maybe_published']);
    await stage.stopRunners();
    await stage.accounts.markStatus(accountId, 'active');
    const account = await stage.accounts.findForWork(accountId);
    assert.ok(account);
    await createReconnection({ posts: stage.posts, setAlarm: async () => {} })(account);
    assert.equal((await stage.read(id)).state, 'held');
  });
});

describe('a post that was waiting for its time when the backup was made', () => {
  test('due since: held. Due later: left alone. Ending standby twice changes nothing more', async () => {
    const { id: accountId } = await stage.addAccount();
    const hour = 3_600_000;
    const at = (ms: number) => ({ at: new Date(Date.now() + ms), delayMs: null, zone: 'UTC', words: 'then' });
    const due = await stage.addPost(clip, accountId, { due: at(-hour), wakeAt: new Date(Date.now() + hour) });
    const later = await stage.addPost(clip, accountId, { due: at(hour), wakeAt: new Date(Date.now() + hour) });
    await mark.write({ reason: 'restored', at: new Date(Date.now() - 2 * hour) });
    assert.deepEqual(await standby.end(), { askedTikTok: 0, held: 1 });
    const held = await stage.read(due.id);
    assert.deepEqual(
      [held.state, held.problem?.code, held.outbox.map(({ kind }) => kind)],
      ['held', 'post_maybe_published', ['held']],
    );
    assert.equal((await stage.read(later.id)).state, 'scheduled');
    assert.equal(await standby.end(), null);
  });
});

test('a runner works on nothing while on standby, and no token is refreshed', async () => {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(clip, accountId);
  let looks = 0;
  const runner = stage.startRunner({
    isOnStandby: async () => {
      looks += 1;
      return true;
    },
  });
  runner.wake(id);
  await stage.until('some sweeps', () => looks > 5);
  assert.equal((await stage.read(id)).state, 'scheduled');
  assert.equal(stage.journalOf(username, { kind: 'creator_info' }).length, 0, 'TikTok heard nothing');
  await mark.write({ reason: 'restored', at: new Date() });
  await assert.rejects(standby.requireOff(), { code: 'copy_on_standby' });
  await mark.remove();
});
