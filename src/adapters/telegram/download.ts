// Fetches a file from the Bot API server: streamed, counted against what the server said, taken up where it broke off, ended when
// nothing comes. The address holds the bot's token, so it goes into no error. (@grammyjs/files reads no status, knows no cap and
// refuses plain http.)

import { createReadStream } from 'node:fs';
import { isAbsolute } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isAppError } from '../../domain/errors.ts';
import { within } from '../../within.ts';

export interface DownloadTiming {
  /** How long nothing may come. */
  readonly stallMs: number;
  /** Before a broken download goes on; longer with each break. */
  readonly pauseMs: number;
}

export interface DownloadOptions extends DownloadTiming {
  readonly apiRoot: string;
  readonly token: string;
  readonly onBytes: (count: number) => void;
  /** Where its reason is an AppError, the download ends with that. */
  readonly signal: AbortSignal;
}

export const DOWNLOAD_TIMING: DownloadTiming = { stallMs: 30_000, pauseMs: 1_000 };

const BREAKS_AT_MOST = 3;

/** Bytes from a place in the file on; `skipBytes` of them come once more. */
interface Opened {
  readonly bytes: Readable;
  readonly skipBytes: number;
}

/**
 * A file by the path that getFile gave; a local Bot API server gives absolute ones on this machine.
 * The stream ends with AppError `clip_fetch_failed`, or with the signal's own.
 */
export function openDownload(filePath: string, sizeBytes: number | null, options: DownloadOptions): Readable {
  const { signal } = options;
  const bytes = isAbsolute(filePath)
    ? read(async () => ({ bytes: createReadStream(filePath, { signal }), skipBytes: 0 }), 0, sizeBytes, options)
    : read(start => openRemote(filePath, start, options), BREAKS_AT_MOST, sizeBytes, options);
  return Readable.from(bytes, { objectMode: false });
}

async function openRemote(filePath: string, start: number, options: DownloadOptions): Promise<Opened> {
  const { apiRoot, token, signal, stallMs } = options;
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), stallMs);
  try {
    const answer = await fetch(`${apiRoot}/file/bot${token}/${filePath}`, {
      redirect: 'error',
      signal: AbortSignal.any([signal, stall.signal]),
      ...(start > 0 && { headers: { range: `bytes=${start}-` } }),
    });
    const { status, headers, body } = answer;
    const isPage = headers.get('content-type')?.startsWith('text/') ?? false;
    const isRest = status === 206 && (headers.get('content-range')?.startsWith(`bytes ${start}-`) ?? false);
    if (body && !isPage && (status === 200 || isRest))
      return { bytes: Readable.fromWeb(body as ReadableStream), skipBytes: isRest ? 0 : start };
    await body?.cancel();
    throw new AppError('clip_fetch_failed', { status });
  } finally {
    clearTimeout(timer);
  }
}

/** Passes the bytes on, each once. */
async function* read(
  open: (start: number) => Promise<Opened>,
  breaksAtMost: number,
  sizeBytes: number | null,
  { stallMs, pauseMs, onBytes, signal }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  let source: Readable | null = null;
  let pieces: AsyncIterator<Uint8Array> | null = null;
  let skipBytes = 0;
  let count = 0;
  let breaks = 0;

  async function readNext(): Promise<Uint8Array | null> {
    if (!pieces) {
      const opened = await open(count);
      source = opened.bytes;
      pieces = source[Symbol.asyncIterator]();
      skipBytes = opened.skipBytes;
    }
    const next = await within(pieces.next(), stallMs, null);
    if (next === null) throw new AppError('clip_fetch_failed', { reason: 'stalled' });
    if (!next.done) return next.value;
    if (sizeBytes !== null && count < sizeBytes)
      throw new AppError('clip_fetch_failed', { reason: 'shorter than stated' });
    return null;
  }

  /** Whoever reads may stop early; what the connection says after that concerns nobody. */
  function release(): void {
    source?.once('error', () => undefined).destroy();
    source = null;
    pieces = null;
  }

  async function readOn(): Promise<Uint8Array | null> {
    for (;;)
      try {
        return await readNext();
      } catch (error) {
        release();
        if (signal.aborted || isLastWord(error) || breaks === breaksAtMost) throw error;
        breaks++;
        await sleep(pauseMs * breaks, undefined, { signal });
      }
  }

  try {
    for (;;) {
      const piece = await readOn();
      if (piece === null) return;
      const fresh = piece.subarray(Math.min(skipBytes, piece.length));
      skipBytes -= piece.length - fresh.length;
      if (fresh.length === 0) continue;
      count += fresh.length;
      if (sizeBytes !== null && count > sizeBytes)
        throw new AppError('clip_fetch_failed', { reason: 'longer than stated' });
      onBytes(fresh.length);
      yield fresh;
    }
  } catch (error) {
    throw asFetchFailure(error, signal);
  } finally {
    release();
  }
}

/** A server that answers something else than bytes does so again; one in trouble may get over it. */
const isLastWord = (error: unknown): boolean =>
  isAppError(error) && typeof error.facts.status === 'number' && error.facts.status < 500;

/** Whatever broke, its words may hold the address: only its kind is kept. */
function asFetchFailure(error: unknown, { aborted, reason }: AbortSignal): AppError {
  if (aborted && isAppError(reason)) return reason;
  if (isAppError(error)) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  return new AppError('clip_fetch_failed', { reason: code ?? (error instanceof Error ? error.name : 'unknown') });
}
