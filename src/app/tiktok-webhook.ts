// TikTok's webhook as the web server serves it: genuine by its signature over the raw bytes, answered before anything is done, and
// worked off before the process ends.

import { createHash } from 'node:crypto';
import { isAppError } from '../domain/errors.ts';
import { TIKTOK_WEBHOOK_PATH } from '../domain/tiktok-webhook-path.ts';
import type { Webhook } from '../http/server.ts';
import type { Log } from '../log.ts';
import type { TikTokEvents } from '../services/tiktok-events.ts';
import { parseWebhook, verifyWebhookSignature, type WebhookEvent } from '../tiktok/webhook.ts';

const SIGNATURE_HEADER = 'tiktok-signature';

export interface TikTokWebhookDeps {
  readonly events: TikTokEvents;
  readonly clientSecret: string;
  readonly clock: () => number;
  readonly log: Log;
}

export function createTikTokWebhook({ events, clientSecret, clock, log }: TikTokWebhookDeps) {
  const running = new Set<Promise<void>>();

  function read(rawBody: Buffer): WebhookEvent | null {
    try {
      return parseWebhook(rawBody);
    } catch (error) {
      if (!isAppError(error)) throw error;
      // Genuine, and of a shape that no document describes: it was only a hint.
      log.warn({ facts: error.facts }, 'a webhook of TikTok’s could not be read');
      return null;
    }
  }

  const webhook: Webhook = {
    path: TIKTOK_WEBHOOK_PATH,
    isRaw: true,
    take(headers, body) {
      const header = headers[SIGNATURE_HEADER];
      if (!Buffer.isBuffer(body) || typeof header !== 'string') return 'foreign';
      if (!verifyWebhookSignature({ header, rawBody: body, clientSecret, nowMs: clock() })) return 'foreign';
      const event = read(body);
      if (!event) return 'taken';
      const fingerprint = createHash('sha256').update(body).digest('hex');
      const task = events
        .take(event, fingerprint)
        .catch(error => log.error({ err: error, event: event.kind }, 'a webhook of TikTok’s came to nothing'))
        .finally(() => running.delete(task));
      running.add(task);
      return 'taken';
    },
  };

  return {
    webhook,
    async stop(): Promise<void> {
      await Promise.all(running);
    },
  };
}
