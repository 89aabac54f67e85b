// Sending one chunk of a video to the address that TikTok gave for it. The bytes are streamed from wherever they come; the address
// is a secret and appears in no error. Source: content-posting-api-media-transfer-guide.

import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AppError } from '../domain/errors.ts';
import { errorOfUploadStatus } from './error-table.ts';
import { exchange } from './transport.ts';

export interface ChunkUpload {
  readonly uploadUrl: string;
  /** Positions in the video of the chunk's first and last byte, inclusive. */
  readonly first: number;
  readonly last: number;
  readonly totalBytes: number;
  readonly contentType: string;
  /** Exactly the bytes from `first` to `last`. Destroyed whatever happens. */
  readonly body: Readable;
  /** For the whole chunk. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ChunkResult {
  /** TikTok has the whole video, and what follows is up to its status. */
  readonly complete: boolean;
  /** TikTok's progress as its Content-Range reports it: a count or a last index. */
  readonly uploadedBytes?: number;
}

/** @see TikTokClient.putChunk */
export async function putChunk(
  dispatcher: Dispatcher,
  insecureAllowed: boolean,
  chunk: ChunkUpload,
): Promise<ChunkResult> {
  const { uploadUrl, first, last, totalBytes, contentType, body, timeoutMs, signal } = chunk;
  const url = readUploadUrl(uploadUrl, insecureAllowed);
  if (!url) {
    body.destroy();
    throw new AppError('tiktok_answer_unreadable', { reason: 'upload address' });
  }
  const answer = await exchange({
    dispatcher,
    method: 'PUT',
    url,
    headers: {
      'content-type': contentType,
      'content-length': String(last - first + 1),
      'content-range': `bytes ${first}-${last}/${totalBytes}`,
    },
    body,
    timeoutMs,
    signal,
  });
  const uploadedBytes = readProgress(answer.headers['content-range']);
  if (answer.status !== 201 && answer.status !== 206) throw errorOfUploadStatus(answer.status, uploadedBytes);
  return { complete: answer.status === 201, ...(uploadedBytes === undefined ? {} : { uploadedBytes }) };
}

/** The address if bytes may be sent there: https, or http where TikTok itself is an http simulator. */
export function readUploadUrl(text: string, insecureAllowed: boolean): URL | null {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (insecureAllowed && url?.protocol === 'http:') ? url : null;
}

function readProgress(header: string | string[] | undefined): number | undefined {
  const match = typeof header === 'string' ? /^bytes 0-(\d{1,15})\/\d+$/.exec(header) : null;
  return match ? Number(match[1]) : undefined;
}
