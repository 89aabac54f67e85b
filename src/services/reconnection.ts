// An account works again after its connection had ended, perhaps under another client key: its waiting posts follow it.

import type { Account } from '../domain/account.ts';
import { type ErrorCode, isAppError } from '../domain/errors.ts';
import type { Post } from '../domain/post-record.ts';
import type { PostChange, PostStore } from '../stores/posts.ts';

/** Why a post was held that a new connection mends. Whatever else holds a post is still the person's to decide. */
const MENDED: ReadonlySet<ErrorCode> = new Set([
  'tiktok_token_invalid',
  'tiktok_grant_ended',
  'tiktok_scope_missing',
  'account_gone',
  'post_of_other_tiktok',
]);

export interface ReconnectionDeps {
  readonly posts: PostStore;
  /** Sets the alarm for a post's time. */
  readonly setAlarm: (post: Post) => Promise<void>;
}

/** Releases and moves an account's posts. A time that passed meanwhile is asked about by the publisher, like any late one. */
export function createReconnection({ posts, setAlarm }: ReconnectionDeps) {
  const isMended = ({ state, problem }: Post): boolean =>
    state === 'held' && problem !== null && MENDED.has(problem.code);

  function decide(post: Post, { world, mode }: Account): PostChange | null {
    if (isMended(post) && post.due?.at)
      return {
        event: 'release',
        patch: { world, mode, problem: null, reminders: 0, lease: null, wakeAt: post.due.at },
      };
    if (post.world === world) return null;
    if (post.state === 'draft') return { event: 'edit', patch: { world, mode, creator: null } };
    return post.state === 'scheduled' ? { event: 'reschedule', patch: { world, mode } } : null;
  }

  return async (account: Account): Promise<void> => {
    await posts.wakeOfAccount(account.id);
    const waiting = await posts.list(
      account.ownerId,
      { accountId: account.id, states: ['draft', 'scheduled', 'held'] },
      { limit: 1000 },
    );
    for (const post of waiting) {
      const change = decide(post, account);
      if (!change) continue;
      try {
        const moved = await posts.apply(post, change);
        if (moved.state === 'scheduled') await setAlarm(moved);
      } catch (error) {
        // The person or the publisher was quicker; what they decided stands.
        if (!isAppError(error, 'post_changed', 'post_gone')) throw error;
      }
    }
  };
}
