// Updates over HTTPS instead of polling. Telegram proves itself by a secret that only this bot's token gives, so nothing is stored
// and every process of the same bot knows it.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Update } from 'grammy/types';
import { z } from 'zod';

export const WEBHOOK_PATH = '/telegram/updates';

/** The header in which Telegram repeats the secret (core.telegram.org/bots/api#setwebhook). */
export const SECRET_HEADER = 'x-telegram-bot-api-secret-token';

export const webhookSecret = (token: string): string =>
  createHmac('sha256', token).update('clipcue telegram webhook').digest('hex');

export function isFromTelegram(token: string, header: unknown): boolean {
  const expected = Buffer.from(webhookSecret(token));
  const given = Buffer.from(typeof header === 'string' ? header : '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const update = z.looseObject({ update_id: z.int() });

/** The update in a request's body, or null where it is none. */
export function readUpdate(body: unknown): Update | null {
  const parsed = update.safeParse(body);
  return parsed.success ? (parsed.data as Update) : null;
}
