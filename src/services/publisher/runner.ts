// Keeps the publisher going: a sweep that finds every post that needs attention, timers for those due within the next moments, and
// lanes that bound how many are worked on at once.

import { setTimeout as delay } from 'node:timers/promises';
import { bulkhead } from 'cockatiel';
import { AppError } from '../../domain/errors.ts';
import type { Post } from '../../domain/post-record.ts';
import { createSweep } from '../sweep.ts';
import { type FailedStep, work } from './advance.ts';
import { claimPost } from './claim.ts';
import { createDueLooks, FIRST_LOOK } from './find-due.ts';
import { createHeadStarts, HEAD_START_MS, HEAD_STARTS_AT_MOST } from './head-starts.ts';
import { createLanes, type Lane, laneOf } from './lanes.ts';
import type { Claim, PublisherDeps } from './work.ts';

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
  /** Something may be due: a hint, harmless at any time, and left out while more is due than there are places for. */
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
const PLACES = {
  /** Some more than are sent at once have their next chunk ready. */
  upload: 40,
  look: 64,
  ahead: 200,
} as const;

/** While posts are due that nobody has begun with, the others have one place only, so that they do not stand still either. */
function placesIn(lane: Lane, maxAtOnce: number, isRushed: boolean): number {
  if (lane === 'start') return maxAtOnce;
  if (isRushed) return 1;
  return Math.min(PLACES[lane], maxAtOnce);
}

/** Room for every head start: nobody else would find one that was left out before its lease has run out. */
const QUEUE_LIMITS: Readonly<Record<Lane, number>> = {
  start: HEAD_STARTS_AT_MOST + FIRST_LOOK,
  ahead: FIRST_LOOK,
  upload: FIRST_LOOK,
  look: FIRST_LOOK,
};
/** So few wait for a place that there is time to look for more. */
const FEW = FIRST_LOOK / 8;
/** Looking for more is worth it once so many head starts came of the last look: else it would find the same ones again. */
const HEAD_STARTS_OF_A_LOOK = FIRST_LOOK / 4;

/** Five seconds together: half of what Agenda gives a job, before it is another worker's. */
const CALM_LOOKS = 50;
const CALM_LOOK_EVERY_MS = 100;

