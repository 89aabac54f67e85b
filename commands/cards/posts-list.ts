// The list of a person's posts: what needs them first, then by day, five a page. Pure.

import { encodeActionId } from '#chat/action-id.ts';
import {
  type Block,
  button,
  type Control,
  fields,
  heading,
  note,
  type Reply,
  reply,
  type Span,
  text,
} from '#chat/reply.ts';
import { type Account, accountName } from '#domain/account.ts';
import { type Post, setAsideKind } from '#domain/post-record.ts';
import { formatDate } from '#domain/when/format.ts';
import { wallTimeAt } from '#domain/when/wall-time.ts';
import { headingOf, removePractice } from './post-card.ts';
import { dueSpans, excerpt, PRACTICE_LINE } from './words.ts';

export const POSTS_PER_PAGE = 5;

export interface PostsView {
  /** All that are listed, in any order. */
  readonly posts: readonly Post[];
  readonly page: number;
  readonly zone: string;
  readonly accountOf: (post: Post) => Account | null;
}

/** Posts that wait for the person stand before the calendar; those of another TikTok wait for nothing. */
const needsPerson = (post: Post): boolean =>
  (post.state === 'held' || post.state === 'unconfirmed') && !setAsideKind(post);

function rank(post: Post): number {
  if (setAsideKind(post)) return 3;
  if (needsPerson(post)) return 0;
  return post.due?.at ? 1 : 2;
}

/** Held first, then by time, then what has no time yet. */
export const inListOrder = (posts: readonly Post[]): Post[] =>
  posts.toSorted(
    (a, b) => rank(a) - rank(b) || (a.due?.at?.getTime() ?? 0) - (b.due?.at?.getTime() ?? 0) || (a.id < b.id ? -1 : 1),
  );

function groupOf(post: Post, zone: string): string {
  if (setAsideKind(post)) return 'Set aside';
  if (needsPerson(post)) return 'Needs you';
  if (!post.due?.at) return 'No time yet';
  return formatDate(wallTimeAt(post.due.at.getTime(), zone).date, true);
}

export function renderPosts({ posts, page, zone, accountOf }: PostsView, { replaces = false } = {}): Reply {
  if (posts.length === 0) return reply([text('Nothing is scheduled. Send me a clip, or use /schedule.')], { replaces });
  const pages = Math.ceil(posts.length / POSTS_PER_PAGE);
  const current = Math.min(Math.max(page, 0), pages - 1);
  const shown = inListOrder(posts).slice(current * POSTS_PER_PAGE, (current + 1) * POSTS_PER_PAGE);
  const blocks: Block[] = [heading(pages > 1 ? `Your posts (page ${current + 1} of ${pages})` : 'Your posts')];
  let group = '';
  let lines: (readonly [string, Span[]])[] = [];
  const closeGroup = () => {
    if (lines.length > 0) blocks.push(text({ bold: group }), fields(...lines));
    lines = [];
  };
  for (const [index, post] of shown.entries()) {
    const next = groupOf(post, zone);
    if (next !== group) closeGroup();
    group = next;
    lines.push(lineOf(post, index, accountOf(post)));
  }
  closeGroup();
  // Where the real TikTok is connected the mark would be a lie about everything else.
  const isLive = posts.some(post => setAsideKind(post) === 'practice');
  if (!isLive && shown.some(({ world }) => world === 'simulator')) blocks.push(note(PRACTICE_LINE));
  const rows = [showButtons(shown), pageButtons(current, pages), isLive ? [removePractice] : []];
  return reply(blocks, { replaces, rows });
}

const lineOf = (post: Post, index: number, account: Account | null): readonly [string, Span[]] => [
  `${index + 1}. ${headingOf(post)}${account ? `, ${accountName(account)}` : ''}`,
  [`“${excerpt(post.caption)}”`, ...(post.due ? [', ', ...dueSpans(post.due)] : [])],
];

const showButtons = (shown: readonly Post[]): Control[] =>
  shown.map((post, index) => button(`Show ${index + 1}`, encodeActionId('posts', 'show', post.id)));

const pageButtons = (page: number, pages: number): Control[] => [
  ...(page > 0 ? [button('Earlier', encodeActionId('posts', 'page', '', String(page - 1)))] : []),
  ...(page < pages - 1 ? [button('Later', encodeActionId('posts', 'page', '', String(page + 1)))] : []),
];
