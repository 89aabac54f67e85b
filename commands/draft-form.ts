// All that a draft's card asks for, in one form: where forms appear at once it saves presses. Like the card it presets nothing.

import { encodeActionId } from '#chat/action-id.ts';
import type { FormAction, FormHandler } from '#chat/command.ts';
import { type OptionValue, readChecks } from '#chat/invocation.ts';
import type { FormField } from '#chat/reply.ts';
import { CAPTION_LIMIT, checkCaption } from '#domain/caption.ts';
import { type Choices, type CreatorInfo, INTERACTIONS, PRIVACY_NAMES } from '#domain/choices.ts';
import type { Post } from '#domain/post-record.ts';
import type { Services } from '#services/services.ts';
import { chosenPrivacy } from './choices.ts';
import type { Context } from './command.ts';
import { complain, readWords, requireDraft, showComposer } from './composer.ts';
import { TIME_HINT } from './draft-fields.ts';
import { quickTimes } from './due.ts';

const LABELS = [
  { choice: 'aiGenerated', label: 'AI-generated' },
  { choice: 'yourBrand', label: 'It promotes your brand' },
  { choice: 'brandedContent', label: 'It is branded content: somebody pays for it' },
] as const;

const textOf = (value: OptionValue | undefined): string => (typeof value === 'string' ? value.trim() : '');

const choiceFields = (choices: Choices, creator: CreatorInfo): FormField[] => {
  const allowed = INTERACTIONS.filter(({ forbiddenBy }) => !creator[forbiddenBy]);
  return [
    {
      name: 'privacy',
      label: 'Who can see this video',
      kind: 'choice',
      required: true,
      options: creator.privacyOptions.map(level => ({
        label: PRIVACY_NAMES[level],
        value: level,
        selected: level === choices.privacy,
      })),
    },
    ...(allowed.length > 0
      ? [
          {
            name: 'allow',
            label: 'What others may do',
            kind: 'checks' as const,
            required: false,
            options: allowed.map(({ choice, name }) => ({ label: name, value: choice, selected: choices[choice] })),
          },
        ]
      : []),
    {
      name: 'labels',
      label: 'What TikTok must know of it',
      kind: 'checks',
      required: false,
      options: LABELS.map(({ choice, label }) => ({ label, value: choice, selected: choices[choice] })),
    },
  ];
};

const fieldsOf = (post: Post, { user, now }: Context): FormField[] => [
  {
    name: 'caption',
    label: 'Caption',
    hint: '#tags and @mentions work.',
    kind: 'paragraph',
    required: false,
    value: post.caption,
    maxLength: CAPTION_LIMIT,
  },
  {
    name: 'time',
    label: 'Time',
    hint: TIME_HINT,
    kind: 'line',
    required: false,
    value: post.due?.words ?? '',
    maxLength: 100,
    suggestions: quickTimes(user, now),
  },
  ...(post.mode === 'direct' && post.creator ? choiceFields(post.choices, post.creator) : []),
];

export const wholeAction: FormAction<Services> = {
  answersWith: 'form',
  async run(ctx, { entity }) {
    const post = await requireDraft(ctx, entity);
    return {
      id: encodeActionId('schedule', 'whole', post.id),
      title: 'The whole post',
      submitLabel: 'Save',
      fields: fieldsOf(post, ctx),
    };
  },
};

/** What was checked, as choices; disclosure is on where something is disclosed. */
function applyChecks(choices: Choices, values: Readonly<Record<string, OptionValue>>): Choices {
  const checked = readChecks([textOf(values.allow), textOf(values.labels)].join(','));
  const [yourBrand, brandedContent] = [checked.has('yourBrand'), checked.has('brandedContent')];
  return {
    ...choices,
    privacy: chosenPrivacy(textOf(values.privacy)),
    allowComment: checked.has('allowComment'),
    allowDuet: checked.has('allowDuet'),
    allowStitch: checked.has('allowStitch'),
    aiGenerated: checked.has('aiGenerated'),
    disclosure: yourBrand || brandedContent,
    yourBrand,
    brandedContent,
  };
}

export const wholeForm: FormHandler<Services> = {
  visibility: 'private',
  async run(ctx, { entity, values }) {
    const { drafts } = ctx.services;
    const draft = await requireDraft(ctx, entity);
    const when = textOf(values.time);
    // The same words again are no new time: “fri 18:30” meant a Friday when it was typed.
    const isNewTime = when !== '' && when !== draft.due?.words;
    const { due, complaints } = readWords(ctx, { when: isNewTime ? when : '', caption: '' });
    let post = await drafts.setCaption(ctx.user, draft.id, checkCaption(textOf(values.caption)));
    // A form of a draft without these questions brings no answer to them.
    if (values.privacy) post = await drafts.choose(ctx.user, draft.id, choices => applyChecks(choices, values));
    if (due) post = await drafts.setDue(ctx.user, draft.id, due);
    return complain(await showComposer(ctx, post, { replaces: true }), complaints);
  },
};
