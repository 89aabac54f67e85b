// Nearly a third of all calls to TikTok fail, each in one of several ways: still every post but one in a thousand goes live, and no
// chunk is sent again that did not fail.

import assert from 'node:assert/strict';
import { DEFAULT_TIMING } from '#services/publisher/work.ts';
import { isLive, openLoad } from './load.ts';

/** Together 30 %: 1 - 0.83 * 0.92 * 0.917. */
const FAULTS = [
  { kind: '5xx', route: 'any', status: 503, probability: 0.17 },
  { kind: 'reset', route: 'any', afterBytes: 20_000, probability: 0.08 },
  { kind: 'lost_reply', route: 'any', probability: 0.083 },
];
const LIVE_MIN_SHARE = 0.999;
const LEAD_MS = 2_000;
const EVERY_MS = 10;
/** "In the end": the waits between tries grow to five minutes. */
const WAIT_MS = 420_000;
const LAST_LOOK_MS = 10_000;

export async function proveOutages(print: (line: string) => void, { posts = 1_000 } = {}): Promise<void> {
  const load = await openLoad({ accounts: posts, leaseMs: DEFAULT_TIMING.leaseMs });
  try {
    for (const fault of FAULTS) await load.fault(fault);
    await Promise.all([load.startWorker(0), load.startWorker(1)]);
    await load.schedule(posts, Date.now() + LEAD_MS, EVERY_MS);
    const startedAt = performance.now();
    const isEnough = (live: number) => live >= Math.ceil(posts * LIVE_MIN_SHARE);
    const isOver = () => performance.now() - startedAt > WAIT_MS - LAST_LOOK_MS;
    const all = await load.until('the posts to go live', WAIT_MS, now => {
      const live = now.filter(isLive).length;
      return live === posts || (isEnough(live) && isOver());
    });
    const journal = await load.journal();
    const count = (check: (entry: (typeof journal)[number]) => boolean) => journal.filter(check).length;
    const onUpload = (code: string) =>
      count(one => one.kind === 'fault' && one.route === 'upload' && one.code === code);
    const arrived = count(({ kind }) => kind === 'chunk');
    const refused = count(({ kind, route }) => kind === 'refused' && route === '/video/');
    const needed = new Set(
      journal.filter(({ kind }) => kind === 'chunk').map(one => `${one.publishId} ${one.firstByte}`),
    );
    const failed = onUpload('5xx') + onUpload('reset');
    const resent = arrived + refused + failed - needed.size;
    const live = all.filter(isLive).length;
    const facts = { posts, live, chunks: needed.size, chunkFaults: failed + onUpload('lost_reply'), resent };
    print(JSON.stringify({ ...facts, faults: count(({ kind }) => kind === 'fault') }));
    const videos = journal.filter(({ kind }) => kind === 'published').map(({ publishId }) => publishId);
    assert.equal(
      count(({ kind }) => kind === 'rate_limited'),
      0,
      'a call over a limit',
    );
    assert.ok(
      videos.length <= posts && new Set(videos).size === videos.length,
      `${videos.length} videos of ${posts} posts`,
    );
    assert.ok(resent <= facts.chunkFaults, `${resent} chunks were sent again after ${facts.chunkFaults} faults`);
  } finally {
    await load.leave();
  }
}
