// How fast the publisher sends a clip, chunk by chunk with its state written in between, beside one bare undici PUT of the same file
// to the same sink; and how much memory that takes.

import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Agent, request } from 'undici';
import type { Attempt, Clip, Post } from '#domain/post-record.ts';
import { uploadUrlPlace } from '#services/publisher/prepare.ts';
import { sendNextChunk } from '#services/publisher/upload.ts';
import type { Work } from '#services/publisher/work.ts';
import { writePaddedClip } from '#test/media/padded-clip.ts';
import { openStage, type Stage } from '#test/services/publisher-stage.ts';
import { startProcess } from '#test/support/processes.ts';
import { CLIP } from '#test/support/stand.ts';
import { median, round } from './statistics.ts';

const CLIP_BYTES = 80_000_000;
const ROUNDS = 10;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

export async function benchUpload(print: (result: object) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-bench-'));
  const sink = startProcess('bench/sink.ts');
  const stage = await openStage();
  const agent = new Agent();
  try {
    const [url] = await sink.waitForLine(/^http:\S+$/);
    const path = join(folder, 'clip.mp4');
    await writePaddedClip(CLIP, path, CLIP_BYTES);
    const clip = await stage.keepFile(path);
    const { id: accountId } = await stage.addAccount();
    const ours = () => sendAsPublisher(stage, clip, accountId, url);
    const bare = () => sendBare(agent, path, url);

    await ours();
    await bare();
    collectGarbage();
    const warmBytes = process.memoryUsage.rss();
    const [oursMs, bareMs] = [[], []] as number[][];
    for (let count = 0; count < ROUNDS; count++) {
      // Alternating, and each first every other time, so that neither has the warmer disk or the quieter machine.
      const [first, second] = count % 2 === 0 ? [ours, bare] : [bare, ours];
      const [firstMs, secondMs] = [await first(), await second()];
      oursMs?.push(first === ours ? firstMs : secondMs);
      bareMs?.push(first === ours ? secondMs : firstMs);
    }
    collectGarbage();
    const growthBytes = process.memoryUsage.rss() - warmBytes;
    const speed = (times: number[] = []) => CLIP_BYTES / 1e6 / (median(times) / 1000);
    print({
      mbPerSecond: round(speed(oursMs)),
      bareMbPerSecond: round(speed(bareMs)),
      ratio: round(speed(oursMs) / speed(bareMs), 2),
      memoryGrowthMb: round(growthBytes / 1e6, 1),
    });
  } finally {
    await agent.close();
    await stage.close();
    await sink.kill('SIGTERM');
    await rm(folder, { recursive: true });
  }
}

/** From a saved publish id to the last byte, as the publisher does it: every chunk, every write in between. Gives ms. */
async function sendAsPublisher(stage: Stage, clip: Clip, accountId: string, url: string): Promise<number> {
  let post: Post | null = await stage.addPost(clip, accountId, { state: 'publishing', step: 'initiated' });
  const attempt: Attempt = {
    number: 1,
    startedAt: new Date(),
    publishId: 'bench',
    uploadUrl: null,
    uploadExpiresAt: new Date(Date.now() + 3_600_000),
    chunksSent: 0,
    committedAt: null,
  };
  const uploadUrl = stage.tokenBox.seal(url, uploadUrlPlace(post, attempt));
  await stage.posts.model.updateOne({ _id: post.id }, { $set: { attempt: { ...attempt, uploadUrl } } });
  post = await stage.posts.claim(post.id, 'bench', 60_000);
  const work: Work = { deps: stage.deps, owner: 'bench', signal: new AbortController().signal, turn: null };

  const startedAt = performance.now();
  while (post && post.step !== 'processing') post = await sendNextChunk(work, post);
  return performance.now() - startedAt;
}

async function sendBare(dispatcher: Agent, path: string, url: string): Promise<number> {
  const startedAt = performance.now();
  const { statusCode, body } = await request(url, {
    dispatcher,
    method: 'PUT',
    headers: {
      'content-type': 'video/mp4',
      'content-length': String(CLIP_BYTES),
      'content-range': `bytes 0-${CLIP_BYTES - 1}/${CLIP_BYTES}`,
    },
    body: createReadStream(path),
  });
  await body.dump();
  if (statusCode !== 201) throw new Error(`the sink answered ${statusCode}`);
  return performance.now() - startedAt;
}
