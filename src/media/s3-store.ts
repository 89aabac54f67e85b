// Clips in a bucket of any S3-compatible store, for bots of several machines or with small disks. A clip comes in on the local disk,
// is looked at there, and is then streamed over; what is read back is streamed as well. The SDK is loaded only with this file.

import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { AppError, isAppError } from '../domain/errors.ts';
import { createDiskSpace } from './disk-space.ts';
import type { DiskStoreOptions } from './disk-store.ts';
import { findOldClips, POSTER_SUFFIX, readMediaId, removeUnknown, requireMediaId } from './files.ts';
import { createIncoming } from './incoming.ts';
import { POSTER_MAX_BYTES } from './poster.ts';
import type { ByteRange, MediaStore } from './store.ts';

export interface S3Place {
  readonly bucket: string;
  /** Before each object's name; empty, or ending in a slash. */
  readonly prefix: string;
  /** Null: Amazon's own. */
  readonly endpoint: string | null;
  readonly region: string;
  /** The bucket in the path, not in the host name, as most stores beside Amazon's want it. */
  readonly isPathStyle: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3StoreOptions extends DiskStoreOptions {
  readonly place: S3Place;
}

export interface S3Store extends MediaStore {
  close(): Promise<void>;
}

/** A part of an upload, of which S3 takes 10,000: enough for 160 GB. Two at a time are held in memory. */
const PART_BYTES = 16 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Opens the store; its local folder, for clips on their way in, is created (0700) where it is missing.
 * @throws AppError `storage_unreachable` where the bucket cannot be reached with these keys
 */
export async function createS3Store({ place, ...local }: S3StoreOptions): Promise<S3Store> {
  const { bucket: Bucket, prefix } = place;
  await mkdir(local.dir, { recursive: true, mode: 0o700 });
  const client = new S3Client({
    region: place.region,
    ...(place.endpoint && { endpoint: place.endpoint }),
    forcePathStyle: place.isPathStyle,
    credentials: { accessKeyId: place.accessKeyId, secretAccessKey: place.secretAccessKey },
    // Newer checksums are Amazon's alone; other stores refuse or ignore them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: IDLE_TIMEOUT_MS },
  });
  await client.send(new HeadBucketCommand({ Bucket })).catch(asUnreachable);
  const keyOf = (mediaId: string): string => prefix + requireMediaId(mediaId);
  const posterKeyOf = (mediaId: string): string => keyOf(mediaId) + POSTER_SUFFIX;

  const incoming = createIncoming({
    dir: local.dir,
    space: createDiskSpace(local.dir, local.minFreeRatio),
    newId: local.newId,
    maxBytes: local.maxBytes,
    async keep(mediaId, path) {
      const Body = createReadStream(path, { highWaterMark: 1024 * 1024 });
      const upload = new Upload({
        client,
        params: { Bucket, Key: keyOf(mediaId), Body },
        partSize: PART_BYTES,
        queueSize: PARTS_AT_ONCE,
      });
      await upload.done().catch(asUnreachable);
      await rm(path, { force: true });
    },
  });

  async function* listOld(bornBefore: number): AsyncGenerator<{ mediaId: string; key: string }> {
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken }));
      for (const { Key = '', LastModified } of page.Contents ?? []) {
        const mediaId = readMediaId(Key.slice(prefix.length));
        // Anything else in the bucket is not ours to remove.
        if (mediaId !== null && LastModified && LastModified.getTime() < bornBefore) yield { mediaId, key: Key };
      }
      ContinuationToken = page.NextContinuationToken;
      if (!ContinuationToken) return;
    }
  }

  const removeObject = async (Key: string): Promise<void> => {
    await client.send(new DeleteObjectCommand({ Bucket, Key })).catch(asUnreachable);
  };

  async function openObject(Key: string, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.first}-${range.last}`;
    const found = await client.send(new GetObjectCommand({ Bucket, Key, Range })).catch(asGone);
    if (!found.Body) throw new AppError('clip_gone');
    return found.Body as Readable;
  }

  return {
    ...incoming,
    open: async (mediaId, range) => openObject(keyOf(mediaId), range),

    async keepPoster(mediaId: string, picture: Buffer): Promise<void> {
      await client
        .send(new PutObjectCommand({ Bucket, Key: posterKeyOf(mediaId), Body: picture }))
        .catch(asUnreachable);
    },

    async readPoster(mediaId: string): Promise<Buffer | null> {
      try {
        return await buffer(await openObject(posterKeyOf(mediaId), { first: 0, last: POSTER_MAX_BYTES }));
      } catch (error) {
        if (isAppError(error, 'clip_gone')) return null;
        throw error;
      }
    },

    async remove(mediaId: string): Promise<void> {
      await removeObject(keyOf(mediaId));
      await removeObject(posterKeyOf(mediaId));
    },

    async size(mediaId: string): Promise<number> {
      const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key: keyOf(mediaId) })).catch(asGone);
      return ContentLength ?? 0;
    },

    async sweepOrphans(isKnown, olderThanMs): Promise<number> {
      const bornBefore = local.clock() - olderThanMs;
      const arriving = await removeUnknown(findOldClips(local.dir, bornBefore), isKnown, one =>
        rm(one.path, { force: true }),
      );
      return arriving + (await removeUnknown(listOld(bornBefore), isKnown, ({ key }) => removeObject(key)));
    },

    async close() {
      client.destroy();
    },
  };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

function asGone(error: unknown): never {
  if (nameOf(error) === 'NoSuchKey' || nameOf(error) === 'NotFound') throw new AppError('clip_gone');
  return asUnreachable(error);
}

/** The original is dropped: it may hold the signed address. */
function asUnreachable(error: unknown): never {
  if (error instanceof AppError) throw error;
  throw new AppError('storage_unreachable', { reason: nameOf(error).slice(0, 60) });
}
