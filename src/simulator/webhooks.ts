/**
 * Events on their way to the apps' callback URLs: kept until delivered, signed when sent, retried with backoff
 * (webhooks-overview, -events, -verification). At least once, in no promised order, as TikTok says of its own.
 */
import { createHmac } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { committed } from './database.ts';
import type { Journal } from './journal.ts';
import type { SettingsStore } from './settings.ts';

const PUMP_EVERY_MS = 100;
const PARALLEL = 4;

export interface Webhooks {
  /** Queues an event where the app has a callback URL. Call it inside the transaction that makes it true. */
  enqueue(clientKey: string, openId: string, event: string, content: Record<string, unknown>): void;
  /** Waits for running deliveries, which are aborted. */
  stop(): Promise<void>;
}

/** `settle` brings delayed events about whose time has come; it is called before each look at the queue. */
export function createWebhooks(deps: {
  db: DatabaseSync;
  clock: () => number;
  random: () => number;
  settings: SettingsStore;
  journal: Journal;
  settle: () => void;
}): Webhooks {
  const { db, clock, random, settings, journal } = deps;
  const insert = db.prepare('INSERT INTO webhooks (client_key, body, next_at) VALUES (?, ?, ?)');
  const due = db.prepare('SELECT * FROM webhooks WHERE next_at <= ? ORDER BY next_at, id LIMIT ?');
  const reschedule = db.prepare('UPDATE webhooks SET attempts = ?, next_at = ? WHERE id = ?');
  const running = new Map<number, Promise<void>>();
  const stopping = new AbortController();

  async function deliver(row: Record<string, unknown>): Promise<void> {
    const id = Number(row.id);
    const clientKey = String(row.client_key);
    const body = String(row.body);
    const { maxAttempts, retryBaseMs, timeoutMs } = settings.current().webhooks;
    const client = settings.client(clientKey);
    const event = String((JSON.parse(body) as { event: unknown }).event);
    if (client === undefined || client.webhookUrl === null) {
      reschedule.run(Number(row.attempts), null, id);
      return;
    }
    const seconds = Math.floor(clock() / 1000);
    const signature = createHmac('sha256', client.secret).update(`${seconds}.${body}`).digest('hex');
    await committed(db);
    const arrived = await post(client.webhookUrl, body, `t=${seconds},s=${signature}`, timeoutMs, stopping.signal);
    if (stopping.signal.aborted) return;
    const attempts = Number(row.attempts) + 1;
    if (!arrived && attempts < maxAttempts) {
      reschedule.run(attempts, clock() + retryBaseMs * 2 ** (attempts - 1), id);
      return;
    }
    reschedule.run(attempts, null, id);
    journal.append(arrived ? 'webhook.delivered' : 'webhook.given_up', { clientKey, event });
  }

  function pump(): void {
    if (!Object.values(settings.current().clients).some(client => client.webhookUrl !== null)) return;
    deps.settle();
    for (const row of due.all(clock(), PARALLEL * 2)) {
      const id = Number(row.id);
      if (running.size >= PARALLEL || running.has(id)) continue;
      running.set(
        id,
        deliver(row).finally(() => running.delete(id)),
      );
    }
  }
  const timer = setInterval(pump, PUMP_EVERY_MS);
  timer.unref();

  return {
    enqueue(clientKey, openId, event, content) {
      if (!settings.client(clientKey)?.webhookUrl) return;
      const { duplicates, reorderWithinMs } = settings.current().webhooks;
      const body = JSON.stringify({
        client_key: clientKey,
        event,
        create_time: Math.floor(clock() / 1000),
        user_openid: openId,
        content: JSON.stringify(content),
      });
      for (let copy = 0; copy <= duplicates; copy++) {
        insert.run(clientKey, body, clock() + Math.floor(random() * reorderWithinMs));
      }
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(running.values());
    },
  };
}

/** Whether the receiver answered 200 in time; whatever else happens there, the event comes again. */
async function post(url: string, body: string, signature: string, timeoutMs: number, stopping: AbortSignal) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'tiktok-signature': signature },
      body,
      redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping]),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch (error) {
    // fetch says TypeError for every failure of the network; the other two are the time limit and stop().
    if (error instanceof TypeError) return false;
    if (error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')) return false;
    throw error;
  }
}
