// Everything that will go wrong in a round, and everything that people will do, decided from the seed before the round begins. Pure.

import { FAILPOINTS, type Failpoint } from './failpoints.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

export interface RoundSize {
  readonly posts: number;
  /** Workers killed with SIGKILL, at least. */
  readonly kills: number;
  readonly workers: number;
  readonly seed: number;
}

/** What a person does with a scheduled post, `atMs` after the round's begin. */
export type Change = { readonly kind: 'cancel'; readonly atMs: number } | MoveChange;
interface MoveChange {
  readonly kind: 'move';
  readonly atMs: number;
  readonly toMs: number;
}

/** Instants are ms after the round's begin. */
export interface PlannedPost {
  readonly account: number;
  readonly scheduledAtMs: number;
  readonly dueMs: number;
  /** Goes up in several chunks. */
  readonly isLarge: boolean;
  /** TikTok was asked about the creator when the card was made, so that a worker may begin with the post ahead. */
  readonly isAsked: boolean;
  readonly change: Change | null;
}

export type Strike = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly worker: number; readonly failpoint: Failpoint | null }
  | { readonly kind: 'pause'; readonly worker: number; readonly failpoint: Failpoint | null; readonly forMs: number }
  | { readonly kind: 'terminate'; readonly worker: number }
  | { readonly kind: 'cut'; readonly worker: number; readonly forMs: number }
  | { readonly kind: 'chat_down'; readonly forMs: number }
  /** For the simulator; `forMs` becomes its `until`. */
  | { readonly kind: 'fault'; readonly fault: Readonly<Record<string, string | number>>; readonly forMs: number | null }
);

export interface Plan {
  readonly size: RoundSize;
  readonly accounts: number;
  readonly posts: readonly PlannedPost[];
  readonly strikes: readonly Strike[];
  readonly lengthMs: number;
}

/** Killed workers are on duty again after about a second; closer kills would leave none to kill. */
const MS_PER_KILL = 1_300;
const MS_PER_POST = 25;
const FIRST_DUE_MS = 3_000;
const POSTS_PER_ACCOUNT = 3;
const CHANGED_SHARE = 0.1;
const ASKED_SHARE = 0.6;
const LARGE_SHARE = 0.005;
/** Rounds shorter than this have no time for what costs a minute: TikTok's 429 is waited out. */
const LONG_ROUND_MS = 60_000;
const STRIKES_PER_KILL = 0.5;
/** Above the lease of the round's workers, so that a stopped one comes back to posts that are another's. */
const PAUSE_MS = [4_500, 8_000] as const;

export function makePlan(size: RoundSize): Plan {
  const random = createSeededRandom(size.seed);
  const lengthMs = Math.max(size.kills * MS_PER_KILL, size.posts * MS_PER_POST);
  const accounts = Math.ceil(size.posts / POSTS_PER_ACCOUNT);
  const posts = Array.from({ length: size.posts }, (_, index) => planPost(random, index % accounts, lengthMs));
  const strikes = [
    ...planKills(random, size, lengthMs),
    ...Array.from({ length: Math.ceil(size.kills * STRIKES_PER_KILL) }, () => planStrike(random, size, lengthMs)),
    ...planVerdicts(random, size, lengthMs),
  ];
  return { size, accounts, posts, strikes: strikes.toSorted((a, b) => a.atMs - b.atMs), lengthMs };
}

function planPost(random: SeededRandom, account: number, lengthMs: number): PlannedPost {
  const anywhere = FIRST_DUE_MS + random.between(0, lengthMs);
  // A fifth of the posts are due at whole ten seconds, together.
  const dueMs = random.chance(0.2) ? Math.ceil(anywhere / 10_000) * 10_000 : anywhere;
  const scheduledAtMs = Math.max(0, dueMs - random.between(2_500, 8_000));
  const isLarge = random.chance(LARGE_SHARE);
  const isAsked = random.chance(ASKED_SHARE);
  return { account, scheduledAtMs, dueMs, isLarge, isAsked, change: planChange(random, dueMs) };
}

