// /posts: everything a person has scheduled, what needs them first, and the buttons to change it.

import { encodeActionId } from '#chat/action-id.ts';
import { type Form, type Reply, text } from '#chat/reply.ts';
import type { Account } from '#domain/account.ts';
import { AppError } from '#domain/errors.ts';
import { POST_STATES, type PostState } from '#domain/post.ts';
import type { Post } from '#domain/post-record.ts';
import { renderPost } from './cards/post-card.ts';
import { renderPosts } from './cards/posts-list.ts';
import type { ClipcueCommand, Context } from './command.ts';
import { showComposer } from './composer.ts';
import { TIME_HINT } from './draft-fields.ts';
import { quickTimes, readDue } from './due.ts';
import { missedActions, missedForms } from './missed.ts';
import { unconfirmedActions } from './unconfirmed.ts';

/** What is still to come, or still to be seen to. */
const LISTED: readonly PostState[] = ['held', 'unconfirmed', 'publishing', 'scheduled', 'draft', 'failed'];

const id = (action: string, post: Post, value = '') => encodeActionId('posts', action, post.id, value);

async function accountOf(ctx: Context, post: Post): Promise<Account | null> {
  return post.accountId ? ctx.services.accounts.findForNotice(post.accountId) : null;
}

export async function showPost(ctx: Context, post: Post): Promise<Reply> {
  if (post.state === 'draft') return showComposer(ctx, post, { replaces: true });
  return renderPost(post, await accountOf(ctx, post), {
    replaces: true,
    keptUntil: ctx.services.posts.keptUntil(post),
  });
}

async function listPosts(ctx: Context, states: readonly PostState[], page: number, replaces: boolean): Promise<Reply> {
  const [posts, accounts] = await Promise.all([
    ctx.services.posts.list(ctx.user, states),
    ctx.services.accounts.list(ctx.user),
  ]);
  const accountOf = (post: Post) => accounts.find(account => account.id === post.accountId) ?? null;
  return renderPosts({ posts, page, zone: ctx.user.zone ?? 'UTC', accountOf }, { replaces });
}

const moveForm = (post: Post, { user, now }: Context): Form => ({
  id: id('move', post),
  title: 'Another time',
  submitLabel: 'Move',
  fields: [
    {
      name: 'when',
      label: 'Time',
      hint: TIME_HINT,
      kind: 'line',
      required: true,
      value: post.due?.words ?? '',
      maxLength: 100,
      suggestions: quickTimes(user, now),
    },
  ],
});

export const posts: ClipcueCommand = {
  name: 'posts',
  summary: 'Your posts: see, move, publish now, cancel',
  visibility: 'private',
  options: [
    {
      name: 'show',
      summary: 'Only those in one state',
      kind: 'choice',
      required: false,
      suggest: async () => POST_STATES.map(state => ({ label: state, value: state })),
    },
  ],
  run(ctx, { show }) {
    if (show === undefined) return listPosts(ctx, LISTED, 0, false);
    const only = POST_STATES.filter(state => state === show);
    if (only.length === 0)
      throw new AppError('choice_unknown', { words: String(show), offered: POST_STATES.join(', ') });
    return listPosts(ctx, only, 0, false);
  },
  actions: {
    ...unconfirmedActions(showPost),
    ...missedActions,
    list: { answersWith: 'reply', visibility: 'private', run: ctx => listPosts(ctx, LISTED, 0, false) },
    page: {
      answersWith: 'reply',
      visibility: 'private',
      run: (ctx, { value }) => listPosts(ctx, LISTED, Number(value) || 0, true),
    },
    practice: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx) {
        const removed = await ctx.services.practice.remove(ctx.user);
        const list = await listPosts(ctx, LISTED, 0, false);
        return { ...list, blocks: [text(`Practice posts removed: ${removed}.`), ...list.blocks] };
      },
    },
    show: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const post = await ctx.services.posts.find(ctx.user, entity);
        const shown =
          post.state === 'draft' ? await showComposer(ctx, post) : renderPost(post, await accountOf(ctx, post));
        return { ...shown, replaces: false };
      },
    },
    edit: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const post = await ctx.services.posts.find(ctx.user, entity);
        return showComposer(ctx, post.state === 'draft' ? post : await ctx.services.posts.reopen(ctx.user, entity), {
          replaces: true,
        });
      },
    },
    move: {
      answersWith: 'form',
      run: async (ctx, { entity }) => moveForm(await ctx.services.posts.find(ctx.user, entity), ctx),
    },
    now: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const zone = ctx.user.zone ?? 'UTC';
        return showPost(
          ctx,
          await ctx.services.posts.reschedule(ctx.user, entity, { at: null, delayMs: 0, zone, words: 'now' }),
        );
      },
    },
    cancel: {
      answersWith: 'reply',
      visibility: 'private',
      run: async (ctx, { entity }) => showPost(ctx, await ctx.services.posts.cancel(ctx.user, entity)),
    },
  },
  forms: {
    ...missedForms,
    move: {
      visibility: 'private',
      async run(ctx, { entity, values }) {
        if (typeof values.when !== 'string') throw new AppError('time_required');
        const due = readDue(values.when, ctx.user, ctx.now);
        return showPost(ctx, await ctx.services.posts.reschedule(ctx.user, entity, due));
      },
    },
  },
};
