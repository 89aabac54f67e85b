// All that a card asks for in one form, where forms appear at once: the same rules as for its buttons.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type HeadlessPerson, offerFile } from '#adapters/headless/person.ts';
import { CLIP, type Stand, startStand } from '#test/support/stand.ts';

describe('the whole post in one form', {
  skip: process.env.TEST_PLATFORM === 'telegram' && 'questions come one at a time there',
}, () => {
  let stand: Stand;
  let clara: HeadlessPerson;
  before(async () => {
    stand = await startStand();
    clara = stand.person('Clara');
    await clara.command('settings', { zone: 'Berlin' });
    await stand.connect(clara);
  });
  after(() => stand.stop());

  const startDraft = async () => clara.command('schedule', { video: await offerFile(CLIP), caption: 'First words' });
  async function newestPost() {
    const post = await stand.app.database.connection.collection('posts').findOne({}, { sort: { createdAt: -1 } });
    assert.ok(post);
    return post;
  }

  test('one form and one press make a post', async () => {
    await startDraft();
    await clara.press('Fill in all');
    await clara.fill({
      caption: 'New words #whole',
      time: 'in 3 hours',
      privacy: 'SELF_ONLY',
      allow: 'allowComment',
      labels: 'aiGenerated,yourBrand',
    });
    assert.match(clara.read(), /New words #whole[\s\S]*Who can see it: Only me/);
    assert.match(
      clara.read(),
      /\[Comments: on\] \[Duet: off\].*\n.*\[AI-generated: on\] \[Promotes something: on\] \[Your brand: on\]/,
    );
    assert.match(clara.read(), /labeled as “Promotional content”/);
    await clara.press('Schedule');
    assert.match(clara.read(), /^Scheduled/);
    const { choices } = await newestPost();
    assert.deepEqual(
      [choices.allowComment, choices.allowDuet, choices.disclosure, choices.yourBrand, choices.brandedContent],
      [true, false, true, true, false],
    );
  });

  test('what is unchecked is off again, and nothing of it is on by itself', async () => {
    await startDraft();
    await clara.press('Comments: off');
    await clara.press('Fill in all');
    await clara.fill({ caption: '', time: '', privacy: 'PUBLIC_TO_EVERYONE', allow: '', labels: '' });
    assert.match(clara.read(), /: none\n[\s\S]*When: not chosen yet[\s\S]*Everyone[\s\S]*\[Comments: off\]/);
    assert.match(clara.read(), /\(Schedule\)/, 'a post without a time cannot be scheduled');
  });

  test('words for a time that were there before keep the moment they meant; bad ones cost nothing else', async () => {
    await clara.command('schedule', { video: await offerFile(CLIP), when: 'tomorrow 18:30', caption: 'x' });
    const { due } = await newestPost();
    await clara.press('Fill in all');
    const moved = new Date(due.at.getTime() + 86_400_000);
    await stand.app.database.connection
      .collection('posts')
      .updateOne({ 'due.at': due.at }, { $set: { 'due.at': moved } });
    await clara.fill({ caption: 'Kept', time: 'tomorrow 18:30', privacy: 'SELF_ONLY', allow: '', labels: '' });
    assert.deepEqual((await newestPost()).due.at, moved);
    await clara.press('Fill in all');
    await clara.fill({ caption: 'Kept too', time: 'whenever', privacy: 'SELF_ONLY', allow: '', labels: '' });
    assert.match(clara.read(), /Kept too/);
    assert.deepEqual((await newestPost()).due.at, moved);
  });

  test('a level of privacy that no card offers is refused', async () => {
    await startDraft();
    await clara.press('Fill in all');
    await clara.fill({ caption: '', time: '', privacy: 'EVERY_WHALE', allow: '', labels: '' });
    assert.match(clara.read(), /older version/);
    assert.equal((await newestPost()).choices.privacy, null);
  });
});
