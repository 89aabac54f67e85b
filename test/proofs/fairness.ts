// One person's thousand posts are due in one second, far more than TikTok takes from their accounts; then one each of other people's.
// None of these waits behind the thousand.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_TIMING } from '#services/publisher/work.ts';
import { isLive, latenessOf, openLoad } from './load.ts';

const WAIT_MAX_MS = 5_000;
const LEAD_MS = 3_000;
const LIVE_WITHIN_MS = 60_000;
/** More than one person's. */
const ACCOUNTS = 40;

export async function proveFairness(
  print: (line: string) => void,
  { crowd = 1_000, everyMs = 250 } = {},
): Promise<void> {
  const load = await openLoad({ accounts: ACCOUNTS, leaseMs: DEFAULT_TIMING.leaseMs });
  try {
    const [first] = load.creators;
    const isCrowds = ({ user }: (typeof load.creators)[number]) => user.id === first?.user.id;
    const own = load.creators.filter(isCrowds);
    const others = load.creators.filter(creator => !isCrowds(creator));
    const crowdDueMs = Date.now();
    await Promise.all(
      Array.from({ length: crowd }, (_, index) => own[index % own.length]).map(
        creator => creator && load.addPost(creator, new Date(crowdDueMs)),
      ),
    );
    const dueMs = Date.now() + LEAD_MS;
    const due = new Map<string, number>();
    for (const [index, creator] of others.entries()) {
      const at = dueMs + index * everyMs;
      due.set(await load.addPost(creator, new Date(at)), at);
    }
    await Promise.all([load.startWorker(0), load.startWorker(1)]);
    await delay(Math.max(0, dueMs - Date.now()));
    await load.until('every other person’s post to be live', LIVE_WITHIN_MS, all =>
      all.filter(({ _id }) => due.has(_id)).every(isLive),
    );
    const lateMs = latenessOf(await load.journal(), due);
    print(JSON.stringify({ crowd, others: others.length, latestMs: Math.max(...lateMs) }));
    assert.ok(Math.max(...lateMs) <= WAIT_MAX_MS, `somebody’s post waited ${Math.max(...lateMs)} ms`);
  } finally {
    await load.leave();
  }
}
