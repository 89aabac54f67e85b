// The options that every command which begins a draft has: when to post, and the caption. One wording and one limit for all of them.

import type { CommandOption } from '#chat/command.ts';
import type { OptionValue } from '#chat/invocation.ts';
import { CAPTION_LIMIT } from '#domain/caption.ts';
import { suggestTimes } from '#domain/when/suggest.ts';
import type { Services } from '#services/services.ts';

export const whenOption: CommandOption<Services> = {
  name: 'when',
  summary: 'Like “fri 18:30” or “in 2 hours”',
  kind: 'time',
  required: false,
  suggest: async (ctx, words) => suggestTimes(words, { now: ctx.now, zone: ctx.user.zone ?? 'UTC' }),
};

export const captionOption: CommandOption<Services> = {
  name: 'caption',
  summary: 'The caption, #tags and @mentions included',
  kind: 'text',
  maxLength: CAPTION_LIMIT,
  required: false,
};

/** Of a clip's web address. */
export const LINK_MAX_LENGTH = 2000;

/** What was typed for an option, without the blanks around it; '' where nothing was. */
export const textOf = (value: OptionValue | undefined): string => (typeof value === 'string' ? value.trim() : '');
