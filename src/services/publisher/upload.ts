// The bytes: chunk after chunk to one publish id. Before the last chunk the post is marked `committing`, for from there the video
// may exist; after any broken chunk TikTok's own count of bytes decides where to go on.

import { afterNow } from '../../domain/after-now.ts';
import { AppError, isAppError } from '../../domain/errors.ts';
import type { Attempt, Post, PostProblem } from '../../domain/post-record.ts';
import { statusWaitMs, UPLOADS_PER_POST } from './backoff.ts';
import { requireClip, uploadUrlPlace } from './prepare.ts';
import { endTurn, requireAccountId } from './turn.ts';
import { judgeUpload, type UploadReport } from './upload-standing.ts';
import { applyUnderLease, leave, type StepOutcome, type Work } from './work.ts';

export function requireAttempt(post: Post): Attempt & { publishId: string; uploadUrl: string } {
  const { attempt } = post;
  if (!attempt?.publishId || !attempt.uploadUrl) throw new AppError('post_wrong_state', { state: post.state });
  return { ...attempt, publishId: attempt.publishId, uploadUrl: attempt.uploadUrl };
}

/**
 * Whether TikTok may have bytes that the post does not know of. A single chunk is the last one too, so it is `committing` first; what
 * a backup says is old.
 */
export const mayHaveSent = ({ deps }: Work, post: Post): boolean =>
  post.step !== 'initiated' ||
  Boolean(post.attempt?.fromBackup) ||
  deps.plan.planUpload(requireClip(post).sizeBytes).chunkCount > 1;

/**
 * initiated | uploading | committing: one chunk; the last one only after `committing` is written. What was sent before must be
 * known, from this worker's own steps or from `reconcileUpload`.
 */
export const sendNextChunk = (work: Work, post: Post): Promise<StepOutcome> =>
  work.deps.uploads.execute(async () => {
    // Waiting for a place may have taken long. Until here the post can still be cancelled.
    work.signal.throwIfAborted();
    return sendChunk(work, post);
  });

async function sendChunk(work: Work, post: Post): Promise<StepOutcome> {
  const index = requireAttempt(post).chunksSent;
  const { sizeBytes } = requireClip(post);
  const isLast = index >= work.deps.plan.planUpload(sizeBytes).chunkCount - 1;
  const ready = isLast ? await ensureCommitting(work, post) : post;
  try {
    const isComplete = await putChunk(work, ready, index);
    if (isComplete) return finishUpload(work, ready);
    if (isLast) return reconcileUpload(work, ready);
    return recordProgress(work, ready, index + 1);
  } catch (error) {
    // 416: TikTok stands elsewhere than we thought, usually because the answer to a chunk was lost.
    if (isAppError(error, 'tiktok_upload_offset', 'tiktok_upload_expired', 'tiktok_upload_unknown'))
      return reconcileUpload(work, ready, { error, chunk: index, isOnlyLastChunk: post.step !== 'committing' });
    throw error;
  }
}

/** Sends one chunk; true once TikTok has the whole video. */
async function putChunk({ deps, signal }: Work, post: Post, index: number): Promise<boolean> {
  const attempt = requireAttempt(post);
  const clip = requireClip(post);
  const range = deps.plan.chunkRange(deps.plan.planUpload(clip.sizeBytes), index, clip.sizeBytes);
  const { complete } = await deps.tiktok.putChunk({
    uploadUrl: deps.tokenBox.open(attempt.uploadUrl, uploadUrlPlace(post, attempt)),
    ...range,
    totalBytes: clip.sizeBytes,
    contentType: clip.contentType,
    body: await deps.media.open(clip.mediaId, range),
    signal,
    timeoutMs: deps.timing.chunkTimeoutMs,
  });
  return complete;
}

/** Once the last chunk may have been sent the post stays `committing`, whatever else must be sent again. */
function recordProgress(work: Work, post: Post, chunksSent: number): Promise<Post> {
  const attempt = { ...requireAttempt(post), chunksSent };
  return applyUnderLease(work, post, {
    event: post.step === 'committing' ? 'note' : 'upload',
    patch: { attempt, problem: null, tries: { ...post.tries, upload: 0 } },
  });
}

