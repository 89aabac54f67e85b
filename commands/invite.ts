// /invite, for the owner: lets one more person in, shows who is in, takes back what leaked.

import { encodeActionId } from '#chat/action-id.ts';
import {
  button,
  type Control,
  copyable,
  fields,
  heading,
  note,
  type Reply,
  reply,
  type Span,
  text,
} from '#chat/reply.ts';
import { commandWithCode, wayInWithCode } from '#domain/invite-code.ts';
import type { User } from '#domain/user.ts';
import type { ClipcueCommand, Context } from './command.ts';

/** A button for each person: as many as stay readable on a phone. */
const PAGE_SIZE = 5;

const id = (action: string, entity = '', value = '') => encodeActionId('invite', action, entity, value);
const nameOf = (user: User): string => user.identities.map(({ name }) => name).join(', ');
const platformsOf = (user: User): string => user.identities.map(({ platform }) => platform).join(', ');
const moment = (at: Date, zone: string | null): Span => ({ instant: at, zone: zone ?? 'UTC', style: 'relative' });

async function makeInvite(ctx: Context): Promise<Reply> {
  const { invite, code } = await ctx.services.access.invite(ctx.user);
  const wayIn = wayInWithCode(ctx.limits.deepLink, code);
  const command = commandWithCode(code);
  return reply(
    [
      heading('An invitation for one person'),
      text(
        'Send them this and nobody else: whoever uses it first is in. It ends ',
        moment(invite.expiresAt, ctx.user.zone),
        '.',
      ),
      copyable(wayIn),
      ...(wayIn === command
        ? []
        : [text('If they use this bot in another chat program, they send it there:'), copyable(command)]),
    ],
    { rows: [[button('Take it back', id('back', invite._id), 'danger'), button('Who is in', id('people'))]] },
  );
}

async function listPeople(ctx: Context, page: number, { replaces }: { replaces: boolean }): Promise<Reply> {
  const { access } = ctx.services;
  const { people, hasMore } = await access.listPeople(page, PAGE_SIZE);
  const invites = await access.listOpenInvites();
  const number = (index: number) => page * PAGE_SIZE + index + 1;
  const remove: Control[] = people.flatMap((user, i) =>
    user.role === 'member' ? [button(`Remove ${number(i)}`, id('remove', user.id), 'danger')] : [],
  );
  return reply(
    [
      heading('Who is in'),
      people.length === 0
        ? text('Nobody was invited yet.')
        : fields(
            ...people.map((user, i): readonly [string, string] => [
              `${number(i)}. ${nameOf(user)}`,
              `${user.role === 'owner' ? 'owner, ' : ''}on ${platformsOf(user)}`,
            ]),
          ),
      ...(access.namedOwners.length > 0 ? [text('Owners named in the settings: ', access.namedOwners.join(', '))] : []),
      ...(invites.length === 0 ? [] : [heading('Invitations that nobody has used yet')]),
      ...invites.map(({ createdAt, expiresAt }, i) =>
        text(`${i + 1}. made `, moment(createdAt, ctx.user.zone), ', ends ', moment(expiresAt, ctx.user.zone)),
      ),
    ],
    {
      replaces,
      rows: [
        remove,
        ...chunk(
          invites.map(({ _id }, i) => button(`Take back ${i + 1}`, id('back', _id))),
          PAGE_SIZE,
        ),
        [
          ...(page > 0 ? [button('Back', id('people', '', String(page - 1)))] : []),
          ...(hasMore ? [button('More', id('people', '', String(page + 1)))] : []),
        ],
      ],
    },
  );
}

const chunk = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

export const invite: ClipcueCommand = {
  name: 'invite',
  summary: 'Let somebody in, see who is in',
  ownerOnly: true,
  visibility: 'private',
  options: [],
  run: makeInvite,
  actions: {
    people: {
      answersWith: 'reply',
      visibility: 'private',
      run: (ctx, { value }) => listPeople(ctx, Number(value) || 0, { replaces: value !== '' }),
    },
    back: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        await ctx.services.access.takeBack(entity);
        return reply([text('The invitation is void: nobody can use it any more.')], {
          replaces: true,
          rows: [[button('Who is in', id('people'))]],
        });
      },
    },
    remove: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const member = await ctx.services.access.findMember(entity);
        return reply(
          [
            text('Remove ', { bold: nameOf(member) }, '?'),
            text('Their posts that wait are cancelled, and everything kept about them here is deleted.'),
            note('What TikTok has already stays there.'),
          ],
          {
            replaces: true,
            rows: [[button('Yes, remove', id('really', entity), 'danger'), button('Keep them', id('people', '', '0'))]],
          },
        );
      },
    },
    really: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const member = await ctx.services.access.findMember(entity);
        await ctx.services.leaving.leave(member);
        return reply([text(`${nameOf(member)} is out, and what was kept about them is deleted.`)], {
          replaces: true,
          rows: [[button('Who is in', id('people'))]],
        });
      },
    },
  },
  forms: {},
};
