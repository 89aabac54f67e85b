// The store in a bucket, against a real S3-compatible server: what is kept is what was sent, and nothing stays on the local disk.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { createS3Store, type S3Place, type S3Store } from '#media/s3-store.ts';
import { BUCKET, S3_KEY, type S3Server, startS3Server } from '#test/support/s3-server.ts';
import { CLIP, schedulePost, startHeadlessStand } from '#test/support/stand.ts';

/** More than one part. */
const bytes = randomBytes(20_000_000);
const DEADLINE = { deadlineMs: 30_000 };
const newId = () => randomBytes(12).toString('base64url');

async function* chunks(all: Buffer) {
  for (let at = 0; at < all.length; at += 100_000) yield all.subarray(at, at + 100_000);
}

describe('the store in a bucket', () => {
  let server: S3Server;
  let store: S3Store;
  let dir: string;
  let place: S3Place;
  let now = Date.now();
  const open = (change: Partial<S3Place> = {}) =>
    createS3Store({ dir, clock: () => now, newId, maxBytes: 1e9, minFreeRatio: 0, place: { ...place, ...change } });
  before(async () => {
    server = await startS3Server();
    dir = await mkdtemp(join(tmpdir(), 'clipcue-s3-local-'));
    place = {
      bucket: BUCKET,
      prefix: 'of-clipcue/',
      endpoint: server.endpoint,
      region: 'us-east-1',
      isPathStyle: true,
      accessKeyId: S3_KEY,
      secretAccessKey: S3_KEY,
    };
    store = await open();
  });
  after(async () => {
    await store.close();
    await server.stop();
    await rm(dir, { recursive: true });
  });

  it('keeps a clip of several parts, and gives it back whole and in ranges', async () => {
    const clip = await store.receive(chunks(bytes), DEADLINE);
    assert.equal(clip.sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.equal(await store.size(clip.mediaId), bytes.length);
    assert.deepEqual(await buffer(await store.open(clip.mediaId)), bytes);
    const range = await buffer(await store.open(clip.mediaId, { first: 9_999_999, last: 10_000_009 }));
    assert.deepEqual(range, bytes.subarray(9_999_999, 10_000_010));
    assert.deepEqual(await readdir(dir), [], 'nothing stays here');
  });

  it('takes clips in parts over', async () => {
    const mediaId = await store.parts.begin(bytes.length);
    await store.parts.append(mediaId, { offset: 0, sizeBytes: bytes.length, bytes: chunks(bytes) });
    await store.parts.finish(mediaId, async () => {});
    assert.equal(await store.size(mediaId), bytes.length);
    assert.deepEqual(await readdir(dir), []);
  });

  it('removes, and says what is gone', async () => {
    const { mediaId } = await store.receive(chunks(Buffer.alloc(10)), DEADLINE);
    await store.remove(mediaId);
    await store.remove(mediaId);
    await assert.rejects(store.open(mediaId), { code: 'clip_gone' });
    await assert.rejects(store.size(mediaId), { code: 'clip_gone' });
    await assert.rejects(store.open('../secrets'), { code: 'clip_gone' });
  });

  it('keeps a picture beside a clip, and removes it with the clip', async () => {
    const { mediaId } = await store.receive(chunks(Buffer.alloc(10)), DEADLINE);
    assert.equal(await store.readPoster(mediaId), null);
    await store.keepPoster(mediaId, Buffer.from('a picture'));
    assert.deepEqual(await store.readPoster(mediaId), Buffer.from('a picture'));
    await store.remove(mediaId);
    assert.equal(await store.readPoster(mediaId), null);
  });

  it('a sweep takes what is old and unknown, there and here', async () => {
    const { mediaId: known } = await store.receive(chunks(Buffer.alloc(10)), DEADLINE);
    const { mediaId: orphan } = await store.receive(chunks(Buffer.alloc(10)), DEADLINE);
    for (const id of [known, orphan]) await store.keepPoster(id, Buffer.from('a picture'));
    const arriving = await store.parts.begin(10);
    assert.equal(await store.sweepOrphans(async () => new Set(), 3_600_000), 0, 'all of it is young');
    now += 7_200_000;
    await store.sweepOrphans(async () => new Set([known]), 3_600_000);
    assert.equal(await store.size(known), 10);
    await assert.rejects(store.size(orphan), { code: 'clip_gone' });
    assert.deepEqual([await store.readPoster(known), await store.readPoster(orphan)], [Buffer.from('a picture'), null]);
    await assert.rejects(store.parts.arrivedBytes(arriving), { code: 'clip_gone' });
  });

  it('says at once that it cannot be reached, or does not know the keys', async () => {
    await assert.rejects(open({ bucket: 'no-such-bucket' }), { code: 'storage_unreachable' });
    await assert.rejects(open({ accessKeyId: 'nobody' }), { code: 'storage_unreachable' });
    await assert.rejects(open({ endpoint: 'http://127.0.0.1:9' }), { code: 'storage_unreachable' });
  });

  it('serves a whole Clipcue, from the clip in the chat to the video', async () => {
    const stand = await startHeadlessStand({
      env: {
        MEDIA_STORE: `s3://${BUCKET}/stand?endpoint=${server.endpoint}`,
        S3_ACCESS_KEY_ID: S3_KEY,
        S3_SECRET_ACCESS_KEY: S3_KEY,
      },
    });
    try {
      const clara = stand.person('Clara');
      await clara.command('settings', { zone: 'UTC' });
      await stand.connect(clara);
      await schedulePost(clara, { path: CLIP, when: 'in 1 second' });
      await clara.waitFor('is live');
      assert.deepEqual(await readdir(join(stand.config.dataDir, 'clips')), []);
      assert.ok(!stand.logLines.join('\n').includes('X-Amz'), 'no signed address in the log');
    } finally {
      await stand.stop();
    }
  });
});
