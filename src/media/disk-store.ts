// Clips in one folder of the local disk: a file a clip under a random name, readable by the bot alone, complete or not there.

import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat, statfs } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../domain/errors.ts';
import type { ByteRange, MediaStore, ReceiveOptions, StoredClip } from './store.ts';
import { withDeadline } from './timed-source.ts';

export interface DiskStoreOptions {
  readonly dir: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** 16 base64url characters from 12 random bytes. */
  readonly newId: () => string;
  readonly maxBytes: number;
  /** The share of the disk that stays free: the database and everybody's running posts live there too. */
  readonly minFreeRatio: number;
}

/** Besides the port, where a clip lies, for the prober. */
export interface DiskStore extends MediaStore {
  path(mediaId: string): string;
}

const MEDIA_ID = /^[\w-]{16}$/;
const INCOMING_SUFFIX = '.incoming';
/** Uploads of 80 MB reach a bare PUT's speed with this, and two thirds of it with 256 KB. */
const READ_BUFFER_BYTES = 512 * 1024;
/** How much may arrive between two looks at the free space. */
const SPACE_CHECK_BYTES = 32 * 1024 * 1024;
/** How many ids one question to `isKnown` holds. */
const SWEEP_BATCH = 500;

/** Opens the store, creating its folder (0700) where it is missing. */
export async function createDiskStore(options: DiskStoreOptions): Promise<DiskStore> {
  const { dir, clock, newId, maxBytes, minFreeRatio } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  /** What running receives announced and have not written yet, so that two of them cannot be promised the same space. */
  let announcedBytes = 0;

  /** Ids come from buttons and links too; anything but a plain id could name a file outside the folder. */
  function path(mediaId: string): string {
    if (!MEDIA_ID.test(mediaId)) throw new AppError('clip_gone');
    return join(dir, mediaId);
  }

  /** Sets `bytes` aside. Counted only once granted, so that an absurd announcement costs nobody else their space. */
  async function reserveSpace(bytes: number): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(dir);
    if (bavail * bsize - announcedBytes - bytes < blocks * bsize * minFreeRatio) throw new AppError('storage_full');
    announcedBytes += bytes;
  }

  /** Writes and hashes `source`, counting for itself: announced sizes are the sender's claim. */
  async function writeClip(
    file: FileHandle,
    source: AsyncIterable<Uint8Array>,
    limitBytes: number,
    onBytes: (sizeBytes: number) => void,
  ) {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let unchecked = 0;
    for await (const chunk of source) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) throw new AppError('clip_too_large', { sizeBytes, limitBytes });
      unchecked += chunk.length;
      if (unchecked >= SPACE_CHECK_BYTES) {
        await reserveSpace(0);
        unchecked = 0;
      }
      hash.update(chunk);
      await file.appendFile(chunk);
      onBytes(chunk.length);
    }
    if (sizeBytes === 0) throw new AppError('clip_empty');
    return { sizeBytes, sha256: hash.digest('hex') };
  }

  async function receive(source: AsyncIterable<Uint8Array>, receiving: ReceiveOptions): Promise<StoredClip> {
    const limitBytes = Math.min(receiving.limitBytes ?? maxBytes, maxBytes);
    const announcement = receiving.reserveBytes ?? 0;
    let announced = 0;
    const timed = withDeadline(source, receiving.deadlineMs, receiving.signal);
    const mediaId = newId();
    const incoming = path(mediaId) + INCOMING_SUFFIX;
    try {
      if (announcement > limitBytes) throw new AppError('clip_too_large', { sizeBytes: announcement, limitBytes });
      await reserveSpace(announcement);
      announced = announcement;
      const file = await open(incoming, 'wx', 0o600);
      let written: { sizeBytes: number; sha256: string };
      try {
        written = await writeClip(file, timed, limitBytes, count => {
          const arrived = Math.min(count, announced);
          announced -= arrived;
          announcedBytes -= arrived;
        });
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(incoming, path(mediaId));
      await syncFolder(dir);
      return { mediaId, ...written };
    } catch (error) {
      timed.stop();
      await rm(incoming, { force: true });
      if (hasCode(error, 'ENOSPC', 'EDQUOT')) throw new AppError('storage_full');
      throw error;
    } finally {
      announcedBytes -= announced;
    }
  }

  async function openFile(mediaId: string): Promise<FileHandle> {
    return open(path(mediaId), 'r').catch(asClipGone);
  }

  return {
    receive,
    path,

    async open(mediaId: string, range?: ByteRange): Promise<Readable> {
      const file = await openFile(mediaId);
      return file.createReadStream({
        highWaterMark: READ_BUFFER_BYTES,
        ...(range ? { start: range.first, end: range.last } : {}),
      });
    },

    async size(mediaId: string): Promise<number> {
      const { size } = await stat(path(mediaId)).catch(asClipGone);
      return size;
    },

    async remove(mediaId: string): Promise<void> {
      await rm(path(mediaId), { force: true });
    },

    async sweepOrphans(isKnown, olderThanMs): Promise<number> {
      const bornBefore = clock() - olderThanMs;
      let removed = 0;
      let batch: string[] = [];
      const removeUnknown = async () => {
        const known = batch.length > 0 ? await isKnown(batch) : new Set<string>();
        for (const mediaId of batch.filter(id => !known.has(id))) {
          await rm(path(mediaId), { force: true });
          removed += 1;
        }
        batch = [];
      };
      for await (const { name } of await opendir(dir)) {
        const mediaId = name.endsWith(INCOMING_SUFFIX) ? name.slice(0, -INCOMING_SUFFIX.length) : name;
        // Anything else in the folder is not ours to remove.
        if (!MEDIA_ID.test(mediaId) || !(await isOlder(join(dir, name), bornBefore))) continue;
        if (name !== mediaId) {
          await rm(join(dir, name), { force: true });
          removed += 1;
        } else if (batch.push(mediaId) === SWEEP_BATCH) await removeUnknown();
      }
      await removeUnknown();
      return removed;
    },
  };
}

/** Makes the rename itself survive a power cut. Windows cannot open a folder, and orders its journal itself. */
async function syncFolder(dir: string): Promise<void> {
  if (platform() === 'win32') return;
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** False for a file that went away meanwhile. */
async function isOlder(path: string, bornBefore: number): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < bornBefore;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

function asClipGone(error: unknown): never {
  if (hasCode(error, 'ENOENT')) throw new AppError('clip_gone');
  throw error;
}
