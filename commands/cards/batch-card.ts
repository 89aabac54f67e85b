// The card of several clips at once: a line for each, the choices once, one consent line. A pure function like the composer's card.

import { encodeActionId } from '#chat/action-id.ts';
import { wordsFor } from '#chat/explain.ts';
import { type Block, button, type Control, fields, heading, note, type Reply, reply, type Span } from '#chat/reply.ts';
import { accountName } from '#domain/account.ts';
import { disclosureLabel, PRIVACY_NAMES, type Problem } from '#domain/choices.ts';
import { durationWords } from '#domain/clip.ts';
import type { Post } from '#domain/post-record.ts';
import { askingControls, type ComposerSetting, choiceControls, closing, hints, type IdOf } from './composer-parts.ts';
import { clipBlocks, dueSpans, excerpt, practiceMark } from './words.ts';

/** As many captions as a form may ask for at once (Discord's modals take five). */
export const CAPTIONS_PER_FORM = 5;

export interface BatchView extends ComposerSetting {
  readonly batchId: string;
  readonly drafts: readonly [Post, ...Post[]];
  readonly gaps: readonly Problem[];
  /** Clips that were refused, each with the reason. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

export function renderBatch(view: BatchView, { replaces = false } = {}): Reply {
  const { drafts, gaps, refused } = view;
  const [first] = drafts;
  const blocks: Block[] = [
    heading(`${count(drafts.length, 'new TikTok post')}`),
    ...(refused.length > 0
      ? [note('Left out: ', refused.map(({ name, reason }) => `${name}: ${reason}`).join(' '))]
      : []),
    ...drafts.flatMap(clipBlocks),
    fields(...describe(view)),
    ...hints(view, first.mode),
    ...(gaps.length > 0 ? [note('Still missing: ', gaps.map(gap => wordsFor(gap)).join(' '))] : []),
    ...practiceMark(first),
    ...closing(first.mode, first.choices),
  ];
  return reply(blocks, { rows: controls(view), replaces });
}

function describe({ drafts, account }: BatchView): (readonly [string, Span | Span[]])[] {
  const [first] = drafts;
  const label = disclosureLabel(first.choices);
  return [
    ['Account', account ? accountName(account) : 'not chosen yet'],
    ...drafts.map((post): readonly [string, Span[]] => [
      `${(post.batch?.index ?? 0) + 1}. ${post.clip?.name ?? ''} (${durationWords(post.clip?.durationMs ?? 0)})`,
      [...(post.due ? dueSpans(post.due) : ['no time yet']), ` · ${excerpt(post.caption)}`],
    ]),
    ...(first.mode === 'direct'
      ? [['Who can see them', first.choices.privacy ? PRIVACY_NAMES[first.choices.privacy] : 'not chosen yet'] as const]
      : []),
    ...(label ? [['Promotion', `Your videos will be labeled as “${label}”`] as const] : []),
  ];
}

function controls(view: BatchView): Control[][] {
  const { batchId, drafts, gaps, lastChoices } = view;
  const [first] = drafts;
  const idOf: IdOf = (action, value = '') => encodeActionId('batch', action, batchId, value);
  const forms = Math.ceil(drafts.length / CAPTIONS_PER_FORM);
  const captionButtons = Array.from({ length: forms }, (_, page) => {
    const from = page * CAPTIONS_PER_FORM + 1;
    const to = Math.min(drafts.length, from + CAPTIONS_PER_FORM - 1);
    return button(from === to ? `Caption ${from}` : `Captions ${from}-${to}`, idOf('captions', String(page)));
  });
  return [
    ...askingControls(view, idOf),
    ...(first.mode === 'direct' && first.creator
      ? choiceControls(first.choices, first.creator, lastChoices, idOf)
      : []),
    [button('Times', idOf('times')), ...captionButtons],
    [
      button(`Schedule ${drafts.length}`, idOf('confirm'), 'primary', { disabled: gaps.length > 0 }),
      button('Discard all', idOf('discard'), 'danger'),
    ],
  ];
}
