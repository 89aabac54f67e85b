// A change to a post as people make it: read, decided, written by compare-and-set. Where two presses meet, the second one is decided
// anew on what the first one left.

import { AppError, isAppError } from '../domain/errors.ts';
import { type Post, setAsideKind } from '../domain/post-record.ts';
import type { PostChange, PostStore } from '../stores/posts.ts';

/** Two presses at once are normal; this many in a row are a fault. */
const CONFLICT_TRIES = 5;

/**
 * `isRemoval`: the change takes the post away, which is all that may happen to one that is set aside.
 * @throws AppError `post_gone`, `post_of_other_tiktok`, whatever `decide` and `transition()` throw, `post_changed` after five
 * conflicts.
 */
export async function changePost(
  posts: PostStore,
  ownerId: string,
  id: string,
  decide: (post: Post) => PostChange,
  { isRemoval = false } = {},
): Promise<Post> {
  for (let tries = 1; ; tries++) {
    const post = await posts.find(ownerId, id);
    if (setAsideKind(post) && !isRemoval) throw new AppError('post_of_other_tiktok', post.problem?.facts);
    try {
      return await posts.apply(post, decide(post));
    } catch (error) {
      if (!isAppError(error, 'post_changed') || tries === CONFLICT_TRIES) throw error;
    }
  }
}
