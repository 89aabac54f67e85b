// Uploads at the edges of time: links and cookies that run out, a process that ends between two steps, clips that are settled once.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startEmbeddedMongodb } from '@clipcue/embedded-mongodb';
import { AppError } from '#domain/errors.ts';
import type { Clip, Post } from '#domain/post-record.ts';
import type { User } from '#domain/user.ts';
import { createDiskStore, type DiskStore } from '#media/disk-store.ts';
import { createUploads, type Uploads } from '#services/uploads.ts';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createUploadStore } from '#stores/uploads.ts';
import { CLIP, testDatabaseUri } from '#test/support/stand.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const clara = { id: 'clara-0123456789' } as User;
const post = { id: 'post-01234567890' } as Post;
const person = { platform: 'headless', chatId: 'chat', name: 'Clara' };
const file = { name: 'clip.mp4', sizeBytes: 0, modifiedAt: 1 };
const nonceOf = ({ url }: { url: string }) => url.split('/').at(-1) ?? '';

describe('uploads', () => {
  let folder: string;
  let database: Database;
  let stopDatabase = async () => {};
  let media: DiskStore;
  let uploads: Uploads;
  let now: number;
  let bytes: Buffer;
  let delivered: Clip[];
  let refuses: AppError | null;
  let inspected: number;

  const open = () =>
    createUploads({
      uploads: createUploadStore(database.connection),
      media,
      clips: {
        async inspect(_path: string, name: string, stored: object) {
          inspected += 1;
          if (refuses) throw refuses;
          return { ...stored, name } as Clip;
        },
      },
      quota: { take: async () => ({ bytes: 1e9, explain: () => null, release: () => {} }) },
      async deliver(_upload, clip) {
        delivered.push(clip);
      },
      limitBytes: 4_096_000_000,
      publicUrl: 'http://localhost:3000',
      isHereOnly: () => true,
      random: randomBytes,
      clock: () => now,
      log: { warn: () => {} },
    });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-uploads-'));
    bytes = await readFile(CLIP);
    let uri = testDatabaseUri();
    if (!uri) {
      const embedded = await startEmbeddedMongodb({ dataDir: join(folder, 'database') });
      stopDatabase = embedded.stop;
      uri = embedded.uri('uploads');
    }
    database = await connectDatabase(uri);
    await createUploadStore(database.connection).model.createIndexes();
  });
  after(async () => {
    await database.drop();
    await database.close();
    await stopDatabase();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    now = Date.now();
    [delivered, refuses, inspected] = [[], null, 0];
    const dir = await mkdtemp(join(folder, 'clips-'));
    media = await createDiskStore({
      dir,
      clock: () => now,
      newId: () => randomBytes(12).toString('base64url'),
      maxBytes: 1e9,
      minFreeRatio: 0,
    });
    uploads = open();
  });
  afterEach(() => uploads.stop());

  async function begin() {
    const { id, cookie } = await uploads.open(nonceOf(await uploads.begin(clara, person, post)));
    await uploads.chooseFile(id, { ...file, sizeBytes: bytes.length });
    return { id, cookie };
  }

  const send = (id: string, from = 0, to = bytes.length) =>
    uploads.append(
      id,
      from,
      (async function* () {
        yield bytes.subarray(from, to);
      })(),
    );

  it('a link waits half an hour, a cookie a day from the last byte', async () => {
    const link = await uploads.begin(clara, person, post);
    now += 31 * MINUTE_MS;
    await assert.rejects(uploads.look(nonceOf(link)), { code: 'upload_link_expired' });
    await assert.rejects(uploads.open(nonceOf(link)), { code: 'upload_link_expired' });
    const { id, cookie } = await begin();
    now += 23 * HOUR_MS;
    await send(id, 0, 500);
    now += MINUTE_MS - 1;
    await send(id, 500, 1000);
    now += 24 * HOUR_MS;
    assert.equal((await uploads.view(id, cookie)).arrivedBytes, 1000, 'bytes came a day ago at most');
    await uploads.sweep();
    assert.equal((await uploads.view(id, cookie)).arrivedBytes, 1000, 'the sweep spares it');
    now += HOUR_MS;
    await assert.rejects(uploads.view(id, cookie), { code: 'upload_link_expired' });
    await uploads.sweep();
    await assert.rejects(send(id, 1000), { code: 'upload_link_expired' });
  });

  it('what nobody came back for is removed', async () => {
    const { id } = await begin();
    await send(id, 0, 1000);
    const [name = ''] = await readdir(join(media.path('a'.repeat(16)), '..'));
    assert.match(name, /\.incoming$/);
    now += 25 * HOUR_MS;
    await uploads.sweep();
    assert.deepEqual(await readdir(join(media.path('a'.repeat(16)), '..')), []);
  });

  it('a process that ends after the last byte, before it looked: the next one looks', async () => {
    const { id, cookie } = await begin();
    await send(id);
    // Nobody called `complete`: the page asks, and goes on asking where it reads that the clip is looked at.
    assert.equal((await uploads.view(id, cookie)).upload.state, 'received');
    await uploads.stop();
    assert.equal((await uploads.view(id, cookie)).upload.state, 'done');
    assert.equal(delivered.length, 1);
  });

  it('a process that ends while it looks: the next one does it again once the claim has run out, and once', async () => {
    const { id, cookie } = await begin();
    await send(id);
    const store = createUploadStore(database.connection);
    const { mediaId } = (await store.find(id)) ?? {};
    await store.complete(id, mediaId ?? '');
    await store.claim(id, new Date(now), new Date(now + MINUTE_MS));
    const next = open();
    await next.sweep();
    await next.stop();
    assert.equal(delivered.length, 0, 'somebody else may still be at it');
    now += 2 * MINUTE_MS;
    await Promise.all([next.sweep(), uploads.sweep()]);
    await Promise.all([next.stop(), uploads.stop()]);
    assert.equal(delivered.length, 1);
    assert.equal((await uploads.view(id, cookie)).upload.state, 'done');
  });

  it('a process that ends after the clip was kept: it is delivered without being looked at again', async () => {
    const { id } = await begin();
    await send(id);
    const store = createUploadStore(database.connection);
    const { mediaId } = (await store.find(id)) ?? {};
    assert.ok(mediaId);
    await store.complete(id, mediaId);
    await media.parts.finish(mediaId, async (_path, stored) => {
      await store.keepClip(id, { ...stored, name: 'clip.mp4' } as Clip);
    });
    await uploads.sweep();
    await uploads.stop();
    assert.deepEqual([delivered.length, inspected], [1, 0]);
    assert.equal(await media.size(mediaId), bytes.length);
  });

  it('a refused clip leaves nothing, and the upload takes another', async () => {
    const { id, cookie } = await begin();
    refuses = new AppError('clip_too_long', { seconds: 700 });
    await send(id);
    await uploads.complete(id);
    await uploads.stop();
    const { upload } = await uploads.view(id, cookie);
    assert.deepEqual([upload.state, upload.problem?.code], ['opened', 'clip_too_long']);
    assert.deepEqual(await readdir(join(media.path('a'.repeat(16)), '..')), []);
  });

  it('links are limited within the hour', async () => {
    const many = { id: 'many-01234567890' } as User;
    for (let count = 0; count < 20; count++) await uploads.begin(many, person, post);
    await assert.rejects(uploads.begin(many, person, post), { code: 'upload_too_many' });
    now += HOUR_MS + 1;
    await uploads.begin(many, person, post);
  });
});
