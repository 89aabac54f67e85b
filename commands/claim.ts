// /claim: takes the code that start printed for the owner, or that an owner gave to somebody. A deep link brings the same code.

import { canonicalName } from '#chat/command.ts';
import type { Invocation } from '#chat/invocation.ts';
import { type Reply, reply, text } from '#chat/reply.ts';
import { AppError } from '#domain/errors.ts';
import { codeInPayload } from '#domain/invite-code.ts';
import type { ClipcueCommand, Context } from './command.ts';

const NAME = 'claim';

/** The code that an event brings from somebody who may not have been let in yet; null where it brings none. */
export function codeOf(invocation: Invocation): string | null {
  if (invocation.kind === 'start') return codeInPayload(invocation.payload);
  if (invocation.kind !== 'command' || canonicalName(invocation.command) !== NAME) return null;
  const code = invocation.options.code ?? invocation.typed?.words;
  return typeof code === 'string' ? code.trim() || null : null;
}

/** Answers the code of somebody who is in by now. */
export async function takeCode(ctx: Context, code: string): Promise<Reply> {
  const { kind, isNew } = await ctx.services.access.redeem(ctx.user, ctx.person, code);
  if (!isNew)
    return reply([
      text(kind === 'claim' ? 'You own this bot already.' : 'You are in already; the invitation stays good.'),
    ]);
  return reply([
    text(
      kind === 'claim'
        ? 'This bot is yours now. It answers nobody else until you let them in: /invite makes an invitation.'
        : 'Welcome, you are in.',
    ),
    text('/connect-tiktok connects your TikTok account; /help shows what I can do.'),
  ]);
}

export const claim: ClipcueCommand = {
  name: NAME,
  summary: 'Use an invitation',
  visibility: 'private',
  options: [{ name: 'code', summary: 'The code you were given', kind: 'text', maxLength: 64, required: true }],
  async run(ctx, { code }) {
    if (typeof code !== 'string' || !code) throw new AppError('invite_gone');
    return takeCode(ctx, code);
  },
  actions: {},
  forms: {},
};
