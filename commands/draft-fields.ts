// What a draft's card asks for in a form: caption, time, cover, where the person is. Each is a button that opens the
// form, and the form that saves.

import { encodeActionId } from '#chat/action-id.ts';
import type { FormAction, FormHandler } from '#chat/command.ts';
import type { OptionValue } from '#chat/invocation.ts';
import type { FormField } from '#chat/reply.ts';
import { CAPTION_LIMIT, checkCaption } from '#domain/caption.ts';
import { AppError } from '#domain/errors.ts';
import type { Post } from '#domain/post-record.ts';
import { findZones } from '#domain/when/zones.ts';
import type { Services } from '#services/services.ts';
import type { Context } from './command.ts';
import { requireDraft, settleZone, showComposer } from './composer.ts';
import { quickTimes, readDue } from './due.ts';

interface DraftField {
  readonly title: string;
  readonly label: string;
  readonly hint?: string;
  readonly kind: FormField['kind'];
  readonly required: boolean;
  readonly maxLength?: number;
  readonly current?: (post: Post) => string;
  readonly suggest?: (ctx: Context) => NonNullable<FormField['suggestions']>;
  save(ctx: Context, post: Post, value: OptionValue | undefined): Promise<{ ctx: Context; post: Post }>;
}

export const TIME_HINT = 'Like “fri 18:30”, “27 nov 18:30” or “in 2 hours”.';

const textOf = (value: OptionValue | undefined): string => (typeof value === 'string' ? value.trim() : '');

function readCover(words: string, post: Post): number | null {
  if (words === '') return null;
  const seconds = Number(words.replace(',', '.'));
  const limitMs = post.clip?.durationMs ?? 0;
  if (!Number.isFinite(seconds) || seconds < 0 || seconds * 1000 > limitMs)
    throw new AppError('cover_out_of_range', { seconds: limitMs / 1000 });
  return Math.round(seconds * 1000);
}

const FIELDS: Readonly<Record<string, DraftField>> = {
  caption: {
    title: 'Caption',
    label: 'Caption',
    hint: '#tags and @mentions work.',
    kind: 'paragraph',
    required: false,
    maxLength: CAPTION_LIMIT,
    current: post => post.caption,
    async save(ctx, { id }, value) {
      return { ctx, post: await ctx.services.drafts.setCaption(ctx.user, id, checkCaption(textOf(value))) };
    },
  },
  time: {
    title: 'When should it be posted?',
    label: 'Time',
    hint: TIME_HINT,
    kind: 'line',
    required: true,
    maxLength: 100,
    current: post => post.due?.words ?? '',
    suggest: ({ user, now }) => quickTimes(user, now),
    async save(ctx, { id }, value) {
      return { ctx, post: await ctx.services.drafts.setDue(ctx.user, id, readDue(textOf(value), ctx.user, ctx.now)) };
    },
  },
  cover: {
    title: 'Cover',
    label: 'Second of the clip to show as cover',
    hint: 'Empty for the first frame.',
    kind: 'line',
    required: false,
    maxLength: 10,
    current: ({ choices }) => (choices.coverMs === null ? '' : String(choices.coverMs / 1000)),
    async save(ctx, draft, value) {
      const coverMs = readCover(textOf(value), draft);
      return { ctx, post: await ctx.services.drafts.choose(ctx.user, draft.id, choices => ({ ...choices, coverMs })) };
    },
  },
  place: {
    title: 'Where are you?',
    label: 'The nearest big city',
    hint: 'Like “Berlin” or “New York”.',
    kind: 'line',
    required: true,
    maxLength: 64,
    async save(ctx, draft, value) {
      const words = textOf(value);
      const [zone] = findZones(words, ctx.now);
      if (!zone) throw new AppError('zone_unknown', { words });
      return settleZone(ctx, draft, zone);
    },
  },
};

const openField = (name: string, field: DraftField): FormAction<Services> => ({
  answersWith: 'form',
  async run(ctx, { entity }) {
    const post = await requireDraft(ctx, entity);
    const { title, current, suggest, save: _save, ...shown } = field;
    return {
      id: encodeActionId('schedule', name, post.id),
      title,
      submitLabel: 'Save',
      fields: [
        { name, ...shown, ...(current && { value: current(post) }), ...(suggest && { suggestions: suggest(ctx) }) },
      ],
    };
  },
});

const saveField = (name: string, field: DraftField): FormHandler<Services> => ({
  visibility: 'private',
  async run(ctx, { entity, values }) {
    const draft = await requireDraft(ctx, entity);
    const saved = await field.save(ctx, draft, values[name]);
    return showComposer(saved.ctx, saved.post, { replaces: true });
  },
});

const mapFields = <T>(make: (name: string, field: DraftField) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(FIELDS).map(([name, field]) => [name, make(name, field)]));

/** The buttons that open the forms, and the forms, under one name each. */
export const fieldActions = mapFields(openField);
export const fieldForms = mapFields(saveField);
