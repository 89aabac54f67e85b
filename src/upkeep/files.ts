// Files copied for a backup and from one: streamed, counted and hashed on the way, on the disk before they count as there.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface FileFacts {
  readonly sizeBytes: number;
  /** Lowercase hex. */
  readonly sha256: string;
}

/** Copies to a new file that only its owner can read. @throws the file system's error, `EEXIST` where `to` is there. */
export async function copyHashed(from: string, to: string): Promise<FileFacts> {
  return hashThrough(from, createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }));
}

export const hashFile = (path: string): Promise<FileFacts> =>
  hashThrough(path, new Writable({ write: (_chunk, _encoding, done) => done() }));

async function hashThrough(from: string, target: Writable): Promise<FileFacts> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(from), meter, target);
  return { sizeBytes, sha256: hash.digest('hex') };
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
