// A source of bytes that can be broken off: by the caller, or by a deadline. A sender that stalls for ever gives no error by itself,
// and an async iterator that waits cannot be interrupted from outside, so each wait is raced against the end.

import { AppError, isAppError } from '../domain/errors.ts';

export interface TimedSource extends AsyncIterable<Uint8Array> {
  /** Lets go of the source, closing its connection. To be called where reading did not reach the end. */
  stop(): void;
}

/**
 * `source`, ending by a throw when `deadlineMs` have passed or `signal` is aborted.
 * @throws (while iterating) AppError `clip_fetch_failed` for the deadline or a source that broke, `aborted`; an AppError of the
 *   source as it is
 */
export function withDeadline(
  source: AsyncIterable<Uint8Array>,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): TimedSource {
  const deadline = AbortSignal.timeout(deadlineMs);
  const end = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const iterator = source[Symbol.asyncIterator]();

  const endError = (): AppError =>
    signal?.aborted ? new AppError('aborted') : new AppError('clip_fetch_failed', { reason: 'deadline', deadlineMs });

  async function* read(): AsyncGenerator<Uint8Array> {
    // A promise a wait: `Promise.race` against one that lives as long as the source would keep every chunk in memory.
    let breakOff: (error: AppError) => void = () => undefined;
    const onEnd = () => breakOff(endError());
    end.addEventListener('abort', onEnd, { once: true });
    try {
      for (;;) {
        if (end.aborted) throw endError();
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          breakOff = reject;
          iterator.next().then(resolve, reject);
        }).catch(asFetchFailure);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      end.removeEventListener('abort', onEnd);
    }
  }

  return {
    [Symbol.asyncIterator]: read,
    stop() {
      // What a source has to say after it was broken off concerns nobody.
      if (isStream(source)) source.once('error', () => undefined).destroy();
      else iterator.return?.().catch(() => undefined);
    },
  };
}

interface Destroyable {
  once(event: 'error', listener: () => void): Destroyable;
  destroy(): unknown;
}

/** A Node stream of any make; undici's bodies are not all instances of `Readable`. */
const isStream = (source: object): source is Destroyable =>
  'destroy' in source && typeof source.destroy === 'function' && 'once' in source;

/** A broken connection or an aborted one is the sender's failure; anything else is a mistake of ours and stays what it is. */
function asFetchFailure(error: unknown): never {
  if (isAppError(error) || !(error instanceof Error)) throw error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code === null && error.name !== 'AbortError') throw error;
  // The original is dropped: a download's error may hold its address, and Telegram's addresses hold the bot's token.
  throw new AppError('clip_fetch_failed', { reason: code ?? error.name });
}
