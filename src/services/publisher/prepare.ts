// From due to a saved publish id: the checks at publish time, then TikTok's init. No byte of the clip is sent here.

import { afterNow } from '../../domain/after-now.ts';
import { CREATOR_INFO_MAX_AGE_MS, findForbiddenChoices, isBranded } from '../../domain/choices.ts';
import { LAST_LOOK_MS, nextWakeOf } from '../../domain/early-look.ts';
import { AppError } from '../../domain/errors.ts';
import { CATCH_UP_AFTER_MS, CATCH_UP_GAP_MS, isLate, isTooLate } from '../../domain/lateness.ts';
import type { Attempt, Clip, Post } from '../../domain/post-record.ts';
import type { DirectPost } from '../../tiktok/client.ts';
import { lookEarly } from './early-look.ts';
import { latenessOf, requireAccountId, takeTurn, turnWaitMs } from './turn.ts';
import { applyUnderLease, leave, type PublisherDeps, releaseFor, type StepOutcome, type Work } from './work.ts';

/** An upload URL lives one hour (Content Posting API, Media Transfer Guide). */
const UPLOAD_URL_LIFETIME_MS = 3_600_000;

/** Which upload a post's sealed URL belongs to; part of what the seal authenticates. */
export const uploadUrlPlace = (post: Post, attempt: Attempt) => ({
  collection: 'posts',
  id: post.id,
  field: `uploadUrl.${attempt.number}`,
});

export function requireClip(post: Post): Clip {
  if (!post.clip) throw new AppError('clip_gone');
  return post.clip;
}

/** Nobody expects a video hours late: until an upload has begun the person is asked, as they have chosen in /settings. */
async function requirePunctual(work: Work, post: Post): Promise<void> {
  const lateMs = latenessOf(post);
  if (!isLate(lateMs)) return;
  if (isTooLate(lateMs, await work.deps.findLateness(post.ownerId)))
    throw new AppError('post_missed', { minutes: Math.round(lateMs / 60_000) });
}

/** `updatedAt` is the claim's instant on the database's clock. Whatever woke the post, no video is early. */
const isAhead = ({ due, updatedAt }: Post): boolean => due?.at != null && due.at > updatedAt;

const EARLIER_ONE_RETRY_MS = 1_000;
/** How little a slot may lie ahead to be taken at once. */
const SLOT_TOLERANCE_MS = 5_000;

/**
 * Late posts of one account, as after a while off, go out in their order and ten minutes apart. True for one whose place is now;
 * others get a later time, or wait for the earlier ones to get theirs.
 */
async function catchUp(work: Work, post: Post): Promise<boolean> {
  const { deps } = work;
  const dueAt = post.due?.at;
  if (!dueAt || !post.accountId || latenessOf(post) <= CATCH_UP_AFTER_MS) return true;
  if (await deps.posts.hasEarlierScheduled(post.accountId, dueAt)) {
    await releaseFor(work, post, EARLIER_ONE_RETRY_MS);
    return false;
  }
  const slot = await deps.accounts.takeSlot(post.accountId, CATCH_UP_GAP_MS);
  if (!slot || slot.getTime() - post.updatedAt.getTime() <= SLOT_TOLERANCE_MS) return true;
  const due = { ...post.due, at: slot };
  await leave(work, post, { event: 'reschedule', patch: { due, wakeAt: slot } });
  return false;
}

/** scheduled -> claimed, in the account's turn. Posts that are too late and accounts that cannot post are refused. */
export async function claimScheduled(work: Work, post: Post): Promise<StepOutcome> {
  const dueAt = post.due?.at;
  if (dueAt && isAhead(post)) {
    const creator = await lookEarly(work, post);
    await work.deps.posts.release(post, work.owner, {
      ...(creator && { creator }),
      wakeAt: nextWakeOf(post.id, dueAt, post.updatedAt.getTime()),
    });
    return null;
  }
  await requirePunctual(work, post);
  if (!(await catchUp(work, post))) return null;
  const isReady = !needsCreator(post);
  if (!(await takeTurn(work, post, { withInit: isReady }))) return releaseFor(work, post, turnWaitMs(work.deps, post));
  // An upload of an earlier time was broken off before its last chunk; nothing can come of it.
  const attempt = isReady ? intend(work.deps, { attempt: null }) : null;
  return applyUnderLease(work, post, { event: 'claim', patch: { attempt } });
}

/** A post that another worker left between `claimed` and the last chunk goes on only in the account's turn. */
export const resume = async (work: Work, post: Post): Promise<StepOutcome> =>
  (await takeTurn(work, post)) ? post : releaseFor(work, post, turnWaitMs(work.deps, post));

