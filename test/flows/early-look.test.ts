// Half an hour before its time a post is looked at once more: a creator who changed their account hears of it while there is time.

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

  /** Time passes for the newest post: it is due in `minutes`, and woken now. */
  async function comeTo(minutes: number): Promise<unknown> {
    const { _id } = await newest();
    const due = new Date(Date.now() + minutes * MINUTE_MS);
    await posts().updateOne({ _id }, { $set: { 'due.at': due, wakeAt: new Date(Date.now() - 1) } });
    return _id;
  }

  const asked = async () => (await stand.simulator.journal('creator_info')).length;

  it('it is woken, and asks TikTok again', async () => {
    await schedulePost(clara, { when: 'in 3 hours', caption: 'Fine' });
    const { wakeAt, due } = await newest();
    assert.equal(due.at.getTime() - wakeAt.getTime(), 30 * MINUTE_MS);
    const before = await asked();
    const id = await comeTo(29);
    for (;;) {
      const post = await posts().findOne({ _id: id as never });
      if (post?.wakeAt.getTime() === post?.due.at.getTime()) {
        assert.equal(post?.state, 'scheduled', 'all is well: it waits for its time');
        break;
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    assert.equal(await asked(), before + 1);
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
    const id = await comeTo(29);
    for (;;) {
      const post = await posts().findOne({ _id: id as never });
      if (post?.wakeAt.getTime() === post?.due.at.getTime()) {
        assert.equal(post?.state, 'scheduled');
        break;
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  });
});
