// Several clips sent together: one card on which they get their times, captions and choices, and one Schedule for all of them.
// People reach it by sending clips; it is no command that they type.

import { encodeActionId } from '#chat/action-id.ts';
import { type FormField, heading, type Reply, reply, text } from '#chat/reply.ts';
import { CAPTION_LIMIT, checkCaption } from '#domain/caption.ts';
import { AppError } from '#domain/errors.ts';
import type { Post } from '#domain/post-record.ts';
import { findZones } from '#domain/when/zones.ts';
import { MOST_CLIPS, setTimes, settleZone, showBatch } from './batch-composer.ts';
import { CAPTIONS_PER_FORM } from './cards/batch-card.ts';
import { clipWords, dueSpans } from './cards/words.ts';
import { chosenPrivacy, chosenToggle, toggle } from './choices.ts';
import type { ClipcueCommand, Context } from './command.ts';
import { decideZone } from './zone-question.ts';

const captionField = (post: Post): FormField => ({
  name: `caption${post.batch?.index ?? 0}`,
  label: `Caption ${(post.batch?.index ?? 0) + 1}`,
  hint: post.clip?.name ?? '',
  kind: 'paragraph',
  required: false,
  value: post.caption,
  maxLength: CAPTION_LIMIT,
});

const change =
  (decide: (ctx: Context, batchId: string, value: string) => Promise<Post[]>) =>
  async (ctx: Context, { entity, value }: { entity: string; value: string }): Promise<Reply> =>
    showBatch(ctx, await decide(ctx, entity, value));

export const batch: ClipcueCommand = {
  name: 'batch',
  summary: 'Several clips at once',
  isTyped: false,
  visibility: 'private',
  options: [],
  run: async () => reply([text(`Send me up to ${MOST_CLIPS} clips in one message.`)]),
  actions: {
    account: {
      answersWith: 'reply',
      visibility: 'private',
      run: change((ctx, id, value) => ctx.services.batches.chooseAccount(ctx.user, id, value)),
    },
    privacy: {
      answersWith: 'reply',
      visibility: 'private',
      run: change((ctx, id, value) => {
        const privacy = chosenPrivacy(value);
        return ctx.services.batches.choose(ctx.user, id, choices => ({ ...choices, privacy }));
      }),
    },
    toggle: {
      answersWith: 'reply',
      visibility: 'private',
      run: change((ctx, id, value) => {
        const name = chosenToggle(value);
        return ctx.services.batches.choose(ctx.user, id, choices => toggle(choices, name));
      }),
    },
    same: {
      answersWith: 'reply',
      visibility: 'private',
      run: change(async (ctx, id) => {
        const drafts = await ctx.services.batches.find(ctx.user, id);
        const accountId = drafts[0]?.accountId;
        const last = accountId ? await ctx.services.drafts.lastChoices(ctx.user, accountId) : null;
        return last ? ctx.services.batches.choose(ctx.user, id, ({ coverMs }) => ({ ...last, coverMs })) : drafts;
      }),
    },
    zone: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity, value }) {
        const decided = decideZone(value, ctx.now);
        if ('zone' in decided) return settleZone(ctx, entity, decided.zone);
        return showBatch(ctx, await ctx.services.batches.find(ctx.user, entity), { zoneQuestion: decided.places });
      },
    },
    place: {
      answersWith: 'form',
      run: async (_ctx, { entity }) => ({
        id: encodeActionId('batch', 'place', entity),
        title: 'Where are you?',
        submitLabel: 'Save',
        fields: [
          {
            name: 'place',
            label: 'The nearest big city',
            hint: 'Like “Berlin”.',
            kind: 'line',
            required: true,
            maxLength: 64,
          },
        ],
      }),
    },
    times: {
      answersWith: 'form',
      async run(ctx, { entity }) {
        const [first] = await ctx.services.batches.find(ctx.user, entity);
        return {
          id: encodeActionId('batch', 'times', entity),
          title: 'When should they be posted?',
          submitLabel: 'Save',
          fields: [
            {
              name: 'times',
              label: 'The first time, then how often',
              hint: 'Like “fri 18:30, then daily” or “in 1 hour, every 4 h”.',
              kind: 'line',
              required: true,
              value: first?.due?.words ?? '',
              maxLength: 100,
            },
          ],
        };
      },
    },
    captions: {
      answersWith: 'form',
      async run(ctx, { entity, value }) {
        const drafts = await ctx.services.batches.find(ctx.user, entity);
        const from = Number(value) * CAPTIONS_PER_FORM;
        return {
          id: encodeActionId('batch', 'captions', entity, value),
          title: 'Captions',
          submitLabel: 'Save',
          fields: drafts.slice(from, from + CAPTIONS_PER_FORM).map(captionField),
        };
      },
    },
    confirm: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const drafts = await ctx.services.batches.find(ctx.user, entity);
        await ctx.services.batches.withFreshCreator(ctx.user, drafts);
        const scheduled = await ctx.services.batches.schedule(ctx.user, entity);
        return renderScheduled(scheduled);
      },
    },
    discard: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const discarded = await ctx.services.batches.discard(ctx.user, entity);
        return reply([text(`${discarded.length} drafts are discarded.`)], { replaces: true });
      },
    },
  },
  forms: {
    place: {
      visibility: 'private',
      async run(ctx, { entity, values }) {
        const words = String(values.place ?? '');
        const [zone] = findZones(words, ctx.now);
        if (!zone) throw new AppError('zone_unknown', { words });
        return settleZone(ctx, entity, zone);
      },
    },
    times: {
      visibility: 'private',
      run: async (ctx, { entity, values }) => showBatch(ctx, await setTimes(ctx, entity, String(values.times ?? ''))),
    },
    captions: {
      visibility: 'private',
      async run(ctx, { entity, values }) {
        const captions = new Map(
          Object.entries(values).flatMap(([name, value]) => {
            const index = /^caption(\d+)$/.exec(name)?.[1];
            return index !== undefined && typeof value === 'string'
              ? [[Number(index), checkCaption(value)] as const]
              : [];
          }),
        );
        return showBatch(ctx, await ctx.services.batches.setCaptions(ctx.user, entity, captions));
      },
    },
  },
};

const renderScheduled = (scheduled: readonly Post[]): Reply =>
  reply(
    [
      heading(`Scheduled: ${scheduled.length}`),
      ...scheduled.map(post =>
        text(post.clip ? clipWords(post.clip) : '', ': ', ...(post.due ? dueSpans(post.due) : [])),
      ),
      text('/posts shows and changes them one by one.'),
    ],
    { replaces: true },
  );
