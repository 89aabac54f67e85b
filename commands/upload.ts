// /upload: a draft that waits for its clip, and a private link to the page that takes it, of any size.

import { splitWhen } from '#domain/when/split.ts';
import type { ClipcueCommand } from './command.ts';
import { startUpload } from './composer.ts';
import { captionOption, textOf, whenOption } from './draft-options.ts';

export const upload: ClipcueCommand = {
  name: 'upload',
  summary: 'Upload a clip of any size in your browser',
  visibility: 'private',
  options: [whenOption, captionOption],
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
