// Posts on the other side of the line between practice and the real thing, and those that were set aside because of it. The former
// are found through their accounts: posts have no index that begins with their world, and months of them must not slow a start.

import { isPractice, type World } from '../domain/account.ts';
import { POST_STATES, type PostState } from '../domain/post.ts';
import type { Post, SetAsideKind } from '../domain/post-record.ts';
import type { AccountStore } from './accounts.ts';
import type { PostStore } from './posts.ts';

/** Everything that somebody or something could still move. */
const MOVABLE: readonly PostState[] = POST_STATES.filter(state =>
  ['draft', 'scheduled', 'held', 'publishing'].includes(state),
);
const PER_ACCOUNT_MAX = 10_000;

export type StrandedPosts = ReturnType<typeof createStrandedPosts>;

export function createStrandedPosts({ accounts, posts }: { accounts: AccountStore; posts: PostStore }) {
  const setAside = (kind: SetAsideKind) => ({ 'problem.facts.setAside': kind, state: 'held' as const });

  return {
    /** Posts that could still move, of accounts that are not of `world`'s kind. */
    async *listOfOtherKind(world: World): AsyncGenerator<Post> {
      const otherKind = { world: isPractice(world) ? { $ne: 'simulator' as const } : ('simulator' as const) };
      for await (const { _id: accountId, ownerId } of accounts.model.find(otherKind, { ownerId: 1 }).lean().cursor())
        yield* await posts.list(ownerId, { accountId, states: MOVABLE }, { limit: PER_ACCOUNT_MAX });
    },

    async *listSetAside(kind: SetAsideKind): AsyncGenerator<Post> {
      for await (const { _id } of posts.model.find(setAside(kind), { _id: 1 }).lean().cursor()) {
        const post = await posts.findForWork(_id);
        if (post) yield post;
      }
    },

    /** Whether some of a person's posts are set aside already, and so the person told. */
    async hasSetAside(ownerId: string, kind: SetAsideKind): Promise<boolean> {
      return (await posts.model.exists({ ownerId, ...setAside(kind) })) !== null;
    },
  };
}
