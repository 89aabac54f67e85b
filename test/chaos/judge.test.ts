// The judge of a chaos round must see each way in which the promise can be broken: evidence that is right, then spoilt in one place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry } from '#simulator/simulator.ts';
import type { SentMessage } from './chat-server.ts';
import type { HistoryEntry } from './history.ts';
import { type Evidence, type FinalPost, judge } from './judge.ts';

const DUE_MS = 1_000_000;
const STAGES = 'scheduled claimed claimed initiated committing processing published published'.split(' ');

const historyOf = (stages: readonly string[]): HistoryEntry[] =>
  stages.map((stage, index) => {
    const isStep = ['claimed', 'initiated', 'uploading', 'committing', 'processing'].includes(stage);
    return {
      state: isStep ? 'publishing' : stage,
      step: isStep ? stage : null,
      version: index + 2,
      fence: 0,
      at: new Date(DUE_MS),
    };
  });

interface Spoilt {
  readonly journal?: (entries: JournalEntry[]) => JournalEntry[];
  readonly post?: Partial<FinalPost>;
  readonly seen?: (seen: SentMessage[]) => SentMessage[];
  readonly isCancelled?: boolean;
  readonly platform?: string;
}

const entry = (kind: JournalEntry['kind'], at: number, facts: Partial<JournalEntry> = {}): JournalEntry => ({
  seq: at,
  at,
  kind,
  publishId: 'p1',
  ...facts,
});
const message = (key: string, edits: string | null = null): SentMessage => ({
  platform: 'dedup',
  chatId: 'c',
  key,
  edits,
});

function evidence({ journal, post, seen, isCancelled = false, platform = 'dedup' }: Spoilt = {}): Evidence {
  const entries = [
    entry('init', DUE_MS + 5, { postInfo: { title: 'post' } }),
    entry('published', DUE_MS + 50, { sha256: 'bytes' }),
  ];
  const messages = [message('post.8.published'), message('post.9.live', 'message-1'), message('post.9.live.card', 'm')];
  const final = { state: 'published', isLive: true, owed: 0, history: historyOf(STAGES), ...post };
  return {
    acknowledged: [{ postId: 'post', platform, sha256: 'bytes', dueMs: DUE_MS, isCancelled }],
    journal: journal ? journal(entries) : entries,
    posts: new Map([['post', final]]),
    seen: seen ? seen(messages) : messages,
  };
}

const HELD = { double: 0, lost: 0, early: 0, undecided: 0, unconfirmed: 0, breaches: [] };
const countsOf = (spoilt: Spoilt) => {
  const { breaches, ...counts } = judge(evidence(spoilt));
  assert.ok(breaches.length > 0, 'a breach is told in words');
  return Object.entries(counts).flatMap(([count, times]) => (times > 0 ? [count] : []));
};

test('a post that was published once, on time, and told is no breach', () => {
  assert.deepEqual(judge(evidence()), HELD);
});

test('each broken promise is counted', () => {
  const again = entry('published', DUE_MS + 90, { sha256: 'bytes' });
  assert.deepEqual(countsOf({ journal: entries => [...entries, again] }), ['double']);
  assert.deepEqual(countsOf({ journal: ([init]) => (init ? [init] : []) }), ['lost']);
  assert.deepEqual(countsOf({ journal: entries => entries.map(one => ({ ...one, at: one.at - 10 })) }), ['early']);
  assert.deepEqual(countsOf({ post: { state: 'publishing' } }), ['undecided']);
  assert.deepEqual(countsOf({ post: { owed: 1 } }), ['undecided']);
  assert.deepEqual(countsOf({ post: { state: 'held', history: historyOf(['scheduled', 'held']) } }), ['undecided']);
  const unconfirmed = historyOf([...STAGES.slice(0, -2), 'unconfirmed']);
  assert.deepEqual(countsOf({ post: { state: 'unconfirmed', history: unconfirmed } }), ['unconfirmed']);
});

test('what has no count is told all the same', () => {
  const spoilt: Record<string, Spoilt> = {
    'cancelled and published': { isCancelled: true },
    'other bytes': { journal: entries => entries.map(one => ({ ...one, ...(one.sha256 && { sha256: 'others' }) })) },
    'a state that may not follow': { post: { history: historyOf(['scheduled', 'processing', 'published']) } },
    'a write that left no trace': { post: { history: historyOf(STAGES).filter((_, index) => index !== 2) } },
    'no history': { post: { history: [] } },
    'told twice where repeats are dropped': { seen: all => [...all, message('post.8.published')] },
    'told three times': { platform: 'plain', seen: all => [...all, ...all.slice(0, 1), ...all.slice(0, 1)] },
    'not told': { seen: () => [] },
    'told by the card alone': { seen: all => all.filter(({ key }) => key.endsWith('.card')) },
    'over a limit': {
      journal: all => [...all, entry('rate_limited', DUE_MS, { code: 'init', username: 'creator-1' })],
    },
  };
  for (const [what, one] of Object.entries(spoilt)) assert.deepEqual(countsOf(one), [], what);
});

test('a forgotten id excuses “unconfirmed”, a refused clip excuses “failed”, a cancelled post has no video', () => {
  const forgotten = entry('forgotten', DUE_MS + 60);
  const lostTrack = { state: 'unconfirmed', history: historyOf([...STAGES.slice(0, -2), 'unconfirmed']) };
  const told = (kind: string) => () => [message(`post.9.${kind}`)];
  const verdict = judge(evidence({ journal: all => [...all, forgotten], post: lostTrack, seen: told('unconfirmed') }));
  assert.deepEqual(verdict, { ...HELD, unconfirmed: 1 });
  const refused = entry('failed', DUE_MS + 60, { failReason: 'file_format_check_failed' });
  const failed = { state: 'failed', history: historyOf([...STAGES.slice(0, -2), 'failed']) };
  assert.deepEqual(
    judge(evidence({ journal: ([init]) => (init ? [init, refused] : []), post: failed, seen: told('failed') })),
    HELD,
  );
  const cancelled = { state: 'cancelled', history: historyOf(['scheduled', 'cancelled']) };
  assert.deepEqual(judge(evidence({ journal: () => [], post: cancelled, seen: () => [], isCancelled: true })), HELD);
});
