// /settings: a person's time zone, default account, notices, and what becomes of posts that are late.

import { encodeActionId } from '#chat/action-id.ts';
import {
  button,
  type Choice,
  type Control,
  type Form,
  fields,
  heading,
  type Reply,
  reply,
  select,
  text,
} from '#chat/reply.ts';
import { accountName } from '#domain/account.ts';
import { AppError } from '#domain/errors.ts';
import { LATENESS_CHOICES_MS } from '#domain/lateness.ts';
import { nextSummaryAt } from '#domain/notice-policy.ts';
import type { Post } from '#domain/post-record.ts';
import type { NoticeSetting } from '#domain/user.ts';
import { zoneName } from '#domain/when/format.ts';
import { findZones } from '#domain/when/zones.ts';
import type { ClipcueCommand, Context } from './command.ts';
import { leaveActions, leaveControls } from './leave.ts';
import { clockChoices, decideZone, placeChoices } from './zone-question.ts';

const id = (action: string, value = '') => encodeActionId('settings', action, '', value);

const NOTICE_NAMES: Record<NoticeSetting, string> = {
  each: 'Each post',
  daily: 'Once a day, problems at once',
  problems: 'Problems only',
};

function latenessName(ms: number): string {
  if (ms === 0) return 'always ask me';
  const minutes = Math.round(ms / 60_000);
  return `publish up to ${minutes < 60 ? `${minutes} minutes` : `${minutes / 60} hours`} late, then ask`;
}

async function showSettings(
  ctx: Context,
  { replaces, zoneQuestion }: { replaces: boolean; zoneQuestion?: Choice[] },
): Promise<Reply> {
  const { user } = ctx;
  const accounts = await ctx.services.accounts.list(user);
  const chosen = accounts.find(account => account.id === user.defaultAccountId);
  const accountChoices: Choice[] = accounts.map(account => ({
    label: accountName(account),
    value: account.id,
    selected: account === chosen,
  }));
  const noticeChoices: Choice[] = Object.entries(NOTICE_NAMES).map(([value, label]) => ({
    label,
    value,
    selected: value === user.notices,
  }));
  const latenessChoices: Choice[] = LATENESS_CHOICES_MS.map(ms => ({
    label: latenessName(ms),
    value: String(ms),
    selected: ms === user.latenessMs,
  }));
  const clocks = zoneQuestion ?? (user.zone === null ? clockChoices(ctx.now) : []);
  const rows: Control[][] = [
    ...(clocks.length > 0 ? [[select(id('clock'), 'What time is it for you?', clocks)]] : []),
    [button(user.zone === null ? 'Type a city' : 'Change time zone', id('zone'))],
    ...(accounts.length > 1 ? [[select(id('account'), 'Default account', accountChoices)]] : []),
    [select(id('notices'), 'Tell me about', noticeChoices)],
    [select(id('late'), 'When a post is late', latenessChoices)],
    leaveControls,
  ];
  return reply(
    [
      heading('Settings'),
      fields(
        ['Time zone', user.zone ? `${zoneName(user.zone)} (${user.zone})` : 'not known yet'],
        ['Default account', chosen ? accountName(chosen) : accounts.length > 1 ? 'asked each time' : 'the only one'],
        ['Tell me about', NOTICE_NAMES[user.notices]],
        ['When a post is late', latenessName(user.latenessMs)],
      ),
    ],
    { replaces, rows },
  );
}

const zoneForm: Form = {
  id: id('zone'),
  title: 'Your time zone',
  submitLabel: 'Save',
  fields: [
    {
      name: 'zone',
      label: 'The nearest big city',
      hint: 'Like “Berlin” or “New York”; the time on your clock works too.',
      kind: 'line',
      required: true,
      maxLength: 64,
    },
  ],
};

