// Posts whose time passed while nothing could go out: one message for all of them, published spaced or given new times; late ones
// that the person allows go out by themselves.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { type Stand, schedulePost, startStand } from '#test/support/stand.ts';

const MINUTE_MS = 60_000;
const CAPTIONS = ['Missed one', 'Missed two', 'Missed three'];

let stand: Stand;
let clara: HeadlessPerson;

const posts = () => stand.app.database.connection.collection('posts');

before(async () => {
  stand = await startStand();
  await stand.simulator.change({ processingDelayMs: 100, moderationDelayMs: 100 });
  clara = stand.person('Clara');
  await stand.connect(clara);
  await stand.app.database.connection.collection('users').updateOne({}, { $set: { zone: 'Europe/Berlin' } });
  for (const caption of CAPTIONS) await schedulePost(clara, { when: 'in 3 hours', caption });
});
after(() => stand.stop());

/** As if the bot had been off when these were due. */
async function missAll(agoMinutes: number): Promise<void> {
  for (const [index, caption] of CAPTIONS.entries()) {
    const at = new Date(Date.now() - (agoMinutes - index) * MINUTE_MS);
    await posts().updateOne({ caption }, { $set: { state: 'scheduled', 'due.at': at } });
  }
  await posts().updateMany({ caption: { $in: CAPTIONS } }, { $set: { wakeAt: new Date(), problem: null } });
}

const dueTimes = async (): Promise<number[]> => {
  const found = await posts()
    .find({ caption: { $in: CAPTIONS } })
    .sort({ 'due.at': 1 })
    .toArray();
  return found.map(({ due }) => due.at.getTime());
};

test('one message with all that was missed; “Pick times” gives each a new one', async () => {
  const before = clara.messages.length;
  await missAll(120);
  const message = await clara.waitFor(/Missed: 3 posts/);
  assert.match(clara.read(message), /1\. “Missed one”[\s\S]*2\. “Missed two”[\s\S]*3\. “Missed three”/);
  const told = clara.messages.slice(before).filter(one => /Missed/.test(clara.read(one)));
  assert.equal(told.length, 1, 'one message');

  await clara.press('Pick times');
  await clara.fill({ when: 'tomorrow 9:00, every 2 hours' });
  await clara.waitFor(/3 posts have new times/);
  const [first = 0, second = 0, third = 0] = await dueTimes();
  assert.deepEqual([second - first, third - second], [120 * MINUTE_MS, 120 * MINUTE_MS]);
});

test('“Publish, spaced”: the first at once, the others ten minutes apart; pressing again does nothing more', async () => {
  await missAll(180);
  const isNew = ({ rows }: { rows: readonly (readonly { label?: string }[])[] }) =>
    rows.flat().some(({ label }) => label === 'Publish, spaced');
  await clara.waitFor(reply => isNew(reply as never));
  const spaced = clara.idOf('Publish, spaced');
  await clara.press('Publish, spaced');
  await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*Missed one/);
  const [first = 0, second = 0, third = 0] = await dueTimes();
  assert.deepEqual([second - first, third - second], [10 * MINUTE_MS, 10 * MINUTE_MS]);
  await clara.pressId(spaced);
  assert.match(clara.read(), /Nothing waits any more/);
  assert.deepEqual(await dueTimes(), [first, second, third]);
});

test('in /settings a person allows more: late posts go out by themselves', async () => {
  await clara.command('settings');
  assert.match(clara.read(), /When a post is late: publish up to 30 minutes late, then ask/);
  await clara.choose('When a post is late', 'publish up to 12 hours late, then ask');
  assert.match(clara.read(), /When a post is late: publish up to 12 hours late, then ask/);
  const at = new Date(Date.now() - 4 * 60 * MINUTE_MS);
  await posts().updateOne({ caption: 'Missed two' }, { $set: { 'due.at': at, wakeAt: new Date() } });
  await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*Missed two/);
});