/** claimed: asks TikTok what the creator allows now, then opens an upload. Steps with one effect each. */
export async function prepareUpload(work: Work, post: Post): Promise<StepOutcome> {
  if (post.attempt?.fromBackup) throw new AppError('post_maybe_published');
  if (isAhead(post))
    return leave(work, post, { event: 'postpone', patch: { wakeAt: post.due?.at ?? null, attempt: null } });
  await requirePunctual(work, post);
  if (needsCreator(post)) return askCreator(work, post);
  if (isAnswerAwaited(post)) return initiate(work, post);
  return applyUnderLease(work, post, { event: 'note', patch: { attempt: intend(work.deps, post) } });
}

/** Unless TikTok was asked since the post's last look, and not long ago, about what still are the person's choices. */
export function needsCreator({ mode, due, choices, creator, clip, updatedAt }: Post): boolean {
  if (mode !== 'direct') return false;
  const lastLookMs = (due?.at?.getTime() ?? 0) - LAST_LOOK_MS;
  const askedMs = creator?.askedAt.getTime() ?? 0;
  if (!creator || !clip || askedMs < lastLookMs) return true;
  if (updatedAt.getTime() - askedMs >= CREATOR_INFO_MAX_AGE_MS) return true;
  return findForbiddenChoices(choices, creator, clip).length > 0;
}

async function askCreator(work: Work, post: Post): Promise<StepOutcome> {
  const { deps } = work;
  const accountId = requireAccountId(post);
  const creator = await deps.appPause.heed(accountId, async () => {
    await deps.callLimits.take(accountId, 'creatorInfo');
    return deps.accessTokens.use(accountId, token => deps.tiktok.fetchCreator(token, { signal: work.signal }));
  });
  const [forbidden] = findForbiddenChoices(post.choices, creator, requireClip(post));
  // Not after it was asked, on the database's clock: by a slow one it would never be fresh, and be asked for ever.
  const askedAt = post.updatedAt;
  // Never changed silently: the post is held and the person asked.
  if (forbidden) throw new AppError(forbidden.code, forbidden.facts);
  return applyUnderLease(work, post, {
    event: 'note',
    patch: {
      creator: { ...creator, askedAt },
      attempt: isAnswerAwaited(post) ? post.attempt : intend(work.deps, post),
    },
  });
}

/** Init is about to be sent, or was and its answer lost: without bytes behind it no video can come of it. */
const isAnswerAwaited = ({ attempt }: Post): boolean => attempt !== null && attempt.publishId === null;

/** Written before the call to init, so that a crash between the two is a known state. */
export const intend = ({ clock }: Pick<PublisherDeps, 'clock'>, { attempt }: Pick<Post, 'attempt'>): Attempt => ({
  number: (attempt?.number ?? 0) + 1,
  startedAt: new Date(clock()),
  publishId: null,
  uploadUrl: null,
  uploadExpiresAt: null,
  chunksSent: 0,
  committedAt: null,
});

async function initiate(work: Work, post: Post): Promise<StepOutcome> {
  const { deps } = work;
  const { attempt } = post;
  if (!attempt) throw new AppError('post_wrong_state', { state: post.state });
  const accountId = requireAccountId(post);
  const { sizeBytes } = requireClip(post);
  const call = { signal: work.signal };
  const init = (token: string) =>
    post.mode === 'inbox'
      ? deps.tiktok.initInboxPost(token, { sizeBytes }, call)
      : deps.tiktok.initDirectPost(token, { ...directPostOf(post), sizeBytes }, call);
  const { publishId, uploadUrl } = await deps.appPause.heed(accountId, async () => {
    const { turn } = work;
    work.turn = null;
    if (!turn?.hasInit) await deps.callLimits.take(accountId, 'init');
    return deps.accessTokens.use(accountId, init, turn?.grant);
  });
  const opened: Attempt = {
    ...attempt,
    publishId,
    uploadUrl: deps.tokenBox.seal(uploadUrl, uploadUrlPlace(post, attempt)),
    uploadExpiresAt: new Date(post.updatedAt.getTime() + UPLOAD_URL_LIFETIME_MS),
  };
  const patch = { attempt: opened, problem: null };
  // The post goes behind others, and gives its place to one that nobody has begun with.
  if (deps.mustBytesWait()) return leave(work, post, { event: 'initiate', patch: { ...patch, wakeAt: afterNow(0) } });
  return applyUnderLease(work, post, { event: 'initiate', patch });
}

/** What the person consented to, in TikTok's terms. */
function directPostOf({ caption, choices }: Post): Omit<DirectPost, 'sizeBytes'> {
  if (choices.privacy === null) throw new AppError('privacy_required');
  return {
    title: caption,
    privacy: choices.privacy,
    disableComment: !choices.allowComment,
    disableDuet: !choices.allowDuet,
    disableStitch: !choices.allowStitch,
    coverMs: choices.coverMs,
    brandContent: isBranded(choices),
    brandOrganic: choices.disclosure && choices.yourBrand,
    aiGenerated: choices.aiGenerated,
  };
}