async function readZone(ctx: Context, words: string): Promise<Reply> {
  const [zone, ...others] = findZones(words, ctx.now);
  if (!zone) throw new AppError('zone_unknown', { words });
  // A clock or an offset fits several places, whose clocks part in summer.
  if (others.length > 0) return showSettings(ctx, { replaces: true, zoneQuestion: placeChoices([zone, ...others]) });
  return setZone(ctx, zone);
}

/** Posts keep their instants; where the clock on the wall is now another, moving them is offered. */
async function setZone(ctx: Context, zone: string): Promise<Reply> {
  const user = await ctx.services.people.changeSettings(ctx.user, { zone });
  const card = await showSettings({ ...ctx, user }, { replaces: true });
  const elsewhere = await findElsewhere({ ...ctx, user }, zone);
  const said = text('Your time zone is ', { bold: zoneName(zone) }, '.');
  if (elsewhere.length === 0) return { ...card, blocks: [said, ...card.blocks] };
  const count = elsewhere.length === 1 ? 'One post was' : `${elsewhere.length} posts were`;
  const offer = text(
    `${count} scheduled for another zone’s clock. They stay at the moment you chose, unless you move them to the same time on your clock here.`,
  );
  return { ...card, blocks: [said, offer, ...card.blocks], rows: [[button('Move them', id('move'))], ...card.rows] };
}

const findElsewhere = async (ctx: Context, zone: string): Promise<Post[]> =>
  (await ctx.services.posts.list(ctx.user, ['scheduled'])).filter(({ due }) => due?.at && due.zone !== zone);

export const settings: ClipcueCommand = {
  name: 'settings',
  summary: 'Time zone, default account, notices, late posts',
  visibility: 'private',
  options: [
    { name: 'zone', summary: 'The nearest big city, like Berlin', kind: 'text', maxLength: 64, required: false },
  ],
  run: (ctx, { zone }) =>
    typeof zone === 'string' && zone ? readZone(ctx, zone) : showSettings(ctx, { replaces: false }),
  actions: {
    ...leaveActions,
    keep: { answersWith: 'reply', visibility: 'private', run: ctx => showSettings(ctx, { replaces: true }) },
    zone: { answersWith: 'form', run: async () => zoneForm },
    clock: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { value }) {
        const decided = decideZone(value, ctx.now);
        return 'zone' in decided
          ? setZone(ctx, decided.zone)
          : showSettings(ctx, { replaces: true, zoneQuestion: decided.places });
      },
    },
    move: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx) {
        const { zone } = ctx.user;
        if (zone === null) throw new AppError('zone_required');
        const moved = await Promise.all(
          (await findElsewhere(ctx, zone)).map(post => ctx.services.posts.moveToZone(ctx.user, post.id, zone)),
        );
        const card = await showSettings(ctx, { replaces: true });
        return { ...card, blocks: [text(`Moved: ${moved.length}. /posts shows their times.`), ...card.blocks] };
      },
    },
    account: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { value }) {
        const user = await ctx.services.people.changeSettings(ctx.user, { defaultAccountId: value });
        return showSettings({ ...ctx, user }, { replaces: true });
      },
    },
    late: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { value }) {
        const latenessMs = LATENESS_CHOICES_MS.find(known => String(known) === value);
        if (latenessMs === undefined) throw new AppError('button_unknown');
        const user = await ctx.services.people.changeSettings(ctx.user, { latenessMs });
        return showSettings({ ...ctx, user }, { replaces: true });
      },
    },
    notices: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { value }) {
        const notices = (['each', 'daily', 'problems'] as const).find(known => known === value);
        if (!notices) throw new AppError('button_unknown');
        const summaryAt = notices === 'daily' ? new Date(nextSummaryAt(ctx.now, ctx.user.zone)) : null;
        const user = await ctx.services.people.changeSettings(ctx.user, { notices, summaryAt });
        return showSettings({ ...ctx, user }, { replaces: true });
      },
    },
  },
  forms: {
    zone: {
      visibility: 'private',
      run: (ctx, { values }) => readZone(ctx, typeof values.zone === 'string' ? values.zone : ''),
    },
  },
};
