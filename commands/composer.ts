// The composer: makes drafts from what people send, and shows the card on which a draft is completed.

import { wordsFor } from '#chat/explain.ts';
import { isClip, type OptionValue } from '#chat/invocation.ts';
import { type Reply, text } from '#chat/reply.ts';
import { checkCaption } from '#domain/caption.ts';
import { AppError, isAppError } from '#domain/errors.ts';
import { type Due, isWaitingForZone, type Post } from '#domain/post-record.ts';
import { type ComposerView, renderComposer } from './cards/composer-card.ts';
import type { Context } from './command.ts';
import { readDue } from './due.ts';
import { clockChoices } from './zone-question.ts';

/** The card of a draft, after asking TikTok about the creator where that is due. */
export async function showComposer(
  ctx: Context,
  post: Post,
  {
    replaces = false,
    zoneQuestion,
    isPast = false,
  }: Partial<Pick<ComposerView, 'zoneQuestion' | 'isPast'>> & { replaces?: boolean } = {},
): Promise<Reply> {
  const { drafts, accounts: own } = ctx.services;
  const fresh = await drafts.withFreshCreator(ctx.user, post);
  const [accounts, last, forecast] = await Promise.all([
    own.list(ctx.user),
    fresh.accountId ? drafts.lastChoices(ctx.user, fresh.accountId) : null,
    drafts.forecastOverCap([fresh]),
  ]);
  const asksZone = fresh.due !== null && isWaitingForZone(fresh.due);
  return renderComposer(
    {
      post: fresh,
      account: accounts.find(({ id }) => id === fresh.accountId) ?? null,
      accounts,
      gaps: drafts.findGaps(fresh),
      lastChoices: last,
      forecast,
      isAudited: own.isAudited,
      isPast,
      zoneQuestion: zoneQuestion ?? (asksZone ? clockChoices(ctx.now) : []),
    },
    { replaces },
  );
}

export interface Wanted {
  readonly clip: OptionValue | undefined;
  readonly when: string;
  readonly caption: string;
  readonly accountId: string | null;
}

/**
 * Makes a draft from whatever the person gave, and shows its card. A bad time or caption does not cost them their clip: the draft
 * is made without it, and the reason stands above the card.
 * @throws AppError clip_* for a clip that TikTok would refuse, `account_required`.
 */
export async function startDraft(ctx: Context, wanted: Wanted): Promise<Reply> {
  await requireAccount(ctx);
  if (!isClip(wanted.clip)) throw new AppError('clip_required');
  const { due, caption, complaints } = readWords(ctx, wanted);
  const clip = await ctx.services.clips.receive(wanted.clip);
  const place = { platform: ctx.person.platform, chatId: ctx.person.chatId };
  const input = { clip, caption, due, accountId: wanted.accountId };
  const post = await ctx.services.drafts.make(ctx.user, place, input, ctx.eventKey);
  const card = await showComposer(ctx, post);
  return { ...card, blocks: [...complaints.map(error => text({ bold: wordsFor(error) })), ...card.blocks] };
}

export async function requireAccount(ctx: Context): Promise<void> {
  if ((await ctx.services.accounts.list(ctx.user)).length === 0) throw new AppError('account_required');
}

/** Time and caption, each read for itself; what cannot be read becomes a complaint. */
export function readWords(
  ctx: Context,
  { when, caption }: Pick<Wanted, 'when' | 'caption'>,
): { due: Due | null; caption: string; complaints: AppError[] } {
  const complaints: AppError[] = [];
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'user') throw error;
      complaints.push(error);
      return null;
    }
  };
  const due = when ? attempt(() => readDue(when, ctx.user, ctx.now)) : null;
  return { due, caption: attempt(() => checkCaption(caption)) ?? '', complaints };
}

/** @throws AppError `post_gone`, `post_wrong_state`. */
export async function requireDraft(ctx: Context, id: string): Promise<Post> {
  const post = await ctx.services.posts.find(ctx.user, id);
  if (post.state !== 'draft') throw new AppError('post_wrong_state', { state: post.state });
  return post;
}

/** The person's zone is known from here; the time that waited for it is read. */
export async function settleZone(ctx: Context, draft: Post, zone: string): Promise<{ ctx: Context; post: Post }> {
  const user = await ctx.services.people.changeSettings(ctx.user, { zone });
  const due = draft.due && readDue(draft.due.words, user, ctx.now);
  return { ctx: { ...ctx, user }, post: due ? await ctx.services.drafts.setDue(user, draft.id, due) : draft };
}
