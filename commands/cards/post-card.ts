// A post after Schedule was pressed: where it stands, and what can still be done with it.

import { encodeActionId } from '#chat/action-id.ts';
import { wordsFor } from '#chat/explain.ts';
import {
  type Block,
  button,
  type Control,
  fields,
  heading,
  link,
  note,
  type Reply,
  reply,
  type Span,
  text,
} from '#chat/reply.ts';
import { type Account, accountName } from '#domain/account.ts';
import { PRIVACY_NAMES } from '#domain/choices.ts';
import { canHappen, isBeyondRecall } from '#domain/post.ts';
import { type Post, setAsideKind } from '#domain/post-record.ts';
import { clipBlocks, clipWords, dueSpans, practiceMark } from './words.ts';

const HEADINGS: Record<Post['state'], string> = {
  draft: 'Draft',
  scheduled: 'Scheduled',
  publishing: 'On its way to TikTok',
  held: 'Held: it needs you',
  published: 'Posted',
  failed: 'Not posted',
  unconfirmed: 'Unclear: please look on TikTok',
  cancelled: 'Cancelled',
};

export function headingOf(post: Post): string {
  const setAside = post.state === 'held' ? setAsideKind(post) : null;
  if (setAside) return setAside === 'practice' ? 'Practice, set aside' : 'Set aside: the real TikTok is off';
  if (post.state === 'published' && post.publication?.liveAt)
    return post.mode === 'inbox' ? 'Posted' : 'Live on TikTok';
  if (post.state === 'failed' && post.problem?.code === 'post_unconfirmed') return 'Given up';
  if (post.state === 'published' && post.publication?.deliveredAt) return 'In your TikTok inbox';
  return HEADINGS[post.state];
}

/** The public address of a video. The creator's name comes from TikTok's creator_info. */
export function videoUrl(post: Post): string | null {
  const [postId] = post.publication?.postIds ?? [];
  return postId && post.creator ? `https://www.tiktok.com/@${post.creator.username}/video/${postId}` : null;
}

export const openOnTikTok = (post: Post): Control[] => {
  const url = videoUrl(post);
  // A practice video has no page on TikTok; the simulator's own pages show it.
  return url && post.world !== 'simulator' ? [link('Open on TikTok', url)] : [];
};

const id = (action: string, post: Post, value = '') => encodeActionId('posts', action, post.id, value);

export const removePractice = button('Remove practice posts', encodeActionId('posts', 'practice'), 'danger');

/** Held after a restore: the person has looked, and closes it where the video is there. */
const isMaybePublished = ({ state, problem }: Post): boolean =>
  state === 'held' && problem?.code === 'post_maybe_published';

const unconfirmedButtons = (post: Post): Control[] => [
  button('It is on TikTok', id('posted', post), 'primary'),
  button('Try again', id('again', post)),
  button('Give up', id('giveup', post), 'danger'),
];

/** What the person may do with the post as it stands. */
export function postControls(post: Post): Control[][] {
  const controls: Control[] = [];
  if (setAsideKind(post)) return post.state === 'held' ? [[button('Remove', id('cancel', post), 'danger')]] : [];
  if (post.state === 'unconfirmed') return [unconfirmedButtons(post)];
  if (canHappen(post, 'reschedule')) {
    controls.push(button('Change time', id('move', post)), button('Publish now', id('now', post)));
    if (canHappen(post, 'edit')) controls.push(button('Edit', id('edit', post)));
  }
  if (post.state !== 'draft' && canHappen(post, 'cancel'))
    controls.push(button(isMaybePublished(post) ? 'It is on TikTok' : 'Cancel', id('cancel', post), 'danger'));
  if (post.state === 'draft') controls.push(button('Continue', id('edit', post), 'primary'));
  if (canHappen(post, 'revive'))
    controls.push(button(post.state === 'cancelled' ? 'Undo' : 'Fix and reschedule', id('edit', post), 'primary'));
  return [controls, openOnTikTok(post)];
}

export interface PostCardOptions {
  readonly replaces?: boolean;
  /** Until when a post that ended can be brought back. */
  readonly keptUntil?: Date | null;
}

export function renderPost(
  post: Post,
  account: Account | null,
  { replaces = false, keptUntil = null }: PostCardOptions = {},
): Reply {
  const rows: (readonly [string, Span | Span[]])[] = [['Account', account ? accountName(account) : 'disconnected']];
  if (post.clip) rows.push(['Clip', clipWords(post.clip)]);
  rows.push(['Caption', post.caption || 'none']);
  if (post.due) rows.push(['When', dueSpans(post.due)]);
  if (post.mode === 'direct' && post.choices.privacy)
    rows.push(['Who can see it', PRIVACY_NAMES[post.choices.privacy]]);
  const blocks: Block[] = [heading(headingOf(post)), ...clipBlocks(post), fields(...rows)];
  if (post.problem && !isBeyondRecall(post)) blocks.push(text(wordsFor(post.problem)));
  if (keptUntil)
    blocks.push(
      note('Can be brought back until ', { instant: keptUntil, zone: post.due?.zone || 'UTC', style: 'absolute' }, '.'),
    );
  return reply([...blocks, ...practiceMark(post)], { rows: postControls(post), replaces, cardOf: post.id });
}
