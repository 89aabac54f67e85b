// Clips in one folder of the local disk: a file a clip under a random name, readable by the bot alone, complete or not there.

import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createDiskSpace } from './disk-space.ts';
import { asClipGone, findOldClips, hasCode, POSTER_SUFFIX, removeUnknown, requireMediaId } from './files.ts';
import { createIncoming } from './incoming.ts';
import type { ByteRange, MediaStore } from './store.ts';

export interface DiskStoreOptions {
  readonly dir: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** 16 base64url characters from 12 random bytes. */
  readonly newId: () => string;
  readonly maxBytes: number;
  /** The share of the disk that stays free. */
  readonly minFreeRatio: number;
}

/** Besides the port, where a clip lies. */
export interface DiskStore extends MediaStore {
  path(mediaId: string): string;
}

/** Uploads of 80 MB reach a bare PUT's speed with this, and two thirds of it with 256 KB. */
const READ_BUFFER_BYTES = 512 * 1024;

/** Opens the store, creating its folder (0700) where it is missing. */
export async function createDiskStore(options: DiskStoreOptions): Promise<DiskStore> {
  const { dir, clock, newId, maxBytes, minFreeRatio } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = (mediaId: string): string => join(dir, requireMediaId(mediaId));
  const posterPath = (mediaId: string): string => path(mediaId) + POSTER_SUFFIX;
  const incoming = createIncoming({
    dir,
    space: createDiskSpace(dir, minFreeRatio),
    newId,
    maxBytes,
    async keep(mediaId, from) {
      await rename(from, path(mediaId));
      await syncFolder(dir);
    },
  });

  async function openFile(mediaId: string): Promise<FileHandle> {
    return open(path(mediaId), 'r').catch(asClipGone);
  }

  return {
    ...incoming,
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

    async keepPoster(mediaId: string, picture: Buffer): Promise<void> {
      await writeFile(posterPath(mediaId), picture, { mode: 0o600 });
    },

    async readPoster(mediaId: string): Promise<Buffer | null> {
      return readFile(posterPath(mediaId)).catch(error => {
        if (hasCode(error, 'ENOENT')) return null;
        throw error;
      });
    },

    async remove(mediaId: string): Promise<void> {
      await rm(path(mediaId), { force: true });
      await rm(posterPath(mediaId), { force: true });
    },

    sweepOrphans: (isKnown, olderThanMs) =>
      removeUnknown(findOldClips(dir, clock() - olderThanMs), isKnown, one => rm(one.path, { force: true })),
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
