// kill -9 loses nothing and posts nothing twice: between Schedule and the due time, and in the middle of an upload.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writePaddedClip } from '#test/media/padded-clip.ts';
import { CLIP } from '#test/support/stand.ts';
import { type Ground, openGround } from './ground.ts';

type Print = (line: string) => void;

/** For `npm test`, which has no minutes to spare. */
interface Shortening {
  readonly dueInSeconds?: number;
  readonly sizeBytes?: number;
  /** Killed once so many chunks have arrived. */
  readonly chunks?: number;
  readonly leaseMs?: number;
}

const LARGE_BYTES = 80_000_000;
/** Slow enough that an upload is caught in its middle. */
const SLOW_BYTES_PER_SECOND = 20_000_000;

/** Kills Clipcue before the post is due; started again, it publishes the post at its time. */
export async function proveKillBeforeDue(print: Print, { dueInSeconds = 3, leaseMs }: Shortening = {}): Promise<void> {
  const ground = await openGround({ leaseMs, settings: { moderationDelayMs: 100 } });
  try {
    const first = await ground.startClipcue();
    first.tell(`schedule ${CLIP} in ${dueInSeconds} seconds`);
    await first.waitForLine(/^scheduled$/);
    const dueAt = Date.now() + dueInSeconds * 1000;
    await first.kill('SIGKILL');
    assert.deepEqual(
      await ground.journal('creator_info').then(entries => entries.length),
      1,
      'asked for the card alone',
    );

    const second = await ground.startClipcue();
    await second.waitForLine(/^message .*Live on TikTok/);
    await assertPublishedOnce(ground, CLIP);
    const [init] = await ground.journal('init');
    print(`killed before the due time: published once, its init ${(init?.at ?? 0) - dueAt} ms after the time`);
  } finally {
    await ground.leave();
  }
}

/** Kills Clipcue once `chunks` of the upload have arrived; started again, it sends what is missing to the same URL. */
export async function proveKillInUpload(
  print: Print,
  { sizeBytes = LARGE_BYTES, chunks = 2, leaseMs }: Shortening = {},
): Promise<void> {
  const ground = await openGround({ leaseMs, settings: { moderationDelayMs: 100 } });
  try {
    const clip = join(ground.folder, 'large.mp4');
    await writePaddedClip(CLIP, clip, sizeBytes);
    await ground.simulator.call('POST', 'faults', {
      kind: 'slow',
      route: 'upload',
      bytesPerSecond: SLOW_BYTES_PER_SECOND,
    });
    const first = await ground.startClipcue();
    first.tell(`schedule ${clip} in 1 second`);
    await ground.untilJournal('chunk', entries => entries.length >= chunks);
    await first.kill('SIGKILL');
    const sent = (await ground.journal('chunk')).length;
    await ground.simulator.call('DELETE', 'faults');

    const restartedAt = performance.now();
    const second = await ground.startClipcue();
    await second.waitForLine(/^message .*Live on TikTok/);
    const recoveredMs = Math.round(performance.now() - restartedAt);
    await assertPublishedOnce(ground, clip);
    assert.equal((await ground.journal('init')).length, 1, 'one init: the same upload went on');
    const whole = (await ground.journal('chunk')).length;
    print(`killed after ${sent} of ${whole} chunks: published once, ${recoveredMs} ms after the second start`);
  } finally {
    await ground.leave();
  }
}

async function assertPublishedOnce(ground: Ground, clip: string): Promise<void> {
  const published = await ground.journal('published');
  assert.deepEqual(
    published.map(({ sha256 }) => sha256),
    [await sha256Of(clip)],
    'one video with the bytes of the clip',
  );
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

export async function proveCrash(print: Print): Promise<void> {
  await proveKillBeforeDue(print);
  await proveKillInUpload(print);
  await proveKillInUpload(print, { chunks: 7 });
}
