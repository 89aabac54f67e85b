// A line in the chat while a clip takes long to arrive, so that nobody sends it twice. Quick clips show nothing.

import { say } from '../../chat/reply.ts';
import type { Messenger } from './messenger.ts';

export interface ProgressTiming {
  readonly firstMs: number;
  /** Telegram asks for at most one message a second in a chat; edits count. */
  readonly everyMs: number;
}

export const PROGRESS_TIMING: ProgressTiming = { firstMs: 3_000, everyMs: 4_000 };

/** Where the line of a chat stands, for the process after this one: a clip that is fetched anew takes it over. */
export interface ProgressPlaces {
  read(chatId: string): Promise<string | null>;
  write(chatId: string, messageRef: string | null): Promise<void>;
}

export interface ProgressDeps extends ProgressTiming {
  readonly messenger: Pick<Messenger, 'show' | 'remove'>;
  readonly places: ProgressPlaces;
  /** Showing it is a courtesy: this is told of what keeps it from showing, and the clip goes on. */
  readonly onFailure: (error: unknown) => void;
}

export interface Progress {
  add(bytes: number): void;
  /** Takes the line away. */
  end(): Promise<void>;
}

/** Begins to watch. */
export async function showProgress(chatId: string, sizeBytes: number | null, deps: ProgressDeps): Promise<Progress> {
  const { messenger, places, firstMs, everyMs, onFailure } = deps;
  let messageRef = await places.read(chatId);
  let received = 0;
  let isEnded = false;
  let drawing: Promise<void> = Promise.resolve();
  let timer = setTimeout(draw, firstMs);

  function describe(): string {
    if (received === 0) return 'Your clip is on its way.';
    const part = sizeBytes
      ? `${Math.min(99, Math.floor((received / sizeBytes) * 100))} %`
      : `${(received / 1e6).toFixed(1)} MB`;
    return `Receiving your clip: ${part}`;
  }

  async function show(): Promise<void> {
    const ref = await messenger.show(chatId, say(describe()), { edits: messageRef, silent: true });
    if (ref !== messageRef) await places.write(chatId, ref);
    messageRef = ref;
  }

  function draw(): void {
    drawing = show()
      .catch(onFailure)
      .finally(() => {
        if (!isEnded) timer = setTimeout(draw, everyMs);
      });
  }

  async function takeAway(): Promise<void> {
    if (messageRef === null) return;
    await messenger.remove(chatId, messageRef);
    await places.write(chatId, null);
  }

  return {
    add(bytes) {
      received += bytes;
    },
    async end() {
      isEnded = true;
      clearTimeout(timer);
      await drawing;
      await takeAway().catch(onFailure);
    },
  };
}
