// One HTTP exchange with TikTok over undici: bounded in time and answer size, abortable, and with failures that name what happened
// without carrying what was sent. undici's own errors are dropped rather than kept as causes: they may hold the address of an
// upload, which is a secret, or the request's headers.

import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { linkAbort } from '../abort-links.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import { asFact } from './error-table.ts';

/** Far above any answer of TikTok's, far below what could hurt. */
const ANSWER_MAX_BYTES = 64 * 1024;

export interface Exchange {
  readonly dispatcher: Dispatcher;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body?: string | Readable | undefined;
  /** For the whole exchange, answer included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * Sends one request and reads its answer, whatever its status. A streamed body is destroyed in any case.
 * @throws AppError `aborted` (the caller's signal), `tiktok_timeout`, `tiktok_unreachable` (no connection, or it broke),
 *   `tiktok_answer_unreadable` (over 64 KB); an AppError of the body's own source as it is.
 */
export async function exchange({ timeoutMs, signal, url, ...options }: Exchange): Promise<Answer> {
  const end = new AbortController();
  const unlink = signal && linkAbort(end, signal);
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    end.abort();
  }, timeoutMs);
  try {
    const response = await request(url, {
      ...options,
      signal: end.signal,
      // The deadline rules alone; undici's own timers would cut a slow but living upload short.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { status: response.statusCode, headers: response.headers, text: await readCapped(response.body) };
  } catch (error) {
    if (isAppError(error)) throw error;
    if (signal?.aborted) throw new AppError('aborted');
    if (isLate) throw new AppError('tiktok_timeout', { timeoutMs });
    const reason = transportReason(error);
    if (reason === null) throw error;
    throw new AppError('tiktok_unreachable', { reason });
  } finally {
    clearTimeout(deadline);
    unlink?.();
    if (typeof options.body === 'object') options.body.destroy();
  }
}

async function readCapped(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of body) {
    sizeBytes += part.length;
    if (sizeBytes > ANSWER_MAX_BYTES)
      throw new AppError('tiktok_answer_unreadable', { reason: 'too large', limitBytes: ANSWER_MAX_BYTES });
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Codes that undici gives to our own mistakes; those must surface as what they are. */
const OUR_MISTAKES = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_CLIENT_DESTROYED',
]);

/** The code under which Node or undici reports a broken connection, or null for any other error. */
function transportReason(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  if (OUR_MISTAKES.has(error.code) || error.code.startsWith('ERR_INVALID')) return null;
  return asFact(error.code);
}
