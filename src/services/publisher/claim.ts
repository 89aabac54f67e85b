// How a worker gets a post: by a claim, after which it decides step by step; or, for one that is due, ready and on time, by the short
// way that thousands go which are due in one second: the account's turn first, then claimed and begun in one write.

import { isLate } from '../../domain/lateness.ts';
import type { Post } from '../../domain/post-record.ts';
import { CALL_LIMITS } from '../call-limits.ts';
import { intend, needsCreator } from './prepare.ts';
import { abandonTurn, isUsable, latenessOf, nameOfInit, turnWaitMs } from './turn.ts';
import type { Claim, Claimed, PublisherDeps } from './work.ts';

/**
 * Takes the post `id`, which a sweep has perhaps `seen`. Null where it is not due, not there, another worker was quicker, or another
 * post has the account's turn.
 */
export async function claimPost(deps: PublisherDeps, id: string, claim: Claim, seen?: Post): Promise<Claimed | null> {
  const beginning = await begin(deps, seen ?? (await deps.posts.findForWork(id)), claim);
  if (beginning === 'waits') return null;
  if (beginning !== 'in_doubt') return beginning;
  const post = await deps.posts.claim(id, claim.owner, deps.timing.leaseMs);
  return post && { post, turn: null };
}

/** `waits`: another post has the account's turn, and this one comes back later. `in_doubt`: it must be claimed first. */
type Beginning = Claimed | 'waits' | 'in_doubt';

/** When a scheduled post that nobody has a lease on may begin; null for any other. */
function earliestBeginOf({ state, lease, due, wakeAt }: Post): Date | null {
  if (state !== 'scheduled' || lease || !due?.at || !wakeAt) return null;
  return due.at > wakeAt ? due.at : wakeAt;
}

/** As of its `updatedAt`: not late, and nothing to be asked before its upload is opened. */
const isReady = (post: Post): boolean => !isLate(latenessOf(post)) && !needsCreator(post);

async function begin(deps: PublisherDeps, post: Post | null, claim: Claim): Promise<Beginning> {
  const { accounts, posts, timing } = deps;
  const notBefore = post && earliestBeginOf(post);
  if (!notBefore || !post.accountId || post.world !== deps.world) return 'in_doubt';
  // This worker's clock may be wrong; the database's decides, below.
  if (!isReady({ ...post, updatedAt: new Date(deps.clock()) })) return 'in_doubt';
  const call = { limit: CALL_LIMITS.init, id: nameOfInit(post) };
  const turn = await accounts.takeTurn(post.accountId, post.id, timing.leaseMs, { call, notBefore });
  if (!turn?.askedAt || turn.askedAt < notBefore || !isUsable(turn.account, post)) return 'in_doubt';
  const seen = { ...post, updatedAt: turn.askedAt };
  if (!turn.takenAt) {
    await posts.putOff(post, turnWaitMs(deps, seen));
    return 'waits';
  }
  const attempt = intend(deps, { attempt: null });
  const claimed = isReady(seen)
    ? await posts.begin(post, { owner: claim.owner, leaseMs: timing.leaseMs, now: turn.askedAt, attempt })
    : null;
  if (claimed) return { post: claimed, turn: { hasInit: turn.isCallTaken, grant: turn.grant } };
  await abandonTurn(deps, post, await posts.findForWork(post.id));
  return 'in_doubt';
}