async function ensureCommitting(work: Work, post: Post): Promise<Post> {
  if (post.step === 'committing') return post;
  const attempt = { ...requireAttempt(post), committedAt: new Date(work.deps.clock()) };
  return applyUnderLease(work, post, { event: 'commit', patch: { attempt, problem: null } });
}

/** Every byte is with TikTok: the account's next post may begin, and a first look at the status is worth it a moment later. */
async function finishUpload(work: Work, post: Post): Promise<StepOutcome> {
  const committing = await ensureCommitting(work, post);
  await leave(work, committing, {
    event: 'uploaded',
    patch: { wakeAt: afterNow(statusWaitMs(0)), problem: null, tries: { ...post.tries, status: 0 } },
  });
  await endTurn(work.deps, post);
  return null;
}

/** A chunk that TikTok would not take, and why. */
interface RefusedChunk {
  readonly error: AppError;
  readonly chunk: number;
  /** No last chunk was sent before this one: now that it is refused, none can arrive. */
  readonly isOnlyLastChunk: boolean;
}

/**
 * After a crash, or when an upload got out of step: TikTok's status says what it has. Bytes missing: on to that chunk of the same
 * URL. All there: only status from here. A new init only where no video can come of this upload any more.
 */
export async function reconcileUpload(work: Work, post: Post, refused?: RefusedChunk): Promise<StepOutcome> {
  const { deps } = work;
  const attempt = requireAttempt(post);
  const { sizeBytes } = requireClip(post);
  const report = await askProgress(work, post);
  const plan = deps.plan.planUpload(sizeBytes);
  const standing = judgeUpload(report, {
    attempt,
    wasLastChunkSent: attempt.committedAt !== null && !refused?.isOnlyLastChunk,
    isUrlDead: refused !== undefined && refused.error.code !== 'tiktok_upload_offset',
    nextChunk: reported => deps.plan.nextChunk(plan, sizeBytes, reported),
    chunkCount: plan.chunkCount,
    // On the database's clock, like the end of the upload's address.
    nowMs: post.updatedAt.getTime(),
    chunkTimeoutMs: deps.timing.chunkTimeoutMs,
  });
  switch (standing.kind) {
    case 'complete':
      return finishUpload(work, post);
    case 'unclear':
      if (report.kind === 'unknown') throw report.error;
      throw refused?.error ?? new AppError('tiktok_answer_unreadable', { reason: 'upload undecided' });
    case 'missing':
      // Refused, and wanted all the same: asking again later is better than sending it in circles.
      if (refused?.chunk === standing.chunk) throw refused.error;
      return recordProgress(work, post, standing.chunk);
    case 'over':
      return beginAnew(work, post);
  }
}

async function askProgress({ deps, signal }: Work, post: Post): Promise<UploadReport> {
  const { publishId } = requireAttempt(post);
  const accountId = requireAccountId(post);
  await deps.callLimits.take(accountId, 'status');
  try {
    const answer = await deps.accessTokens.use(accountId, token =>
      deps.tiktok.fetchStatus(token, publishId, { signal }),
    );
    if (answer.status !== 'PROCESSING_UPLOAD') return { kind: 'left_behind' };
    return { kind: 'uploading', reportedBytes: answer.uploadedBytes ?? null };
  } catch (error) {
    if (isAppError(error, 'tiktok_publish_unknown')) return { kind: 'unknown', error };
    throw error;
  }
}

/**
 * Another init for the same post, after an upload of which no video can come: at once, or with a `problem` once `delayMs` have
 * passed. Too many of them end the post.
 */
export async function beginAnew(
  work: Work,
  post: Post,
  later?: { readonly problem: PostProblem; readonly delayMs: number },
): Promise<StepOutcome> {
  const uploads = requireAttempt(post).number;
  if (uploads >= UPLOADS_PER_POST) {
    const at = new Date(work.deps.clock());
    const problem = later?.problem ?? { code: 'tiktok_internal', facts: { uploads }, at };
    return leave(work, post, {
      event: 'fail',
      patch: { wakeAt: null, problem },
      notices: ['failed'],
    });
  }
  if (!later) return applyUnderLease(work, post, { event: 'restart' });
  const { problem, delayMs } = later;
  return leave(work, post, { event: 'restart', patch: { wakeAt: afterNow(delayMs), problem } });
}
