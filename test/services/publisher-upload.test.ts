// Uploads that break: TikTok's own count of bytes decides where to go on, always to the same URL, and a new upload begins only where
// no video can come of the old one.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, afterEach, before, test } from 'node:test';
import type { Clip, Post } from '#domain/post-record.ts';
import type { ByteRange } from '#media/store.ts';
import { writePaddedClip } from '#test/media/padded-clip.ts';
import { CLIP } from '#test/support/stand.ts';
import { openStage, SHORT_TIMING, type Stage } from './publisher-stage.ts';

/** Seven chunks: six of 10,000,000 bytes, the last one with the rest. */
const LARGE_BYTES = 70_000_123;

let stage: Stage;
let small: Clip;
let large: Clip;

before(async () => {
  stage = await openStage({ checkMedia: true });
  small = await stage.keepFile(CLIP);
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-padded-'));
  await writePaddedClip(CLIP, join(folder, 'large.mp4'), LARGE_BYTES);
  large = await stage.keepFile(join(folder, 'large.mp4'));
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  await stage.stopRunners();
  await stage.clearFaults();
});
after(() => stage.close());

const isPublished = ({ state }: Post) => state === 'published' || state === 'failed';

function assertOneVideo(post: Post, username: string, clip: Clip): void {
  assert.equal(post.state, 'published', `problem: ${JSON.stringify(post.problem)}`);
  const published = stage.journalOf(username, { kind: 'published' });
  assert.deepEqual(
    published.map(({ sha256 }) => sha256),
    [clip.sha256],
    'one video with the bytes of the clip',
  );
}

test('a chunk that breaks off in the middle is sent again, alone, to the same URL', async () => {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(large, accountId);
  const worker = await stage.claimByHand(id);
  // Due, creator, init, and two chunks.
  for (let steps = 0; steps < 5; steps++) await worker.step();
  assert.equal((await stage.read(id)).attempt?.chunksSent, 2);
  await stage.fault({ kind: 'reset', route: 'upload', count: 1, afterBytes: 1_000_000 });
  await assert.rejects(worker.step(), { code: 'tiktok_unreachable' });
  await stage.expireLease(id);
  stage.startRunner();
  assertOneVideo(await stage.waitFor(id, 'a video', isPublished), username, large);
  assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'inits');
  assert.deepEqual(
    stage.journalOf(username, { kind: 'chunk' }).map(({ firstByte }) => firstByte),
    [0, 1, 2, 3, 4, 5, 6].map(index => index * 10_000_000),
    'each chunk was taken once, in order',
  );
});

test('a chunk whose answer was lost is not sent again', async () => {
  const { id: accountId, username } = await stage.addAccount();
  await stage.fault({ kind: 'lost_reply', route: 'upload', count: 1 });
  const { id } = await stage.addPost(large, accountId);
  stage.startRunner();
  assertOneVideo(await stage.waitFor(id, 'a video', isPublished), username, large);
  assert.equal(stage.journalOf(username, { kind: 'chunk' }).length, 7, 'chunks taken');
  assert.deepEqual(stage.journalOf(username, { kind: 'refused' }), [], 'TikTok refused nothing');
});

test('an upload URL that expired before the last chunk: a new upload, one video', async () => {
  const { id: accountId, username } = await stage.addAccount();
  await stage.change({ uploadUrlLifetimeSec: 1 });
  const { id } = await stage.addPost(small, accountId);
  const worker = await stage.claimByHand(id);
  for (let steps = 0; steps < 3; steps++) await worker.step();
  assert.equal((await stage.read(id)).step, 'initiated');
  const [init] = stage.journalOf(username, { kind: 'init' });
  await stage.change({ uploadUrlLifetimeSec: null });
  await stage.until('the URL to expire', () => Date.now() > (init?.at ?? 0) + 1_000);
  await stage.expireLease(id);
  stage.startRunner();
  assertOneVideo(await stage.waitFor(id, 'a video', isPublished), username, small);
  assert.equal(stage.journalOf(username, { kind: 'init' }).length, 2, 'inits');
  assert.equal(stage.journalOf(username, { kind: 'upload.complete' }).length, 1, 'whole uploads');
});

