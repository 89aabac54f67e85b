// /upload: a draft that waits for its clip, and a private link to the page that takes it, of any size.

import type { OptionValue } from '#chat/invocation.ts';
import { CAPTION_LIMIT } from '#domain/caption.ts';
import { splitWhen } from '#domain/when/split.ts';
import { suggestTimes } from '#domain/when/suggest.ts';
import type { ClipcueCommand } from './command.ts';
import { startUpload } from './composer.ts';

const textOf = (value: OptionValue | undefined): string => (typeof value === 'string' ? value.trim() : '');

export const upload: ClipcueCommand = {
  name: 'upload',
  summary: 'Upload a clip of any size in your browser',
  visibility: 'private',
  options: [
    {
      name: 'when',
      summary: 'Like “fri 18:30” or “in 2 hours”',
      kind: 'time',
      required: false,
      suggest: async (ctx, words) => suggestTimes(words, { now: ctx.now, zone: ctx.user.zone ?? 'UTC' }),
    },
    {
      name: 'caption',
      summary: 'The caption, #tags and @mentions included',
      kind: 'text',
      maxLength: CAPTION_LIMIT,
      required: false,
    },
  ],
  async run(ctx, { when, caption }) {
    const words = textOf(when);
    // Where options have no names, everything that was typed is the first of them.
    const wanted = caption
      ? { when: words, caption: textOf(caption) }
      : splitWhen(words, { now: ctx.now, zone: ctx.user.zone ?? 'UTC' });
    return startUpload(ctx, { ...wanted, accountId: null });
  },
  actions: {},
  forms: {},
};
