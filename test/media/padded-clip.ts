// A valid clip of any size, for uploads larger than what the repository should hold: a test clip with a `free` box behind it, which
// every reader skips. Its bytes are noise from a fixed key, so that a chunk in the wrong place changes the hash.

import { createCipheriv } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const BLOCK_BYTES = 1024 * 1024;

/** Writes `source`, padded to exactly `sizeBytes` (at least 16 more than it has), to `target`. Streamed: takes any size. */
export async function writePaddedClip(source: string, target: string, sizeBytes: number): Promise<void> {
  const { size } = await stat(source);
  const boxBytes = sizeBytes - size;
  if (boxBytes < 16) throw new RangeError(`${source} has ${size} bytes already`);
  await pipeline(async function* () {
    yield* createReadStream(source);
    yield freeBoxHeader(boxBytes);
    yield* noise(boxBytes - 16);
  }, createWriteStream(target));
}

/** With a 64-bit size, so that the box may exceed 4 GB. */
function freeBoxHeader(boxBytes: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1, 0);
  header.write('free', 4, 'ascii');
  header.writeBigUInt64BE(BigInt(boxBytes), 8);
  return header;
}

function* noise(sizeBytes: number): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(BLOCK_BYTES);
  for (let left = sizeBytes; left > 0; left -= BLOCK_BYTES)
    yield cipher.update(left < BLOCK_BYTES ? zeros.subarray(0, left) : zeros);
}