export function createRunner(deps: RunnerDeps): Runner {
  const uploads = bulkhead(UPLOADS_AT_ONCE, Number.POSITIVE_INFINITY);
  const isRushed = () => lanes.waiting('start') > 0 || leavesUnbegun;
  const mustBytesWait = () => isRushed() || uploads.executionSlots === 0;
  const publisher: PublisherDeps = { ...deps, uploads, mustBytesWait };
  const worker = deps.newId();
  const stopping = new AbortController();
  const looks = createDueLooks(deps);
  const headStarts = createHeadStarts({
    publisher,
    onTime: (id, ownerId) => lanes.add('start', id, ownerId),
  });
  /** As the last sweep read them: most are as they were once their turn comes, and need not be read again. */
  let seen: ReadonlyMap<string, Post> = new Map();
  /** Posts that are due before the next sweep, each with its timer. */
  const soon = new Map<string, NodeJS.Timeout>();
  const reportFailure = ({ error, ...facts }: FailedStep) => deps.log.warn({ ...facts, err: error }, 'a step failed');

  /** As the sweep saw it; where others look at the same posts, one question costs less than the writes of all who come too late. */
  async function isStillAsSeen(id: string): Promise<boolean> {
    const post = seen.get(id);
    if (!post || !looks.isShared()) return true;
    return (await deps.posts.findVersion(id)) === post.version;
  }

  /** Takes the post, or what was begun of it ahead, and works on it. */
  async function start(id: string, claim: Claim): Promise<void> {
    if (headStarts.isEarly(id)) return;
    const begun = await headStarts.take(id);
    if (!begun && !(await isStillAsSeen(id))) return;
    const claimed = begun ?? (await claimPost(publisher, id, claim, seen.get(id)));
    if (claimed === 'lost') looks.noteLost();
    // And after the claim: a backup may have been restored just before it. The lease runs out by itself.
    if (!claimed || claimed === 'lost' || (await deps.isOnStandby())) return;
    await work(publisher, claimed, begun?.claim ?? claim, reportFailure);
  }

  async function startAhead(id: string, claim: Claim): Promise<void> {
    if (!(await isStillAsSeen(id))) return;
    const post = seen.get(id) ?? (await deps.posts.findForWork(id));
    if (post && (await headStarts.make(post, claim)) === 'lost') looks.noteLost();
  }

  /** One of the three places where an unknown error ends: the job runner. The post's lease runs out and the sweep retries it. */
  async function run(id: string, lane: Lane): Promise<void> {
    try {
      const owner = `${worker}.${deps.newId()}`;
      const claim = { owner, claimedAtMs: performance.now(), stopping: stopping.signal };
      if (await deps.isOnStandby()) return;
      await (lane === 'ahead' ? startAhead(id, claim) : start(id, claim));
    } catch (error) {
      deps.log.error({ postId: id, err: error }, 'a post could not be worked on');
    }
  }

  /** Lanes for which the last sweep found something, and left more. */
  let more = new Set<Lane>();
  let leavesUnbegun = false;
  let madeBefore = 0;

  const lanes = createLanes({
    placesIn: lane => placesIn(lane, deps.maxAtOnce, isRushed()),
    queueLimits: QUEUE_LIMITS,
    run,
    few: FEW,
    onScarce(lane) {
      if (lane === 'ahead' && headStarts.made() - madeBefore < HEAD_STARTS_OF_A_LOOK) return;
      if (lane !== 'start' && isRushed()) return;
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
      const wasRushed = isRushed();
      leavesUnbegun = false;
      madeBefore = headStarts.made();
      if (await deps.isOnStandby()) return;
      const now = await deps.databaseNow();
      const [until, ahead] = [deps.sweepEveryMs, HEAD_START_MS].map(ms => new Date(now + ms)) as [Date, Date];
      const due = await looks.find({ now: new Date(now), until, ahead, isRushed: wasRushed });
      leavesUnbegun = due.leavesUnbegun;
      seen = new Map(due.posts.map(post => [post.id, post]));
      for (const post of headStarts.sift([...due.posts, ...due.behind], new Date(now))) {
        const wakeMs = post.wakeAt?.getTime() ?? now;
        const lane = laneOf(post, new Date(Math.max(now, wakeMs)));
        const isAhead = wakeMs > now && headStarts.isCandidate(post);
        if (isAhead) lanes.add('ahead', post.id, post.ownerId);
        if (due.leavesMore || (lane === 'start' && due.leavesScheduled)) more.add(isAhead ? 'ahead' : lane);
        // A millisecond late rather than early: the database's clock decides, and an early claim is refused.
        if (wakeMs < now + deps.sweepEveryMs) addIn(lane, post.id, post.ownerId, wakeMs - now + 1);
      }
    },
  });

  return {
    start: sweep.start,
    wake(id) {
      // In a rush the looks that follow one another find it, and each of thousands of hints would be a question.
      if (!isRushed() && !headStarts.has(id)) lanes.add('start', id, NOBODY);
    },
    async untilCalm() {
      for (let looksTaken = 0; looksTaken < CALM_LOOKS && isRushed() && !stopping.signal.aborted; looksTaken++)
        await delay(CALM_LOOK_EVERY_MS);
    },
    lastSweepAt: sweep.lastDoneAt,
    async stop() {
      stopping.abort(new AppError('aborted'));
      for (const timer of soon.values()) clearTimeout(timer);
      await sweep.stop();
      await lanes.idle();
      const failures = await headStarts.giveBack();
      if (failures.length > 0)
        deps.log.warn(
          { err: failures[0], posts: failures.length },
          'posts could not be given back; others wait for their leases',
        );
    },
  };
}
