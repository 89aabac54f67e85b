// Long polling around grammY's handleUpdate. Telegram forgets what lies before the offset, so the offset moves only past updates
// that were handled or written down: a killed process gets the others again. (grammY's own loop handles one chat after the other,
// and its runner confirms before it handles.)

import { setTimeout as sleep } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { AppError } from '../../domain/errors.ts';
import { describeFailure, isBadWebhook, readFailure, statusOf, type TelegramApi } from './client.ts';

export interface PollingDeps {
  readonly api: TelegramApi;
  readonly allowedUpdates: readonly Exclude<keyof Update, 'update_id'>[];
  /** Settles once Telegram may forget the update; rejects where it is to come again. */
  readonly take: (update: Update) => Promise<void>;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}

const POLL_S = 25;
const AT_ONCE = 100;
/** Updates that Telegram may not forget yet are what a poll gives, at once: the next look waits until none is left, at most so long. */
const BUSY_LOOK_MS = 100;
/** Another program with the same token, or a token that was revoked: neither ends by asking quickly. */
const TROUBLE_PAUSE_MS = 10_000;

export interface Polling {
  /** The first poll. `inherited` updates stand before what it brings. @throws GrammyError where Telegram refuses it. */
  begin(inherited: readonly Update[]): Promise<void>;
  /** Takes no more updates. */
  halt(): Promise<void>;
  /** Why no update comes and none will, in words for the operator; null while nothing is wrong. */
  fault(): string | null;
  /** Tells Telegram what it may forget; to be called when nothing is under way. */
  confirm(): Promise<void>;
}

export function createPolling({ api, allowedUpdates, take, log }: PollingDeps): Polling {
  const running = new Set<number>();
  const known = new Set<number>();
  const stopping = new AbortController();
  let next = 0;
  let fault: string | null = null;
  let looping: Promise<void> = Promise.resolve();
  let wake: () => void = () => undefined;

  /** The first update that Telegram may not forget yet. */
  const offset = (): number => Math.min(next, ...running.keys());

  async function poll(timeoutS: number, inherited: readonly Update[] = []): Promise<void> {
    const from = offset();
    const received = await api.getUpdates(
      { offset: from, limit: AT_ONCE, timeout: timeoutS, allowed_updates: allowedUpdates },
      // grammY asks for the type of its own polyfill, which has fewer members than Node's.
      stopping.signal as Parameters<TelegramApi['getUpdates']>[1],
    );
    fault = null;
    for (const id of known) if (id < from) known.delete(id);
    // A process that died between writing an update down and telling Telegram gets it from both.
    const updates = [...inherited, ...received].toSorted((a, b) => a.update_id - b.update_id);
    for (const update of updates) if (!known.has(update.update_id)) begin(update);
  }

  function begin(update: Update): void {
    const id = update.update_id;
    known.add(id);
    next = Math.max(next, id + 1);
    running.add(id);
    take(update).then(
      () => {
        running.delete(id);
        if (running.size === 0) wake();
      },
      // It keeps its place: the offset stays before it, and the next start gets it again.
      () => undefined,
    );
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await poll(running.size > 0 ? 0 : POLL_S);
        if (running.size > 0) await allEnd();
      } catch (error) {
        if (stopping.signal.aborted) return;
        await pauseAfter(error);
      }
    }
  }

  const allEnd = () =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, BUSY_LOOK_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function pauseAfter(error: unknown): Promise<void> {
    const sentence = explainRefusal(error);
    fault = sentence;
    if (sentence) log.error({}, sentence);
    else log.warn(describeFailure(error), 'Telegram gave no updates; asking again');
    const failure = readFailure(error);
    const pauseMs = sentence || failure.kind !== 'wait' ? TROUBLE_PAUSE_MS : failure.delayMs;
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  return {
    async begin(inherited) {
      await poll(0, inherited);
      looping = loop();
    },
    async halt() {
      stopping.abort();
      await looping;
    },
    fault: () => fault,
    async confirm() {
      if (next > 0) await api.getUpdates({ offset: offset(), limit: 1, timeout: 0 });
    },
  };
}

/** The refusals that only the operator can end, in one sentence each; null for everything else. */
export function explainRefusal(error: unknown): string | null {
  switch (statusOf(error)) {
    case 400:
      return isBadWebhook(error)
        ? 'Telegram does not post to this PUBLIC_URL: it wants https on port 443, 80, 88 or 8443 of a public address. TELEGRAM_WEBHOOK=off needs none.'
        : null;
    case 401:
    case 404:
      return 'Telegram does not accept TELEGRAM_BOT_TOKEN: copy it again from @BotFather (/mybots, your bot, API Token).';
    case 409:
      return 'Another program receives the messages of this Telegram bot: stop it, or give this one a bot of its own (/newbot at @BotFather).';
    default:
      return null;
  }
}

/** Says so in words for the operator, where there are any. */
export const asStartFault = (error: unknown): unknown => {
  const sentence = explainRefusal(error);
  return sentence ? new Error(sentence) : error instanceof AppError ? error : error;
};
