// The composer: makes drafts from what people send, and shows the card on which a draft is completed.

import { wordsFor } from '#chat/explain.ts';
import { type ClipOffer, isClip, type OptionValue } from '#chat/invocation.ts';
import { type Reply, text } from '#chat/reply.ts';
import { checkCaption } from '#domain/caption.ts';
import { AppError, type ErrorCode, isAppError } from '#domain/errors.ts';
import { type Due, isWaitingForZone, type Post } from '#domain/post-record.ts';
import type { DraftInput } from '#services/drafts.ts';
import { type ComposerView, renderComposer } from './cards/composer-card.ts';
import type { Context } from './command.ts';
import { readDue } from './due.ts';
import { clockChoices } from './zone-question.ts';

export interface ShowOptions extends Partial<Pick<ComposerView, 'zoneQuestion' | 'isPast' | 'uploadLink'>> {
  readonly replaces?: boolean;
  /** False where no person waits for the card: what is known of the creator will do. */
  readonly asksTikTok?: boolean;
}

/** The card of a draft, after asking TikTok about the creator where that is due. */
export async function showComposer(
  ctx: Pick<Context, 'services' | 'user' | 'now'> & { readonly limits: Pick<Context['limits'], 'forms'> },
  post: Post,
  { replaces = false, zoneQuestion, isPast = false, uploadLink = null, asksTikTok = true }: ShowOptions = {},
): Promise<Reply> {
  const { drafts, accounts: own } = ctx.services;
  const fresh = asksTikTok ? await drafts.withFreshCreator(ctx.user, post) : post;
  const [accounts, last, forecast, sameClip] = await Promise.all([
    own.list(ctx.user),
    fresh.accountId ? drafts.lastChoices(ctx.user, fresh.accountId) : null,
    drafts.forecastOverCap([fresh]),
    drafts.findSameClip(ctx.user, fresh),
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
      uploadLink,
      sameClip,
      hasForms: ctx.limits.forms,
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

/** What the upload page takes although the chat, or the link, did not give it. */
const UPLOAD_INSTEAD: readonly ErrorCode[] = [
  'clip_too_large_here',
  'clip_link_invalid',
  'clip_link_forbidden',
  'clip_link_page',
  'clip_link_unreachable',
];

export const canUploadInstead = (error: unknown): error is AppError => isAppError(error, ...UPLOAD_INSTEAD);

/**
 * Makes a draft from whatever the person gave, and shows its card. A bad time or caption does not cost them their clip: the draft
 * is made without it, and the reason stands above the card; a time or caption without a clip makes one that waits for it. A clip that
 * does not come this way is asked for by the upload page.
 * @throws AppError clip_* for a clip that TikTok would refuse, `account_required`.
 */
export async function startDraft(ctx: Context, wanted: Wanted): Promise<Reply> {
  await requireAccount(ctx);
  if (isClip(wanted.clip)) return draftFrom(ctx, wanted, wanted.clip);
  if (!wanted.when && !wanted.caption) throw new AppError('clip_required');
  const { due, caption, complaints } = readWords(ctx, wanted);
  // Words that say nothing are no reason for a draft.
  if (!due && !caption) throw complaints[0] ?? new AppError('clip_required');
  return complain(
    await showComposer(ctx, await makeDraft(ctx, { clip: null, due, caption, accountId: wanted.accountId })),
    complaints,
  );
}

/** As `startDraft`, for a clip behind a web address. */
export async function startDraftFromLink(ctx: Context, address: string, wanted: Omit<Wanted, 'clip'>): Promise<Reply> {
  await requireAccount(ctx);
  return draftFrom(ctx, wanted, address);
}

async function draftFrom(ctx: Context, wanted: Omit<Wanted, 'clip'>, source: ClipOffer | string): Promise<Reply> {
  const { clips } = ctx.services;
  const { due, caption, complaints } = readWords(ctx, wanted);
  const receive = async () => clips.receive(ctx.user, isClip(source) ? source : clips.offerLink(source));
  const clip = await receive().catch(error => {
    if (!canUploadInstead(error)) throw error;
    complaints.unshift(error);
    return null;
  });
  const post = await makeDraft(ctx, { clip, due, caption, accountId: wanted.accountId });
  return complain(await (clip ? showComposer(ctx, post) : offerUpload(ctx, post)), complaints);
}

/** A draft that waits for its clip, with the link to the page that takes it. */
export async function startUpload(ctx: Context, wanted: Omit<Wanted, 'clip'>): Promise<Reply> {
  await requireAccount(ctx);
  const { due, caption, complaints } = readWords(ctx, wanted);
  const post = await makeDraft(ctx, { clip: null, due, caption, accountId: wanted.accountId });
  return complain(await offerUpload(ctx, post), complaints);
}

/** The card with a fresh upload link on it. @throws AppError `upload_too_many` */
export async function offerUpload(ctx: Context, post: Post, options: ShowOptions = {}): Promise<Reply> {
  return showComposer(ctx, post, {
    ...options,
    uploadLink: await ctx.services.uploads.begin(ctx.user, ctx.person, post),
  });
}

const makeDraft = (ctx: Context, input: DraftInput): Promise<Post> => {
  const place = { platform: ctx.person.platform, chatId: ctx.person.chatId };
  return ctx.services.drafts.make(ctx.user, place, input, ctx.eventKey);
};

export const complain = (card: Reply, complaints: readonly AppError[]): Reply => ({
  ...card,
  blocks: [...complaints.map(error => text({ bold: wordsFor(error) })), ...card.blocks],
});

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
