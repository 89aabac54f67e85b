// Where clips are kept: the data folder, or the bucket that the settings name.

import { join } from 'node:path';
import type { Config } from '../config.ts';
import { createDiskStore } from '../media/disk-store.ts';
import type { MediaStore } from '../media/store.ts';
import type { Closers } from './closers.ts';

const KEEP_FREE_RATIO = 0.1;

/** @throws AppError `storage_unreachable` */
export async function openMedia(
  { dataDir, maxClipBytes, mediaStore }: Config,
  { clock, newId }: { clock: () => number; newId: () => string },
  closers: Closers,
): Promise<MediaStore> {
  // With a bucket, clips come in here and go on.
  const local = {
    dir: join(dataDir, 'clips'),
    clock,
    newId,
    maxBytes: maxClipBytes,
    minFreeRatio: KEEP_FREE_RATIO,
  };
  if (mediaStore === null) return createDiskStore(local);
  const { createS3Store } = await import('../media/s3-store.ts');
  const store = await createS3Store({ ...local, place: mediaStore });
  closers.push(store.close);
  return store;
}
