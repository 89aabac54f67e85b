// The ways a clip comes that is no plain attachment: too large for the chat, behind a link, or posted before.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import { AppError } from '#domain/errors.ts';
import { CLIP, type Stand, startHeadlessStand } from '#test/support/stand.ts';

describe('a clip that is no plain attachment', () => {
  let stand: Stand;
  before(async () => {
    stand = await startHeadlessStand();
    await stand.simulator.change({ crowd: 3 });
  });
  after(() => stand.stop());

  async function newcomer(name: string, account: string) {
    const person = stand.person(name);
    await person.command('settings', { zone: 'UTC' });
    await stand.connect(person, account);
    return person;
  }

  it('too large for the chat: the draft keeps time and caption, and gets the link to the upload page', async () => {
    const clara = await newcomer('Clara', 'clara.cooks');
    const large = {
      name: 'large.mp4',
      sizeBytes: 48_000_000,
      open: async () => Promise.reject(new AppError('clip_too_large_here', { sizeBytes: 48_000_000, limitBytes: 2e7 })),
    };
    await clara.sendClips([large], 'fri 18:30: Pasta night');
    assert.match(clara.read(), /That clip has 48 MB, and here I am given 20 MB at most/);
    assert.match(clara.read(), /Pasta night/);
    assert.match(clara.read(), /18:30/);
    assert.match(clara.linkOf('Upload the clip'), /\/upload\/[\w-]{43}$/);
    await clara.command('schedule', { video: await offerFile(CLIP), when: 'in 2 hours', caption: 'Small' });
    await clara.press('Replace clip');
    await clara.fill({ clip: large });
    assert.match(clara.read(), /48 MB/);
    assert.match(clara.read(), /Small/, 'the same card, with the link on it');
    assert.ok(clara.linkOf('Upload the clip'));
  });

  it('behind a link that leads nowhere good: words, and the upload page instead', async () => {
    const ben = await newcomer('Ben', 'max.moves');
    for (const [link, words] of [
      ['https://127.0.0.1/clip.mp4', /leads to a place where I may not go/],
      ['https://[::ffff:169.254.169.254]/latest', /leads to a place where I may not go/],
      ['http://videos.example/clip.mp4', /begin with https:\/\//],
    ] as const) {
      await ben.command('schedule', { link, when: 'in 3 hours', caption: 'From a link' });
      assert.match(ben.read(), words, link);
      assert.match(ben.read(), /From a link/);
      assert.ok(ben.linkOf('Upload the clip'));
    }
    await ben.say('in 3 hours: Just sent <https://127.0.0.1/clip.mp4>');
    assert.match(ben.read(), /may not go/);
    assert.match(ben.read(), /Just sent/);
    await ben.command('schedule', { when: 'in 3 hours' });
    assert.match(ben.read(), /Please attach the clip/);
  });

  it('for a draft that has one already: a link in the form, or neither of the two', async () => {
    const mia = await newcomer('Mia', 'creator-3');
    await mia.command('schedule', { video: await offerFile(CLIP), when: 'in 2 hours', caption: 'Kept' });
    await mia.press('Replace clip');
    await mia.fill({ link: 'https://127.0.0.1/clip.mp4' });
    assert.match(mia.read(), /leads to a place where I may not go/);
    assert.match(mia.read(), /Clip: vertical-6s.mp4[\s\S]*Kept/, 'the same card with the clip it had');
    assert.ok(mia.linkOf('Upload the clip'));
    await mia.press('Replace clip');
    await mia.fill({ link: 'my holiday' });
    assert.match(mia.read(), /begin with https:\/\//);
    await mia.press('Replace clip');
    await mia.fill({});
    assert.match(mia.read(), /Please attach the clip/);
  });

  it('by /upload, with its time and caption in one line', async () => {
    const lena = await newcomer('Lena', 'creator-2');
    await lena.command('upload', { when: 'fri 18:30 Pasta night' });
    assert.match(lena.read(), /Caption \(11 \/ 2200\): Pasta night[\s\S]*When: [^\n]*18:30/);
    await lena.command('upload', { when: 'in 2 hours', caption: 'Named' });
    assert.match(lena.read(), /Named[\s\S]*in 2 hours/);
  });

  it('posted before: the card says where and when, and leaves it to the person', async () => {
    const nora = await newcomer('Nora', 'nora.private');
    await nora.command('schedule', { video: await offerFile(CLIP), when: 'in 5 hours', caption: 'First' });
    assert.doesNotMatch(nora.read(), /this very clip/);
    await nora.choose('Who can see this video', 'Only me');
    await nora.press('Schedule');
    await nora.command('schedule', { video: await offerFile(CLIP), when: 'in 6 hours', caption: 'Second' });
    assert.match(nora.read(), /another post with this very clip \(scheduled, Nora \(private\), .*in 5 h/);
    await nora.choose('Who can see this video', 'Only me');
    await nora.press('Schedule');
    assert.match(nora.read(), /Scheduled/);
  });

  it('nobody hears of another person’s clips', async () => {
    const max = await newcomer('Max', 'creator-1');
    await max.command('schedule', { video: await offerFile(CLIP), when: 'in 4 hours' });
    assert.match(max.read(), /New TikTok post/);
    assert.doesNotMatch(max.read(), /this very clip/);
  });
});
