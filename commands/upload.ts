// /upload: a draft that waits for its clip, and a private link to the page that takes it, of any size.

import type { OptionValue } from '#chat/invocation.ts';
import { CAPTION_LIMIT } from '#domain/caption.ts';
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
  run: (ctx, { when, caption }) => startUpload(ctx, { when: textOf(when), caption: textOf(caption), accountId: null }),
  actions: {},
  forms: {},
};
