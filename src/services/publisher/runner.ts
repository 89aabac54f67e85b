// Keeps the publisher going: a sweep that finds every post that needs attention, timers for those due within the next moments, and
// lanes that bound how many are worked on at once.

import { setTimeout as delay } from 'node:timers/promises';
import { bulkhead } from 'cockatiel';
import { AppError } from '../../domain/errors.ts';
import type { Post } from '../../domain/post-record.ts';
import { createSweep } from '../sweep.ts';
import { type FailedStep, work } from './advance.ts';
import { claimPost } from './claim.ts';
import { createFindDue, FIRST_LOOK } from './find-due.ts';
import { createLanes, type Lane, laneOf } from './lanes.ts';
import type { PublisherDeps } from './work.ts';

export interface RunnerDeps extends Omit<PublisherDeps, 'uploads' | 'mustBytesWait'> {
  /** The database's now, ms. */
  readonly databaseNow: () => Promise<number>;
  /** A copy of a database that another process may still work on. */
  readonly isOnStandby: () => Promise<boolean>;
  readonly newId: () => string;
  /** Posts that begin at once; bytes and later looks have fewer places. */
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

/** More would share the same line, and each take longer than TikTok waits. */
export const UPLOADS_AT_ONCE = 32;
/** Some more have their next chunk ready. */
const UPLOADING_AT_ONCE = 40;
const LOOKS_AT_ONCE = 64;

/** While posts are due that nobody has begun with, the others have one place only, so that they do not stand still either. */
function placesIn(lane: Lane, maxAtOnce: number, isRushed: boolean): number {
  if (lane === 'start') return maxAtOnce;
  if (isRushed) return 1;
  return Math.min(lane === 'upload' ? UPLOADING_AT_ONCE : LOOKS_AT_ONCE, maxAtOnce);
}

/** Five seconds together: half of what Agenda gives a job, before it is another worker's. */
const CALM_LOOKS = 50;
const CALM_LOOK_EVERY_MS = 100;

export function createRunner(deps: RunnerDeps): Runner {
  const uploads = bulkhead(UPLOADS_AT_ONCE, Number.POSITIVE_INFINITY);
  const isRushed = () => lanes.waiting('start') > 0 || leavesUnbegun;
  const mustBytesWait = () => isRushed() || uploads.executionSlots === 0;
  const publisher: PublisherDeps = { ...deps, uploads, mustBytesWait };
  const stopping = new AbortController();
  const findDue = createFindDue(deps);
  /** As the last sweep read them: most are as they were once their turn comes, and need not be read again. */
  let seen: ReadonlyMap<string, Post> = new Map();
  /** Posts that are due before the next sweep, each with its timer. */
  const soon = new Map<string, NodeJS.Timeout>();
  const reportFailure = ({ error, ...facts }: FailedStep) => deps.log.warn({ ...facts, err: error }, 'a step failed');

  /** One of the three places where an unknown error ends: the job runner. The post's lease runs out and the sweep retries it. */
  async function run(id: string): Promise<void> {
    try {
      const claim = { owner: deps.newId(), claimedAtMs: performance.now(), stopping: stopping.signal };
      if (await deps.isOnStandby()) return;
      const claimed = await claimPost(publisher, id, claim, seen.get(id));
      // And after the claim: a backup may have been restored just before it. The lease runs out by itself.
      if (claimed && !(await deps.isOnStandby())) await work(publisher, claimed, claim, reportFailure);
    } catch (error) {
      deps.log.error({ postId: id, err: error }, 'a post could not be worked on');
    }
  }

  /** Lanes for which the last sweep found something, and left more. */
  let more = new Set<Lane>();
  let leavesUnbegun = false;

  const lanes = createLanes({
    placesIn: lane => placesIn(lane, deps.maxAtOnce, isRushed()),
    queueLimit: FIRST_LOOK,
    run,
    onScarce(lane) {
      if (more.has(lane)) sweep.hurry();
    },
    stopping: stopping.signal,
  });

  function addIn(lane: Lane, id: string, ownerId: string, delayMs: number): void {
    if (delayMs <= 0) lanes.add(lane, id, ownerId);
    if (delayMs <= 0 || soon.has(id)) return;
    soon.set(
      id,
      setTimeout(() => {
        soon.delete(id);
        lanes.add(lane, id, ownerId);
      }, delayMs),
    );
  }

  const sweep = createSweep({
    name: 'posts',
    everyMs: deps.sweepEveryMs,
    clock: deps.clock,
    log: deps.log,
    async run() {
      more = new Set();
      leavesUnbegun = false;
      if (await deps.isOnStandby()) return;
      const now = await deps.databaseNow();
      const due = await findDue(new Date(now + deps.sweepEveryMs));
      leavesUnbegun = due.leavesUnbegun;
      seen = new Map(due.posts.map(post => [post.id, post]));
      for (const post of [...due.posts, ...due.behind]) {
        const wakeMs = post.wakeAt?.getTime() ?? now;
        const lane = laneOf(post, new Date(Math.max(now, wakeMs)));
        if (due.leavesMore) more.add(lane);
        // A millisecond late rather than early: the database's clock decides, and an early claim is refused.
        addIn(lane, post.id, post.ownerId, wakeMs - now + 1);
      }
    },
  });

  return {
    start: sweep.start,
    wake: id => lanes.add('start', id, NOBODY),
    async untilCalm() {
      for (let looks = 0; looks < CALM_LOOKS && isRushed() && !stopping.signal.aborted; looks++)
        await delay(CALM_LOOK_EVERY_MS);
    },
    lastSweepAt: sweep.lastDoneAt,
    async stop() {
      stopping.abort(new AppError('aborted'));
      for (const timer of soon.values()) clearTimeout(timer);
      await sweep.stop();
      await lanes.idle();
    },
  };
}
