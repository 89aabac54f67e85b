// Clips on their way from the page to the bot. The page keeps a clip until the bot wants it; then its bytes are streamed from the
// request into the media store, and nothing is kept in between.

import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ClipOffer } from '../../chat/invocation.ts';
import { AppError } from '../../domain/errors.ts';
import type { WireClip } from './wire.ts';

/** The page begins at once; one that was closed never does. */
const START_WITHIN_MS = 20_000;

interface Wanted {
  take(source: Readable): void;
  fail(error: AppError): void;
}

export interface Uploads {
  offer(clip: WireClip): ClipOffer;
  /** Clips that the bot waits for. */
  wanted(): string[];
  /** Hands over a clip's bytes. False where nobody wants them (any more); done once they are read. */
  take(id: string, source: Readable): Promise<boolean>;
  /** Ends every upload. */
  stop(): void;
}

/** `ask` tells the pages which clip is wanted. */
export function createUploads(ask: (clipId: string) => void): Uploads {
  const wanted = new Map<string, Wanted>();
  const running = new Set<Readable>();

  function open(id: string, signal: AbortSignal): Promise<Readable> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        wanted.delete(id);
      };
      const fail = (error: AppError) => {
        settle();
        reject(error);
      };
      const onAbort = () => fail(new AppError('aborted'));
      const timer = setTimeout(() => fail(new AppError('clip_fetch_failed')), START_WITHIN_MS);
      signal.addEventListener('abort', onAbort);
      wanted.set(id, {
        fail,
        take(source) {
          settle();
          resolve(source);
        },
      });
      ask(id);
    });
  }

  return {
    offer: ({ id, name, sizeBytes }) => ({
      name,
      sizeBytes,
      open: signal => (signal.aborted ? Promise.reject(new AppError('aborted')) : open(id, signal)),
    }),

    wanted: () => [...wanted.keys()],

    async take(id, source) {
      const one = wanted.get(id);
      if (!one) return false;
      running.add(source);
      one.take(source);
      try {
        await finished(source, { writable: false });
        return true;
      } catch (error) {
        // Whoever reads the bytes tells the person what became of them; here only the connection ended.
        if (source.destroyed) return false;
        throw error;
      } finally {
        running.delete(source);
      }
    },

    stop() {
      for (const one of wanted.values()) one.fail(new AppError('aborted'));
      for (const source of running) source.destroy(new AppError('aborted'));
    },
  };
}
