// Whether the promise was held: the simulator's journal against what people were answered and told. Pure, and with a table of its own
// of what may follow what, so that it does not share the product's mistakes.

import type { JournalEntry } from '#simulator/simulator.ts';
import type { SentMessage } from './chat-server.ts';
import type { HistoryEntry } from './history.ts';
import type { Acknowledged } from './people.ts';

/** A post as the database has it in the end. */
export interface FinalPost {
  readonly state: string;
  readonly isLive: boolean;
  /** Notices still owed. */
  readonly owed: number;
  readonly history: readonly HistoryEntry[];
}

export interface Evidence {
  readonly acknowledged: readonly Acknowledged[];
  readonly journal: readonly JournalEntry[];
  readonly posts: ReadonlyMap<string, FinalPost>;
  readonly seen: readonly SentMessage[];
}

export interface Verdict {
  /** Posts with more than one video. */
  readonly double: number;
  /** Posts without a video that nobody had a reason to expect none of. */
  readonly lost: number;
  /** Posts whose upload was opened before their time. */
  readonly early: number;
  /** Posts that are not at an end, or owe a message. */
  readonly undecided: number;
  readonly unconfirmed: number;
  /** Everything that breaks the promise, in words; empty where it was held. */
  readonly breaches: readonly string[];
}

const DECIDED = new Set(['published', 'failed', 'cancelled', 'unconfirmed']);

/** What each stage may become with one write. */
const MAY_FOLLOW: Readonly<Record<string, readonly string[]>> = {
  draft: ['draft', 'scheduled', 'held', 'cancelled'],
  scheduled: ['scheduled', 'draft', 'claimed', 'held', 'cancelled'],
  held: ['held', 'draft', 'scheduled', 'cancelled'],
  claimed: ['claimed', 'scheduled', 'initiated', 'held', 'failed', 'cancelled'],
  initiated: ['initiated', 'uploading', 'committing', 'claimed', 'held', 'failed', 'cancelled'],
  uploading: ['uploading', 'committing', 'claimed', 'held', 'failed', 'cancelled'],
  committing: ['committing', 'uploading', 'processing', 'claimed', 'published', 'failed', 'unconfirmed'],
  processing: ['processing', 'claimed', 'published', 'failed', 'unconfirmed'],
  published: ['published'],
  failed: ['failed', 'draft'],
  cancelled: ['cancelled', 'draft'],
  unconfirmed: ['unconfirmed', 'published', 'failed', 'draft'],
};

const stageOf = ({ state, step }: Pick<HistoryEntry, 'state' | 'step'>): string => step ?? state;

/** What the journal says of one post. */
interface Deeds {
  readonly inits: JournalEntry[];
  readonly videos: JournalEntry[];
  isForgotten: boolean;
  /** TikTok refused the clip: no video can be expected. */
  isRefused: boolean;
}

export function judge({ acknowledged, journal, posts, seen }: Evidence): Verdict {
  const deeds = readJournal(journal);
  const told = Map.groupBy(seen, ({ key }) => key.split('.')[0] ?? '');
  const counts = { double: 0, lost: 0, early: 0, undecided: 0, unconfirmed: 0 };
  const breaches: string[] = [];
  const breach = (postId: string, what: string) => breaches.push(`${postId}: ${what}`);

  for (const promise of acknowledged) {
    const { postId } = promise;
    const post = posts.get(postId);
    const done = deeds.get(postId) ?? { inits: [], videos: [], isForgotten: false, isRefused: false };
    const fail = (count: keyof typeof counts, what: string) => {
      counts[count]++;
      breach(postId, what);
    };
    if (!post) {
      fail('lost', 'it is not in the database');
      continue;
    }
    if (done.videos.length > 1) fail('double', `${done.videos.length} videos`);
    if (done.inits.some(({ at }) => at < promise.dueMs)) fail('early', 'its upload was opened before its time');
    if (!DECIDED.has(post.state) || post.owed > 0)
      fail('undecided', `it ended ${post.state}, owing ${post.owed} messages`);
    const isExcused = promise.isCancelled || done.isForgotten || (done.isRefused && post.state === 'failed');
    if (done.videos.length === 0 && !isExcused && DECIDED.has(post.state))
      fail('lost', `no video, and it is ${post.state}`);
    if (post.state === 'unconfirmed') {
      counts.unconfirmed++;
      if (!done.isForgotten) breach(postId, 'unconfirmed, though TikTok knows its id');
    }
    if (promise.isCancelled && done.videos.length > 0) breach(postId, 'cancelled, and published all the same');
    if (done.videos.some(({ sha256 }) => sha256 !== promise.sha256)) breach(postId, 'a video with other bytes');
    for (const what of findWrongChanges(post.history)) breach(postId, what);
    for (const what of findWrongNews(promise, post, told.get(postId) ?? [])) breach(postId, what);
  }
  for (const { code, username } of journal.filter(({ kind }) => kind === 'rate_limited'))
    breaches.push(`${username}: a call over TikTok's limit of ${code}`);
  return { ...counts, breaches };
}

