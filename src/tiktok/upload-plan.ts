// How a video is cut into chunks for TikTok's FILE_UPLOAD, and where to go on after a break. Pure arithmetic.
// Sources: TikTok "Media Transfer Guide" (content-posting-api-media-transfer-guide), and what production refuses since August
// 2026: a single chunk must be declared with the video's own size.

import { AppError } from '../domain/errors.ts';

/** The largest video that goes up in one piece. Decimal, because TikTok does not say which megabyte it means. */
export const SINGLE_CHUNK_MAX_BYTES = 64_000_000;
/** Within TikTok's 5 to 64 MB, and small enough that a broken chunk costs little to send again. */
export const CHUNK_BYTES = 10_000_000;

/** The `chunk_size` and `total_chunk_count` announced to TikTok. Every chunk has that size but the last, which takes the rest. */
export interface UploadPlan {
  readonly chunkSizeBytes: number;
  readonly chunkCount: number;
}

/** Positions of a chunk's first and last byte, both inclusive, as Content-Range counts them. */
export interface ChunkRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The plan for a video of `sizeBytes`: one chunk up to 64,000,000 bytes, above that chunks of 10,000,000 bytes whose count is
 * rounded down, so that the last one is up to twice as large.
 * @throws AppError `clip_empty`
 */
export function planUpload(sizeBytes: number): UploadPlan {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0) throw new AppError('clip_empty');
  if (sizeBytes <= SINGLE_CHUNK_MAX_BYTES) return { chunkSizeBytes: sizeBytes, chunkCount: 1 };
  return { chunkSizeBytes: CHUNK_BYTES, chunkCount: Math.floor(sizeBytes / CHUNK_BYTES) };
}

/** The bytes of chunk `index`, counted from 0, of a video of `sizeBytes`. */
export function chunkRange(plan: UploadPlan, index: number, sizeBytes: number): ChunkRange {
  if (!Number.isInteger(index) || index < 0 || index >= plan.chunkCount)
    throw new RangeError(`chunk ${index} of ${plan.chunkCount}`);
  const first = index * plan.chunkSizeBytes;
  const last = index === plan.chunkCount - 1 ? sizeBytes - 1 : first + plan.chunkSizeBytes - 1;
  return { first, last };
}

/**
 * The chunk to send next when TikTok says that it has `reportedBytes`; `plan.chunkCount` once nothing is missing. The number may
 * be a count of bytes or the index of the last one (TikTok does not say), so both readings of a chunk's end are accepted.
 */
export function nextChunk(plan: UploadPlan, sizeBytes: number, reportedBytes: number): number {
  if (reportedBytes <= 0) return 0;
  const countBytes = reportedBytes + 1;
  if (countBytes >= sizeBytes) return plan.chunkCount;
  return Math.min(Math.floor(countBytes / plan.chunkSizeBytes), plan.chunkCount - 1);
}
