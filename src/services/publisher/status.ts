// After the last byte: TikTok's status alone decides what became of the video. Asking changes nothing, so it may be asked again
// after any failure without the risk of a second video.

import { afterNow } from '../../domain/after-now.ts';
import { AppError, type ErrorFacts } from '../../domain/errors.ts';
import type { NoticeKind, Post, PostProblem, Publication } from '../../domain/post-record.ts';
import type { PublishStatus } from '../../tiktok/client.ts';
import { backoffMs, LIVE_GIVE_UP_MS, liveWaitMs, STATUS_GIVE_UP_MS, statusWaitMs } from './backoff.ts';
import { requireAccountId } from './turn.ts';
import { beginAnew, requireAttempt } from './upload.ts';
import { remind, WAITS_FOR_PERSON } from './waiting.ts';
import { leave, releaseFor, type StepOutcome, type Work } from './work.ts';

async function askStatus({ deps, signal }: Work, post: Post): Promise<PublishStatus> {
  const accountId = requireAccountId(post);
  const { publishId } = requireAttempt(post);
  await deps.callLimits.take(accountId, 'status');
  return deps.accessTokens.use(accountId, token => deps.tiktok.fetchStatus(token, publishId, { signal }));
}

/** processing: published, failed, or asked again later. */
export async function checkProcessing(work: Work, post: Post): Promise<StepOutcome> {
  const answer = await askStatus(work, post);
  switch (answer.status) {
    case 'PUBLISH_COMPLETE':
      return recordPublished(work, post, answer);
    case 'SEND_TO_USER_INBOX':
      return recordDelivered(work, post);
    case 'FAILED':
      return recordFailure(work, post, answer);
    case 'PROCESSING_UPLOAD':
    case 'PROCESSING_DOWNLOAD':
      return waitOrAskThePerson(work, post);
  }
}

/** Processing takes minutes. After a day nobody believes in it any more, and the person must know. */
async function waitOrAskThePerson(work: Work, post: Post): Promise<StepOutcome> {
  const nowMs = work.deps.clock();
  const committedMs = post.attempt?.committedAt?.getTime() ?? nowMs;
  if (nowMs - committedMs <= STATUS_GIVE_UP_MS)
    return releaseFor(work, post, statusWaitMs(post.tries.status + 1), {
      tries: { ...post.tries, status: post.tries.status + 1 },
      problem: null,
    });
  const problem = { code: 'post_unconfirmed', facts: {}, at: new Date(nowMs) } as const;
  return leave(work, post, {
    event: 'lose_track',
    patch: { ...WAITS_FOR_PERSON, problem },
    notices: ['unconfirmed'],
  });
}

/** unconfirmed: TikTok may know by now what it did not say then. Asking is safe at any time; else the person is reminded. */
export async function askOnceMore(work: Work, post: Post): Promise<StepOutcome> {
  const answer = await askStatus(work, post);
  switch (answer.status) {
    case 'PUBLISH_COMPLETE':
      return recordPublished(work, post, answer);
    case 'SEND_TO_USER_INBOX':
      return recordDelivered(work, post);
    case 'FAILED':
      return endAsFailed(work, post, problemOf(work, answer));
    case 'PROCESSING_UPLOAD':
    case 'PROCESSING_DOWNLOAD':
      return leave(work, post, remind(post));
  }
}

/** TikTok gives ids of public videos alone, once moderation is over (content-posting-api-reference-get-video-status). */
const expectsPublicId = (post: Post): boolean =>
  post.mode === 'direct' && post.choices.privacy === 'PUBLIC_TO_EVERYONE';

async function recordPublished(work: Work, post: Post, answer: PublishStatus): Promise<StepOutcome> {
  const now = new Date(work.deps.clock());
  // A draft that its creator finished before we asked is as far as it will come.
  const isLive = answer.postIds.length > 0 || post.mode === 'inbox';
  const publication: Publication = {
    publishedAt: now,
    deliveredAt: post.publication?.deliveredAt ?? null,
    postIds: answer.postIds,
    liveAt: isLive ? now : null,
  };
  const waits = !isLive && expectsPublicId(post);
  return leave(work, post, {
    event: 'publish',
    patch: {
      wakeAt: waits ? afterNow(liveWaitMs(0)) : null,
      publication,
      problem: null,
      tries: { ...post.tries, status: 0 },
    },
    notices: [isLive ? 'live' : 'published'],
  });
}

/** Inbox mode: the clip waits in the creator's TikTok inbox; it becomes "posted" when TikTok says so. */
async function recordDelivered(work: Work, post: Post): Promise<StepOutcome> {
  const now = new Date(work.deps.clock());
  return leave(work, post, {
    event: 'publish',
    patch: {
      wakeAt: afterNow(liveWaitMs(0)),
      publication: { publishedAt: now, deliveredAt: now, postIds: [], liveAt: null },
      problem: null,
      reminders: 0,
      tries: { ...post.tries, status: 0 },
    },
    notices: ['in_inbox'],
  });
}

/** The failed publish id can never become a video. A fault of TikTok's own is worth another upload; anything else is the end. */
async function recordFailure(work: Work, post: Post, answer: PublishStatus): Promise<StepOutcome> {
  const { deps } = work;
  const problem = problemOf(work, answer);
  if (problem.code === 'tiktok_internal') {
    const delayMs = backoffMs(post.attempt?.number ?? 1, deps.random(), deps.timing.retryBaseMs);
    return beginAnew(work, post, { problem, delayMs });
  }
  return endAsFailed(work, post, problem);
}

function problemOf({ deps }: Work, { failReason, failWireCode }: PublishStatus): PostProblem {
  const facts: ErrorFacts = failWireCode ? { wireCode: failWireCode } : {};
  return { code: failReason ?? 'tiktok_internal', facts, at: new Date(deps.clock()) };
}

async function endAsFailed(work: Work, post: Post, problem: PostProblem): Promise<StepOutcome> {
  return leave(work, post, {
    event: 'fail',
    patch: { wakeAt: null, problem },
    notices: ['failed'],
  });
}

/** A draft in the TikTok inbox that the creator has not finished is mentioned once. */
const INBOX_REMINDER_MS = 3 * 3_600_000;

/** published: waits for the public id (or, for a draft, for the creator to post it) for a day. */
export async function checkLive(work: Work, post: Post): Promise<StepOutcome> {
  const { publication } = post;
  if (!publication) throw new AppError('post_wrong_state', { state: post.state });
  const answer = await askStatus(work, post);
  const now = new Date(work.deps.clock());
  const isPosted = answer.status === 'PUBLISH_COMPLETE';
  const isLive = isPosted && (answer.postIds.length > 0 || publication.deliveredAt !== null);
  const waitedMs = now.getTime() - publication.publishedAt.getTime();
  const isForgotten = !isPosted && post.mode === 'inbox' && post.reminders === 0 && waitedMs >= INBOX_REMINDER_MS;
  const notices: NoticeKind[] = isLive ? ['live'] : isForgotten ? ['inbox_reminder'] : [];
  return leave(work, post, {
    event: 'note',
    patch: {
      wakeAt: isLive || waitedMs > LIVE_GIVE_UP_MS ? null : afterNow(liveWaitMs(post.tries.status + 1)),
      tries: { ...post.tries, status: post.tries.status + 1 },
      ...(isForgotten && { reminders: 1 }),
      ...(isLive && { publication: { ...publication, postIds: answer.postIds, liveAt: now } }),
    },
    notices,
  });
}
