// What a failed step does to its post: wait, hold it for the person, or end it. Decided by the error table alone, never by an
// error's text. Pure.

import { afterNow } from '../../domain/after-now.ts';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import type { PostEvent } from '../../domain/post.ts';
import type { Post, RetryStep } from '../../domain/post-record.ts';
import type { PostChange } from '../../stores/posts.ts';
import { backoffMs, LIVE_GIVE_UP_MS, RETRY_BUDGETS, STATUS_GIVE_UP_MS } from './backoff.ts';
import { remind, WAITS_FOR_PERSON } from './waiting.ts';

/** Faults that can be mended without a new clip: the post waits for the person with every choice kept. */
const HOLDING_CODES: ReadonlySet<ErrorCode> = new Set([
  'tiktok_token_invalid',
  'tiktok_grant_ended',
  'tiktok_scope_missing',
  'tiktok_daily_cap',
  'tiktok_pending_drafts_full',
  'tiktok_account_must_be_private',
  'tiktok_client_invalid',
  'privacy_not_offered',
  'choice_no_longer_allowed',
  'clip_too_long',
  'account_gone',
  'account_required',
  'post_missed',
  'post_of_other_tiktok',
  'post_maybe_published',
]);

const RATE_WAIT_MS = 61_000;
const APP_CAP_WAIT_MS = 10 * 60_000;
/** While TikTok may have the video, only its status decides; what a person must mend first is asked about again after this. */
const MENDING_WAIT_MS = 10 * 60_000;

export interface FailureContext {
  readonly at: Date;
  /** In [0, 1). */
  readonly random: number;
  readonly retryBaseMs: number;
}

/** The change that follows from `error` at the step where `post` stands. The lease is given up in every case. */
export function decideFailure(post: Post, error: AppError, context: FailureContext): PostChange {
  if (error.code === 'aborted') return { event: stayEventOf(post), patch: { lease: null, wakeAt: afterNow(0) } };
  // TikTok cannot be asked once more: the person still can.
  if (post.state === 'unconfirmed' || post.state === 'held') return remind(post);
  if (post.state === 'draft' || post.state === 'published') return decideAside(post, error, context);
  if (post.step === 'committing' || post.step === 'processing') return decideAfterCommit(post, error, context);
  return decideBeforeCommit(post, error, context);
}

/** The event that leaves a post where it is. */
function stayEventOf({ state }: Post): PostEvent {
  if (state === 'draft') return 'edit';
  return state === 'scheduled' ? 'reschedule' : 'note';
}

/** How long the error itself asks to wait, ms. */
function demandedWaitMs(error: AppError): number | null {
  if (typeof error.facts.waitMs === 'number') return error.facts.waitMs;
  if (error.code === 'tiktok_rate_limited') return RATE_WAIT_MS;
  return error.code === 'tiktok_app_user_cap' ? APP_CAP_WAIT_MS : null;
}

const isWorthTrying = (error: AppError): boolean => error.kind === 'retry' || error.code === 'unknown';

function retryWaitMs(error: AppError, tries: number, { random, retryBaseMs }: FailureContext): number {
  const demandedMs = demandedWaitMs(error);
  if (demandedMs === null) return isWorthTrying(error) ? backoffMs(tries, random, retryBaseMs) : MENDING_WAIT_MS;
  // Many wait for the same end; together they must not come back.
  return error.code === 'tiktok_paused' || error.code === 'tiktok_app_user_cap'
    ? demandedMs * (1 + random)
    : demandedMs;
}

/** No video depends on it any more: a draft's reminder, a public id. Nothing is told to the person. */
function decideAside(post: Post, error: AppError, context: FailureContext): PostChange {
  const status = post.tries.status + 1;
  const publishedAt = post.publication?.publishedAt.getTime();
  const isOver = publishedAt !== undefined && context.at.getTime() - publishedAt > LIVE_GIVE_UP_MS;
  const wakeAt = isOver ? null : afterNow(retryWaitMs(error, status, context));
  return { event: stayEventOf(post), patch: { lease: null, wakeAt, tries: { ...post.tries, status } } };
}

/** TikTok may have the video: nothing but waiting for its word is safe, and asking the person when it does not come. */
function decideAfterCommit(post: Post, error: AppError, context: FailureContext): PostChange {
  const { at } = context;
  const status = post.tries.status + 1;
  // The first of several failures in a row is kept: from there on TikTok has not answered.
  const problem = { code: error.code, facts: error.facts, at: post.problem?.at ?? at };
  const unansweredSince = Math.max(problem.at.getTime(), post.attempt?.committedAt?.getTime() ?? 0);
  if (at.getTime() - unansweredSince > STATUS_GIVE_UP_MS)
    return { event: 'lose_track', patch: { ...WAITS_FOR_PERSON, problem }, notices: ['unconfirmed'] };
  const wakeAt = afterNow(retryWaitMs(error, status, context));
  return { event: 'note', patch: { lease: null, wakeAt, problem, tries: { ...post.tries, status } } };
}

/** No video can exist: the step is tried again within its budget, then the post is held or ends. */
function decideBeforeCommit(post: Post, error: AppError, context: FailureContext): PostChange {
  const { code, facts } = error;
  const problem = { code, facts, at: context.at };
  const step = retryStepOf(post);
  const tries = post.tries[step] + 1;
  const isDemanded = demandedWaitMs(error) !== null;
  if (isWorthTrying(error) && (isDemanded || tries <= RETRY_BUDGETS[step])) {
    const wakeAt = afterNow(retryWaitMs(error, tries, context));
    // A wait that TikTok or our own count of its limits demands is no failed try.
    const counted = isDemanded ? {} : { tries: { ...post.tries, [step]: tries } };
    return { event: stayEventOf(post), patch: { lease: null, wakeAt, problem, ...counted } };
  }
  // Whatever stopped it here, the copy that the backup was made of may have gone on: only the person can look.
  if (post.attempt?.fromBackup)
    return {
      event: 'hold',
      patch: { ...WAITS_FOR_PERSON, problem: { ...problem, code: 'post_maybe_published', facts: {} } },
      notices: ['held'],
    };
  if (HOLDING_CODES.has(code) || post.state === 'scheduled')
    return {
      event: 'hold',
      patch: { ...WAITS_FOR_PERSON, problem },
      notices: [code === 'post_missed' ? 'missed' : 'held'],
    };
  return { event: 'fail', patch: { lease: null, wakeAt: null, problem }, notices: ['failed'] };
}

function retryStepOf(post: Post): RetryStep {
  if (post.step === 'initiated' || post.step === 'uploading') return 'upload';
  return post.step === 'claimed' && post.attempt !== null ? 'initiate' : 'prepare';
}

/** An error nobody foresaw is tried again like an outage, then ends the post as our fault. */
export const asAppError = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('unknown', {}, { cause: error });
