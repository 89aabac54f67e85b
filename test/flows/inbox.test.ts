// Inbox mode: TikTok takes only the bytes; the person finishes there. And an app that TikTok has not audited.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import { CLIP, startStand } from '#test/support/stand.ts';

test('the short card, the caption to copy, "posted" in the end; creator_info is never asked', async () => {
  const stand = await startStand({ env: { TIKTOK_MODE: 'inbox' } });
  try {
    await stand.simulator.change({ processingDelayMs: 100 });
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.sendClips([await offerFile(CLIP)], 'in 1 second\nPaste me #inbox');
    const card = clara.read();
    assert.match(card, /you finish it in TikTok/);
    assert.doesNotMatch(card, /Who can see/);
    await clara.press('Schedule');
    const notice = await clara.waitFor('In the TikTok inbox of Clara Cooks');
    assert.match(clara.read(notice), /Paste me #inbox/);
    const [draft] = await stand.simulator.videos();
    await fetch(`${stand.simulator.origin}/simulator/drafts/${draft?.publishId}/finish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    await clara.waitFor('is posted.');
    assert.deepEqual(await stand.simulator.journal('creator_info'), [], 'creator_info belongs to direct posting');
  } finally {
    await stand.stop();
  }
});

test('a sixth draft within a day is foretold on its card', async () => {
  const stand = await startStand({ env: { TIKTOK_MODE: 'inbox' } });
  try {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    for (let number = 1; number <= 5; number++) {
      await clara.sendClips([await offerFile(CLIP)], `in ${number} hours`);
      assert.doesNotMatch(clara.read(), /unfinished drafts a day/);
      await clara.press('Schedule');
    }
    await clara.sendClips([await offerFile(CLIP)], 'in 6 hours');
    assert.match(clara.read(), /TikTok takes 5 unfinished drafts a day/);
    await clara.press('Schedule');
    assert.match(clara.read(), /^Scheduled/, 'foretold, not refused');
  } finally {
    await stand.stop();
  }
});

test('an unaudited app offers "Only me" alone, and says why', async () => {
  const stand = await startStand({ env: { TIKTOK_AUDITED: 'no' } });
  try {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.sendClips([await offerFile(CLIP)], 'in 2 hours');
    assert.match(clara.read(), /not audited the app behind this bot yet/);
    assert.match(clara.read(), /\[Who can see this video: Only me\]/);
  } finally {
    await stand.stop();
  }
});
