// The messages that arrive by themselves: posted, live, in the inbox, failed, held, unclear.

import { wordsFor } from '#chat/explain.ts';
import { type Block, type Control, copyable, heading, type Reply, reply, type Span, text } from '#chat/reply.ts';
import { type Account, accountName } from '#domain/account.ts';
import type { NoticeKind, Post } from '#domain/post-record.ts';
import { headingOf, openOnTikTok, postControls, removePractice } from './post-card.ts';
import { clipBlocks, clipWords, dueSpans, excerpt, practiceMark } from './words.ts';

type Words = (post: Post, name: string) => { title: string; body: Block[] };

const because = (post: Post): Block[] => (post.problem ? [text(wordsFor(post.problem))] : []);
const quote = (post: Post): Span => `“${excerpt(post.caption)}”`;

const WORDS: Record<NoticeKind, Words> = {
  published: (post, name) => ({
    title: `Posted to ${name}`,
    body: [
      post.choices.privacy === 'SELF_ONLY'
        ? text(
            quote(post),
            ' is posted for you alone, so TikTok gives no link. You find it on your profile, under the lock.',
          )
        : text(quote(post), ' is posted; TikTok is checking it. I tell you when it is live.'),
    ],
  }),
  live: (post, name) => ({
    title: `Live on TikTok: ${name}`,
    body: [text(quote(post), post.mode === 'inbox' ? ' is posted.' : ' is live.')],
  }),
  in_inbox: (post, name) => ({
    title: `In the TikTok inbox of ${name}`,
    body: [
      text(
        'Open the notification in the TikTok app to finish and post it. TikTok does not take the caption along; here it is to copy:',
      ),
      ...(post.caption ? [copyable(post.caption)] : []),
    ],
  }),
  inbox_reminder: (post, name) => ({
    title: `Still in the TikTok inbox of ${name}`,
    body: [
      text(
        'This one waits to be finished in the TikTok app. TikTok keeps five unfinished drafts a day at most. The caption again:',
      ),
      ...(post.caption ? [copyable(post.caption)] : []),
    ],
  }),
  draft_waiting: post => ({
    title: 'A draft waits',
    body: [text(quote(post), ' was never scheduled. Finish it, or let it go: it is deleted in six days.')],
  }),
  draft_gone: post => ({
    title: 'A draft is gone',
    body: [text(quote(post), ' lay untouched for a week, so it is no longer kept.')],
  }),
  failed: (post, name) => ({
    title: `Not posted to ${name}`,
    body: [text(quote(post), ' was not posted.'), ...because(post)],
  }),
  held: (post, name) => ({
    title: `Held: ${name}`,
    body: [text(quote(post), ' waits for you; nothing is lost.'), ...because(post)],
  }),
  held_reminder: (post, name) => ({
    title: `Still held: ${name}`,
    body: [text(quote(post), ' still waits for you.'), ...because(post)],
  }),
  missed: (post, name) => ({
    title: `Missed: ${name}`,
    body: [
      text(
        quote(post),
        ' was due ',
        ...(post.due ? dueSpans(post.due) : ['earlier']),
        ' and could not go out in time. Publish it now, or pick another time.',
      ),
    ],
  }),
  clip_arrived: post => ({
    title: 'Your clip is in',
    body: [
      ...clipBlocks(post),
      text(...(post.clip ? [clipWords(post.clip), '. '] : []), 'Its card is ready for the rest.'),
    ],
  }),
  set_aside: post =>
    isOfPractice(post)
      ? {
          title: 'Practice is over',
          body: [
            text(
              'Clipcue is connected to the real TikTok now. Your practice posts are set aside and never sent. To post for real, connect your account: /connect-tiktok.',
            ),
          ],
        }
      : {
          title: 'Posts set aside',
          body: [
            text(
              'Clipcue practises with its simulator now. Your posts for the real TikTok are set aside and not sent; once it is connected again, /posts has them as drafts.',
            ),
          ],
        },
  unconfirmed: (post, name) => ({
    title: `Unclear: ${name}`,
    body: [
      text(
        quote(post),
        ': TikTok never said whether it was posted. Please look at the account, then tell me. Until then nothing is sent again.',
      ),
    ],
  }),
  unconfirmed_reminder: (post, name) => ({
    title: `Still unclear: ${name}`,
    body: [
      text(
        quote(post),
        ': TikTok has still not said whether it was posted. Have you looked at the account? Please tell me.',
      ),
    ],
  }),
};

const isOfPractice = ({ world }: Post): boolean => world === 'simulator';

/** The message for `kind`, from the post as it stands when it is sent. */
export function renderNotice(kind: NoticeKind, post: Post, account: Account | null): Reply {
  const { title, body } = WORDS[kind](post, account ? accountName(account) : 'TikTok');
  const rows = rowsFor(kind, post);
  return reply([heading(title), ...body, ...practiceMark(post)], { rows });
}

function rowsFor(kind: NoticeKind, post: Post): Control[][] {
  if (kind === 'live' || kind === 'published') return [openOnTikTok(post)];
  // It speaks of all posts that were set aside, not of this one.
  if (kind === 'set_aside') return isOfPractice(post) ? [[removePractice]] : [];
  return postControls(post);
}

/** The day's good news in one message. */
export function renderSummary(posts: readonly Post[]): Reply {
  const blocks = posts.map(post =>
    text(`“${excerpt(post.caption)}”: `, { bold: headingOf(post) }, ...(post.due ? [', ', ...dueSpans(post.due)] : [])),
  );
  const [first] = posts;
  return reply([
    heading(posts.length === 1 ? 'Posted today: one video' : `Posted today: ${posts.length} videos`),
    ...blocks,
    ...(first ? practiceMark(first) : []),
  ]);
}
