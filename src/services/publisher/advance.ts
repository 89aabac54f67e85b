// One step of a post's way to TikTok: read the state, one outside effect, one compare-and-set. A crash between any two lines leaves
// a state from which the next worker goes on.

import { AppError } from '../../domain/errors.ts';
import type { Post } from '../../domain/post-record.ts';
import { mindDraft } from './drafts.ts';
import { asAppError, decideFailure } from './failure.ts';
import { holdLease, needsTurn } from './lease.ts';
import { claimScheduled, prepareUpload, resume } from './prepare.ts';
import { askOnceMore, checkLive, checkProcessing } from './status.ts';
import { abandonTurn, endTurn } from './turn.ts';
import { mayHaveSent, reconcileUpload, sendNextChunk } from './upload.ts';
import { remind } from './waiting.ts';
import {
  type Claim,
  type Claimed,
  isOvertaken,
  leave,
  type PublisherDeps,
  type StepOutcome,
  type Work,
} from './work.ts';

/**
 * Does the one thing that a claimed post needs next. Null once the post is to be left alone until its `wakeAt`. `isTakeover` says
 * that another worker may have been in the middle of this very step.
 */
export async function advance(work: Work, post: Post, { isTakeover }: { isTakeover: boolean }): Promise<StepOutcome> {
  if (post.state === 'draft') return mindDraft(work, post);
  if (post.state === 'held') return leave(work, post, remind(post));
  // Neither TikTok's tokens nor its ids mean anything to the other one.
  if (post.world !== work.deps.world) throw new AppError('post_of_other_tiktok');
  if (post.state === 'scheduled') return claimScheduled(work, post);
  if (post.state === 'published') return checkLive(work, post);
  if (post.state === 'unconfirmed') return askOnceMore(work, post);
  if (post.state !== 'publishing') return null;
  if (isTakeover && needsTurn(post)) {
    const inTurn = await resume(work, post);
    if (!inTurn) return null;
  }
  switch (post.step) {
    case 'claimed':
      return prepareUpload(work, post);
    case 'initiated':
    case 'uploading':
    case 'committing':
      return isTakeover && mayHaveSent(work, post) ? reconcileUpload(work, post) : sendNextChunk(work, post);
    case 'processing':
      return checkProcessing(work, post);
    case null:
      return null;
  }
}

/** What became of a step that failed, for the log. */
export interface FailedStep {
  readonly postId: string;
  readonly state: string;
  readonly step: string | null;
  readonly error: unknown;
}

/**
 * Takes a claimed post as far as it goes now. Failures are decided by the error table and written to the post; an error that nobody
 * foresaw is given to `onFailure` and treated like an outage.
 * @throws only where the database cannot be written: the lease then runs out and the sweep finds the post again.
 */
export async function work(
  deps: PublisherDeps,
  { post, turn }: Claimed,
  claim: Claim,
  onFailure: (failed: FailedStep) => void,
): Promise<void> {
  let current = post;
  let isTakeover = post.state === 'publishing' && !turn;
  const lease = holdLease(deps, { ...claim, current: () => current });
  const surroundings: Work = { deps, owner: claim.owner, signal: lease.signal, turn };
  try {
    for (;;) {
      lease.signal.throwIfAborted();
      const next = await advance(surroundings, current, { isTakeover });
      if (!next) return;
      current = next;
      isTakeover = false;
    }
  } catch (error) {
    const reason = lease.isLost() ? new AppError('lease_lost', {}, { cause: error }) : error;
    await settleFailure(surroundings, current, reason, onFailure);
  } finally {
    lease.end();
  }
}

async function settleFailure(
  work: Work,
  post: Post,
  error: unknown,
  onFailure: (failed: FailedStep) => void,
): Promise<void> {
  const { deps, owner } = work;
  const failure = asAppError(error);
  if (!isOvertaken(failure) && failure.code !== 'aborted')
    onFailure({ postId: post.id, state: post.state, step: post.step, error });
  // A step may have moved the post before it failed.
  const latest = await deps.posts.findForWork(post.id);
  const isOurs = latest !== null && latest.fence === post.fence && latest.lease?.owner === owner;
  if (isOurs && !isOvertaken(failure)) {
    const context = { at: new Date(deps.clock()), random: deps.random(), retryBaseMs: deps.timing.retryBaseMs };
    try {
      await leave(work, latest, decideFailure(latest, failure, context));
    } catch (conflict) {
      if (!isOvertaken(conflict)) throw conflict;
      return;
    }
    await endTurn(deps, post);
  } else await abandonTurn(deps, post, latest);
}
