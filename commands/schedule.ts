// /schedule: from a clip to a scheduled post, on one card. Every press changes the draft in the database and draws the card anew.

import type { Reply } from '#chat/reply.ts';
import { splitLink } from '#domain/clip-link.ts';
import { AppError, isAppError } from '#domain/errors.ts';
import type { Due, Post } from '#domain/post-record.ts';
import { splitWhen } from '#domain/when/split.ts';
import { addDays, nearestInstant, wallTimeAt, wallTimeToInstant } from '#domain/when/wall-time.ts';
import { renderPost } from './cards/post-card.ts';
import { chosenPrivacy, chosenToggle, toggle } from './choices.ts';
import type { ClipcueCommand, Context } from './command.ts';
import { offerUpload, requireDraft, settleZone, showComposer, startDraft, startDraftFromLink } from './composer.ts';
import { clipAction, clipForm } from './draft-clip.ts';
import { fieldActions, fieldForms } from './draft-fields.ts';
import { wholeAction, wholeForm } from './draft-form.ts';
import { captionOption, LINK_MAX_LENGTH, textOf, whenOption } from './draft-options.ts';
import { decideZone } from './zone-question.ts';

/** A clip's address with its time and caption around it; null for words without one. */
export async function scheduleFromLink(ctx: Context, words: string): Promise<Reply | null> {
  const link = splitLink(words);
  if (!link) return null;
  const { when, caption } = splitWhen(link.rest, { now: ctx.now, zone: ctx.user.zone ?? 'UTC' });
  return startDraftFromLink(ctx, link.address, { when, caption, accountId: null });
}

/** What Schedule does, whichever button stands for it. A time that passed while choosing is asked about, on the card. */
async function scheduleNow(ctx: Context, id: string): Promise<Reply> {
  // What TikTok allows must be at most ten minutes old when the person consents.
  const fresh = await ctx.services.drafts.withFreshCreator(ctx.user, await requireDraft(ctx, id));
  try {
    const post = await ctx.services.posts.schedule(ctx.user, fresh.id);
    const account = post.accountId ? await ctx.services.accounts.findForNotice(post.accountId) : null;
    return renderPost(post, account, { replaces: true, keptUntil: ctx.services.posts.keptUntil(post) });
  } catch (error) {
    if (!isAppError(error, 'time_past')) throw error;
    return showComposer(ctx, fresh, { replaces: true, isPast: true });
  }
}

/** The time instead of one that has passed. */
function laterDue(post: Post, value: string, now: number): Due {
  const zone = post.due?.zone || 'UTC';
  if (value === 'now') return { at: null, delayMs: 0, zone, words: 'now' };
  if (value === 'soon') return { at: null, delayMs: 10 * 60_000, zone, words: 'in 10 minutes' };
  if (value !== 'tomorrow' || !post.due?.at) throw new AppError('button_unknown');
  const { time } = wallTimeAt(post.due.at.getTime(), zone);
  const at = nearestInstant(wallTimeToInstant({ date: addDays(wallTimeAt(now, zone).date, 1), time }, zone));
  return { at: new Date(at), delayMs: null, zone, words: `tomorrow ${time}` };
}

export const schedule: ClipcueCommand = {
  name: 'schedule',
  summary: 'Schedule a clip',
  visibility: 'private',
  options: [
    { name: 'video', summary: 'The clip: MP4, MOV or WebM', kind: 'video', required: false },
    whenOption,
    captionOption,
    {
      name: 'account',
      summary: 'Which TikTok account',
      kind: 'choice',
      required: false,
      async suggest(ctx, words) {
        const accounts = await ctx.services.accounts.list(ctx.user);
        return accounts
          .map(({ id, label, displayName }) => ({ label: label ?? displayName, value: id }))
          .filter(({ label }) => label.toLowerCase().includes(words.toLowerCase()));
      },
    },
    {
      name: 'link',
      summary: 'Instead of the clip: an https link to a video file, or a Dropbox link',
      kind: 'text',
      maxLength: LINK_MAX_LENGTH,
      required: false,
    },
  ],
  async run(ctx, { video, when, caption, account, link }) {
    const wanted = { when: textOf(when), caption: textOf(caption), accountId: textOf(account) || null };
    if (!video && link) return startDraftFromLink(ctx, textOf(link), wanted);
    // Where options have no names, everything that was typed is the first of them.
    const fromLink = video ? null : await scheduleFromLink(ctx, wanted.when);
    return fromLink ?? startDraft(ctx, { ...wanted, clip: video });
  },

  actions: {
    ...fieldActions,
    clip: clipAction,
    whole: wholeAction,
    account: {
      answersWith: 'reply',
      visibility: 'private',
      run: async (ctx, { entity, value }) =>
        showComposer(ctx, await ctx.services.drafts.chooseAccount(ctx.user, entity, value), { replaces: true }),
    },
    privacy: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity, value }) {
        const privacy = chosenPrivacy(value);
        const post = await ctx.services.drafts.choose(ctx.user, entity, choices => ({ ...choices, privacy }));
        return showComposer(ctx, post, { replaces: true });
      },
    },
    toggle: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity, value }) {
        const name = chosenToggle(value);
        const post = await ctx.services.drafts.choose(ctx.user, entity, choices => toggle(choices, name));
        return showComposer(ctx, post, { replaces: true });
      },
    },
    confirm: {
      answersWith: 'reply',
      visibility: 'private',
      run: (ctx, { entity }) => scheduleNow(ctx, entity),
    },
    // The same choices as last time; Schedule is still the person's to press.
    same: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const draft = await requireDraft(ctx, entity);
        const last = draft.accountId ? await ctx.services.drafts.lastChoices(ctx.user, draft.accountId) : null;
        // The cover belongs to the clip it was chosen for.
        const same = last && { ...last, coverMs: draft.choices.coverMs };
        const post = same ? await ctx.services.drafts.choose(ctx.user, entity, () => same) : draft;
        return showComposer(ctx, post, { replaces: true });
      },
    },
    late: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity, value }) {
        const post = await requireDraft(ctx, entity);
        await ctx.services.drafts.setDue(ctx.user, entity, laterDue(post, value, ctx.now));
        return scheduleNow(ctx, entity);
      },
    },
    zone: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity, value }) {
        const decided = decideZone(value, ctx.now);
        if ('places' in decided)
          return showComposer(ctx, await requireDraft(ctx, entity), { replaces: true, zoneQuestion: decided.places });
        const settled = await settleZone(ctx, await requireDraft(ctx, entity), decided.zone);
        return showComposer(settled.ctx, settled.post, { replaces: true });
      },
    },
    upload: {
      answersWith: 'reply',
      visibility: 'private',
      run: async (ctx, { entity }) => offerUpload(ctx, await requireDraft(ctx, entity), { replaces: true }),
    },
    discard: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const post = await ctx.services.posts.cancel(ctx.user, entity);
        const account = post.accountId ? await ctx.services.accounts.findForNotice(post.accountId) : null;
        return renderPost(post, account, { replaces: true, keptUntil: ctx.services.posts.keptUntil(post) });
      },
    },
  },

  forms: { ...fieldForms, clip: clipForm, whole: wholeForm },
};
