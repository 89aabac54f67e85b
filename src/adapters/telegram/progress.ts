// A line in the chat while a clip takes long to arrive, so that nobody sends it twice. Quick clips show nothing.

import { say } from '../../chat/reply.ts';
import type { Messenger } from './messenger.ts';

export interface ProgressTiming {
  readonly firstMs: number;
  /** Telegram asks for at most one message a second in a chat; edits count. */
  readonly everyMs: number;
}

export const PROGRESS_TIMING: ProgressTiming = { firstMs: 3_000, everyMs: 4_000 };

export interface Progress {
  add(bytes: number): void;
  /** Takes the line away. */
  end(): Promise<void>;
}

/** Begins to watch. Showing it is a courtesy: `onFailure` is told of what keeps it from showing, and the clip goes on. */
export function showProgress(
  messenger: Messenger,
  chatId: string,
  sizeBytes: number | null,
  { firstMs, everyMs }: ProgressTiming,
  onFailure: (error: unknown) => void,
): Progress {
  let received = 0;
  let messageRef: string | null = null;
  let isEnded = false;
  let drawing: Promise<void> = Promise.resolve();
  let timer = setTimeout(draw, firstMs);

  function draw(): void {
    const part = sizeBytes
      ? `${Math.min(99, Math.floor((received / sizeBytes) * 100))} %`
      : `${(received / 1e6).toFixed(1)} MB`;
    drawing = messenger
      .show(chatId, say(`Receiving your clip: ${part}`), { edits: messageRef, silent: true })
      .then(ref => {
        messageRef = ref;
      })
      .catch(onFailure)
      .finally(() => {
        if (!isEnded) timer = setTimeout(draw, everyMs);
      });
  }

  return {
    add(bytes) {
      received += bytes;
    },
    async end() {
      isEnded = true;
      clearTimeout(timer);
      await drawing;
      if (messageRef !== null) await messenger.remove(chatId, messageRef).catch(onFailure);
    },
  };
}
