// Messages that no single post tells of: an account's connection, and to the owner how the bot is doing.

import { heading, type Reply, reply, text } from '#chat/reply.ts';
import type { ErrorFacts } from '#domain/errors.ts';
import type { Memo, MemoKind } from '#domain/memo.ts';
import { capitalised } from './words.ts';

type Words = (facts: ErrorFacts) => { title: string; body: string };

const days = (count: string | number | undefined) => (Number(count) === 1 ? 'a day' : `${count} days`);
const minutes = (count: string | number | undefined) => (Number(count) <= 1 ? 'a minute' : `${count} minutes`);
const posts = (count: string | number | undefined) => (Number(count) === 1 ? 'One post' : `${count} posts`);

const WORDS: Record<MemoKind, Words> = {
  grant_ending: ({ account, daysLeft }) => ({
    title: `${account}: connect it again soon`,
    body: `TikTok ends this account’s connection to Clipcue in ${days(daysLeft)}. Connect it again with /connect-tiktok, and everything scheduled goes on as it is.`,
  }),
  grant_ended: ({ account, held }) => ({
    title: `${account} is no longer connected`,
    body: `TikTok ended the connection to this account.${Number(held) > 0 ? ` ${posts(held)} of it ${Number(held) === 1 ? 'is' : 'are'} held; nothing is lost.` : ''} Connect it again with /connect-tiktok${Number(held) > 0 ? ', and they go on by themselves' : ''}.`,
  }),
  disk_low: ({ freeMb, percent }) => ({
    title: 'The disk is nearly full',
    body: `${freeMb} MB (${percent} %) are free where clips are kept. Once a tenth of the disk is left, new clips are refused; posts that wait go on. Free some space, or give DATA_DIR a larger disk.`,
  }),
  platform_down: ({ platform, reason }) => ({
    title: `${capitalised(String(platform))} does not work`,
    body: `${reason} Posts are published on time all the same; notices wait.`,
  }),
  app_cap: () => ({
    title: 'TikTok’s cap for this app is reached',
    body: 'TikTok lets no more creators post through your app today. Their posts wait and are tried again every ten minutes; those of creators who posted already go on. An audit of the app at developers.tiktok.com raises the cap.',
  }),
  app_refused: () => ({
    title: 'TikTok does not accept this bot’s app',
    body: 'No post can go out until it does. Compare TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET with your app at developers.tiktok.com, then start Clipcue again.',
  }),
  database_back: ({ minutesAway }) => ({
    title: 'The database was away, and is back',
    body: `It did not answer for ${minutes(minutesAway)}. Posts that were due meanwhile go out now, or their people are asked. If this happens again, look at the database’s own log.`,
  }),
  posts_missed: ({ count, minutesOff }) => ({
    title: 'Clipcue was off',
    body: `It was not running for ${minutes(minutesOff)}, and ${posts(count).toLowerCase()} came due meanwhile. Those that are not too late go out now; the people of the others are asked.`,
  }),
};

export function renderMemo({ kind, facts }: Memo): Reply {
  const { title, body } = WORDS[kind](facts);
  return reply([heading(title), text(body)]);
}
