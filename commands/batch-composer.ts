// The batch composer: makes drafts from clips that came together, and shows the card that they share.

import { wordsFor } from '#chat/explain.ts';
import type { ClipOffer } from '#chat/invocation.ts';
import { heading, type Reply, reply, text } from '#chat/reply.ts';
import { checkCaption } from '#domain/caption.ts';
import { AppError, isAppError } from '#domain/errors.ts';
import { type Clip, isWaitingForZone, type Post } from '#domain/post-record.ts';
import { readSeries, splitSeries } from '#domain/series.ts';
import { splitWhen } from '#domain/when/split.ts';
import { type BatchView, renderBatch } from './cards/batch-card.ts';
import type { Context } from './command.ts';
import { requireAccount } from './composer.ts';
import { readDue } from './due.ts';
import { clockChoices } from './zone-question.ts';

/** As many as an album or a message of any platform holds. */
export const MOST_CLIPS = 10;

const isBatch = (drafts: readonly Post[]): drafts is [Post, ...Post[]] => drafts.length > 0;

export async function showBatch(
  ctx: Context,
  found: readonly Post[],
  {
    replaces = true,
    refused = [],
    zoneQuestion,
  }: Partial<Pick<BatchView, 'refused' | 'zoneQuestion'>> & { replaces?: boolean } = {},
): Promise<Reply> {
  const { batches, drafts: single, accounts: own } = ctx.services;
  const drafts = await batches.withFreshCreator(ctx.user, found);
  if (!isBatch(drafts)) throw new AppError('post_gone');
  const [first] = drafts;
  const [accounts, last, forecast] = await Promise.all([
    own.list(ctx.user),
    first.accountId ? single.lastChoices(ctx.user, first.accountId) : null,
    single.forecastOverCap(drafts),
  ]);
  const asksZone = drafts.some(({ due }) => due && isWaitingForZone(due));
  return renderBatch(
    {
      batchId: first.batch?.id ?? '',
      drafts,
      refused,
      account: accounts.find(({ id }) => id === first.accountId) ?? null,
      accounts,
      gaps: batches.findGaps(drafts),
      lastChoices: last,
      forecast,
      isAudited: own.isAudited,
      isPast: false,
      zoneQuestion: zoneQuestion ?? (asksZone ? clockChoices(ctx.now) : []),
    },
    { replaces },
  );
}

/** Makes a batch of clips that came together. One that TikTok would refuse is left out by name; the others go on. */
export async function startBatch(ctx: Context, offers: readonly ClipOffer[], words: string): Promise<Reply> {
  await requireAccount(ctx);
  const clips: Clip[] = [];
  const refused: { name: string; reason: string }[] = [];
  for (const offer of offers.slice(0, MOST_CLIPS)) {
    try {
      clips.push(await ctx.services.clips.receive(ctx.user, offer));
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'user') throw error;
      refused.push({ name: offer.name, reason: wordsFor(error) });
    }
  }
  for (const { name } of offers.slice(MOST_CLIPS)) refused.push({ name, reason: `At most ${MOST_CLIPS} at once.` });
  if (clips.length === 0)
    return reply([
      heading('None of these can be posted'),
      ...refused.map(({ name, reason }) => text({ bold: name }, `: ${reason}`)),
    ]);
  const split = splitWhen(words, { now: ctx.now, zone: ctx.user.zone ?? 'UTC' });
  const { when, caption } = splitSeries(split.when, split.caption);
  const place = { platform: ctx.person.platform, chatId: ctx.person.chatId };
  const drafts = await ctx.services.batches.draft(ctx.user, place, clips, checkCaption(caption), ctx.eventKey);
  const batchId = drafts[0]?.batch?.id ?? '';
  const timed = when ? await setTimes(ctx, batchId, when) : drafts;
  return showBatch(ctx, timed, { replaces: false, refused });
}

export function setTimes(ctx: Context, batchId: string, words: string): Promise<Post[]> {
  const { first, step } = readSeries(words);
  const due = readDue(first, ctx.user, ctx.now);
  // Words that wait for a zone must keep their series, to be read whole once the zone is known.
  return ctx.services.batches.setTimes(ctx.user, batchId, isWaitingForZone(due) ? { ...due, words } : due, step);
}

export async function settleZone(ctx: Context, batchId: string, zone: string): Promise<Reply> {
  const user = await ctx.services.people.changeSettings(ctx.user, { zone });
  const [first] = await ctx.services.batches.find(user, batchId);
  const settled = { ...ctx, user };
  const drafts = first?.due
    ? await setTimes(settled, batchId, first.due.words)
    : await ctx.services.batches.find(user, batchId);
  return showBatch(settled, drafts);
}
