// grammY as this adapter uses it: errors that never hold an address (Telegram's addresses hold the bot's token), and what
// Telegram's refusals mean.

import { Bot, GrammyError, HttpError } from 'grammy';
import { AppError, isAppError } from '../../domain/errors.ts';

export type TelegramApi = Bot['api'];

/** Longer than the longest poll; grammY's own 500 s would hold an answer back for that long when a connection dies. */
const CALL_TIMEOUT_S = 45;

/** A bot that is driven from outside: it neither polls nor stops by itself. */
export function createBot(token: string, apiRoot: string): Bot {
  const bot = new Bot(token, { client: { apiRoot, timeoutSeconds: CALL_TIMEOUT_S } });
  bot.api.config.use(async (prev, method, payload, signal) => {
    try {
      return await prev(method, payload, signal);
    } catch (error) {
      // The cause is dropped: its message has the address in it.
      if (error instanceof HttpError) throw new AppError('chat_unreachable', { method, reason: reasonOf(error.error) });
      throw error;
    }
  });
  return bot;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return cause.name === 'AbortError' ? 'aborted' : cause.message.startsWith('Request to') ? 'timeout' : cause.name;
}

/**
 * What a failed call means:
 * - `wait`: again after `delayMs`, which Telegram named where `isAsked`;
 * - `blocked`: the person does not want to hear from the bot, or never wrote to it;
 * - `unchanged`: an edit that changes nothing;
 * - `gone`: the message, query or file is not there any more;
 * - `refused`: asking again changes nothing.
 */
export type Failure =
  | { readonly kind: 'wait'; readonly delayMs: number; readonly isAsked: boolean }
  | { readonly kind: 'blocked' | 'unchanged' | 'gone' | 'refused' };

const UNKNOWN_WAIT: Failure = { kind: 'wait', delayMs: 5_000, isAsked: false };
const GONE =
  /message to (edit|delete|be replied) not found|message can't be (edited|deleted)|query is too old|MESSAGE_ID_INVALID/i;
const BLOCKED = /chat not found|user is deactivated|PEER_ID_INVALID|chat was deleted/i;

/** Reads a failed call. Anything that is no failure of a call is thrown again. */
export function readFailure(error: unknown): Failure {
  if (isAppError(error, 'chat_unreachable')) return UNKNOWN_WAIT;
  if (!(error instanceof GrammyError)) throw error;
  const { error_code: status, description, parameters } = error;
  if (status === 429) return { kind: 'wait', delayMs: (parameters.retry_after ?? 1) * 1000, isAsked: true };
  if (status >= 500) return UNKNOWN_WAIT;
  if (status === 403 || BLOCKED.test(description)) return { kind: 'blocked' };
  if (/message is not modified/i.test(description)) return { kind: 'unchanged' };
  return { kind: GONE.test(description) ? 'gone' : 'refused' };
}

/** A failed call for the log: what and why, without the words that were being sent. */
export const describeFailure = (error: unknown): object => {
  if (error instanceof GrammyError)
    return { method: error.method, status: error.error_code, reason: error.description };
  return isAppError(error) ? { code: error.code, ...error.facts } : { err: error };
};

/** Whether the server keeps a file back for its size. */
export const isTooBig = (error: unknown): boolean =>
  error instanceof GrammyError && /file is too big/i.test(error.description);

/** Whether no answer came in time. */
export const isTimeout = (error: unknown): boolean =>
  isAppError(error, 'chat_unreachable') && error.facts.reason === 'timeout';

/** Whether Telegram will not call the address that it was given. */
export const isBadWebhook = (error: unknown): boolean =>
  error instanceof GrammyError && /bad webhook/i.test(error.description);

export const statusOf = (error: unknown): number | null => (error instanceof GrammyError ? error.error_code : null);
