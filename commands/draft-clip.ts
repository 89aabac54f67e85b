// Another clip for a draft: sent here, or fetched from a link. A button opens the form, and the form saves.

import { encodeActionId } from '#chat/action-id.ts';
import type { FormAction, FormHandler } from '#chat/command.ts';
import { isClip, type OptionValue } from '#chat/invocation.ts';
import type { FormField } from '#chat/reply.ts';
import { checkCaption } from '#domain/caption.ts';
import { splitLink } from '#domain/clip-link.ts';
import { AppError } from '#domain/errors.ts';
import type { Post } from '#domain/post-record.ts';
import type { Services } from '#services/services.ts';
import type { Context } from './command.ts';
import { canUploadInstead, complain, offerUpload, requireDraft, showComposer } from './composer.ts';
import { LINK_MAX_LENGTH, textOf } from './draft-options.ts';

const fieldsOf = ({ limits }: Context): FormField[] => {
  const clip = { name: 'clip', label: 'Send the clip', kind: 'video' as const };
  // Where questions come one at a time, a link is an answer to the one question.
  if (!limits.forms) return [{ ...clip, hint: 'A link to a video file works too.', required: true }];
  return [
    { ...clip, required: false },
    {
      name: 'link',
      label: 'Or a link to it',
      hint: 'An https link to a video file, or a Dropbox link.',
      kind: 'line',
      required: false,
      maxLength: LINK_MAX_LENGTH,
    },
  ];
};

export const clipAction: FormAction<Services> = {
  answersWith: 'form',
  async run(ctx, { entity }) {
    const post = await requireDraft(ctx, entity);
    return {
      id: encodeActionId('schedule', 'clip', post.id),
      title: 'The clip',
      submitLabel: 'Save',
      fields: fieldsOf(ctx),
    };
  },
};

type Values = Readonly<Record<string, OptionValue>>;

/** @throws AppError `clip_required`, `clip_link_invalid`, and what a clip is refused for */
async function replaceClip(ctx: Context, { id, caption }: Post, { clip: sent, link }: Values): Promise<Post> {
  const { clips, drafts } = ctx.services;
  if (!isClip(sent)) {
    const words = textOf(link) || textOf(sent);
    if (words === '') throw new AppError('clip_required');
    const address = splitLink(words)?.address ?? words;
    return drafts.setClip(ctx.user, id, await clips.receive(ctx.user, clips.offerLink(address)));
  }
  const words = sent.words?.trim();
  const beside = caption === '' && words ? checkCaption(words) : null;
  const post = await drafts.setClip(ctx.user, id, await clips.receive(ctx.user, sent));
  return beside === null ? post : drafts.setCaption(ctx.user, id, beside);
}

export const clipForm: FormHandler<Services> = {
  visibility: 'private',
  async run(ctx, { entity, values }) {
    const draft = await requireDraft(ctx, entity);
    try {
      return await showComposer(ctx, await replaceClip(ctx, draft, values), { replaces: true });
    } catch (error) {
      if (!canUploadInstead(error)) throw error;
      return complain(await offerUpload(ctx, draft, { replaces: true }), [error]);
    }
  },
};
