// Ten clips sent together: one card, one Schedule.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import { CLIP, clipPath, startStand } from '#test/support/stand.ts';

test('ten clips become ten scheduled posts in at most eight presses', async () => {
  const stand = await startStand();
  try {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.command('settings', { zone: 'Berlin' });
    const clips = await Promise.all(Array.from({ length: 10 }, () => offerFile(CLIP)));
    await clara.sendClips(clips, '#series');
    assert.match(clara.read(), /10 new TikTok posts/);

    let presses = 0;
    const count = async (action: Promise<unknown>) => {
      presses++;
      await action;
    };
    await count(clara.press('Times'));
    await clara.fill({ times: 'tomorrow 18:30, then daily' });
    await count(clara.choose('Who can see this video', 'Everyone'));
    await count(clara.press('Comments: off'));
    await count(clara.press('Captions 1-5'));
    await clara.fill({ caption0: 'The first #series', caption1: 'The second #series' });
    await count(clara.press('Schedule 10'));
    assert.match(clara.read(), /Scheduled: 10/);
    assert.ok(presses <= 8, `it took ${presses} presses`);

    await clara.command('posts');
    assert.match(clara.read(), /The first #series/);
    const posts = await stand.app.database.connection.collection('posts').find({ state: 'scheduled' }).toArray();
    assert.equal(posts.length, 10, 'all ten are scheduled');
    for (const post of posts) {
      assert.equal(post.choices.privacy, 'PUBLIC_TO_EVERYONE');
      assert.equal(post.consent.choices.allowComment, true, 'consent is stored with each post');
    }
    const times = posts.map(post => post.due.at.getTime()).toSorted((a, b) => a - b);
    assert.equal(new Set(times).size, 10, 'each has a time of its own');
  } finally {
    await stand.stop();
  }
});

test('a clip that TikTok would refuse is left out by name, and the others go on', async () => {
  const stand = await startStand();
  try {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.sendClips([await offerFile(CLIP), await offerFile(clipPath('bad/too-long-640s.mp4'))]);
    assert.match(clara.read(), /1 new TikTok post\b/);
    assert.match(clara.read(), /too-long-640s\.mp4: .*640 s/);
  } finally {
    await stand.stop();
  }
});

test('the second clip takes two presses once its time is said', async () => {
  const stand = await startStand();
  try {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.sendClips([await offerFile(CLIP)], 'in 2 hours #one');
    await clara.choose('Who can see this video', 'Everyone');
    await clara.press('Comments: off');
    await clara.press('Schedule');
    await clara.sendClips([await offerFile(CLIP)], 'in 3 hours #two');
    await clara.press('Same as last time (Everyone, comments on)');
    await clara.press('Schedule');
    assert.match(clara.read(), /^Scheduled/);
  } finally {
    await stand.stop();
  }
});
