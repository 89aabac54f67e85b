// Tells how far a slow clip has come. Quick ones say nothing: a line that flashes by helps nobody.

import type { ClipOffer } from '../../chat/invocation.ts';

export const PROGRESS_EVERY_MS = 3_000;

export interface Progress {
  /** To be told of every piece that arrives. */
  onBytes(count: number): void;
  /** Counts a clip that may be fetched. */
  watch(offer: ClipOffer): ClipOffer;
  /** Ends the telling; resolves once nothing of it can overtake the answer any more. */
  stop(): Promise<void>;
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0);

/** `show` puts the words where the answer will stand. Where it fails the log hears of it, and the work goes on. */
export function createProgress(
  show: (words: string) => Promise<void>,
  { log, everyMs = PROGRESS_EVERY_MS }: { log: { info(facts: object, message: string): void }; everyMs?: number },
): Progress {
  let offered = 0;
  let opened = 0;
  let arrivedBytes = 0;
  let expectedBytes = 0;
  let timer: NodeJS.Timeout | null = null;
  let showing: Promise<void> = Promise.resolve();

  const words = (): string => {
    const which = offered > 1 ? `clip ${opened} of ${offered}` : 'your clip';
    if (arrivedBytes >= expectedBytes) return `Looking at ${which}…`;
    return `Taking in ${which}: ${megabytes(arrivedBytes)} of ${megabytes(expectedBytes)} MB.`;
  };

  async function tell(): Promise<void> {
    if (!timer) return;
    try {
      await show(words());
    } catch (error) {
      log.info({ reason: String(error) }, 'progress could not be shown');
    }
  }

  return {
    onBytes(count) {
      arrivedBytes += count;
    },
    watch(offer) {
      offered += 1;
      return {
        ...offer,
        open(signal) {
          opened += 1;
          arrivedBytes = 0;
          expectedBytes = offer.sizeBytes ?? 0;
          timer ??= setInterval(() => {
            showing = showing.then(tell);
          }, everyMs);
          return offer.open(signal);
        },
      };
    },
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      await showing;
    },
  };
}
