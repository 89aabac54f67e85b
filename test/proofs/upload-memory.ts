// Clips are streamed: after a warm-up upload, one of 80 MB makes the process grow by less than 64 MB.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writePaddedClip } from '#test/media/padded-clip.ts';
import type { ChildProcess } from '#test/support/processes.ts';
import { CLIP } from '#test/support/stand.ts';
import { openGround } from './ground.ts';

const CLIP_BYTES = 80_000_000;
const GROWTH_MAX_BYTES = 64_000_000;
const LOOK_EVERY_MS = 50;

async function memoryOf(clipcue: ChildProcess): Promise<number> {
  const before = clipcue.lines.length;
  clipcue.tell('gc');
  for (;;) {
    const line = clipcue.lines.slice(before).find(one => one.startsWith('rss '));
    if (line) return Number(line.slice(4));
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export async function proveUploadMemory(
  print: (line: string) => void,
  { sizeBytes = CLIP_BYTES, uploads = 2 } = {},
): Promise<void> {
  const ground = await openGround({ settings: { moderationDelayMs: 100 } });
  try {
    const clip = join(ground.folder, 'large.mp4');
    await writePaddedClip(CLIP, clip, sizeBytes);
    const clipcue = await ground.startClipcue();
    const publishOne = async (count: number) => {
      clipcue.tell(`schedule ${clip} in 1 second`);
      await ground.untilJournal('public', entries => entries.length === count);
    };
    await publishOne(1);
    const warmBytes = await memoryOf(clipcue);
    for (let count = 2; count <= uploads; count++) await publishOne(count);
    const growthBytes = (await memoryOf(clipcue)) - warmBytes;
    const chunks = (await ground.journal('chunk')).length / uploads;
    const facts = { clipMb: sizeBytes / 1e6, chunks, warmMb: Math.round(warmBytes / 1e6), growthMb: growthBytes / 1e6 };
    print(JSON.stringify(facts));
    assert.ok(growthBytes < GROWTH_MAX_BYTES, `memory grew by ${growthBytes} bytes`);
  } finally {
    await ground.leave();
  }
}
