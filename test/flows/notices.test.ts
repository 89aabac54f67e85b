// What arrives by itself: each in reply to the card, the card edited to match, "posted" becoming "live"; by setting and by hour; and
// drafts that nobody finishes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ChatMessage } from '#adapters/headless/adapter.ts';
import { type HeadlessPerson, offerFile } from '#adapters/headless/person.ts';
import { wallTimeAt } from '#domain/when/wall-time.ts';
import { CLIP, type Stand, schedulePost, startStand } from '#test/support/stand.ts';

let stand: Stand;
let clara: HeadlessPerson;

const users = () => stand.app.database.connection.collection('users');
const posts = () => stand.app.database.connection.collection('posts');

before(async () => {
  stand = await startStand();
  await stand.simulator.change({ processingDelayMs: 100, moderationDelayMs: 300 });
  clara = stand.person('Clara');
  await stand.connect(clara);
});
after(() => stand.stop());

/** Notices answer a card of the bot's; on some platforms the card itself answers the clip that somebody sent. */
const isNotice = ({ answers }: ChatMessage): boolean => clara.messages.some(({ ref }) => ref === answers);

/** A zone in which it is night, or day, at this moment. */
function zoneWhere(isNight: boolean): string {
  const zones = Array.from(
    { length: 23 },
    (_, index) => `Etc/GMT${index < 12 ? '+' : '-'}${index < 12 ? index : index - 11}`,
  );
  const found = zones.find(zone => {
    const hour = Number(wallTimeAt(Date.now(), zone).time.slice(0, 2));
    return isNight ? hour >= 23 || hour < 5 : hour >= 9 && hour < 17;
  });
  return found ?? 'UTC';
}

test('posted answers the card; the card is edited to match; posted becomes live in the same message', async () => {
  await users().updateOne({}, { $set: { zone: zoneWhere(false) } });
  await schedulePost(clara, { when: 'in 1 second', caption: 'By day #one' });
  const posted = await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*By day #one/);
  const card = clara.messages.find(({ ref }) => ref === posted.answers);
  assert.ok(card, 'the notice answers a message');
  const live = await clara.waitFor(/Live on TikTok: Clara Cooks[\s\S]*By day #one/);
  assert.equal(live.ref, posted.ref, 'one message tells of one post');
  assert.equal(posted.isSilent, false, 'by day it makes a sound');
  const edited = await clara.waitFor(/^Live on TikTok\n[\s\S]*By day #one/);
  assert.equal(edited.ref, card.ref, 'the card says so too');
});

test('at night good news is silent, problems are not', async () => {
  await users().updateOne({}, { $set: { zone: zoneWhere(true) } });
  await schedulePost(clara, { when: 'in 1 second', caption: 'By night #two' });
  await clara.waitFor(/Live on TikTok: Clara Cooks[\s\S]*By night #two/);
  const told = clara.messages.filter(message => isNotice(message) && /By night #two/.test(clara.read(message)));
  assert.deepEqual(
    told.map(({ isSilent }) => isSilent),
    [true],
  );

  await stand.simulator.addFault({ kind: 'fail_processing', failReason: 'frame_rate_check_failed', count: 1 });
  await schedulePost(clara, { when: 'in 1 second', caption: 'A problem #three' });
  const failed = await clara.waitFor(/Not posted to Clara Cooks[\s\S]*A problem #three[\s\S]*frame rate/);
  assert.equal(failed.isSilent, false);
  assert.match(clara.read(failed), /\[Fix and reschedule\]/);
});

test('problems only: no word of what went well', async () => {
  await clara.command('settings');
  await clara.choose('Tell me about', 'Problems only');
  const before = clara.messages.length;
  await schedulePost(clara, { when: 'in 1 second', caption: 'Quietly #four' });
  await clara.waitFor(/^Live on TikTok\n[\s\S]*#four/);
  const told = clara.messages.slice(before).filter(isNotice);
  assert.deepEqual(told, [], 'the card is edited, no message is sent');
});

test('once a day: one message with all that was posted', async () => {
  await clara.command('settings');
  await clara.choose('Tell me about', 'Once a day, problems at once');
  const stored = await users().findOne({});
  assert.ok(stored?.summaryAt > new Date(), 'the summary has a time');
  await users().updateOne({}, { $set: { summaryAt: new Date() } });
  // Sweeps run at start, then at their interval.
  await stand.restart();
  const summary = await clara.waitFor(/Posted today: 3 videos/);
  assert.match(clara.read(summary), /By day #one[\s\S]*By night #two[\s\S]*Quietly #four/);
});

test('a draft that nobody finishes is asked about once, and goes after a week', async () => {
  await clara.sendClips([await offerFile(CLIP)], '#forgotten');
  const draft = await posts().findOne({ state: 'draft' });
  await users().updateOne({}, { $set: { notices: 'each' } });
  await posts().updateOne({ _id: draft?._id }, { $set: { wakeAt: new Date() } });
  await clara.waitFor(/A draft waits[\s\S]*#forgotten/);
  await posts().updateOne({ _id: draft?._id }, { $set: { wakeAt: new Date() } });
  await clara.waitFor(/A draft is gone[\s\S]*#forgotten/);
  assert.equal((await posts().findOne({ _id: draft?._id }))?.state, 'cancelled');
});
