// Fetches a file from the Bot API server: streamed, counted against what the server said, ended when nothing comes. The address
// holds the bot's token, so it goes into no error. (@grammyjs/files reads no status, knows no cap and refuses plain http.)

import { createReadStream } from 'node:fs';
import { isAbsolute } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { AppError, isAppError } from '../../domain/errors.ts';

export interface DownloadOptions {
  readonly apiRoot: string;
  readonly token: string;
  /** How long nothing may come. */
  readonly stallMs: number;
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens a file by the path that getFile gave; a local Bot API server gives absolute ones on this machine.
 * @throws AppError `clip_fetch_failed`, here or through the stream.
 */
export async function openDownload(
  filePath: string,
  sizeBytes: number | null,
  options: DownloadOptions,
): Promise<Readable> {
  const source = isAbsolute(filePath)
    ? createReadStream(filePath, { signal: options.signal })
    : await openRemote(filePath, options);
  return Readable.from(countBytes(source, sizeBytes, options), { objectMode: false });
}

async function openRemote(filePath: string, { apiRoot, token, signal, stallMs }: DownloadOptions): Promise<Readable> {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), stallMs);
  try {
    const answer = await fetch(`${apiRoot}/file/bot${token}/${filePath}`, {
      redirect: 'error',
      signal: AbortSignal.any([signal, stall.signal]),
    });
    if (answer.ok && answer.body && !answer.headers.get('content-type')?.startsWith('text/'))
      return Readable.fromWeb(answer.body as ReadableStream);
    await answer.body?.cancel();
    throw new AppError('clip_fetch_failed', { status: answer.status });
  } catch (error) {
    throw asFetchFailure(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Passes the bytes on; more or fewer than the server said, or none for too long, end the stream. */
async function* countBytes(source: Readable, sizeBytes: number | null, { stallMs, onBytes }: DownloadOptions) {
  let count = 0;
  const iterator: AsyncIterator<Uint8Array> = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await within(iterator.next(), stallMs);
      if (next.done) break;
      count += next.value.length;
      if (sizeBytes !== null && count > sizeBytes)
        throw new AppError('clip_fetch_failed', { reason: 'longer than stated' });
      onBytes(next.value.length);
      yield next.value;
    }
    if (sizeBytes !== null && count < sizeBytes)
      throw new AppError('clip_fetch_failed', { reason: 'shorter than stated' });
  } catch (error) {
    throw asFetchFailure(error);
  } finally {
    // Whoever reads may stop early; what the connection says after that concerns nobody.
    source.once('error', () => undefined).destroy();
  }
}

async function within<T>(wait: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('clip_fetch_failed', { reason: 'stalled' })), ms);
  });
  try {
    return await Promise.race([wait, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whatever broke, its words may hold the address: only its kind is kept. */
function asFetchFailure(error: unknown): AppError {
  if (isAppError(error)) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  return new AppError('clip_fetch_failed', { reason: code ?? (error instanceof Error ? error.name : 'unknown') });
}
