// Changing one's mind: edit, replace, move, publish now, cancel, undo, and "too late" where it is.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { offerFile } from '#adapters/headless/person.ts';
import { clipPath, type Stand, schedulePost, startStand } from '#test/support/stand.ts';

let stand: Stand;
let clara: HeadlessPerson;

before(async () => {
  stand = await startStand();
  clara = stand.person('Clara');
  await stand.connect(clara);
  await clara.command('settings', { zone: 'Berlin' });
});
after(() => stand.stop());

test('cancel, then undo: the card comes back with every choice kept', async () => {
  await schedulePost(clara, { when: 'tomorrow 18:30', caption: 'To be cancelled #undo' });
  await clara.press('Cancel');
  assert.match(clara.read(), /^Cancelled/);
  await clara.press('Undo');
  assert.match(clara.read(), /^New TikTok post/);
  assert.match(clara.read(), /To be cancelled #undo/);
  assert.match(clara.read(), /Who can see it: Everyone/);
  await clara.press('Schedule');
  assert.match(clara.read(), /^Scheduled/);
  await clara.press('Cancel');
});

test('edit: caption and clip are replaced, then scheduled again', async () => {
  await schedulePost(clara, { when: 'tomorrow 19:00', caption: 'Old words' });
  await clara.press('Edit');
  await clara.press('Caption');
  await clara.fill({ caption: 'New words' });
  await clara.press('Replace clip');
  await clara.fill({ clip: await offerFile(clipPath('hevc-4s.mp4')) });
  assert.match(clara.read(), /hevc-4s\.mp4 \(0:04, 540 x 960/);
  await clara.press('Schedule');
  assert.match(clara.read(), /^Scheduled[\s\S]*New words/);
  await clara.press('Cancel');
});

test('a new time: bad words cost nothing, good ones move the post', async () => {
  await schedulePost(clara, { when: 'tomorrow 18:30', caption: 'To be moved' });
  await clara.press('Change time');
  await clara.fill({ when: 'half past never' });
  assert.match(clara.read(), /could not read “half past never”/);
  await clara.press('Change time');
  await clara.fill({ when: 'tomorrow 20:15' });
  await clara.waitFor(/When: .* 20:15 \(Berlin\)/);
  await clara.press('Cancel');
});

test('publish now goes out at once, and cancel is too late afterwards', async () => {
  await schedulePost(clara, { when: 'in 49 hours', caption: 'Right now' });
  const cancelId = clara.idOf('Cancel');
  await clara.press('Publish now');
  await clara.waitFor('Posted to Clara Cooks');
  await clara.pressId(cancelId);
  assert.match(clara.read(), /Too late: TikTok already has this video/);
});

test('/posts: held first, then by day, five a page', async () => {
  for (const [index, day] of [
    'in 2 days 10:00',
    'tomorrow 9:00',
    'tomorrow 10:00',
    'tomorrow 11:00',
    'tomorrow 12:00',
    'tomorrow 13:00',
  ].entries())
    await schedulePost(clara, { when: day.startsWith('in') ? 'in 49 hours' : day, caption: `Number ${index}` });
  await clara.command('posts');
  const first = clara.read();
  assert.match(first, /Your posts \(page 1 of 2\)/);
  assert.match(first, /Number 1[\s\S]*Number 2[\s\S]*Number 3/);
  await clara.press('Later');
  assert.match(clara.read(), /page 2 of 2[\s\S]*Number 0/);
  await clara.press('Show 1');
  assert.match(clara.read(), /^Scheduled/);
});

// Without options by name, a word that is no time is the caption's first.
const hasOptions = process.env.TEST_PLATFORM !== 'telegram';

test('a draft with a bad caption and a bad time is kept, and says both', { skip: !hasOptions }, async () => {
  const video = await offerFile(clipPath('vertical-6s.mov'));
  const card = clara.read(await clara.command('schedule', { video, when: 'gestern', caption: 'x'.repeat(2300) }));
  assert.match(card, /The caption has 2300 characters/);
  assert.match(card, /gestern/);
  assert.match(card, /vertical-6s\.mov/);
});

test('/posts of a state that there is not: says which there are', async () => {
  const clara = stand.person('Clara');
  await clara.command('posts', { show: 'nothing' });
  assert.match(clara.read(), /do not know “nothing” here\. You can say draft, scheduled/);
});
