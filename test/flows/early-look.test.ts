// Half an hour before its time a post is looked at once more: a creator who changed their account hears of it while they can mend it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { type Stand, schedulePost, startHeadlessStand } from '#test/support/stand.ts';

const MINUTE_MS = 60_000;

describe('half an hour before its time', () => {
  let stand: Stand;
  let clara: HeadlessPerson;
  before(async () => {
    stand = await startHeadlessStand();
    clara = stand.person('Clara');
    await clara.command('settings', { zone: 'UTC' });
    await stand.connect(clara);
  });
  after(() => stand.stop());

  const posts = () => stand.app.database.connection.collection('posts');
  const newest = async () => {
    const [post] = await posts().find().sort({ createdAt: -1 }).limit(1).toArray();
    assert.ok(post, 'a post was made');
    return post;
  };

  /** Hours pass for the newest post: it is due in `minutes`, and woken now. */
  async function comeTo(minutes: number): Promise<unknown> {
    const { _id } = await newest();
    const now = Date.now();
    const passed = {
      'due.at': new Date(now + minutes * MINUTE_MS),
      'creator.askedAt': new Date(now - 180 * MINUTE_MS),
    };
    await posts().updateOne({ _id }, { $set: { ...passed, wakeAt: new Date(now - 1) } });
    return _id;
  }

  /** Waits until the post was looked at and left for the minute before its time. */
  async function untilLeft(id: unknown): Promise<void> {
    for (let leftMs = 0; leftMs < 15_000 || leftMs > MINUTE_MS; ) {
      const post = await posts().findOne({ _id: id as never });
      assert.equal(post?.state, 'scheduled', 'it waits for its time');
      leftMs = (post?.due.at.getTime() ?? 0) - (post?.wakeAt.getTime() ?? 0);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  const asked = async () => (await stand.simulator.journal('creator_info')).length;

  it('it is woken, and asks TikTok again', async () => {
    await schedulePost(clara, { when: 'in 3 hours', caption: 'Fine' });
    const { wakeAt, due } = await newest();
    assert.equal(due.at.getTime() - wakeAt.getTime(), 30 * MINUTE_MS);
    const before = await asked();
    const id = await comeTo(29);
    await untilLeft(id);
    assert.equal(await asked(), before + 1);
  });

  it('what TikTok said a moment ago is not asked for again, however often the post is woken', async () => {
    await schedulePost(clara, { when: 'in 3 hours', caption: 'Woken often' });
    const id = await comeTo(29);
    await untilLeft(id);
    const before = await asked();
    await posts().updateOne({ _id: id as never }, { $set: { wakeAt: new Date(Date.now() - 1) } });
    await untilLeft(id);
    assert.equal(await asked(), before);
  });

  it('what the account does not allow any more is told, and the post held', async () => {
    await schedulePost(clara, { when: 'in 3 hours', caption: 'Too long by now' });
    await stand.simulator.change({ accounts: { 'clara.cooks': { maxVideoPostDurationSec: 5 } } });
    await comeTo(29);
    const told = await clara.waitFor('Held:');
    assert.match(clara.read(told), /6 s long; TikTok allows 5 s/);
    assert.equal((await newest()).state, 'held');
  });

  it('TikTok not answering then holds nothing', async () => {
    await stand.simulator.change({ accounts: { 'clara.cooks': { maxVideoPostDurationSec: 600 } } });
    await schedulePost(clara, { when: 'in 3 hours', caption: 'Calm' });
    await stand.simulator.addFault({ kind: '5xx', route: 'creator_info', count: 50 });
    await untilLeft(await comeTo(29));
  });
});
