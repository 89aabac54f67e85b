// /accounts: the TikTok accounts a person has connected, what they call them, which one is the default, and the end of a connection.

import { encodeActionId } from '#chat/action-id.ts';
import { button, type Control, type Form, fields, heading, note, type Reply, reply, text } from '#chat/reply.ts';
import { type Account, accountName, isPractice, LABEL_MAX_LENGTH } from '#domain/account.ts';
import { AppError, isAppError } from '#domain/errors.ts';
import type { PostState } from '#domain/post.ts';
import type { ListedAccount } from '#services/accounts.ts';
import { PRACTICE_LINE } from './cards/words.ts';
import type { ClipcueCommand, Context } from './command.ts';

/** Posts that come to nothing, or have to wait, when their account goes. */
export const WAITING_STATES: readonly PostState[] = ['scheduled', 'publishing', 'held'];
const NAMES_IN_A_ROW = 3;

const id = (action: string, { id: entity }: Pick<Account, 'id'>) => encodeActionId('accounts', action, entity);

function describe(ctx: Context, account: ListedAccount): string {
  const marks = [
    ...(account.id === ctx.user.defaultAccountId ? ['default'] : []),
    ...(account.needsReconnect ? ['must be connected again: /connect-tiktok'] : []),
    ...(account.mode === 'inbox' ? ['to your TikTok inbox'] : []),
  ];
  return marks.length > 0 ? ` (${marks.join(', ')})` : '';
}

async function listAccounts(ctx: Context, { replaces = false } = {}): Promise<Reply> {
  const accounts = await ctx.services.accounts.listAll(ctx.user);
  const [first, ...others] = accounts;
  if (!first)
    return reply([text('No TikTok account is connected. /connect-tiktok does it in a minute.')], { replaces });
  if (others.length === 0) return renderAccount(ctx, first, { replaces });
  const rows: Control[][] = [];
  for (let at = 0; at < accounts.length; at += NAMES_IN_A_ROW)
    rows.push(
      accounts.slice(at, at + NAMES_IN_A_ROW).map(account => button(accountName(account), id('show', account))),
    );
  return reply(
    [
      heading('Your TikTok accounts'),
      ...accounts.map(account => text({ bold: accountName(account) }, describe(ctx, account))),
      text('Press a name to change or disconnect it; /connect-tiktok adds another.'),
      ...(accounts.some(({ world }) => isPractice(world)) ? [note(PRACTICE_LINE)] : []),
    ],
    { replaces, rows },
  );
}

function renderAccount(ctx: Context, account: ListedAccount, { replaces = true, isOneOfSeveral = false } = {}): Reply {
  const name = accountName(account);
  const isDefault = account.id === ctx.user.defaultAccountId;
  const canBeDefault = isOneOfSeveral && !isDefault && !account.needsReconnect;
  const facts = [
    account.label === null ? null : (['On TikTok', account.displayName] as const),
    account.mode === 'inbox' ? (['Clips go', 'to your TikTok inbox, where you finish them'] as const) : null,
    isOneOfSeveral && isDefault ? (['Default', 'new posts go here unless you choose another account'] as const) : null,
  ].filter(fact => fact !== null);
  return reply(
    [
      heading(isOneOfSeveral ? name : `Your TikTok account: ${name}`),
      ...(account.avatarUrl ? [{ kind: 'image' as const, url: account.avatarUrl, alt: name }] : []),
      ...(facts.length > 0 ? [fields(...facts)] : []),
      ...(account.needsReconnect
        ? [text('It must be connected again before anything is posted: /connect-tiktok. Its name and posts stay.')]
        : []),
      ...(isOneOfSeveral ? [] : [text('/connect-tiktok adds another.')]),
      ...(isPractice(account.world) ? [note(PRACTICE_LINE)] : []),
    ],
    {
      replaces,
      rows: [
        [
          ...(canBeDefault ? [button('Make it the default', id('default', account))] : []),
          button('Rename', id('rename', account)),
          button('Disconnect', id('disconnect', account), 'danger'),
        ],
        isOneOfSeveral ? [button('All accounts', id('keep', account))] : [],
      ],
    },
  );
}

/** One account's card. @throws AppError `account_gone`. */
async function showAccount(ctx: Context, accountId: string): Promise<Reply> {
  const accounts = await ctx.services.accounts.listAll(ctx.user);
  const account = accounts.find(one => one.id === accountId);
  if (!account) throw new AppError('account_gone');
  return renderAccount(ctx, account, { isOneOfSeveral: accounts.length > 1 });
}

