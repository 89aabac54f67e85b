// When /readyz says no.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createReadinessCheck } from '#app/readiness.ts';
import { openStage } from '../services/publisher-stage.ts';

test('not ready: no sweep for ten seconds, a due post untouched for a minute, the database or a platform away', async () => {
  const stage = await openStage();
  try {
    const around = { sweptAgoMs: 0, isThere: true, isHeard: true, isOnStandby: false };
    const check = createReadinessCheck({
      database: { isThere: async () => around.isThere, now: stage.databaseNow },
      runner: { lastSweepAt: () => Date.now() - around.sweptAgoMs },
      posts: stage.posts,
      adapters: [{}, { isReady: () => around.isHeard }],
      isOnStandby: async () => around.isOnStandby,
      world: 'simulator',
      clock: Date.now,
    });
    await check();
    around.sweptAgoMs = 11_000;
    await assert.rejects(check(), { code: 'publisher_stalled' });
    around.sweptAgoMs = 0;
    around.isHeard = false;
    await assert.rejects(check(), { code: 'chat_unreachable' });
    around.isHeard = true;
    around.isThere = false;
    await assert.rejects(check(), { code: 'database_unavailable' });
    around.isThere = true;

    const { id: accountId } = await stage.addAccount();
    const { id } = await stage.addPost(await stage.keepClip(randomBytes(100)), accountId);
    const untouchedFor = (ms: number) =>
      stage.posts.model.updateOne({ _id: id }, { $set: { wakeAt: new Date(Date.now() - ms) } });
    await untouchedFor(50_000);
    await check();
    await untouchedFor(70_000);
    await assert.rejects(check(), { code: 'publisher_stalled' });
    around.isOnStandby = true;
    await check();
  } finally {
    await stage.close();
  }
});
