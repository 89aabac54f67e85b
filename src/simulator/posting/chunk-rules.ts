/**
 * The arithmetic of chunked uploads (content-posting-api-media-transfer-guide, and what production clients learned in
 * August 2026). TikTok does not say whether its MB is decimal or binary; only what is right in both readings passes.
 */
import type { UploadPlan } from './bodies.ts';

const MIN_CHUNK_BYTES = 5 * 1024 * 1024;
const MAX_CHUNK_BYTES = 64_000_000;
const MAX_LAST_CHUNK_BYTES = 128_000_000;
const MAX_CHUNKS = 1000;
export const MAX_VIDEO_BYTES = 4 * 1024 ** 3;

/** What TikTok says about an upload plan that it does not take, or undefined. */
export function findChunkFault({ videoSize, chunkSize, chunkCount }: UploadPlan): string | undefined {
  if (videoSize > MAX_VIDEO_BYTES) return 'The video size is invalid';
  if (chunkSize > videoSize) return 'The chunk size is invalid';
  if (chunkCount > MAX_CHUNKS || chunkCount !== Math.floor(videoSize / chunkSize))
    return 'The total chunk count is invalid';
  if (chunkSize > MAX_CHUNK_BYTES) return 'The chunk size is invalid';
  if (chunkCount === 1) return chunkSize === videoSize ? undefined : 'The chunk size is invalid';
  if (chunkSize < MIN_CHUNK_BYTES) return 'The chunk size is invalid';
  return lastChunkBytes({ videoSize, chunkSize, chunkCount }) > MAX_LAST_CHUNK_BYTES
    ? 'The chunk size is invalid'
    : undefined;
}

/** The last chunk takes the remainder with it. */
function lastChunkBytes({ videoSize, chunkSize, chunkCount }: UploadPlan): number {
  return videoSize - chunkSize * (chunkCount - 1);
}

/** How long the chunk is that begins at `firstByte`, a multiple of the chunk size. */
export function chunkBytesAt(plan: UploadPlan, firstByte: number): number {
  return firstByte / plan.chunkSize >= plan.chunkCount - 1 ? lastChunkBytes(plan) : plan.chunkSize;
}

export interface ContentRange {
  firstByte: number;
  lastByte: number;
  total: number;
}

/** `bytes FIRST-LAST/TOTAL`, all three decimal; undefined for anything else. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const match = /^bytes (\d{1,12})-(\d{1,12})\/(\d{1,12})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [firstByte, lastByte, total] = match.slice(1).map(Number);
  if (firstByte === undefined || lastByte === undefined || total === undefined) return undefined;
  return firstByte <= lastByte && lastByte < total ? { firstByte, lastByte, total } : undefined;
}
