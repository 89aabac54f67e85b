// Clips that did not come as a message of the chat: one from the upload page brings its picture with the news, and one behind a link
// answers the question for a clip. A clip that was sent is picture enough.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import type { TelegramPerson } from '#test/fakes/telegram/person.ts';
import { CLIP } from '#test/support/stand.ts';
import { startTelegramStand, type TelegramStand } from '#test/support/telegram-stand.ts';
import { openUpload } from '#test/support/uploading.ts';

describe('a clip that is not in the chat', () => {
  let stand: TelegramStand;
  let clara: TelegramPerson;
  before(async () => {
    stand = await startTelegramStand();
    clara = stand.person('Clara');
    await clara.command('settings', { zone: 'UTC' });
    await stand.connect(clara);
  });
  after(() => stand.stop());

  const messages = () => stand.telegram.state.chat(clara.id).messages;
  const photos = () => messages().filter(({ photo }) => photo);

  async function upload(): Promise<void> {
    await clara.command('upload', { when: 'in 3 hours' });
    const page = await openUpload(clara.linkOf('Upload the clip'));
    await page.send(readFileSync(CLIP));
    await page.untilState('done');
    await clara.waitFor('Your clip is in');
  }

  it('comes with its picture, without a sound of its own, just before the news', async () => {
    await upload();
    const [photo] = photos();
    assert.equal(photo?.photo?.name, 'clip.png');
    assert.equal(photo.isSilent, true);
    assert.equal(photo.content.text, 'clip.mp4');
    const news = messages().find(({ content }) => content.text.startsWith('Your clip is in'));
    assert.ok(news && news.message_id > photo.message_id);
    await clara.press('Continue');
    assert.match(clara.read(), /^New TikTok post/, 'the news is a text that becomes the card');
  });

  it('is told of where Telegram does not take the picture', async () => {
    const before = photos().length;
    stand.telegram.fail({ method: 'sendPhoto', status: 400, description: 'Bad Request: IMAGE_PROCESS_FAILED' });
    await upload();
    assert.equal(photos().length, before);
  });

  it('is taken by its link where a clip is asked for', async () => {
    await clara.sendClips([await offerFile(CLIP)], 'in 2 hours: Sent');
    const before = photos().length;
    await clara.press('Replace clip');
    assert.match(clara.read(), /A link to a video file works too\. Send it here\./);
    await clara.say('look: https://127.0.0.1/clip.mp4');
    assert.match(clara.read(), /leads to a place where I may not go/);
    assert.match(clara.read(), /Sent/);
    assert.equal(photos().length, before, 'a card shows no picture of its own');
  });
});