/** Asks before an account goes; where posts wait for it, what shall become of them. */
export async function askDisconnect(ctx: Context, accountId: string): Promise<Reply> {
  const account = await ctx.services.accounts.find(ctx.user.id, accountId);
  const waiting = await ctx.services.posts.count(ctx.user, account.id, WAITING_STATES);
  const name = accountName(account);
  const keep = button('Leave it connected', id('keep', account));
  if (waiting === 0)
    return reply([text(`Disconnect ${name}? No post waits for it.`)], {
      replaces: true,
      rows: [[button('Disconnect', id('really', account), 'danger'), keep]],
    });
  const posts = waiting === 1 ? 'One post waits' : `${waiting} posts wait`;
  return reply(
    [
      text(`Disconnect ${name}? ${posts} for it. I can keep them until you connect it again, or cancel them now.`),
      note('What is being sent to TikTok at this moment can fail either way.'),
    ],
    {
      replaces: true,
      rows: [
        [
          button(
            waiting === 1 ? 'Disconnect, keep the post' : 'Disconnect, keep the posts',
            id('really', account),
            'danger',
          ),
          button(
            waiting === 1 ? 'Disconnect, cancel it' : 'Disconnect, cancel all',
            id('really-all', account),
            'danger',
          ),
        ],
        [keep],
      ],
    },
  );
}

/** Cancels what waits for an account. Gives how many were cancelled, and how many are beyond that. */
async function cancelWaiting(ctx: Context, accountId: string): Promise<{ cancelled: number; left: number }> {
  const all = await ctx.services.posts.list(ctx.user, WAITING_STATES);
  const own = all.filter(post => post.accountId === accountId);
  let cancelled = 0;
  for (const post of own) {
    try {
      await ctx.services.posts.cancel(ctx.user, post.id);
      cancelled += 1;
    } catch (error) {
      // It moved on while we were at it: TikTok has it, or it was cancelled by another press.
      if (!isAppError(error, 'post_too_late', 'post_wrong_state', 'post_gone', 'post_changed')) throw error;
    }
  }
  return { cancelled, left: own.length - cancelled };
}

async function disconnect(ctx: Context, accountId: string, fate: string): Promise<Reply> {
  const account = await ctx.services.accounts.disconnect(ctx.user, accountId);
  const words = `${accountName(account)} is disconnected; its keys are wiped here and given back to TikTok.`;
  return reply([text(`${words}${fate}`)], { replaces: true });
}

const keptWords = (waiting: number): string => {
  if (waiting === 0) return '';
  return waiting === 1
    ? ' Its post waits until you connect it again; /posts shows it.'
    : ` Its ${waiting} posts wait until you connect it again; /posts shows them.`;
};

const cancelledWords = ({ cancelled, left }: { cancelled: number; left: number }): string =>
  ` ${cancelled === 1 ? 'One post was' : `${cancelled} posts were`} cancelled; /posts brings them back while their clips are kept.${
    left > 0 ? ` ${left} could not be: TikTok may have ${left === 1 ? 'it' : 'them'} already.` : ''
  }`;

export const accounts: ClipcueCommand = {
  name: 'accounts',
  summary: 'Your TikTok accounts: name, default, disconnect',
  visibility: 'private',
  options: [],
  run: ctx => listAccounts(ctx),
  actions: {
    show: { answersWith: 'reply', visibility: 'private', run: (ctx, { entity }) => showAccount(ctx, entity) },
    keep: { answersWith: 'reply', visibility: 'private', run: ctx => listAccounts(ctx, { replaces: true }) },
    default: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const user = await ctx.services.people.changeSettings(ctx.user, { defaultAccountId: entity });
        return listAccounts({ ...ctx, user }, { replaces: true });
      },
    },
    rename: {
      answersWith: 'form',
      async run(ctx, { entity }): Promise<Form> {
        const account = await ctx.services.accounts.find(ctx.user.id, entity);
        return {
          id: id('rename', account),
          title: 'A name of your own',
          submitLabel: 'Save',
          fields: [
            {
              name: 'name',
              label: 'Name',
              hint: `Seen by you alone. Empty: as on TikTok, ${account.displayName}.`,
              kind: 'line',
              required: false,
              value: account.label ?? '',
              maxLength: LABEL_MAX_LENGTH,
            },
          ],
        };
      },
    },
    disconnect: { answersWith: 'reply', visibility: 'private', run: (ctx, { entity }) => askDisconnect(ctx, entity) },
    really: {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        const waiting = await ctx.services.posts.count(ctx.user, entity, WAITING_STATES);
        return disconnect(ctx, entity, keptWords(waiting));
      },
    },
    'really-all': {
      answersWith: 'reply',
      visibility: 'private',
      async run(ctx, { entity }) {
        await ctx.services.accounts.find(ctx.user.id, entity);
        return disconnect(ctx, entity, cancelledWords(await cancelWaiting(ctx, entity)));
      },
    },
  },
  forms: {
    rename: {
      visibility: 'private',
      async run(ctx, { entity, values: { name } }) {
        await ctx.services.accounts.rename(ctx.user, entity, typeof name === 'string' ? name : '');
        return showAccount(ctx, entity);
      },
    },
  },
};
