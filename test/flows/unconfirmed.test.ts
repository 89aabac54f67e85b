// TikTok never said whether a video was posted: its person is asked, reminded, and decides by three buttons.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { type Stand, schedulePost, startStand } from '#test/support/stand.ts';

let stand: Stand;
let clara: HeadlessPerson;

const posts = () => stand.app.database.connection.collection('posts');
const stored = async (caption: string) => (await posts().findOne({ caption })) ?? assert.fail(`no post “${caption}”`);
const videos = async () => (await stand.simulator.journal('published')).length;

before(async () => {
  stand = await startStand();
  await stand.simulator.change({ processingDelayMs: 100, moderationDelayMs: 100 });
  clara = stand.person('Clara');
  await stand.connect(clara);
});
after(() => stand.stop());

/** A post whose publish id TikTok forgot a day ago: the person has just been asked. */
async function loseTrackOf(caption: string): Promise<void> {
  await stand.simulator.addFault({ kind: 'forget_publish_id', count: 1 });
  await schedulePost(clara, { when: 'in 1 second', caption });
  const dayAgo = new Date(Date.now() - 25 * 3_600_000);
  const moved = { 'attempt.committedAt': dayAgo, 'problem.at': dayAgo, wakeAt: new Date() };
  // While no worker holds the post: one that had read it before would write over what is moved.
  const isAsked = { caption, 'problem.code': 'tiktok_publish_unknown', lease: null };
  while ((await posts().updateOne(isAsked, { $set: moved })).matchedCount === 0)
    await new Promise(resolve => setTimeout(resolve, 50));
  await clara.waitFor(new RegExp(`Unclear: Clara Cooks[\\s\\S]*${caption}`));
}

test('“It is on TikTok”: posted, and no more questions', async () => {
  await loseTrackOf('Seen there');
  await clara.press('It is on TikTok');
  assert.match(clara.read(), /^Posted\n/);
  const { state, wakeAt } = await stored('Seen there');
  assert.deepEqual([state, wakeAt], ['published', null]);
});

test('“Give up”: ended, with the way back open; the old buttons change nothing any more', async () => {
  await loseTrackOf('Given up');
  const confirm = clara.idOf('It is on TikTok');
  await clara.press('Give up');
  assert.match(clara.read(), /^Given up\n[\s\S]*\[Fix and reschedule\]/);
  await clara.pressId(confirm);
  assert.match(clara.read(), /cannot be done/);
  assert.equal((await stored('Given up')).state, 'failed');
});

test('reminded; “Try again” says that a second video may come, and “Back” leaves all as it was', async () => {
  await loseTrackOf('Once more');
  await posts().updateOne(
    { caption: 'Once more' },
    { $set: { 'attempt.publishId': 'gone-for-good', wakeAt: new Date() } },
  );
  await clara.waitFor(/Still unclear: Clara Cooks[\s\S]*Once more/);
  const before = await videos();
  await clara.press('Try again');
  assert.match(
    clara.read(clara.messages.findLast(one => /Post it again\?/.test(clara.read(one)))),
    /a second video appears/,
  );
  await clara.press('Back');
  assert.equal((await stored('Once more')).state, 'unconfirmed');
  assert.equal(await videos(), before, 'nothing was sent');

  await clara.press('Try again');
  await clara.press('Yes, post it again');
  await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*Once more/);
  assert.equal(await videos(), before + 1, 'one more video');
});
