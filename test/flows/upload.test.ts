// A clip through the upload page: from the link in the chat to a scheduled post, whatever breaks in between.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { CLIP, clipPath, type Stand, startStand } from '#test/support/stand.ts';
import { openUpload } from '#test/support/uploading.ts';

const BYTES = readFileSync(CLIP);
/** With a `free` box that every reader skips: more than is written to the disk at once. */
const LONGER_BYTES = Buffer.concat([BYTES, freeBox(1_000_000)]);
const clipsIn = (stand: Stand): string[] => readdirSync(join(stand.config.dataDir, 'clips'));

describe('the upload page', () => {
  let stand: Stand;
  let clara: HeadlessPerson;
  before(async () => {
    stand = await startStand();
    clara = stand.person('Clara');
    await clara.command('settings', { zone: 'UTC' });
    await stand.connect(clara);
  });
  after(() => stand.stop());

  const askForLink = async () => {
    await clara.command('upload');
    return clara.linkOf('Upload the clip');
  };

  it('takes a clip in parts, over a broken connection and a restart, and it is published as it was', async () => {
    const page = await openUpload(await askForLink());
    assert.equal((await page.standing()).state, 'opened');
    assert.equal(await page.send(BYTES, { breakAfterBytes: 100_000 }), false);
    const { arrivedBytes } = await page.standing();
    assert.ok(arrivedBytes >= 100_000 && arrivedBytes < BYTES.length, `${arrivedBytes} bytes came`);
    await stand.restart();
    assert.equal((await page.standing()).arrivedBytes, arrivedBytes, 'what came is still there');
    assert.equal(await page.send(BYTES, { goesOn: true }), true);
    await page.untilState('done');
    await clara.waitFor('Your clip is in');
    // The old card has it too, where it can still be drawn; the notice leads to it everywhere.
    await clara.press('Continue');
    assert.match(clara.read(), /clip\.mp4 \(0:06/);
    await clara.press('Time');
    await clara.fill({ time: 'in 1 second' });
    await clara.choose('Who can see this video', 'Everyone');
    await clara.press('Schedule');
    await clara.waitFor('is live');
    const [video] = await stand.simulator.videos();
    assert.equal(video?.sha256, createHash('sha256').update(BYTES).digest('hex'));
  });

  it('a connection that hangs gives way to a newer one, and what it brought is kept', async () => {
    const page = await openUpload(await askForLink());
    const hanging = await page.sendPart(LONGER_BYTES, { stopAfterBytes: 1_000_000 });
    const { arrivedBytes } = await page.untilSome();
    const { headers } = await page.fetch('/file', { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
    const offset = Number(headers.get('upload-offset'));
    assert.ok(offset >= arrivedBytes && offset <= 1_000_000, `${offset} bytes are said to be there`);
    hanging.destroy();
    assert.equal(await page.send(LONGER_BYTES, { goesOn: true }), true);
    await page.untilState('done');
  });

  it('a connection that breaks in the middle of a part does no harm', async () => {
    const page = await openUpload(await askForLink());
    (await page.sendPart(BYTES, { stopAfterBytes: 300_000 })).destroy();
    assert.equal(await page.send(BYTES, { goesOn: true }), true);
    await page.untilState('done');
    assert.doesNotMatch(stand.logLines.join('\n'), /an upload failed/);
  });

  it('opens once, and a look at the link changes nothing', async () => {
    const link = await askForLink();
    for (let look = 0; look < 3; look++) assert.equal((await fetch(link)).status, 200, 'previews may look');
    await openUpload(link);
    assert.equal((await fetch(link)).status, 410);
    assert.equal((await fetch(link, { method: 'POST', redirect: 'manual' })).status, 410);
  });

  it('is for the browser that opened it, and for forms of its own page', async () => {
    const link = await askForLink();
    const foreign = { method: 'POST', headers: { origin: 'https://evil.example' }, redirect: 'manual' } as const;
    assert.equal((await fetch(link, foreign)).status, 403);
    const page = await openUpload(link);
    assert.equal((await fetch(page.url)).status, 403, 'without the cookie');
    assert.equal((await fetch(`${page.url}/state`)).status, 403);
    const create = { method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': '10' } };
    assert.equal((await fetch(`${page.url}/file`, create)).status, 403);
    const other = await openUpload(await askForLink());
    const crossed = await fetch(page.url, { headers: { cookie: other.cookie } });
    assert.equal(crossed.status, 403, 'another upload’s cookie');
    const evil = await page.fetch('/file', { method: 'DELETE', headers: { origin: 'https://evil.example' } });
    assert.equal(evil.status, 403, 'another site’s request');
  });

  it('a newer link for the same draft voids the older one', async () => {
    const first = await askForLink();
    const messages = clara.messages.length;
    await clara.pressId(clara.idOf('Attach clip').replace(':clip:', ':upload:'));
    assert.ok(clara.messages.length >= messages);
    assert.equal((await fetch(first)).status, 410);
  });

  it('says why it does not take a file, and takes another one on the same page', async () => {
    const page = await openUpload(await askForLink());
    const before = clipsIn(stand);
    await page.send(readFileSync(clipPath('README.md')), { name: 'notes.mp4' });
    await page.untilState('opened');
    assert.match((await page.standing()).problem ?? '', /not a video/);
    assert.deepEqual(clipsIn(stand), before, 'nothing of it is left');
    await page.send(BYTES);
    await page.untilState('done');
  });

  it('a file that is changed for another begins anew', async () => {
    const page = await openUpload(await askForLink());
    await page.send(BYTES, { breakAfterBytes: 100_000, name: 'one.mp4' });
    const before = clipsIn(stand).length;
    await page.send(BYTES, { breakAfterBytes: 100_000, name: 'two.mp4' });
    assert.equal((await page.standing()).file?.name, 'two.mp4');
    assert.equal(clipsIn(stand).length, before, 'the first one is gone');
    const given = await page.fetch('/file', { method: 'DELETE', headers: { 'tus-resumable': '1.0.0' } });
    assert.equal(given.status, 204);
    assert.equal((await page.standing()).state, 'opened');
  });

  it('says on the page that the draft went away meanwhile', async () => {
    const page = await openUpload(await askForLink());
    await clara.press('Discard');
    await page.send(BYTES);
    await page.untilState('opened');
    assert.match((await page.standing()).problem ?? '', /cancelled/);
  });

  it('deleting oneself takes what was on its way', async () => {
    const ben = stand.person('Ben');
    await stand.connect(ben, 'max.moves');
    await ben.command('upload');
    const page = await openUpload(ben.linkOf('Upload the clip'));
    const before = clipsIn(stand).length;
    await page.send(BYTES, { breakAfterBytes: 100_000 });
    assert.equal(clipsIn(stand).length, before + 1);
    await stand.app.services.uploads.forget(await newestOwner(stand));
    assert.equal(clipsIn(stand).length, before);
  });

  it('writes no link and no cookie to the log', async () => {
    const link = await askForLink();
    const page = await openUpload(link);
    await page.send(BYTES, { breakAfterBytes: 100_000 });
    const log = stand.logLines.join('\n');
    for (const secret of [link.split('/').at(-1), page.cookie.split('=')[1]])
      assert.ok(secret && !log.includes(secret), 'a secret of an upload stands in the log');
  });
});

describe('room', () => {
  it('is limited for each person', async () => {
    const stand = await startStand({ env: { CLIPS_PER_PERSON_MB: '1' } });
    try {
      const [clara, ben] = [stand.person('Clara'), stand.person('Ben')];
      for (const [person, account] of [
        [clara, 'clara.cooks'],
        [ben, 'max.moves'],
      ] as const) {
        await person.command('settings', { zone: 'UTC' });
        await stand.connect(person, account);
      }
      const sendOne = async (person: HeadlessPerson) => {
        await person.command('upload');
        const page = await openUpload(person.linkOf('Upload the clip'));
        await page.send(BYTES);
        await page.untilState('done');
      };
      await sendOne(clara);
      await assert.rejects(sendOne(clara), /take 0\.\d MB of the 1\.0 MB/);
      await sendOne(ben);
    } finally {
      await stand.stop();
    }
  });
});

function freeBox(sizeBytes: number): Buffer {
  const box = Buffer.alloc(sizeBytes);
  box.writeUInt32BE(sizeBytes);
  box.write('free', 4);
  return box;
}

/** Whose the newest upload is. */
async function newestOwner(stand: Stand): Promise<string> {
  const uploads = stand.app.database.connection.collection('uploads');
  const [newest] = await uploads.find().sort({ createdAt: -1 }).limit(1).toArray();
  return String(newest?.ownerId);
}
