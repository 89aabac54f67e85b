// After the last byte only TikTok's status decides: published, failed and why, or unconfirmed when it never says.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { wordsFor } from '#chat/explain.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { Clip, Post } from '#domain/post-record.ts';
import type { FaultInput } from '#simulator/simulator.ts';
import { openStage, type Stage } from './publisher-stage.ts';

const DAY_MS = 86_400_000;

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
const isEnd = ({ state }: Post) => state === 'failed' || state === 'published' || state === 'unconfirmed';

describe('TikTok says FAILED', () => {
  type FailReason = Extract<FaultInput, { kind: 'fail_processing' }>['failReason'];
  const reasons: [FailReason, ErrorCode][] = [
    ['file_format_check_failed', 'tiktok_file_refused'],
    ['duration_check_failed', 'tiktok_duration_refused'],
    ['frame_rate_check_failed', 'tiktok_frame_rate_refused'],
    ['picture_size_check_failed', 'tiktok_picture_size_refused'],
    ['spam_risk', 'tiktok_spam_refused'],
    ['spam_risk_text', 'tiktok_spam_refused'],
    ['spam_risk_too_many_posts', 'tiktok_daily_cap'],
    ['spam_risk_user_banned_from_posting', 'tiktok_user_banned'],
  ];
  for (const [failReason, code] of reasons)
    test(`${failReason}: told in words, not sent again`, async () => {
      const { id: accountId, username } = await stage.addAccount();
      await stage.fault({ kind: 'fail_processing', failReason, count: 1 });
      const { id } = await stage.addPost(clip, accountId);
      stage.startRunner();
      const post = await stage.waitFor(id, 'the end of a post', isEnd);
      assert.deepEqual([post.state, post.problem?.code, told(post)], ['failed', code, ['failed']]);
      assert.ok(post.problem && !wordsFor(post.problem).includes('tries again'), 'the words promise nothing');
      assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'inits');
    });

  test('internal: sent again after a while, one video', async () => {
    const { id: accountId, username } = await stage.addAccount();
    await stage.fault({ kind: 'fail_processing', failReason: 'internal', count: 2 });
    const { id } = await stage.addPost(clip, accountId);
    stage.startRunner();
    const post = await stage.waitFor(id, 'the end of a post', isEnd);
    assert.equal(post.state, 'published');
    assert.equal(stage.journalOf(username, { kind: 'init' }).length, 3, 'inits');
    assert.equal(stage.journalOf(username, { kind: 'published' }).length, 1, 'videos');
  });

  test('internal, again and again: given up after four uploads', async () => {
    const { id: accountId, username } = await stage.addAccount();
    await stage.fault({ kind: 'fail_processing', failReason: 'internal', count: 4 });
    const { id } = await stage.addPost(clip, accountId);
    stage.startRunner();
    const post = await stage.waitFor(id, 'the end of a post', isEnd);
    assert.deepEqual([post.state, post.problem?.code, told(post)], ['failed', 'tiktok_internal', ['failed']]);
    assert.equal(stage.journalOf(username, { kind: 'init' }).length, 4, 'inits');
  });
});

/** A post whose last chunk is sent, and that no worker holds. */
async function addProcessing(): Promise<{ id: string; username: string }> {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(clip, accountId);
  const worker = await stage.claimByHand(id);
  for (let steps = 0; steps < 4; steps++) await worker.step();
  assert.equal((await stage.read(id)).step, 'processing');
  await stage.expireLease(id);
  return { id, username };
}

/** Moves the instant of the last chunk back, while no worker holds the post: one that had read it before would write over it. */
const moveCommit = (id: string, agoMs: number, more: object = {}) =>
  stage.until('a post that nobody works on', async () => {
    const moved = { 'attempt.committedAt': new Date(Date.now() - agoMs), ...more };
    return (await stage.posts.model.updateOne({ _id: id, lease: null }, { $set: moved })).matchedCount === 1;
  });

describe('TikTok does not say', () => {
  test('a forgotten publish id: asked about for a day, then the person is, and nothing is sent again', async () => {
    const { id, username } = await addProcessing();
    await stage.fault({ kind: 'forget_publish_id', count: 1 });
    stage.startRunner();
    const waiting = await stage.waitFor(id, 'several questions', ({ tries }) => tries.status >= 3);
    assert.deepEqual([waiting.state, waiting.problem?.code], ['publishing', 'tiktok_publish_unknown']);

    const firstFailure = waiting.problem?.at.getTime() ?? 0;
    await moveCommit(id, 2 * DAY_MS, { 'problem.at': new Date(firstFailure - DAY_MS) });
    const post = await stage.waitFor(id, 'the end', isEnd);
    assert.deepEqual([post.state, told(post), post.wakeAt !== null], ['unconfirmed', ['unconfirmed'], true]);
    assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'inits');
  });

  test('a day without a worker is no day without an answer', async () => {
    const { id, username } = await addProcessing();
    await moveCommit(id, 3 * DAY_MS);
    await stage.fault({ kind: '5xx', route: 'status', status: 503, count: 2 });
    stage.startRunner();
    assert.equal((await stage.waitFor(id, 'the end', isEnd)).state, 'published');
    assert.equal(stage.journalOf(username, { kind: 'published' }).length, 1);
  });

  test('processing without end: the person is asked after a day', async () => {
    await stage.change({ processingDelayMs: DAY_MS });
    const { id } = await addProcessing();
    await stage.change({ processingDelayMs: 20 });
    stage.startRunner();
    await stage.waitFor(id, 'several questions', ({ tries }) => tries.status >= 2);
    await moveCommit(id, DAY_MS + 1_000);
    const post = await stage.waitFor(id, 'the end', isEnd);
    assert.deepEqual(
      [post.state, post.problem?.code, told(post)],
      ['unconfirmed', 'post_unconfirmed', ['unconfirmed']],
    );
  });

  test('the grant is revoked while TikTok processes: its word is awaited, nothing sent again', async () => {
    const { id, username } = await addProcessing();
    const { accountId } = await stage.read(id);
    await stage.accounts.disconnect(stage.ownerId, accountId ?? '');
    stage.startRunner();
    const post = await stage.waitFor(id, 'a wait', ({ problem }) => problem !== null, { hasten: false });
    assert.deepEqual([post.step, post.problem?.code], ['processing', 'tiktok_grant_ended']);
    assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'inits');
  });
});

