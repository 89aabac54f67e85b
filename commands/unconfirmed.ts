// The buttons of a post of which TikTok never said whether it was posted: its person looks, and says.

import { encodeActionId } from '#chat/action-id.ts';
import { button, heading, type Reply, reply, text } from '#chat/reply.ts';
import type { Post } from '#domain/post-record.ts';
import { practiceMark } from './cards/words.ts';
import type { ClipcueCommand, Context } from './command.ts';

const id = (action: string, post: Post) => encodeActionId('posts', action, post.id);

const askBeforeRetry = (post: Post): Reply =>
  reply(
    [
      heading('Post it again?'),
      text(
        'If TikTok has the first one after all, a second video appears beside it. Please look at the account before you press; drafts and videos “for me alone” count too.',
      ),
      ...practiceMark(post),
    ],
    {
      replaces: true,
      rows: [[button('Yes, post it again', id('resend', post), 'danger'), button('Back', id('card', post))]],
    },
  );

type ShowPost = (ctx: Context, post: Post) => Promise<Reply>;

/** Actions of /posts, each of which shows the post as it stands then. */
export const unconfirmedActions = (showPost: ShowPost): ClipcueCommand['actions'] => ({
  posted: {
    answersWith: 'reply',
    visibility: 'private',
    run: async (ctx, { entity }) => showPost(ctx, await ctx.services.unconfirmed.confirm(ctx.user, entity)),
  },
  again: {
    answersWith: 'reply',
    visibility: 'private',
    async run(ctx, { entity }) {
      const post = await ctx.services.posts.find(ctx.user, entity);
      return post.state === 'unconfirmed' ? askBeforeRetry(post) : showPost(ctx, post);
    },
  },
  resend: {
    answersWith: 'reply',
    visibility: 'private',
    run: async (ctx, { entity }) => showPost(ctx, await ctx.services.unconfirmed.retry(ctx.user, entity)),
  },
  giveup: {
    answersWith: 'reply',
    visibility: 'private',
    run: async (ctx, { entity }) => showPost(ctx, await ctx.services.unconfirmed.giveUp(ctx.user, entity)),
  },
  card: {
    answersWith: 'reply',
    visibility: 'private',
    run: async (ctx, { entity }) => showPost(ctx, await ctx.services.posts.find(ctx.user, entity)),
  },
});
