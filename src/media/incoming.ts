// Clips on their way in: files of the local disk, readable by the bot alone, that become a clip of the store once they are whole
// and were looked at. Whatever goes wrong leaves nothing behind, but for a clip in parts, which waits for its next part.

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { DiskSpace, Reservation } from './disk-space.ts';
import { asClipGone, hasCode, INCOMING_SUFFIX, requireMediaId } from './files.ts';
import type { ClipParts, MediaStore, PartSource, ReceiveOptions, StoredClip } from './store.ts';
import { withDeadline } from './timed-source.ts';

export interface IncomingOptions {
  readonly dir: string;
  readonly space: DiskSpace;
  /** 16 base64url characters from 12 random bytes. */
  readonly newId: () => string;
  readonly maxBytes: number;
  /** Takes a whole, synced file over into the store; the file is gone afterwards, or still there where it throws. */
  readonly keep: (mediaId: string, path: string) => Promise<void>;
}

/** How much may arrive between two looks at the free space. */
const SPACE_CHECK_BYTES = 32 * 1024 * 1024;
/** What goes to the disk at once; of each clip that arrives twice as much is in memory. */
const BATCH_BYTES = 512 * 1024;
/** Each piece takes memory of its own, however small it is. */
const BATCH_PIECES = 64;
const HASH_BUFFER_BYTES = 1024 * 1024;

/** What is known in memory of a clip in parts; after a restart it is made anew. */
interface PartState {
  readonly reservation: Reservation;
  readonly hash: Hash;
  hashedBytes: number;
}