test('an upload URL that expired with a last chunk perhaps on its way: no new upload until none can arrive', async () => {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(small, accountId);
  await stage.fault({ kind: 'reset', route: 'upload', count: 1 });
  const worker = await stage.claimByHand(id);
  for (let steps = 0; steps < 3; steps++) await worker.step();
  await assert.rejects(worker.step(), { code: 'tiktok_unreachable' });
  assert.equal((await stage.read(id)).step, 'committing');

  const moveExpiry = (agoMs: number) =>
    stage.posts.model.updateOne({ _id: id }, { $set: { 'attempt.uploadExpiresAt': new Date(Date.now() - agoMs) } });
  await moveExpiry(100);
  await stage.expireLease(id);
  stage.startRunner();
  await stage.waitFor(id, 'two questions', ({ tries }) => tries.status >= 2);
  assert.equal(stage.journalOf(username, { kind: 'init' }).length, 1, 'inits while the chunk may still arrive');

  await moveExpiry(SHORT_TIMING.chunkTimeoutMs + 100);
  assertOneVideo(await stage.waitFor(id, 'a video', isPublished), username, small);
  assert.equal(stage.journalOf(username, { kind: 'init' }).length, 2, 'inits');
});

/** Another worker claims it, as it would had the lease run out. A renewal may come in between, so it tries more than once. */
async function stealFromWorker(id: string, tries = 10): Promise<Awaited<ReturnType<Stage['claimByHand']>>> {
  await stage.posts.model.updateOne({ _id: id }, { $set: { wakeAt: new Date(0) } });
  try {
    return await stage.claimByHand(id);
  } catch (error) {
    if (tries === 1) throw error;
    return stealFromWorker(id, tries - 1);
  }
}

test('a worker that loses its lease stops sending', async () => {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(large, accountId);
  await stage.fault({ kind: 'slow', route: 'upload', bytesPerSecond: 1_000_000, count: 1 });
  let body: Readable | undefined;
  const media = {
    ...stage.media,
    async open(mediaId: string, range?: ByteRange) {
      body = await stage.media.open(mediaId, range);
      return body;
    },
  };
  stage.startRunner({ media });
  await stage.until('a running upload', () => body !== undefined);
  const thief = await stealFromWorker(id);
  await stage.until('the end of the upload', () => body?.destroyed === true);
  assert.deepEqual(stage.journalOf(username, { kind: 'chunk' }), [], 'broken off, ten seconds before its end');
  await stage.clearFaults();
  assert.ok(await thief.step(), 'the new worker goes on');
});

test('a worker whose database does not answer stops sending before its lease is another’s', async () => {
  const { id: accountId, username } = await stage.addAccount();
  const { id } = await stage.addPost(large, accountId);
  await stage.fault({ kind: 'slow', route: 'upload', bytesPerSecond: 1_000_000, count: 1 });
  const silent = { ...stage.posts, renew: () => new Promise<boolean>(() => {}) };
  const timing = { ...SHORT_TIMING, leaseMs: 400 };
  const startedAt = performance.now();
  stage.startRunner({ posts: silent, timing });
  await stage.waitFor(id, 'a broken upload', ({ fence }) => fence >= 2, { hasten: false });
  assert.ok(performance.now() - startedAt < 5_000, 'the upload was broken off');
  assert.deepEqual(stage.journalOf(username, { kind: 'chunk' }), []);
});

test('random bytes of one byte go up too', async () => {
  const { id: accountId, username } = await stage.addAccount();
  await stage.change({ checkMedia: false });
  const tiny = await stage.keepClip(randomBytes(1));
  const { id } = await stage.addPost(tiny, accountId);
  stage.startRunner();
  assertOneVideo(await stage.waitFor(id, 'a video', isPublished), username, tiny);
});
