// One message for many posts that wait for the same thing from the same person.

import { encodeActionId } from '#chat/action-id.ts';
import { button, type Control, fields, heading, type Reply, reply, type Span, text } from '#chat/reply.ts';
import { type Account, accountName } from '#domain/account.ts';
import type { NoticeKind, Post } from '#domain/post-record.ts';
import { renderNotice } from './notices.ts';
import { dueSpans, excerpt, practiceMark } from './words.ts';

const SHOWN = 10;

const publishSpaced = button('Publish, spaced', encodeActionId('posts', 'spaced'), 'primary');
const pickTimes = button('Pick times', encodeActionId('posts', 'times'));
const showThem = button('Show them', encodeActionId('posts', 'list'));

export interface Waiting {
  readonly post: Post;
  readonly account: Account | null;
}

const lineOf = ({ post, account }: Waiting, index: number): readonly [string, Span[]] => [
  `${index + 1}. “${excerpt(post.caption)}”`,
  [account ? accountName(account) : 'TikTok', ...(post.due ? [', ', ...dueSpans(post.due)] : [])],
];

const WORDS: Partial<Record<NoticeKind, (count: number) => { title: string; body: string }>> = {
  missed: count => ({
    title: `Missed: ${count} posts`,
    body: 'Their time passed before they could go out. Nothing is lost. Publish them now, those of one account ten minutes apart, or pick new times.',
  }),
  unconfirmed_reminder: count => ({
    title: `Still unclear: ${count} posts`,
    body: 'TikTok has still not said whether these were posted. Please look at the account, then tell me.',
  }),
};

/** The message for all of `waiting`, each of which owes a notice of `kind`. */
export function renderGathered(kind: NoticeKind, waiting: readonly [Waiting, ...Waiting[]]): Reply {
  const [first] = waiting;
  if (waiting.length === 1) return renderNotice(kind, first.post, first.account);
  const { title, body } = WORDS[kind]?.(waiting.length) ?? {
    title: `Still held: ${waiting.length} posts`,
    body: 'These still wait for you; nothing is lost.',
  };
  const areMissed = waiting.every(({ post }) => post.problem?.code === 'post_missed');
  const more = waiting.length - SHOWN;
  const controls: Control[] = [...(areMissed ? [publishSpaced, pickTimes] : []), showThem];
  return reply(
    [
      heading(title),
      text(body),
      fields(...waiting.slice(0, SHOWN).map(lineOf)),
      ...(more > 0 ? [text(`And ${more} more.`)] : []),
      ...practiceMark(first.post),
    ],
    { rows: [controls] },
  );
}