function readJournal(journal: readonly JournalEntry[]): Map<string, Deeds> {
  const ofPost = new Map<string, Deeds>();
  const ofPublish = new Map<string, Deeds>();
  for (const entry of journal) {
    if (entry.kind === 'init') {
      // The caption is the post's id.
      const postId = (entry.postInfo as { title: string }).title;
      const deeds = ofPost.get(postId) ?? { inits: [], videos: [], isForgotten: false, isRefused: false };
      deeds.inits.push(entry);
      ofPost.set(postId, deeds);
      ofPublish.set(entry.publishId ?? '', deeds);
    }
    const deeds = ofPublish.get(entry.publishId ?? '');
    if (!deeds) continue;
    if (entry.kind === 'published') deeds.videos.push(entry);
    if (entry.kind === 'forgotten') deeds.isForgotten = true;
    if (entry.kind === 'failed' && entry.failReason !== 'internal') deeds.isRefused = true;
  }
  return ofPost;
}

function* findWrongChanges(history: readonly HistoryEntry[]): Generator<string> {
  if (history.length === 0) yield 'it has no history';
  let before: Omit<HistoryEntry, 'at'> = { state: 'draft', step: null, version: 1, fence: 0 };
  for (const entry of history) {
    const [from, to] = [stageOf(before), stageOf(entry)];
    if (!MAY_FOLLOW[from]?.includes(to)) yield `from ${from} to ${to}`;
    if (entry.version !== before.version + 1) yield `version ${before.version} became ${entry.version}`;
    const claims = entry.fence - before.fence;
    if (claims !== 0 && claims !== 1) yield `fence ${before.fence} became ${entry.fence}`;
    before = entry;
  }
}

/** Each piece of news once where the platform drops what is repeated, twice at most where it does not. */
function* findWrongNews(promise: Acknowledged, post: FinalPost, seen: readonly SentMessage[]): Generator<string> {
  const news = seen.map(({ key, edits }) => ({
    key,
    edits,
    kind: key.split('.')[2] ?? '',
    isCard: key.endsWith('.card'),
  }));
  const messages = news.filter(({ edits, isCard }) => edits === null && !isCard);
  const atMost = promise.platform === 'dedup' ? 1 : 2;
  for (const [kind, same] of Map.groupBy(messages, one => one.kind))
    if (same.length > atMost) yield `told “${kind}” ${same.length} times on ${promise.platform}`;
  const needed = post.state === 'published' && post.isLive ? 'live' : post.state;
  // Two crashes in the middle of sends that may have arrived are the last; from then on the card alone says it.
  const tellings = promise.platform === 'dedup' ? news.filter(({ isCard }) => !isCard) : news;
  if (DECIDED.has(post.state) && needed !== 'cancelled' && !tellings.some(({ kind }) => kind === needed))
    yield `never told “${needed}”`;
}
