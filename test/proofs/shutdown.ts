// SIGTERM in the middle of the work: what is being sent is broken off, every post is handed back at once, the process ends cleanly,
// and where another worker runs nothing is late because of it.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_TIMING } from '#services/publisher/work.ts';
import { latenessOf, openLoad, type PostOnRecord } from './load.ts';

const EXIT_MAX_MS = 30_000;
const LATE_MAX_MS = 2_000;
/** None can end by itself before the worker does. */
const UPLOAD_MS = 60_000;
const LEAD_MS = 4_000;
const WAIT_MS = 30_000;

export async function proveShutdown(print: (line: string) => void, { posts = 60, everyMs = 100 } = {}): Promise<void> {
  const load = await openLoad({ accounts: posts, leaseMs: DEFAULT_TIMING.leaseMs });
  try {
    await load.fault({ kind: 'slow', route: 'upload', delayMs: UPLOAD_MS });
    const ending = await load.startWorker(0);
    const dueMs = Date.now() + LEAD_MS;
    const due = await load.schedule(posts, dueMs, everyMs);
    // Half of them are about as many as are sent at once. Alone until half of the posts are due, so that it is known whose they are; those due later are either worker's.
    const isHalfAtWork = (all: PostOnRecord[]) => all.filter(isAtWork).length >= posts / 2;
    const before = await load.until('half of the posts to be at work', WAIT_MS, isHalfAtWork);
    await load.startWorker(1);
    const toldAt = Date.now();
    const exit = ending.kill('SIGTERM').then(() => Date.now() - toldAt);
    const exitMs = await Promise.race([exit, delay(EXIT_MAX_MS, EXIT_MAX_MS + 1, { ref: false })]);
    const exitCode = exitMs > EXIT_MAX_MS ? null : await ending.ended;

    const handed = new Map(before.filter(isAtWork).map(({ _id, fence }) => [_id, fence]));
    const isTaken = ({ _id, fence, attempt }: PostOnRecord) =>
      fence > (handed.get(_id) ?? 0) && Boolean(attempt?.publishId);
    const all = await load.until('every post to be at work again', WAIT_MS, now => now.every(isTaken));
    const takenMs = all.flatMap(({ _id, history = [] }) => {
      const fence = handed.get(_id);
      const again = history.find(entry => fence !== undefined && entry.fence > fence);
      return again ? [again.at.getTime() - toldAt] : [];
    });
    const lateMs = latenessOf(await load.journal(), due);
    const facts = { posts, handedBack: handed.size, exitMs, exitCode };
    print(JSON.stringify({ ...facts, lastTakenUpMs: Math.max(...takenMs), latestMs: Math.max(...lateMs) }));
    assert.equal(exitCode, 0, `the worker ended with ${exitCode} after ${exitMs} ms`);
    const [latestMs, lastTakenMs] = [Math.max(...lateMs), Math.max(...takenMs)];
    assert.ok(lastTakenMs <= exitMs + LATE_MAX_MS, `a post that was handed back waited ${lastTakenMs} ms`);
    assert.ok(latestMs <= LATE_MAX_MS, `a post was ${latestMs} ms late`);
  } finally {
    await load.leave();
  }
}

const isAtWork = ({ lease, step }: PostOnRecord): boolean => lease !== null && step !== null;
