// Keeps the publisher going: a sweep that finds every post that needs attention, timers for those due within the next moments, and
// a bounded number of posts at work at once.

import { setTimeout as delay } from 'node:timers/promises';
import { bulkhead } from 'cockatiel';
import { AppError } from '../../domain/errors.ts';
import { createSweep } from '../sweep.ts';
import { type FailedStep, work } from './advance.ts';
import { createFairQueue } from './fair-queue.ts';
import { FIRST_LOOK, findDue } from './find-due.ts';
import type { PublisherDeps } from './work.ts';

export interface RunnerDeps extends Omit<PublisherDeps, 'uploads' | 'isRushed'> {
  /** The database's now, ms. */
  readonly databaseNow: () => Promise<number>;
  /** A copy of a database that another process may still work on. */
  readonly isOnStandby: () => Promise<boolean>;
  readonly newId: () => string;
  readonly maxAtOnce: number;
  readonly sweepEveryMs: number;
  readonly log: {
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
}

export interface Runner {
  start(): void;
  /** Something may be due: a hint, harmless at any time. */
  wake(postId: string): void;
  /** Resolves once no due post waits for a place, after a few seconds in any case: who else would write meanwhile can wait. */
  untilCalm(): Promise<void>;
  /** The instant of the last complete sweep, ms; what health checks look at. */
  lastSweepAt(): number;
  /** Takes nothing new, aborts what runs, hands its leases back. */
  stop(): Promise<void>;
}

/** An alarm does not say whose post it is; all alarms together count as one person. */
const NOBODY = '';

/** Many more posts may be prepared than sent at once, so that no long upload keeps a post from starting on time. */
const UPLOADS_AT_ONCE = 32;

/** Five seconds together: half of what Agenda gives a job, before it is another worker's. */
const CALM_LOOKS = 50;
const CALM_LOOK_EVERY_MS = 100;

export function createRunner(deps: RunnerDeps): Runner {
  const publisher: PublisherDeps = {
    ...deps,
    uploads: bulkhead(UPLOADS_AT_ONCE, Number.POSITIVE_INFINITY),
    isRushed: () => queue.size() > 0 || leavesMore,
  };
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  /** Due, and waiting for a place. */
  const queue = createFairQueue(FIRST_LOOK);
  /** Posts that are due before the next sweep, each with its timer. */
  const soon = new Map<string, NodeJS.Timeout>();
  const reportFailure = ({ error, ...facts }: FailedStep) => deps.log.warn({ ...facts, err: error }, 'a step failed');

  async function run(id: string): Promise<void> {
    const claim = { owner: deps.newId(), claimedAtMs: performance.now(), stopping: stopping.signal };
    const post = await deps.posts.claim(id, claim.owner, deps.timing.leaseMs);
    // After the claim: a backup may have been restored just before it. The lease runs out by itself.
    if (post && !(await deps.isOnStandby())) await work(publisher, post, claim, reportFailure);
  }

  /** One of the three places where an unknown error ends: the job runner. The post's lease runs out and the sweep retries it. */
  function begin(id: string): void {
    const task = run(id)
      .catch(error => deps.log.error({ postId: id, err: error }, 'a post could not be worked on'))
      .finally(() => {
        running.delete(id);
        beginNext();
      });
    running.set(id, task);
  }

  function beginNext(): void {
    if (stopping.signal.aborted) return;
    for (;;) {
      const next = queue.take();
      if (next === undefined) break;
      // An alarm and a sweep may both have brought it.
      if (running.has(next)) continue;
      begin(next);
      return;
    }
    if (leavesMore) sweep.hurry();
  }

  function wake(id: string, ownerId = NOBODY): void {
    if (stopping.signal.aborted || running.has(id)) return;
    if (running.size < deps.maxAtOnce) begin(id);
    else queue.add(id, ownerId);
  }

  function wakeIn(id: string, ownerId: string, delayMs: number): void {
    if (delayMs <= 0) wake(id, ownerId);
    if (delayMs <= 0 || soon.has(id)) return;
    soon.set(
      id,
      setTimeout(() => {
        soon.delete(id);
        wake(id, ownerId);
      }, delayMs),
    );
  }

  /** The last sweep found more than the queue holds. */
  let leavesMore = false;

  const sweep = createSweep({
    name: 'posts',
    everyMs: deps.sweepEveryMs,
    clock: deps.clock,
    log: deps.log,
    async run() {
      leavesMore = false;
      if (await deps.isOnStandby()) return;
      const now = await deps.databaseNow();
      const due = await findDue(deps.posts, new Date(now + deps.sweepEveryMs), deps.world);
      leavesMore = due.leavesMore;
      // A millisecond late rather than early: the database's clock decides, and an early claim is refused.
      for (const { id, ownerId, wakeAt } of due.waking) wakeIn(id, ownerId, wakeAt.getTime() - now + 1);
    },
  });

  return {
    start: sweep.start,
    wake: id => wake(id),
    async untilCalm() {
      for (let looks = 0; looks < CALM_LOOKS && publisher.isRushed() && !stopping.signal.aborted; looks++)
        await delay(CALM_LOOK_EVERY_MS);
    },
    lastSweepAt: sweep.lastDoneAt,
    async stop() {
      stopping.abort(new AppError('aborted'));
      for (const timer of soon.values()) clearTimeout(timer);
      await sweep.stop();
      await Promise.all(running.values());
    },
  };
}