/** Around the due time, where it is a race. */
function planChange(random: SeededRandom, dueMs: number): Change | null {
  if (!random.chance(CHANGED_SHARE)) return null;
  const atMs = dueMs + random.between(-2_000, 1_500);
  return random.chance(0.5)
    ? { kind: 'cancel', atMs }
    : { kind: 'move', atMs, toMs: atMs + random.between(3_000, 8_000) };
}

/** Evenly over the round; most at a named line, each line as often as any other. */
function planKills(random: SeededRandom, { kills, workers }: RoundSize, lengthMs: number): Strike[] {
  const lines = shuffle(random, FAILPOINTS);
  return Array.from({ length: kills }, (_, index) => ({
    kind: 'kill',
    atMs: Math.round(FIRST_DUE_MS + (lengthMs * (index + random.next())) / kills),
    worker: random.between(0, workers - 1),
    failpoint: random.chance(0.65) ? (lines[index % lines.length] ?? null) : null,
  }));
}

function planStrike(random: SeededRandom, { workers }: RoundSize, lengthMs: number): Strike {
  const atMs = FIRST_DUE_MS + random.between(0, lengthMs);
  const worker = random.between(0, workers - 1);
  const forMs = random.between(1_500, 5_000);
  const [shortest, longest] = PAUSE_MS;
  switch (random.between(0, 5)) {
    case 0:
      return {
        kind: 'pause',
        atMs,
        worker,
        failpoint: random.chance(0.8) ? random.pick(FAILPOINTS) : null,
        forMs: random.between(shortest, longest),
      };
    case 1:
      return { kind: 'cut', atMs, worker, forMs };
    case 2:
      return random.chance(0.5) ? { kind: 'chat_down', atMs, forMs } : { kind: 'terminate', atMs, worker };
    default:
      return { kind: 'fault', atMs, forMs, fault: planFault(random, lengthMs) };
  }
}

function planFault(random: SeededRandom, lengthMs: number): Record<string, string | number> {
  const faults: Record<string, string | number>[] = [
    { kind: '5xx', route: 'any', status: 503, probability: 0.4 },
    { kind: 'reset', route: 'upload', afterBytes: 20_000, probability: 0.5 },
    { kind: 'reset', route: 'any', probability: 0.3 },
    { kind: 'slow', route: 'any', delayMs: 1_000, probability: 0.3 },
    { kind: 'slow', route: 'upload', bytesPerSecond: 20_000, probability: 0.3 },
    { kind: 'lost_reply', route: 'any', probability: 0.3 },
    { kind: 'lost_reply', route: 'upload', probability: 0.7 },
    { kind: 'lost_reply', route: 'init', probability: 0.5 },
  ];
  if (lengthMs >= LONG_ROUND_MS) faults.push({ kind: '429', route: 'any', probability: 0.2 });
  return random.pick(faults);
}

/** What ends a post without a video, or without anybody knowing: TikTok refuses the clip, or forgets the id. Not in short rounds. */
function planVerdicts(random: SeededRandom, { posts }: RoundSize, lengthMs: number): Strike[] {
  const some = Math.floor(posts / 100);
  const once = (fault: Record<string, string | number>): Strike => ({
    kind: 'fault',
    atMs: FIRST_DUE_MS + random.between(0, lengthMs),
    forMs: null,
    fault: { ...fault, count: 1 },
  });
  return Array.from({ length: some }, () => [
    once({ kind: 'forget_publish_id' }),
    once({ kind: 'fail_processing', failReason: 'file_format_check_failed' }),
    once({ kind: 'fail_processing', failReason: 'internal' }),
  ]).flat();
}

function shuffle<T>(random: SeededRandom, from: readonly T[]): T[] {
  const shuffled = [...from];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = random.between(0, last);
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
