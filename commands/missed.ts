// The buttons of the message about missed posts: all of them at once, published spaced or given new times.

import { encodeActionId } from '#chat/action-id.ts';
import { type Form, fields, heading, type Reply, reply, text } from '#chat/reply.ts';
import { AppError } from '#domain/errors.ts';
import { isWaitingForZone, type Post } from '#domain/post-record.ts';
import { readSeries } from '#domain/series.ts';
import { dueSpans, excerpt, practiceMark } from './cards/words.ts';
import type { ClipcueCommand, Context } from './command.ts';
import { quickTimes, readDue } from './due.ts';

/** As many as a message shows well. */
const SHOWN = 10;

function showMoved(moved: readonly Post[]): Reply {
  const [first] = moved;
  if (!first) return reply([text('Nothing waits any more. /posts shows where each one stands.')], { replaces: true });
  const more = moved.length - SHOWN;
  return reply(
    [
      heading(moved.length === 1 ? 'One post has a new time' : `${moved.length} posts have new times`),
      fields(
        ...moved
          .slice(0, SHOWN)
          .map((post, index): readonly [string, ReturnType<typeof dueSpans>] => [
            `${index + 1}. “${excerpt(post.caption)}”`,
            post.due ? dueSpans(post.due) : [],
          ]),
      ),
      ...(more > 0 ? [text(`And ${more} more: /posts shows all.`)] : []),
      ...practiceMark(first),
    ],
    { replaces: true },
  );
}

const timesForm = ({ user, now }: Context): Form => ({
  id: encodeActionId('posts', 'times'),
  title: 'New times',
  submitLabel: 'Move them',
  fields: [
    {
      name: 'when',
      label: 'Time of the first, and the rhythm',
      hint: 'Like “fri 18:30, then daily” or “tomorrow 9:00, every 2 hours”.',
      kind: 'line',
      required: true,
      maxLength: 100,
      suggestions: quickTimes(user, now),
    },
  ],
});

/** Actions and forms of /posts. */
export const missedActions: ClipcueCommand['actions'] = {
  spaced: {
    answersWith: 'reply',
    visibility: 'private',
    run: async ctx => showMoved(await ctx.services.missed.publishSpaced(ctx.user)),
  },
  times: { answersWith: 'form', run: async ctx => timesForm(ctx) },
};

export const missedForms: ClipcueCommand['forms'] = {
  times: {
    visibility: 'private',
    async run(ctx, { values }) {
      if (typeof values.when !== 'string') throw new AppError('time_required');
      const { first, step } = readSeries(values.when);
      const due = readDue(first, ctx.user, ctx.now);
      if (isWaitingForZone(due)) throw new AppError('zone_required');
      return showMoved(await ctx.services.missed.pickTimes(ctx.user, due, step));
    },
  },
};
