// A worker whose clock is wrong by hours: it publishes at the same time as any other, neither early nor never.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import type { Clip } from '#domain/post-record.ts';
import { openStage, type Stage } from './publisher-stage.ts';

const HOURS_MS = 3 * 3_600_000;

let stage: Stage;
let clip: Clip;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3_000));
});
afterEach(() => stage.stopRunners());
after(() => stage.close());

/** Everything of the worker that has a clock. */
function shifted(shiftMs: number) {
  const clock = () => Date.now() + shiftMs;
  const { tiktok } = stage.deps;
  const fetchCreator: typeof tiktok.fetchCreator = async (...call) => ({
    ...(await tiktok.fetchCreator(...call)),
    askedAt: new Date(clock()),
  });
  return { clock, tiktok: { ...tiktok, fetchCreator } };
}

for (const [name, shiftMs] of [
  ['ahead', HOURS_MS],
  ['behind', -HOURS_MS],
] as const)
  test(`a worker whose clock is hours ${name} publishes on time, asking once`, async () => {
    const { id: accountId, username } = await stage.addAccount();
    const { id } = await stage.addPost(clip, accountId);
    const later = await stage.addPost(clip, (await stage.addAccount()).id, {
      due: { at: new Date(Date.now() + 60_000), delayMs: null, zone: 'UTC', words: 'in a minute' },
    });
    stage.startRunner(shifted(shiftMs));
    await stage.waitFor(id, 'a video', ({ state }) => state === 'published');
    for (const kind of ['creator_info', 'init', 'published'] as const)
      assert.equal(stage.journalOf(username, { kind }).length, 1, kind);
    assert.equal((await stage.read(later.id)).state, 'scheduled', 'what is not due yet waits');
  });

test('an upload that a slow clock began is no more over than any other', async () => {
  const { id: accountId } = await stage.addAccount();
  const { id } = await stage.addPost(clip, accountId);
  const slow = await stage.claimByHand(id, shifted(-HOURS_MS));
  // To the claim, the creator's choices, and init.
  for (let step = 0; step < 3; step++) await slow.step();
  const { attempt } = await stage.read(id);
  const livesMs = (attempt?.uploadExpiresAt?.getTime() ?? 0) - Date.now();
  assert.ok(livesMs > 50 * 60_000, `its address lives for ${Math.round(livesMs / 60_000)} minutes`);
});
