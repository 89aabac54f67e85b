// The card on which a draft is completed: a pure function of the draft, its account and what TikTok says of the creator. Its order
// and words follow TikTok's content sharing guidelines; `Schedule` stays disabled until nothing is missing.

import { encodeActionId } from '#chat/action-id.ts';
import { wordsFor } from '#chat/explain.ts';
import { type Block, button, type Control, fields, heading, note, type Reply, reply, type Span } from '#chat/reply.ts';
import { accountName } from '#domain/account.ts';
import { CAPTION_LIMIT, captionUnits } from '#domain/caption.ts';
import { disclosureLabel, PRIVACY_NAMES, type Problem } from '#domain/choices.ts';
import type { Post } from '#domain/post-record.ts';
import { clipHints, type UploadLink, uploadControls } from './clip-parts.ts';
import { askingControls, type ComposerSetting, choiceControls, closing, hints, type IdOf } from './composer-parts.ts';
import { clipBlocks, clipWords, dueSpans, practiceMark } from './words.ts';

export interface ComposerView extends ComposerSetting {
  readonly post: Post;
  readonly gaps: readonly Problem[];
  /** A link to the upload page that was just made; it is shown once. */
  readonly uploadLink: UploadLink | null;
  /** Forms of several fields appear at once, so all can be asked for in one. */
  readonly hasForms: boolean;
  /** Another post with the very same clip. */
  readonly sameClip: Post | null;
}

const idsOf =
  (post: Post): IdOf =>
  (action, value = '') =>
    encodeActionId('schedule', action, post.id, value);

/** Renders the card; `replaces` edits the message that was pressed. */
export function renderComposer(view: ComposerView, { replaces = false } = {}): Reply {
  const { post, gaps } = view;
  const blocks: Block[] = [
    heading('New TikTok post'),
    ...clipBlocks(post),
    fields(...describe(view)),
    ...clipHints(view),
    ...hints(view, post.mode),
    ...(gaps.length > 0 ? [note('Still missing: ', gaps.map(gap => wordsFor(gap)).join(' '))] : []),
    ...practiceMark(post),
    ...closing(post.mode, post.choices),
  ];
  const asked = askedFirst(view);
  const asks = asked && { asks: encodeActionId('schedule', asked, post.id) };
  return reply(blocks, { rows: controls(view), replaces, cardOf: post.id, ...asks });
}

/** Where questions come one at a time: the clip, unless a browser takes it, then the time, which most clips come without. */
function askedFirst({ post, uploadLink }: ComposerView): 'clip' | 'time' | null {
  if (!post.clip) return uploadLink ? null : 'clip';
  return post.due ? null : 'time';
}

function describe({ post, account }: ComposerView): (readonly [string, Span | Span[]])[] {
  const { choices, creator } = post;
  const rows: (readonly [string, Span | Span[]])[] = [
    ['Account', account ? (creator?.nickname ?? accountName(account)) : 'not chosen yet'],
    ['Clip', post.clip ? clipWords(post.clip) : 'none yet'],
    [`Caption (${captionUnits(post.caption)} / ${CAPTION_LIMIT})`, post.caption || 'none'],
    ['When', post.due ? dueSpans(post.due) : 'not chosen yet'],
  ];
  if (post.mode === 'inbox') return rows;
  rows.push(['Who can see it', choices.privacy ? PRIVACY_NAMES[choices.privacy] : 'not chosen yet']);
  const label = disclosureLabel(choices);
  if (choices.disclosure)
    rows.push(['Promotion', label ? `Your video will be labeled as “${label}”` : 'say below what it promotes']);
  rows.push(['Cover', choices.coverMs === null ? 'first frame' : `at ${choices.coverMs / 1000} s`]);
  return rows;
}

function controls(view: ComposerView): Control[][] {
  const { post, gaps, lastChoices } = view;
  const idOf = idsOf(post);
  return [
    uploadControls(view, idOf),
    ...askingControls(view, idOf),
    ...(post.mode === 'direct' && post.creator ? choiceControls(post.choices, post.creator, lastChoices, idOf) : []),
    [
      ...(view.hasForms ? [button('Fill in all', idOf('whole'))] : []),
      button('Caption', idOf('caption')),
      button('Time', idOf('time')),
      ...(post.mode === 'direct' ? [button('Cover', idOf('cover'))] : []),
      button(post.clip ? 'Replace clip' : 'Attach clip', idOf('clip')),
    ],
    ...(view.isPast ? [lateControls(post, idOf)] : []),
    [
      button('Schedule', idOf('confirm'), 'primary', { disabled: gaps.length > 0 }),
      button('Discard', idOf('discard'), 'danger'),
    ],
  ];
}

const lateControls = (post: Post, idOf: IdOf): Control[] => [
  button('Now', idOf('late', 'now'), 'primary'),
  button('In 10 min', idOf('late', 'soon')),
  ...(post.due?.at ? [button('Tomorrow, same time', idOf('late', 'tomorrow'))] : []),
];