describe('published', () => {
  test('posted, then live once it is public, each told once', async () => {
    await stage.change({ moderationDelayMs: 1_000 });
    const { id, username } = await addProcessing();
    stage.startRunner();
    const posted = await stage.waitFor(id, 'posted', isEnd);
    assert.deepEqual([posted.state, told(posted)], ['published', ['published']]);
    // Not hastened until then: a question every few milliseconds would use up the minute's thirty.
    await stage.until('the end of moderation', () => stage.journalOf(username, { kind: 'public' }).length === 1);
    const live = await stage.waitFor(id, 'live', ({ publication }) => publication?.liveAt != null);
    await stage.change({ moderationDelayMs: 20 });
    assert.deepEqual([told(live), live.wakeAt], [['published', 'live'], null]);
    assert.match(live.publication?.postIds[0] ?? '', /^\d{18,19}$/, 'the id is kept digit by digit');
  });

  for (const privacy of ['SELF_ONLY', 'MUTUAL_FOLLOW_FRIENDS'] as const)
    test(`${privacy}: posted, and no public id is waited for`, async () => {
      const { id: accountId } = await stage.addAccount();
      const template = await stage.addPost(clip, accountId);
      const { id } = await stage.addPost(clip, accountId, { choices: { ...template.choices, privacy } });
      stage.startRunner();
      const post = await stage.waitFor(id, 'posted', isEnd);
      assert.deepEqual([post.state, told(post), post.wakeAt], ['published', ['published'], null]);
    });

  test('no public id within a day: nobody asks any longer, whether TikTok answers or not', async () => {
    for (const fault of [null, { kind: '5xx', route: 'status', status: 503 } as const]) {
      await stage.change({ moderationDelayMs: DAY_MS });
      const { id } = await addProcessing();
      stage.startRunner();
      await stage.waitFor(id, 'posted', isEnd);
      await stage.stopRunners();
      if (fault) await stage.fault(fault);
      const publishedAt = new Date(Date.now() - DAY_MS - 1_000);
      await stage.posts.model.updateOne({ _id: id }, { $set: { 'publication.publishedAt': publishedAt } });
      stage.startRunner();
      const post = await stage.waitFor(id, 'the end of waiting', ({ wakeAt }) => wakeAt === null);
      assert.deepEqual([post.state, post.problem, told(post)], ['published', null, ['published']]);
    }
    await stage.change({ moderationDelayMs: 20 });
  });

  test('inbox mode: in the inbox, then posted when its creator has finished it', async () => {
    const { id: accountId } = await stage.addAccount();
    const { id } = await stage.addPost(clip, accountId, { mode: 'inbox' });
    stage.startRunner();
    const delivered = await stage.waitFor(id, 'delivered', isEnd);
    assert.deepEqual(told(delivered), ['in_inbox']);
    stage.simulator.finishDraft(delivered.attempt?.publishId ?? '');
    const posted = await stage.waitFor(id, 'posted', ({ publication }) => publication?.liveAt != null);
    assert.deepEqual([told(posted), posted.wakeAt], [['in_inbox', 'live'], null]);
  });

  test('inbox mode, finished before anybody asked: posted, with nothing more promised', async () => {
    await stage.change({ inboxFinishDelayMs: 0 });
    const { id: accountId } = await stage.addAccount();
    const { id } = await stage.addPost(clip, accountId, { mode: 'inbox' });
    const worker = await stage.claimByHand(id);
    for (let steps = 0; steps < 3; steps++) await worker.step();
    const { attempt } = await stage.read(id);
    const isFinished = () =>
      stage.simulator.journal({ kind: 'published' }).some(({ publishId }) => publishId === attempt?.publishId);
    await stage.until('the creator to finish it', isFinished);
    await stage.change({ inboxFinishDelayMs: null });
    await stage.expireLease(id);
    stage.startRunner();
    const post = await stage.waitFor(id, 'posted', isEnd);
    assert.deepEqual([told(post), post.wakeAt], [['live'], null]);
  });
});