export function createIncoming(options: IncomingOptions): Pick<MediaStore, 'receive' | 'parts'> {
  const { dir, space, newId, maxBytes, keep } = options;
  const states = new Map<string, PartState>();
  const pathOf = (mediaId: string): string => join(dir, requireMediaId(mediaId) + INCOMING_SUFFIX);

  /** Writes what comes, counting for itself: announced sizes are the sender's claim. Gives how much there is then. */
  async function write(
    file: FileHandle,
    bytes: AsyncIterable<Uint8Array>,
    { from, limitBytes, onChunk }: { from: number; limitBytes: number; onChunk(chunk: Uint8Array): void },
  ): Promise<number> {
    let sizeBytes = from;
    let unchecked = 0;
    const sink = openSink(file);
    try {
      for await (const chunk of bytes) {
        if (sizeBytes + chunk.length > limitBytes)
          throw new AppError('clip_too_large', { sizeBytes: sizeBytes + chunk.length, limitBytes });
        unchecked += chunk.length;
        if (unchecked >= SPACE_CHECK_BYTES) {
          await space.requireRoom();
          unchecked = 0;
        }
        await sink.write(chunk);
        sizeBytes += chunk.length;
        onChunk(chunk);
      }
    } finally {
      // What came before the source broke is kept.
      await sink.end();
    }
    return sizeBytes;
  }

  async function receive(source: AsyncIterable<Uint8Array>, receiving: ReceiveOptions): Promise<StoredClip> {
    const limitBytes = Math.min(receiving.limitBytes ?? maxBytes, maxBytes);
    const announcement = receiving.reserveBytes ?? 0;
    const timed = withDeadline(source, receiving.deadlineMs, receiving.signal);
    const mediaId = newId();
    const path = pathOf(mediaId);
    let reservation: Reservation | null = null;
    try {
      if (announcement > limitBytes) throw new AppError('clip_too_large', { sizeBytes: announcement, limitBytes });
      reservation = await space.reserve(announcement);
      const { spend } = reservation;
      const hash = createHash('sha256');
      const onChunk = (chunk: Uint8Array) => {
        hash.update(chunk);
        spend(chunk.length);
      };
      const sizeBytes = await inFile(path, 'wx', async file => {
        const written = await write(file, timed, { from: 0, limitBytes, onChunk });
        if (written === 0) throw new AppError('clip_empty');
        await file.sync();
        return written;
      });
      const clip = { mediaId, sizeBytes, sha256: hash.digest('hex') };
      await receiving.inspect?.(path, clip);
      await keep(mediaId, path);
      return clip;
    } catch (error) {
      timed.stop();
      await rm(path, { force: true });
      throw asStorageFull(error);
    } finally {
      reservation?.release();
    }
  }

  async function arrivedBytes(mediaId: string): Promise<number> {
    return (await stat(pathOf(mediaId)).catch(asClipGone)).size;
  }

  async function abandon(mediaId: string): Promise<void> {
    states.get(mediaId)?.reservation.release();
    states.delete(mediaId);
    await rm(pathOf(mediaId), { force: true });
  }

  /** The promise of space was lost in a restart: it is asked for again with the next bytes. */
  async function stateOf(mediaId: string, missingBytes: number): Promise<PartState> {
    const known = states.get(mediaId);
    if (known) return known;
    const state = { reservation: await space.reserve(missingBytes), hash: createHash('sha256'), hashedBytes: 0 };
    states.set(mediaId, state);
    return state;
  }

  /** Bytes that were hashed as they came are not read again. */
  async function hashOf(mediaId: string, sizeBytes: number): Promise<string> {
    const state = states.get(mediaId);
    if (state?.hashedBytes === sizeBytes) return state.hash.copy().digest('hex');
    return inFile(pathOf(mediaId), 'r', hashWhole);
  }

  const parts: ClipParts = {
    arrivedBytes,
    abandon,

    async begin(sizeBytes) {
      if (sizeBytes === 0) throw new AppError('clip_empty');
      if (sizeBytes > maxBytes) throw new AppError('clip_too_large', { sizeBytes, limitBytes: maxBytes });
      const mediaId = newId();
      await stateOf(mediaId, sizeBytes);
      try {
        await inFile(pathOf(mediaId), 'wx', async () => undefined);
      } catch (error) {
        await abandon(mediaId);
        throw asStorageFull(error);
      }
      return mediaId;
    },

    async append(mediaId, { offset, sizeBytes, bytes }: PartSource) {
      const arrived = await arrivedBytes(mediaId);
      if (arrived !== offset) throw new AppError('upload_out_of_step', { offset: arrived });
      const state = await stateOf(mediaId, sizeBytes - offset);
      const isHashing = state.hashedBytes === offset;
      const onChunk = (chunk: Uint8Array) => {
        state.reservation.spend(chunk.length);
        if (!isHashing) return;
        state.hash.update(chunk);
        state.hashedBytes += chunk.length;
      };
      try {
        const size = await inFile(pathOf(mediaId), 'a', file =>
          write(file, bytes, { from: offset, limitBytes: sizeBytes, onChunk }),
        );
        // Begun early and not waited for: a disk that gets gigabytes with the last byte keeps the person waiting.
        void inFile(pathOf(mediaId), 'r+', file => file.datasync()).catch(() => undefined);
        return size;
      } catch (error) {
        const known = asStorageFull(error);
        // Others must not wait for the space of a clip that cannot become whole.
        if (known instanceof AppError && known.code === 'storage_full') await abandon(mediaId);
        throw known;
      }
    },

    async finish(mediaId, inspect) {
      const path = pathOf(mediaId);
      const sizeBytes = await arrivedBytes(mediaId);
      await inFile(path, 'r+', file => file.sync());
      const clip = { mediaId, sizeBytes, sha256: await hashOf(mediaId, sizeBytes) };
      try {
        await inspect(path, clip);
      } catch (error) {
        await abandon(mediaId);
        throw error;
      }
      await keep(mediaId, path);
      await abandon(mediaId);
      return clip;
    },
  };

  return { receive, parts };
}

/**
 * Writes behind the sender's back: while one batch is on its way to the disk the next one gathers. To write each piece by itself would
 * wake a thread for every 64 kB, which costs more than the writing.
 */
function openSink(file: FileHandle) {
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let writing = Promise.resolve();
  async function flush(): Promise<void> {
    // Whoever writes or ends hears of a failure.
    await writing;
    const batch = gathered;
    gathered = [];
    gatheredBytes = 0;
    writing = writeWhole(file, batch);
    writing.catch(() => undefined);
  }
  return {
    async write(chunk: Uint8Array): Promise<void> {
      gathered.push(chunk);
      gatheredBytes += chunk.length;
      if (gatheredBytes >= BATCH_BYTES || gathered.length >= BATCH_PIECES) await flush();
    },
    async end(): Promise<void> {
      await flush();
      await writing;
    },
  };
}

/** A disk that fills up takes a part first, and refuses the rest. */
async function writeWhole(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let { bytesWritten: left } = await file.writev(batch);
  for (const chunk of batch) {
    if (left < chunk.length) await file.appendFile(chunk.subarray(left));
    left = Math.max(0, left - chunk.length);
  }
}

/** One buffer for all of it: a fresh one for each piece would be 4 GB of garbage. */
async function hashWhole(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(HASH_BUFFER_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
  }
}

async function inFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, 0o600).catch(asClipGone);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

const asStorageFull = (error: unknown): unknown =>
  hasCode(error, 'ENOSPC', 'EDQUOT') ? new AppError('storage_full') : error;
