// How a worker gets a post: by a claim, after which it decides step by step; or, for one that is ready and on time, by the short way
// that thousands go which are due in one second: the account's turn first, then claimed and begun in one write, at its time or some
// seconds before.

import { isLate } from '../../domain/lateness.ts';
import type { Post } from '../../domain/post-record.ts';
import { CALL_LIMITS } from '../call-limits.ts';
import { intend, needsCreator } from './prepare.ts';
import { abandonTurn, isUsable, latenessOf, nameOfInit, turnWaitMs } from './turn.ts';
import { type Claim, type Claimed, isSameWorker, type PublisherDeps } from './work.ts';

/** A post that was begun with the account's turn in hand, perhaps before its time. */
export interface Begun extends Claimed {
  /** Its lease counts from the post's time. */
  readonly claim: Claim;
  /** `performance.now()` from which on it is certain that the post's time has come, by the database's clock. */
  readonly beginsAtMs: number;
}

/** Another worker has it. */
export type Lost = 'lost';

/**
 * Takes the post `id`, which a sweep has perhaps `seen`. Null where it is not due, not there, or another post has the account's turn;
 * then it comes back later.
 */
export async function claimPost(
  deps: PublisherDeps,
  id: string,
  claim: Claim,
  seen?: Post,
): Promise<Claimed | Lost | null> {
  const post = seen ?? (await deps.posts.findForWork(id));
  // Somebody else did what was due, or has it still; once a lease has run out a sweep finds the post.
  if (!post || (!seen && (!post.wakeAt || post.lease || post.wakeAt.getTime() > deps.clock()))) return null;
  const beginning = await begin(deps, post, claim);
  if (beginning === 'waits') return null;
  if (beginning !== 'in_doubt') return beginning;
  const claimed = await deps.posts.claim(id, claim.owner, deps.timing.leaseMs);
  if (claimed) return { post: claimed, turn: null };
  return isOthers(await deps.posts.findForWork(id), claim) ? 'lost' : null;
}

const isOthers = (post: Post | null, { owner }: Claim): boolean =>
  post?.lease != null && !isSameWorker(post.lease.owner, owner);

/** Takes a post at most `aheadMs` before its time. Null where it is not ready to begin then, or its account busy. */
export async function claimAhead(
  deps: PublisherDeps,
  post: Post,
  claim: Claim,
  aheadMs: number,
): Promise<Begun | Lost | null> {
  const beginning = await begin(deps, post, claim, aheadMs);
  return beginning === 'waits' || beginning === 'in_doubt' ? null : beginning;
}

/** `waits`: another post has the account's turn, and this one is put off. `in_doubt`: it must be claimed first. */
type Beginning = Begun | Lost | 'waits' | 'in_doubt';

/** When a scheduled post that nobody has a lease on may begin; null for any other. */
function earliestBeginOf({ state, lease, due, wakeAt }: Post): Date | null {
  if (state !== 'scheduled' || lease || !due?.at || !wakeAt) return null;
  return later(due.at, wakeAt);
}

const later = (one: Date, other: Date): Date => (one > other ? one : other);

/** As of its `updatedAt`: not late, and nothing to be asked before its upload is opened. */
const isReady = (post: Post): boolean => !isLate(latenessOf(post)) && !needsCreator(post);

async function begin(deps: PublisherDeps, post: Post, claim: Claim, aheadMs = 0): Promise<Beginning> {
  const { accounts, posts, timing } = deps;
  const beginsAt = earliestBeginOf(post);
  if (!beginsAt || !post.accountId || post.world !== deps.world) return 'in_doubt';
  // This worker's clock may be wrong; the database's decides, below.
  if (!isReady({ ...post, updatedAt: later(new Date(deps.clock()), beginsAt) })) return 'in_doubt';
  const call = { limit: CALL_LIMITS.init, id: nameOfInit(post) };
  const turn = await accounts.takeTurn(post.accountId, post.id, timing.leaseMs, { call, beginsAt, aheadMs });
  const heardAtMs = performance.now();
  const leadMs = turn?.askedAt ? beginsAt.getTime() - turn.askedAt.getTime() : 0;
  if (!turn?.askedAt || leadMs > aheadMs || !isUsable(turn.account, post)) return 'in_doubt';
  const from = later(turn.askedAt, beginsAt);
  const seen = { ...post, updatedAt: from };
  if (!turn.takenAt) {
    if (leadMs <= 0) await posts.putOff(post, turnWaitMs(deps, seen));
    return 'waits';
  }
  const attempt = intend(deps, { attempt: null });
  const claimed = isReady(seen)
    ? await posts.begin(post, { owner: claim.owner, leaseMs: timing.leaseMs, from, attempt })
    : null;
  if (claimed) {
    const waitMs = Math.max(0, leadMs);
    return {
      post: claimed,
      turn: { hasInit: turn.isCallTaken, grant: turn.grant },
      claim: { ...claim, claimedAtMs: claim.claimedAtMs + waitMs },
      beginsAtMs: heardAtMs + waitMs,
    };
  }
  const latest = await posts.findForWork(post.id);
  await abandonTurn(deps, post, latest);
  return isOthers(latest, claim) ? 'lost' : 'in_doubt';
}
