// /status, for the owner: how the bot is doing.

import { encodeActionId } from '#chat/action-id.ts';
import { button, fields, heading, type Reply, reply, type Span, text } from '#chat/reply.ts';
import type { BotStatus } from '#services/status.ts';
import { capitalised } from './cards/words.ts';
import type { ClipcueCommand, Context } from './command.ts';

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
const posts = (count: number): string => (count === 1 ? 'one post' : `${count} posts`);

function diskWords({ freeBytes, totalBytes }: BotStatus['disk']): string {
  const percent = totalBytes > 0 ? Math.round((freeBytes / totalBytes) * 100) : 0;
  return `${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} free (${percent} %)`;
}

function render(status: BotStatus, zone: string, replaces: boolean): Reply {
  const { lastHour, nextDueAt, platforms } = status;
  const next: Span[] = nextDueAt
    ? [{ instant: nextDueAt, zone, style: 'both' }, `; ${posts(status.nextDayCount)} within a day`]
    : ['nothing is scheduled'];
  return reply(
    [
      heading('How the bot is doing'),
      fields(
        ['Waiting to begin', status.dueCount === 0 ? 'nothing' : posts(status.dueCount)],
        ['Next', next],
        [
          'The last hour',
          `${lastHour.published} published, ${lastHour.failed} failed, ${lastHour.held} held, ${lastHour.unconfirmed} unclear`,
        ],
        ['Disk', diskWords(status.disk)],
        ['Started', [{ instant: status.startedAt, zone, style: 'relative' }]],
        ['Versions', `Clipcue ${status.version}, Node ${status.nodeVersion}, ${status.database}`],
      ),
      ...platforms.map(({ platform, name, fault }) =>
        text({ bold: capitalised(platform) }, name ? ` (${name})` : '', ': ', fault ?? 'works'),
      ),
    ],
    { replaces, rows: [[button('Look again', encodeActionId('status', 'again'))]] },
  );
}

const show = async (ctx: Context, replaces: boolean): Promise<Reply> =>
  render(await ctx.services.status.read(), ctx.user.zone ?? 'UTC', replaces);

export const status: ClipcueCommand = {
  name: 'status',
  summary: 'How the bot is doing',
  ownerOnly: true,
  visibility: 'private',
  options: [],
  run: ctx => show(ctx, false),
  actions: {
    // Reached by its button alone; the owner is asked for again there.
    again: { answersWith: 'reply', visibility: 'private', run: ctx => show(ctx, true) },
  },
  forms: {},
};
