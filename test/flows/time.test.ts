// Times: the clock question, relative times, a time that passed while choosing, another zone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import { CLIP, type Stand, schedulePost, startStand } from '#test/support/stand.ts';

async function withStand(story: (stand: Stand) => Promise<void>, clock?: () => number): Promise<void> {
  const stand = await startStand(clock ? { clock } : {});
  try {
    await story(stand);
  } finally {
    await stand.stop();
  }
}

test('nobody knows the zone: the clock is asked once, and the words keep', () =>
  withStand(async stand => {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.sendClips([await offerFile(CLIP)], 'tomorrow 18:30 #zone');
    assert.match(clara.read(), /What time is it for you\?/);
    assert.match(clara.read(), /I need to know your time zone first/);
    await clara.press('Type a city');
    await clara.fill({ place: 'Berlin' });
    assert.match(clara.read(), /When: .* 18:30 \(Berlin\)/);
    await clara.sendClips([await offerFile(CLIP)], 'tomorrow 19:30 #again');
    assert.match(clara.read(), /When: .* 19:30 \(Berlin\)/, 'it is asked once only');
  }));

test('the clock itself answers, with a second question where clocks part in summer', () =>
  withStand(async stand => {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.sendClips([await offerFile(CLIP)], 'tomorrow 18:30');
    await clara.choose('What time is it for you?', /Berlin/);
    if (/What time is it for you/.test(clara.read())) await clara.choose('What time is it for you?', 'Berlin');
    assert.match(clara.read(), /When: .* 18:30 \(Berlin\)/);
  }));

test('a relative time counts from pressing Schedule', async () => {
  let now = Date.now();
  await withStand(
    async stand => {
      const clara = stand.person('Clara');
      await stand.connect(clara);
      await clara.sendClips([await offerFile(CLIP)], 'in 2 hours');
      assert.match(clara.read(), /in 2 hours, counted from pressing Schedule/);
      now += 5 * 60_000;
      await clara.choose('Who can see this video', 'Everyone');
      await clara.press('Schedule');
      const post = await stand.app.database.connection.collection('posts').findOne({ state: 'scheduled' });
      assert.equal(post?.due.at.getTime(), now + 2 * 3_600_000);
    },
    () => now,
  );
});

test('a time that passed while choosing offers three others', async () => {
  let now = Date.now();
  await withStand(
    async stand => {
      const clara = stand.person('Clara');
      await stand.connect(clara);
      await clara.command('settings', { zone: 'Berlin' });
      const soon = new Date(now + 20 * 60_000).toLocaleTimeString('en-GB', {
        timeZone: 'Europe/Berlin',
        hour: '2-digit',
        minute: '2-digit',
      });
      await clara.sendClips([await offerFile(CLIP)], soon);
      await clara.choose('Who can see this video', 'Everyone');
      now += 30 * 60_000;
      await clara.press('Schedule');
      assert.match(clara.read(), /That time has passed while you were choosing/);
      assert.match(clara.read(), /\[Now\] \[In 10 min\] \[Tomorrow, same time\]/);
      await clara.press('Tomorrow, same time');
      assert.match(clara.read(), new RegExp(`^Scheduled[\\s\\S]* ${soon} \\(Berlin\\)`));
    },
    () => now,
  );
});

test('another zone keeps the instants and offers to move them', () =>
  withStand(async stand => {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.command('settings', { zone: 'Berlin' });
    await schedulePost(clara, { when: 'tomorrow 18:30' });
    const posts = stand.app.database.connection.collection('posts');
    const before = await posts.findOne({ state: 'scheduled' });
    await clara.command('settings', { zone: 'New York' });
    assert.match(clara.read(), /One post was scheduled for another zone’s clock/);
    assert.deepEqual((await posts.findOne({ state: 'scheduled' }))?.due.at, before?.due.at, 'the instant is kept');
    await clara.press('Move them');
    const moved = await posts.findOne({ state: 'scheduled' });
    assert.notDeepEqual(moved?.due.at, before?.due.at);
    const clock = moved?.due.at.toLocaleTimeString('en-GB', {
      timeZone: 'America/New_York',
      hour: '2-digit',
      minute: '2-digit',
    });
    assert.equal(clock, '18:30');
  }));

test('/schedule with a time alone keeps it and asks for the clip; words beside that are the caption', () =>
  withStand(async stand => {
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await clara.command('settings', { zone: 'Berlin' });
    await clara.command('schedule', { when: 'fri 18:30' });
    await clara.waitFor(/Clip: none yet[\s\S]*When: Fri[^\n]*18:30[\s\S]*attach the clip/);
    const clip = await offerFile(CLIP);
    const asksOneByOne = stand.platform === 'telegram';
    if (asksOneByOne) await clara.sendClips([clip], 'Kept for #friday');
    else {
      await clara.press('Attach clip');
      await clara.fill({ clip });
    }
    const card = await clara.waitFor(/Clip: vertical-6s\.mp4/);
    assert.match(clara.read(card), /When: Fri[^\n]*18:30/);
    if (asksOneByOne) assert.match(clara.read(card), /Kept for #friday/);
  }));
