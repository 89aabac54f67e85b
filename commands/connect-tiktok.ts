// /connect-tiktok: a private link that connects a TikTok account, and what finishes it: the return code, or, where the bot has no
// public address, the address of the page that did not load.

import { encodeActionId } from '#chat/action-id.ts';
import { type Block, button, type Form, fields, heading, link, note, type Reply, reply, text } from '#chat/reply.ts';
import { type Account, accountName, isPractice } from '#domain/account.ts';
import { AppError, isAppError } from '#domain/errors.ts';
import { readPastedAddress } from '#domain/pasted-address.ts';
import { askDisconnect, WAITING_STATES } from './accounts.ts';
import { PRACTICE_LINE } from './cards/words.ts';
import type { ClipcueCommand, Context } from './command.ts';

const CODE_FORM = encodeActionId('connect-tiktok', 'code');
const ADDRESS_FORM = encodeActionId('connect-tiktok', 'paste');
/** TikTok's codes alone may be long. */
const ADDRESS_MAX_LENGTH = 3000;
const CODE_MAX_LENGTH = 64;

/** Takes the code that the browser showed; also what a deep link brings. */
export async function redeemCode(ctx: Context, code: string): Promise<Reply> {
  return renderConnected(await ctx.services.linking.redeem(ctx.user, code));
}

/** Takes an address pasted as a plain message; null for a message that holds none. */
export async function redeemPasted(ctx: Context, words: string): Promise<Reply | null> {
  const address = readPastedAddress(words);
  return address && renderConnected(await ctx.services.linking.redeemAddress(ctx.user, address));
}

async function redeemEither(ctx: Context, words: string): Promise<Reply> {
  const connected = await redeemPasted(ctx, words);
  if (connected) return connected;
  // A part of an address is a slip, not a wrong code that would cost a try.
  if (words.includes('/') || words.length > CODE_MAX_LENGTH) throw new AppError('pasted_address_incomplete');
  return redeemCode(ctx, words);
}

function renderConnected(account: Account): Reply {
  return reply(
    [
      heading('Connected'),
      ...(account.avatarUrl ? [{ kind: 'image' as const, url: account.avatarUrl, alt: accountName(account) }] : []),
      fields(['Account', accountName(account)]),
      text('Send me a clip, or use /schedule.'),
      ...(isPractice(account.world) ? [note(PRACTICE_LINE)] : []),
    ],
    { rows: [[button('Wrong account?', encodeActionId('connect-tiktok', 'wrong', account.id), 'secondary')]] },
  );
}

interface Offer {
  readonly forceLogin?: boolean;
  readonly before?: readonly Block[];
  readonly replaces?: boolean;
}

async function offerLink(ctx: Context, { forceLogin = false, before = [], replaces = false }: Offer = {}) {
  const { url, way } = await ctx.services.linking.begin(ctx.user, ctx.person, { forceLogin });
  const isLong = ctx.limits.deepLink !== null;
  const [blocks, row] =
    way === 'page'
      ? [
          offerPage(isLong),
          [link('Open the link', url), ...(isLong ? [] : [button('Enter the code', CODE_FORM, 'primary')])],
        ]
      : [
          offerDirect(ctx.limits.forms),
          [link('Open TikTok', url), button('Paste the address', ADDRESS_FORM, 'primary')],
        ];
  return reply([...before, heading('Connect a TikTok account'), ...blocks], { rows: [row], replaces });
}

const offerPage = (comesBackByItself: boolean): Block[] => [
  text(
    `The link is yours alone and good for ten minutes. ${
      comesBackByItself
        ? 'It brings you back here by itself.'
        : 'At the end it shows a code: come back and press “Enter the code”.'
    }`,
  ),
  note('Never send this link, or the code at its end, to anybody: whoever has the code can post to your account.'),
];

/** Where forms open, the address goes into one: written as a message it might be read by a whole server. */
const offerDirect = (hasForm: boolean): Block[] => [
  text('Open TikTok and say yes there. The link is yours alone and good for ten minutes.'),
  text(
    'Then comes ',
    { bold: 'a page that does not load' },
    `, and that is as it should be: copy its whole address from the browser’s address bar and ${
      hasForm ? 'press “Paste the address”' : 'send it to me here'
    }. Only on the computer that Clipcue runs on, the page loads and shows a code instead.`,
  ),
  note(
    'Only if you asked for this yourself: whoever has that address can post to your account. Send it to nobody else, and paste none that somebody gave you.',
  ),
];

const codeForm: Form = {
  id: CODE_FORM,
  title: 'Finish connecting',
  submitLabel: 'Connect',
  fields: [
    {
      name: 'code',
      label: 'The code that the page shows',
      hint: 'Like K7WQ-4MPD. Only if you asked for this yourself.',
      kind: 'line',
      required: true,
      maxLength: CODE_MAX_LENGTH,
    },
  ],
};

const addressForm: Form = {
  id: ADDRESS_FORM,
  title: 'Finish connecting',
  submitLabel: 'Connect',
  fields: [
    {
      name: 'address',
      label: 'The page’s address, or the code it shows',
      hint: 'Begins with http://localhost. Only if you asked for this yourself.',
      kind: 'paragraph',
      required: true,
      maxLength: ADDRESS_MAX_LENGTH,
    },
  ],
};

/** The account that came is another than the one meant: it goes, and TikTok asks anew. */
async function startAgain(ctx: Context, accountId: string): Promise<Reply> {
  const waiting = await ctx.services.posts.count(ctx.user, accountId, WAITING_STATES);
  // An old button, pressed when posts depend on the account.
  if (waiting > 0) return askDisconnect(ctx, accountId);
  const account = await ctx.services.accounts.disconnect(ctx.user, accountId);
  const before = [text(`${accountName(account)} is disconnected again. TikTok will ask which account it should be.`)];
  try {
    return await offerLink(ctx, { forceLogin: true, before, replaces: true });
  } catch (error) {
    if (!isAppError(error, 'link_too_many')) throw error;
    const later = 'You asked for several links within the hour; in a little while /connect-tiktok gives you another.';
    return reply([text(`${accountName(account)} is disconnected again. ${later}`)], { replaces: true });
  }
}

export const connectTiktok: ClipcueCommand = {
  name: 'connect-tiktok',
  aliases: ['connect'],
  summary: 'Connect a TikTok account',
  visibility: 'private',
  options: [
    {
      name: 'code',
      summary: 'The code that the page showed at the end, or the page’s address',
      kind: 'text',
      maxLength: ADDRESS_MAX_LENGTH,
      required: false,
    },
  ],
  run: async (ctx, { code }) => (typeof code === 'string' && code ? redeemEither(ctx, code) : offerLink(ctx)),
  actions: {
    code: { answersWith: 'form', run: async () => codeForm },
    paste: { answersWith: 'form', run: async () => addressForm },
    wrong: { answersWith: 'reply', visibility: 'private', run: (ctx, { entity }) => startAgain(ctx, entity) },
  },
  forms: {
    code: {
      visibility: 'private',
      async run(ctx, { values: { code } }) {
        if (typeof code !== 'string' || !code) throw new AppError('form_invalid', { field: 'code' });
        return redeemEither(ctx, code);
      },
    },
    paste: {
      visibility: 'private',
      async run(ctx, { values: { address } }) {
        if (typeof address !== 'string' || !address) throw new AppError('form_invalid', { field: 'address' });
        return redeemEither(ctx, address);
      },
    },
  },
};
