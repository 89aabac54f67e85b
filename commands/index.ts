// Everything the bot answers to. The order of the list is /help's order.

import { reply, text } from '#chat/reply.ts';
import { codeInPayload } from '#domain/invite-code.ts';
import { splitWhen } from '#domain/when/split.ts';
import { accounts } from './accounts.ts';
import { batch } from './batch.ts';
import { startBatch } from './batch-composer.ts';
import { claim, takeCode } from './claim.ts';
import type { ClipcueCommand, ClipcueCommandSet } from './command.ts';
import { startDraft } from './composer.ts';
import { connectTiktok, redeemCode, redeemPasted } from './connect-tiktok.ts';
import { createHelp } from './help.ts';
import { invite } from './invite.ts';
import { posts } from './posts.ts';
import { schedule, scheduleFromLink } from './schedule.ts';
import { settings } from './settings.ts';
import { status } from './status.ts';
import { upload } from './upload.ts';

const listed: readonly ClipcueCommand[] = [
  connectTiktok,
  schedule,
  upload,
  batch,
  posts,
  accounts,
  settings,
  invite,
  status,
];
const help = createHelp(listed);

/** What /help lists, and a platform's own menu. */
export const listedCommands: readonly ClipcueCommand[] = [...listed, help];

export const commandSet: ClipcueCommandSet = {
  // /claim is for the moment of coming in, when nobody reads /help.
  commands: [...listedCommands, claim],

  async clips(ctx, clips, words) {
    if (clips.length > 1) return startBatch(ctx, clips, words);
    const { when, caption } = splitWhen(words, { now: ctx.now, zone: ctx.user.zone ?? 'UTC' });
    return startDraft(ctx, { clip: clips[0], when, caption, accountId: null });
  },

  async text(ctx, words) {
    const connected = await redeemPasted(ctx, words);
    if (connected) return connected;
    const fromLink = await scheduleFromLink(ctx, words);
    if (fromLink) return fromLink;
    return reply([text('Send me a clip to schedule it, or /help to see what I can do.')]);
  },

  async start(ctx, payload) {
    const code = codeInPayload(payload);
    if (code !== null) return takeCode(ctx, code);
    return payload ? redeemCode(ctx, payload) : help.run(ctx, {});
  },
};
