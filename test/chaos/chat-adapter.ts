// The worker's end of the round's chat platforms: a message is one HTTP request to the chat server. `dedup` drops a second message with
// the same key, as Discord does; `plain` does not, as Telegram does not.

import { HEADLESS_LIMITS } from '#adapters/headless/adapter.ts';
import type { Adapter } from '#chat/adapter.ts';
import type { SentMessage } from './chat-server.ts';

const TIMEOUT_MS = 10_000;

export function createChatAdapter(platform: string, chatUrl: string): Adapter {
  return {
    platform,
    limits: { ...HEADLESS_LIMITS, deduplicatesSends: platform === 'dedup' },
    start: async () => {},
    stop: async () => {},
    async send(chatId, { idempotencyKey, edits }) {
      const message: SentMessage = { platform, chatId, key: idempotencyKey, edits };
      const answer = await fetch(chatUrl, {
        method: 'POST',
        body: JSON.stringify(message),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (answer.status === 503) return { kind: 'retryAfter', delayMs: 500 };
      const { messageRef } = (await answer.json()) as { messageRef: string };
      return { kind: 'sent', messageRef };
    },
  };
}
