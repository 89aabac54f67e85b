// Who answers for an update. Telegram forgets it once the bot says that it has it, and shows a bot at most 100 that it was not told to
// forget: a hundred clips that come slowly would make it deaf to everybody else. So an update that takes long is written down here,
// and Telegram may forget it; a process that dies meanwhile begins with what was written down.

import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { within } from '../../within.ts';
import { describeFailure } from './client.ts';
import { PLATFORM } from './read-message.ts';
import { readUpdate } from './webhook.ts';

export interface KeptUpdates {
  /** Writes an update down; false where nothing may be written, its sender being a stranger. */
  keep(
    from: { readonly platform: string; readonly personId: string; readonly bot: string; readonly key: string },
    update: string,
  ): Promise<boolean>;
  list(bot: string): Promise<readonly string[]>;
  drop(keys: readonly string[]): Promise<void>;
}

export interface CustodyDeps {
  readonly kept: KeptUpdates;
  readonly botId: number;
  /** How long handling may take until the update is written down: most are answered by then and cost no write. */
  readonly patienceMs: number;
  /** Rejects where the update is to be handled again. */
  readonly handle: (update: Update) => Promise<void>;
  readonly log: { warn(facts: object, message: string): void };
}

export interface Custody {
  /** Begins to handle an update. Settles once Telegram may forget it; rejects where Telegram is to keep it. */
  take(update: Update): Promise<void>;
  /** What a process before this one had written down and not handled, in the order in which it was sent. To be taken again. */
  inherit(): Promise<readonly Update[]>;
  /** Waits for everything that was taken. */
  settle(): Promise<void>;
}

/** Each may be a clip on its way, with a connection and a file. With so many under way the others wait at Telegram. */
const KEPT_AT_ONCE = 1_000;

export const eventKey = (botId: number, updateId: number): string => `${PLATFORM}:${botId}:${updateId}`;

export function createCustody({ kept, botId, patienceMs, handle, log }: CustodyDeps): Custody {
  const bot = `${PLATFORM}:${botId}`;
  const keyOf = ({ update_id: id }: Update) => eventKey(botId, id);
  /** Written down. */
  const ownKeys = new Set<string>();
  /** Under way: each with what settles once Telegram may forget it. */
  const inHand = new Map<string, Promise<void>>();
  const tasks = new Set<Promise<void>>();
  let served: string[] = [];

  async function keep(update: Update): Promise<boolean> {
    const sender = update.message?.from ?? update.callback_query?.from;
    if (!sender || ownKeys.size >= KEPT_AT_ONCE) return false;
    const key = keyOf(update);
    ownKeys.add(key);
    const from = { platform: PLATFORM, personId: String(sender.id), bot, key };
    const isKept = await kept.keep(from, JSON.stringify(update)).catch(error => {
      log.warn(describeFailure(error), 'an update could not be written down; Telegram keeps it');
      return false;
    });
    if (!isKept) ownKeys.delete(key);
    return isKept;
  }

  /**
   * What ended together is struck together: an album's clips are updates of their own, and some of them left behind would be a
   * smaller album at the next start.
   */
  async function strike(key: string): Promise<void> {
    served.push(key);
    await endOfTurn();
    const keys = served;
    served = [];
    if (keys.length === 0) return;
    for (const one of keys) ownKeys.delete(one);
    // At the next start it would be found to be answered already.
    await kept.drop(keys).catch(error => log.warn(describeFailure(error), 'handled updates were not struck'));
  }

  async function makeSafe(update: Update, handled: Promise<void>): Promise<void> {
    if (ownKeys.has(keyOf(update))) return;
    const ended = handled.then(
      () => true,
      () => true,
    );
    if ((await within(ended, patienceMs, false)) || !(await keep(update))) await handled;
  }

  /** Sees an update through to its end. */
  async function follow(key: string, handled: Promise<void>, safe: Promise<void>): Promise<void> {
    try {
      await handled;
      await safe;
      if (ownKeys.has(key)) await strike(key);
    } catch (error) {
      await safe.catch(() => undefined);
      log.warn(describeFailure(error), 'an update waits for the next start');
    }
  }

  return {
    take(update) {
      const key = keyOf(update);
      const before = inHand.get(key);
      if (before) return before;
      const handled = handle(update);
      const safe = makeSafe(update, handled);
      inHand.set(key, safe);
      const task = follow(key, handled, safe).finally(() => {
        inHand.delete(key);
        tasks.delete(task);
      });
      tasks.add(task);
      return safe;
    },

    async inherit() {
      const found = (await kept.list(bot)).flatMap(text => readUpdate(JSON.parse(text)) ?? []);
      const updates = found.filter(update => !inHand.has(keyOf(update)));
      for (const update of updates) ownKeys.add(keyOf(update));
      return updates.toSorted((a, b) => a.update_id - b.update_id);
    },

    async settle() {
      while (tasks.size > 0) await Promise.all(tasks);
    },
  };
}
