// The free space of the disk that clips come in on. A share of it stays free: the database and everybody's running posts live there
// too. Announced bytes are counted as taken, so that two clips cannot be promised the same space.

import { statfs } from 'node:fs/promises';
import { AppError } from '../domain/errors.ts';

/** Space that was promised and is not written to yet. */
export interface Reservation {
  /** Counts bytes as written: from here the disk itself knows of them. */
  spend(bytes: number): void;
  /** Gives back what was not spent. Twice does no harm. */
  release(): void;
}

export interface DiskSpace {
  /**
   * Sets `bytes` aside. Counted only once granted, so that an absurd announcement costs nobody else their space.
   * @throws AppError `storage_full`
   */
  reserve(bytes: number): Promise<Reservation>;
  /** @throws AppError `storage_full` where too little is left by now, whoever took it. */
  requireRoom(): Promise<void>;
}

/** What the disk of `dir` has, and what of it is free for us. */
export async function readSpace(dir: string): Promise<{ freeBytes: number; totalBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(dir);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** @param minFreeRatio the share of the disk of `dir` that stays free, 0 to 1 */
export function createDiskSpace(dir: string, minFreeRatio: number): DiskSpace {
  let announcedBytes = 0;

  async function require(bytes: number): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(dir);
    if (bavail * bsize - announcedBytes - bytes < blocks * bsize * minFreeRatio) throw new AppError('storage_full');
  }

  return {
    async reserve(bytes) {
      await require(bytes);
      announcedBytes += bytes;
      let left = bytes;
      const spend = (count: number) => {
        const spent = Math.min(count, left);
        left -= spent;
        announcedBytes -= spent;
      };
      return { spend, release: () => spend(left) };
    },
    requireRoom: () => require(0),
  };
}
