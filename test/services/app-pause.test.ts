// The cap on creators a day of the whole app: one post meets it, and no other is even tried, by no worker; creators who count already
// go on, and nobody's retries are spent.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import type { Clip, Post } from '#domain/post-record.ts';
import { createAppPause } from '#services/app-pause.ts';
import { openStage, type Stage } from './publisher-stage.ts';

let stage: Stage;
let clip: Clip;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
});
afterEach(() => stage.stopRunners());
after(() => stage.close());

const isPublished = ({ state }: Post) => state === 'published';
const isCapped = ({ problem }: Post) => problem?.code === 'tiktok_app_user_cap';

test('one meets it, the others wait without asking, those who count already are published', async () => {
  const active = await stage.addAccount();
  stage.startRunner();
  const earlier = await stage.addPost(clip, active.id);
  await stage.waitFor(earlier.id, 'a video', isPublished);
  await stage.change({ caps: { activeCreatorsPerDay: 1 } });

  const newcomer = await stage.addAccount();
  const first = await stage.addPost(clip, newcomer.id);
  const capped = await stage.waitFor(first.id, 'meeting the cap', isCapped, { hasten: false });
  assert.deepEqual([capped.state, capped.tries.prepare], ['publishing', 0], 'no retry is spent');
  const waitMs = (capped.wakeAt?.getTime() ?? 0) - (await stage.databaseNow());
  assert.ok(waitMs > 9 * 60_000 && waitMs <= 20 * 60_000, `ten to twenty minutes, not ${waitMs} ms`);

  // A worker that has not met the cap itself knows of it all the same.
  await stage.stopRunners();
  const { pauses, posts, databaseNow } = stage;
  stage.startRunner({
    appPause: createAppPause({ pauses, posts, databaseNow, clock: Date.now, onMet: async () => {} }),
  });
  const other = await stage.addAccount();
  const second = await stage.addPost(clip, other.id);
  const waiting = await stage.waitFor(second.id, 'waiting with the others', isCapped, { hasten: false });
  assert.equal(waiting.tries.prepare, 0);
  assert.deepEqual(stage.journalOf(other.username, { kind: 'creator_info' }), [], 'TikTok is not asked');
  const next = await stage.addPost(clip, active.id);
  await stage.waitFor(next.id, 'a video of somebody who counts already', isPublished);

  await stage.change({ caps: { activeCreatorsPerDay: null } });
  await stage.pauses.model.deleteMany({});
  await stage.stopRunners();
  stage.startRunner({
    appPause: createAppPause({ pauses, posts, databaseNow, clock: Date.now, onMet: async () => {} }),
  });
  for (const { id } of [first, second]) await stage.waitFor(id, 'a video once the day is over', isPublished);
});
