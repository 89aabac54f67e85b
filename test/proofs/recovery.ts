// A worker is killed with as many uploads under way as it may have: the last of them is taken up again within the lease and two seconds.

import assert from 'node:assert/strict';
import { UPLOADS_AT_ONCE } from '#services/publisher/runner.ts';
import { DEFAULT_TIMING } from '#services/publisher/work.ts';
import { openLoad, type PostOnRecord } from './load.ts';

const GRACE_MS = 2_000;
/** An upload lasts longer than everything else here. */
const UPLOAD_MS = 60_000;
const WAIT_MS = 30_000;

export async function proveRecovery(
  print: (line: string) => void,
  { posts = UPLOADS_AT_ONCE, leaseMs = DEFAULT_TIMING.leaseMs } = {},
): Promise<void> {
  const load = await openLoad({ accounts: posts, leaseMs });
  try {
    await load.fault({ kind: 'slow', route: 'upload', delayMs: UPLOAD_MS });
    const victim = await load.startWorker(0);
    await load.schedule(posts, Date.now(), 0);
    const isHeld = ({ lease, step }: PostOnRecord) => lease !== null && (step === 'initiated' || step === 'committing');
    const held = await load.until('all posts to be in one worker’s hands', WAIT_MS, all => all.every(isHeld));
    await load.startWorker(1);
    const killedAt = Date.now();
    await victim.kill('SIGKILL');
    const fences = new Map(held.map(({ _id, fence }) => [_id, fence]));
    const isTaken = ({ _id, fence }: PostOnRecord) => fence > (fences.get(_id) ?? 0);
    const taken = await load.until('all of them to be taken up', leaseMs + WAIT_MS, all => all.every(isTaken));
    const takenMs = taken.map(({ _id, history = [] }) => {
      const again = history.find(({ fence }) => fence > (fences.get(_id) ?? 0));
      return (again?.at.getTime() ?? Number.POSITIVE_INFINITY) - killedAt;
    });
    const facts = { posts, leaseMs, firstMs: Math.min(...takenMs), lastMs: Math.max(...takenMs) };
    print(JSON.stringify(facts));
    assert.ok(facts.lastMs <= leaseMs + GRACE_MS, `the last one waited ${facts.lastMs} ms`);
  } finally {
    await load.leave();
  }
}
