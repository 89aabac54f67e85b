// The store on disk: what is kept is what was sent, and whatever goes wrong leaves nothing behind.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { request } from 'undici';
import { AppError } from '#domain/errors.ts';
import { createDiskStore, type DiskStore, type DiskStoreOptions } from '#media/disk-store.ts';

const newId = () => randomBytes(12).toString('base64url');
const DEADLINE = { deadlineMs: 10_000 };

let parent: string;
let dir: string;
let store: DiskStore;

const openStore = (options: Partial<DiskStoreOptions> = {}) =>
  createDiskStore({ dir, clock: Date.now, newId, maxBytes: 1_000_000, minFreeRatio: 0, ...options });

before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'media-'));
});
beforeEach(async () => {
  dir = await mkdtemp(join(parent, 'store-'));
  store = await openStore();
});
after(() => rm(parent, { recursive: true }));

async function* chunksOf(bytes: Buffer, chunkBytes = 10_000) {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** Gives a little, then nothing for ever; `isReleased` tells whether anybody let go of it. */
function stalling() {
  const source = new Readable({ read() {} });
  source.push(Buffer.alloc(1000));
  return { source, isReleased: () => source.destroyed };
}

const leftBehind = () => readdir(dir);

describe('receive', () => {
  it('keeps the bytes under a random name that only we may read, with their size and hash', async () => {
    const bytes = randomBytes(123_456);
    const clip = await store.receive(chunksOf(bytes), DEADLINE);
    assert.match(clip.mediaId, /^[\w-]{16}$/);
    assert.deepEqual(clip, {
      mediaId: clip.mediaId,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    assert.deepEqual(await buffer(await store.open(clip.mediaId)), bytes);
    assert.equal((await stat(store.path(clip.mediaId))).mode & 0o777, 0o600);
    assert.deepEqual(await leftBehind(), [clip.mediaId]);
  });

  it('cuts an endless source off at the limit', async () => {
    let sentBytes = 0;
    async function* endless() {
      for (;;) {
        sentBytes += 10_000;
        yield Buffer.alloc(10_000);
      }
    }
    await assert.rejects(store.receive(endless(), { ...DEADLINE, limitBytes: 25_000 }), {
      code: 'clip_too_large',
      facts: { sizeBytes: 30_000, limitBytes: 25_000 },
    });
    assert.equal(sentBytes, 30_000, 'bytes asked for');
    assert.deepEqual(await leftBehind(), []);
  });

  it("never goes above the store's own limit", async () => {
    const small = await openStore({ maxBytes: 5000 });
    await assert.rejects(small.receive(chunksOf(Buffer.alloc(6000)), { ...DEADLINE, limitBytes: 10_000 }), {
      code: 'clip_too_large',
    });
    assert.equal((await small.receive(chunksOf(Buffer.alloc(5000)), DEADLINE)).sizeBytes, 5000);
  });

  it('refuses an announced size over the limit without reading a byte', async () => {
    const { source, isReleased } = stalling();
    await assert.rejects(store.receive(source, { ...DEADLINE, reserveBytes: 2_000_000 }), { code: 'clip_too_large' });
    assert.ok(isReleased(), 'the source was let go');
  });

  it('refuses an empty clip', async () => {
    await assert.rejects(store.receive(chunksOf(Buffer.alloc(0)), DEADLINE), { code: 'clip_empty' });
    assert.deepEqual(await leftBehind(), []);
  });

  it('refuses where too little of the disk would stay free', async () => {
    const full = await openStore({ minFreeRatio: 1 });
    await assert.rejects(full.receive(chunksOf(Buffer.alloc(10)), DEADLINE), { code: 'storage_full' });
    assert.deepEqual(await leftBehind(), []);
  });

  it('counts what running receives announced as taken, and gives it back', async () => {
    const { bavail, bsize } = await statfs(dir);
    const mostOfIt = Math.floor(bavail * bsize * 0.7);
    const roomy = await openStore({ maxBytes: Number.MAX_SAFE_INTEGER });
    const { source } = stalling();
    const abort = new AbortController();
    const first = roomy.receive(source, { ...DEADLINE, signal: abort.signal, reserveBytes: mostOfIt });
    const second = () => roomy.receive(chunksOf(Buffer.alloc(10)), { ...DEADLINE, reserveBytes: mostOfIt });
    await assert.rejects(second(), { code: 'storage_full' });
    assert.equal((await roomy.receive(chunksOf(Buffer.alloc(10)), DEADLINE)).sizeBytes, 10, 'small clips still fit');
    abort.abort();
    await assert.rejects(first, { code: 'aborted' });
    assert.equal((await second()).sizeBytes, 10);
  });

  it('gives up a sender that stalls, at the deadline', async () => {
    const { source, isReleased } = stalling();
    await assert.rejects(store.receive(source, { deadlineMs: 30 }), { code: 'clip_fetch_failed' });
    assert.ok(isReleased(), 'the source was let go');
    assert.deepEqual(await leftBehind(), []);
  });

  it('stops a stalled generator too, which nothing can interrupt', async () => {
    async function* stuck() {
      yield Buffer.alloc(10);
      await new Promise(() => {});
    }
    await assert.rejects(store.receive(stuck(), { deadlineMs: 30 }), { code: 'clip_fetch_failed' });
  });

  it('stops when it is aborted, before and while bytes come', async () => {
    for (const signal of [AbortSignal.abort(), AbortSignal.timeout(20)]) {
      const { source, isReleased } = stalling();
      await assert.rejects(store.receive(source, { ...DEADLINE, signal }), { code: 'aborted' });
      assert.ok(isReleased(), 'the source was let go');
    }
    assert.deepEqual(await leftBehind(), []);
  });

  it('passes an error of the source on, and what is ours stays ours', async () => {
    const failing = (error: Error) =>
      (async function* () {
        yield Buffer.alloc(10);
        throw error;
      })();
    await assert.rejects(store.receive(failing(new AppError('access_denied')), DEADLINE), { code: 'access_denied' });
    const reset = Object.assign(new Error('secret address'), { code: 'ECONNRESET' });
    await assert.rejects(store.receive(failing(reset), DEADLINE), (error: AppError) => {
      assert.equal(error.code, 'clip_fetch_failed');
      assert.deepEqual(error.facts, { reason: 'ECONNRESET' });
      assert.equal(error.cause, undefined, 'the address must not travel on');
      return true;
    });
    await assert.rejects(store.receive(failing(new TypeError('a mistake')), DEADLINE), TypeError);
    assert.deepEqual(await leftBehind(), []);
  });

  it('takes a download that breaks off as not arrived', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': '100000' });
      response.write(Buffer.alloc(5000), () => response.destroy());
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const { body } = await request(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await assert.rejects(store.receive(body, DEADLINE), { code: 'clip_fetch_failed' });
    server.close();
    assert.deepEqual(await leftBehind(), []);
  });
});

describe('kept clips', () => {
  const bytes = randomBytes(50_000);
  let mediaId: string;
  beforeEach(async () => {
    ({ mediaId } = await store.receive(chunksOf(bytes), DEADLINE));
  });

  it('open gives a range, both ends inclusive', async () => {
    assert.deepEqual(await buffer(await store.open(mediaId, { first: 100, last: 199 })), bytes.subarray(100, 200));
  });

  it('size, and remove, twice', async () => {
    assert.equal(await store.size(mediaId), bytes.length);
    await store.remove(mediaId);
    await store.remove(mediaId);
    await assert.rejects(store.size(mediaId), { code: 'clip_gone' });
    await assert.rejects(store.open(mediaId), { code: 'clip_gone' });
  });

  it('no id leads out of the folder', async () => {
    await writeFile(join(parent, 'sixteen-letters-'), 'not yours');
    for (const id of [
      '../sixteen-letters-',
      '/etc/passwd',
      '',
      `${mediaId}/`,
      `${mediaId}\0`,
      'a'.repeat(5000),
      '..',
    ]) {
      await assert.rejects(store.open(id), { code: 'clip_gone' }, id.slice(0, 40));
      await assert.rejects(store.remove(id), { code: 'clip_gone' });
      assert.throws(() => store.path(id), { code: 'clip_gone' });
    }
  });

  it('a sweep takes what is old and unknown, and nothing else', async () => {
    const known = mediaId;
    const { mediaId: orphan } = await store.receive(chunksOf(bytes), DEADLINE);
    const broken = `${newId()}.incoming`;
    await writeFile(join(dir, broken), 'half');
    const arriving = await store.parts.begin(100);
    await writeFile(join(dir, 'README'), 'the owner put this here');
    assert.equal(await store.sweepOrphans(async () => new Set(), 3_600_000), 0, 'all of it is young');
    const longAgo = new Date(Date.now() - 7_200_000);
    for (const name of [known, orphan, broken, `${arriving}.incoming`, 'README'])
      await utimes(join(dir, name), longAgo, longAgo);
    const asked: string[][] = [];
    const removed = await store.sweepOrphans(async ids => {
      asked.push(ids);
      return new Set([known, arriving]);
    }, 3_600_000);
    assert.equal(removed, 2);
    assert.deepEqual(
      asked.map(ids => ids.toSorted()),
      [[known, orphan, arriving, broken.replace('.incoming', '')].toSorted()],
      'one question for all of them',
    );
    assert.deepEqual((await leftBehind()).toSorted(), ['README', known, `${arriving}.incoming`].toSorted());
  });
});

describe('a clip in parts', () => {
  const bytes = randomBytes(60_000);
  const part = (from: number, to: number) => ({
    offset: from,
    sizeBytes: bytes.length,
    bytes: chunksOf(bytes.subarray(from, to)),
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const accept = async () => {};

  it('goes on where it was, also after a restart, and is the same in the end', async () => {
    const mediaId = await store.parts.begin(bytes.length);
    assert.equal(await store.parts.append(mediaId, part(0, 20_000)), 20_000);
    const restarted = await openStore();
    assert.equal(await restarted.parts.arrivedBytes(mediaId), 20_000);
    assert.equal(await restarted.parts.append(mediaId, part(20_000, 60_000)), 60_000);
    const seen: string[] = [];
    const clip = await restarted.parts.finish(mediaId, async path => {
      seen.push(path);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    });
    assert.deepEqual(clip, { mediaId, sizeBytes: bytes.length, sha256 });
    assert.equal(seen.length, 1);
    assert.deepEqual(await buffer(await store.open(mediaId)), bytes);
    assert.deepEqual(await leftBehind(), [mediaId]);
  });

  it('is hashed as it comes where nothing came between', async () => {
    const mediaId = await store.parts.begin(bytes.length);
    for (let at = 0; at < bytes.length; at += 20_000) await store.parts.append(mediaId, part(at, at + 20_000));
    assert.equal((await store.parts.finish(mediaId, accept)).sha256, sha256);
  });

  it('keeps what came before the source broke', async () => {
    const mediaId = await store.parts.begin(bytes.length);
    const breaking = (async function* () {
      yield bytes.subarray(0, 5000);
      throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    })();
    await assert.rejects(store.parts.append(mediaId, { offset: 0, sizeBytes: bytes.length, bytes: breaking }));
    assert.equal(await store.parts.arrivedBytes(mediaId), 5000);
    assert.equal(await store.parts.append(mediaId, part(5000, 60_000)), 60_000);
    assert.equal((await store.parts.finish(mediaId, accept)).sha256, sha256);
  });

  it('takes no byte at a wrong place, and none beyond what was announced', async () => {
    const mediaId = await store.parts.begin(30_000);
    await assert.rejects(store.parts.append(mediaId, part(10, 20)), { code: 'upload_out_of_step' });
    const tooMuch = { offset: 0, sizeBytes: 30_000, bytes: chunksOf(bytes) };
    await assert.rejects(store.parts.append(mediaId, tooMuch), { code: 'clip_too_large' });
    assert.equal(await store.parts.arrivedBytes(mediaId), 30_000);
    await assert.rejects(store.parts.begin(1_000_001), { code: 'clip_too_large' });
    await assert.rejects(store.parts.begin(0), { code: 'clip_empty' });
  });

  it('leaves nothing where it is refused or given up', async () => {
    const refused = await store.parts.begin(100);
    await assert.rejects(
      store.parts.finish(refused, async () => {
        throw new AppError('clip_not_video');
      }),
      { code: 'clip_not_video' },
    );
    const givenUp = await store.parts.begin(100);
    await store.parts.abandon(givenUp);
    for (const mediaId of [refused, givenUp])
      await assert.rejects(store.parts.arrivedBytes(mediaId), { code: 'clip_gone' });
    assert.deepEqual(await leftBehind(), []);
  });

  it('has its space set aside until it is whole or given up', async () => {
    const { bavail, bsize } = await statfs(dir);
    const mostOfIt = Math.floor(bavail * bsize * 0.7);
    const roomy = await openStore({ maxBytes: Number.MAX_SAFE_INTEGER });
    const first = await roomy.parts.begin(mostOfIt);
    await assert.rejects(roomy.parts.begin(mostOfIt), { code: 'storage_full' });
    await roomy.parts.abandon(first);
    await roomy.parts.abandon(await roomy.parts.begin(mostOfIt));
  });
});
