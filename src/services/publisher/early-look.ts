// The looks at a post before its time. What TikTok would refuse by then is told while there is time to mend it; anything else, such as
// TikTok not answering, can wait for the time itself.

import { type CreatorInfo, findForbiddenChoices } from '../../domain/choices.ts';
import { EARLY_LOOK_MS, LAST_LOOK_MS } from '../../domain/early-look.ts';
import { AppError, isAppError } from '../../domain/errors.ts';
import type { Post } from '../../domain/post-record.ts';
import type { Work } from './work.ts';

/** Since the look that it is time for, however often the post is woken. */
function wasAsked({ creator, due }: Post, leftMs: number): boolean {
  const lookMs = (due?.at?.getTime() ?? 0) - (leftMs > LAST_LOOK_MS ? EARLY_LOOK_MS : LAST_LOOK_MS);
  return (creator?.askedAt.getTime() ?? 0) >= lookMs;
}

/**
 * Asks TikTok what the creator allows now, for a post that is not due yet. Null where it need not or could not be asked.
 * @throws AppError for what its person must mend: a choice that is not allowed any more, a clip that is too long by now, an account
 *   that must be connected again
 */
export async function lookEarly(work: Work, post: Post): Promise<CreatorInfo | null> {
  const { deps, signal } = work;
  const { accountId, clip, mode } = post;
  const leftMs = (post.due?.at?.getTime() ?? 0) - post.updatedAt.getTime();
  // Woken much earlier: by an alarm for a time that it had before.
  if (mode !== 'direct' || !accountId || !clip || leftMs > EARLY_LOOK_MS || wasAsked(post, leftMs)) return null;
  try {
    await deps.callLimits.take(accountId, 'creatorInfoAhead');
    const creator = await deps.accessTokens.use(accountId, token => deps.tiktok.fetchCreator(token, { signal }));
    const [forbidden] = findForbiddenChoices(post.choices, creator, clip);
    if (forbidden) throw new AppError(forbidden.code, forbidden.facts);
    return { ...creator, askedAt: post.updatedAt };
  } catch (error) {
    if (!isAppError(error) || error.kind === 'user' || error.kind === 'reauth') throw error;
    return null;
  }
}
