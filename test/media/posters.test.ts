// Pictures of clips: the first frame where ffmpeg is at hand, a drawn one otherwise, and never a clip that fails or waits for its
// picture.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decode as decodePng } from 'fast-png';
import { createDiskStore, type DiskStore } from '#media/disk-store.ts';
import { drawPoster } from '#media/drawn-poster.ts';
import { createFrameDecoder } from '#media/ffmpeg.ts';
import { isPoster, POSTER_MAX_BYTES } from '#media/poster.ts';
import { createPosters } from '#media/posters.ts';
import { isProgram } from '#media/program.ts';
import { clipPath } from '#test/support/stand.ts';

const FFMPEG = '/usr/bin/ffmpeg';
const noFfmpeg = existsSync(FFMPEG) ? false : 'ffmpeg is not installed';
const log = { debug() {} };
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9]);

let dir: string;
let store: DiskStore;
const newId = () => randomBytes(12).toString('base64url');
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clipcue-posters-'));
  store = await createDiskStore({ dir, clock: Date.now, newId, maxBytes: 1e6, minFreeRatio: 0 });
});
after(() => rm(dir, { recursive: true }));

/** A program in ffmpeg's place. */
async function makeProgram(script: string): Promise<string> {
  const path = join(dir, `program-${newId()}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o700);
  return path;
}

/** Width and height in a JPEG's frame header. */
function shapeOf(jpeg: Buffer): [number, number] {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2))
    if (jpeg.readUInt8(at + 1) === 0xc0) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  throw new Error('a JPEG without a frame');
}

describe('a decoder', { skip: noFfmpeg }, () => {
  const decode = createFrameDecoder(FFMPEG, log);
  const SHAPES = {
    'vertical-6s.mp4': ['mp4', 180, 320],
    'vertical-6s.mov': ['mov', 180, 320],
    'hevc-4s.mp4': ['mp4', 180, 320],
    'vp9-4s.webm': ['webm', 180, 320],
    'landscape-5994fps-4s.mp4': ['mp4', 320, 180],
    'rotated-1s.mp4': ['mp4', 180, 320],
  } as const;

  it('gives a small picture of each shared clip, turned as it is shown', async () => {
    for (const [name, [container, width, height]] of Object.entries(SHAPES)) {
      const picture = await decode(clipPath(name), container);
      assert.ok(picture && isPoster(picture), name);
      assert.deepEqual(shapeOf(picture), [width, height], name);
    }
  });

  it('gives none of what it cannot read', async () => {
    for (const name of ['audio-only.mp4', 'no-moov.mov', 'html-page.mp4', 'empty.mp4'])
      assert.equal(await decode(clipPath(`bad/${name}`), 'mp4'), null, name);
    assert.equal(await decode(join(dir, 'not-there'), 'mp4'), null);
  });
});

describe('a decoder that does not do what it should', () => {
  const ask = async (program: string) => createFrameDecoder(program, log)(clipPath('vertical-6s.mp4'), 'mp4');

  it('may be missing, fail, say something else, say too much, or see our settings: no picture, no error', async () => {
    process.env.SECRET_OF_OURS = 'secret';
    assert.equal(await ask(join(dir, 'missing')), null);
    assert.equal(await ask(await makeProgram('exit 1')), null);
    assert.equal(await ask(await makeProgram('echo "<html>"')), null);
    assert.equal(await ask(await makeProgram(`head -c ${POSTER_MAX_BYTES * 2} /dev/zero`)), null);
    const honest = `printf '\\377\\330\\377\\340'; printf '\\377\\331'`;
    assert.ok(await ask(await makeProgram(honest)), 'what begins and ends like a JPEG is taken');
    assert.equal(await ask(await makeProgram(`test -z "$SECRET_OF_OURS" && exit 1; ${honest}`)), null);
  });

  it('may hang: it is killed, and those behind it wait no longer than it was given', async () => {
    const decode = createFrameDecoder(await makeProgram('exec sleep 60'), log);
    const startedAt = performance.now();
    const pictures = await Promise.all([1, 2, 3].map(() => decode(clipPath('vertical-6s.mp4'), 'mp4')));
    assert.deepEqual(pictures, [null, null, null]);
    assert.ok(performance.now() - startedAt < 20_000, 'three hanging programs took their minute');
  });
});

describe('the program that the settings name', () => {
  const isFfmpeg = async (path: string) => isProgram(path, 'ffmpeg');

  it('is known by its version', async () => {
    assert.equal(
      await isFfmpeg(await makeProgram('test "$1" = -version && echo "ffmpeg version 7.1 Copyright"')),
      true,
    );
    assert.equal(await isFfmpeg(await makeProgram('echo "ffprobe version 7.1"')), false, 'another program');
    assert.equal(await isFfmpeg(await makeProgram('echo "ffmpeg version 7.1"; exit 127')), false, 'one that fails');
    assert.equal(await isFfmpeg(join(dir, 'missing')), false);
    assert.equal(await isFfmpeg(clipPath('README.md')), false, 'no program at all');
  });
});

describe('the pictures of clips', () => {
  const clip = { width: 720, height: 1280, durationMs: 6_000, sizeBytes: 510_399 };
  const open = (picture: Buffer | null) => createPosters({ media: store, decode: async () => picture, log });
  const keepClip = () =>
    store.receive(
      (async function* () {
        yield Buffer.from('a clip');
      })(),
      { deadlineMs: 10_000 },
    );

  it('are kept beside the clip for us alone, and go with it', async () => {
    const posters = open(JPEG);
    const { mediaId } = await keepClip();
    await posters.make('', mediaId, { container: 'mp4' });
    assert.deepEqual(await posters.of({ ...clip, mediaId }), { extension: 'jpg', data: JPEG });
    assert.equal((await stat(`${store.path(mediaId)}.poster`)).mode & 0o777, 0o600);
    await store.remove(mediaId);
    assert.equal(await store.readPoster(mediaId), null);
    assert.ok(!(await readdir(dir)).some(name => name.startsWith(mediaId)));
  });

  it('go with the sweep where their clip is unknown, and stay where it is known', async () => {
    const posters = open(JPEG);
    const [known, orphan] = [await keepClip(), await keepClip()];
    for (const { mediaId } of [known, orphan]) await posters.make('', mediaId, { container: 'mp4' });
    const removed = await store.sweepOrphans(async () => new Set([known.mediaId]), -60_000);
    assert.equal(removed, 2, 'the clip and its picture');
    assert.deepEqual(await store.readPoster(known.mediaId), JPEG);
    assert.equal(await store.readPoster(orphan.mediaId), null);
  });

  it('are drawn where none was made, is gone, or was cut short', async () => {
    const { mediaId } = await keepClip();
    const drawn = await open(null).of({ ...clip, mediaId });
    assert.equal(drawn.extension, 'png');
    await store.keepPoster(mediaId, JPEG.subarray(0, -2));
    assert.deepEqual(await open(null).of({ ...clip, mediaId }), drawn);
    const broken = createPosters({
      media: {
        keepPoster: () => Promise.reject(new Error('no bucket')),
        readPoster: () => Promise.reject(new Error('no bucket')),
      },
      decode: async () => JPEG,
      log,
    });
    await broken.make('', mediaId, { container: 'mp4' });
    assert.deepEqual(await broken.of({ ...clip, mediaId }), drawn);
  });

  it('are drawn where the store takes its time', async () => {
    const media = { keepPoster: async () => {}, readPoster: () => new Promise<Buffer>(() => {}) };
    const slow = createPosters({ media, decode: null, log });
    assert.equal((await slow.of({ ...clip, mediaId: 'clip-of-the-test' })).extension, 'png');
  });

  it('are drawn in the shape of the clip, small, with every letter within the frame', () => {
    const SHAPES = [
      [720, 1280, 180, 320],
      [1920, 1080, 320, 180],
      [360, 4096, 112, 320],
      [4096, 360, 320, 112],
    ] as const;
    for (const [width, height, wide, high] of SHAPES) {
      const png = drawPoster({ width, height }, ['10:00', '4000.0 MB']);
      assert.ok(png.length < 10_000, `${png.length} bytes`);
      const picture = decodePng(png);
      assert.deepEqual([picture.width, picture.height], [wide, high]);
      const at = (x: number, y: number) => [...picture.data.slice((y * wide + x) * 3, (y * wide + x) * 3 + 3)];
      const corner = at(0, 0);
      for (let x = 0; x < wide; x++) assert.deepEqual([at(x, 0), at(x, high - 1)], [corner, corner], 'an edge broken');
      for (let y = 0; y < high; y++) assert.deepEqual([at(0, y), at(wide - 1, y)], [corner, corner], 'an edge broken');
    }
  });
});
