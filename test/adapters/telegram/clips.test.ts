// Clips on Telegram: every way they come, everything that can go wrong while they come. Whatever is refused leaves nothing behind.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, it, test } from 'node:test';
import type { Message } from 'grammy/types';
import { offerFile } from '#adapters/headless/person.ts';
import { createClipOffers } from '#adapters/telegram/clips.ts';
import { openDownload } from '#adapters/telegram/download.ts';
import type { ClipOffer } from '#chat/invocation.ts';
import { isAppError } from '#domain/errors.ts';
import { createDiskStore } from '#media/disk-store.ts';
import type { TelegramPerson } from '#test/fakes/telegram/person.ts';
import { startFakeTelegram } from '#test/fakes/telegram/server.ts';
import { CLIP, clipPath } from '#test/support/stand.ts';
import { startTelegramStand, type TelegramStand } from '#test/support/telegram-stand.ts';

describe('on the cloud Bot API', () => {
  let stand: TelegramStand;
  let clara: TelegramPerson;
  let clip: ClipOffer;

  before(async () => {
    // The fake keeps the cloud's bounds; only its address is not the cloud's, so the adapter's own check is tested below.
    stand = await startTelegramStand();
    clara = stand.person('Clara');
    clip = await offerFile(CLIP);
    await clara.command('settings', { zone: 'Berlin' });
    await stand.connect(clara);
  });
  after(() => stand.stop());

  const kept = async () => (await readdir(join(stand.config.dataDir, 'clips'))).length;
  const downloads = () => stand.telegram.calls.filter(({ method }) => method === 'file').length;

  async function refuses(message: object, words: RegExp): Promise<void> {
    const before = await kept();
    await clara.send(message);
    assert.match(clara.read(), words);
    assert.equal(await kept(), before, 'nothing of it is left on disk');
  }

  it('takes a video, a file, a forward, and QuickTime', async () => {
    for (const message of [
      clara.describeClip(clip),
      clara.describeClip(clip, 'document'),
      { ...clara.describeClip(clip), forward_origin: { type: 'hidden_user', sender_user_name: 'Bob', date: 1 } },
      clara.describeClip(await offerFile(clipPath('vertical-6s.mov')), 'document'),
    ])
      assert.match(
        clara.read(await clara.send({ ...message, caption: 'fri 18:30 #cats' })),
        /^New TikTok post[\s\S]*#cats[\s\S]*18:30 \(Berlin\)/,
      );
  });

  it('takes words that answer a clip, with the command and without', async () => {
    for (const text of ['fri 18:30 #cats', '/schedule fri 18:30 #cats', '/schedule@clipcue_test_bot fri 18:30 #cats']) {
      const video = { message_id: 1, date: 1, chat: { id: clara.id, type: 'private' }, ...clara.describeClip(clip) };
      await clara.send({ text, reply_to_message: video });
      const card = clara.messages.findLast(message => /^New TikTok post/.test(clara.read(message)));
      assert.match(clara.read(card), /Caption \(5 \/ 2200\): #cats[\s\S]*Fri [\s\S]*18:30 \(Berlin\)/, text);
    }
  });

  it('takes a clip whose caption begins with the command', async () => {
    const card = await clara.send({ ...clara.describeClip(clip), caption: '/schedule fri 18:30 #cats' });
    assert.match(clara.read(card), /Caption \(5 \/ 2200\): #cats/);
  });

  it('says what is missing from /schedule alone', async () => {
    await clara.say('/schedule');
    assert.match(clara.read(), /attach the clip/);
    await clara.say('/schedule soonish');
    assert.match(clara.read(), /could not read “soonish” as a time/);
    await clara.say('/schedule fri 18:30');
    assert.match(clara.read(), /Send the clip/);
    await clara.say('/cancel');
  });

  it('declines round and soundless clips in words, before a byte is fetched', async () => {
    const before = downloads();
    await refuses(
      { video_note: { file_id: 'x', file_unique_id: 'x', length: 384, duration: 5, file_size: 1000 } },
      /Round video messages/,
    );
    const gif = { file_id: 'x', file_unique_id: 'x', file_name: 'a.mp4', mime_type: 'video/mp4', file_size: 1000 };
    await refuses({ animation: { ...gif, width: 1, height: 1, duration: 1 }, document: gif }, /GIF, without its sound/);
    assert.equal(downloads(), before);
  });

  it('says what to do about a clip that Telegram keeps back for its size', async () => {
    const big: ClipOffer = { name: 'big.mp4', sizeBytes: 45_000_000, open: async () => Readable.from([]) };
    const before = downloads();
    await refuses(
      clara.describeClip(big),
      /That clip has 45 MB, and here I am given 21 MB at most\. \/upload takes it/,
    );
    assert.equal(downloads(), before);
    // On the cloud's own address even getFile is not asked.
    const read = createClipOffers(20 * 1024 * 1024, async () => assert.fail('it was fetched'));
    const [offer] = read({ message_id: 1, date: 1, video: { file_size: 45_000_000 } } as Message);
    await assert.rejects(async () => offer?.open(new AbortController().signal), { code: 'clip_too_large_here' });
  });

  it('says once that Telegram may have shrunk a small video, until nobody wants to hear it', async () => {
    const small = { width: 720, height: 1280 };
    const hint = /Telegram may have shrunk this; send it as a file for full quality/;
    const hints = () => clara.messages.filter(message => hint.test(clara.read(message))).length;
    await clara.send({ ...clara.describeClip(clip, 'document'), caption: 'fri 18:30' });
    assert.equal(hints(), 0, 'a file is as it was');
    await clara.send({ ...clara.describeClip(clip, 'video', small), caption: 'fri 18:30' });
    assert.equal(hints(), 1);
    await clara.press('Don’t tell me again');
    await clara.send({ ...clara.describeClip(clip, 'video', small), caption: 'fri 18:30' });
    assert.equal(hints(), 0);
  });
});

describe('a server of one’s own', () => {
  let stand: TelegramStand;
  let clara: TelegramPerson;
  before(async () => {
    stand = await startTelegramStand({ telegram: await startFakeTelegram({ isLocal: true }) });
    clara = stand.person('Clara');
    await stand.connect(clara);
  });
  after(() => stand.stop());

  const sendFileAt = async (path: string) =>
    clara.send({
      ...clara.describeClip({ ...(await offerFile(CLIP)), name: path }, 'document'),
      caption: 'in 2 hours',
    });

  it('hands out clips by their path on this machine', async () => {
    assert.match(clara.read(await sendFileAt(CLIP)), /^New TikTok post/);
    assert.deepEqual(
      stand.telegram.calls.filter(({ method }) => method === 'file'),
      [],
      'nothing goes over the network',
    );
  });

  it('names the bot’s token in its paths: one that cannot be read is refused without it', async () => {
    const { token } = stand.telegram;
    assert.match(clara.read(await sendFileAt(`/var/lib/telegram-bot-api/${token}/videos/gone.mp4`)), /did not arrive/);
    const secret = token.split(':')[1] ?? '';
    assert.doesNotMatch(stand.logLines.join(''), new RegExp(secret));
  });
});

describe('a download', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-download-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [what, begins] of [
    ['that stalls in the middle', true],
    ['that never begins', false],
  ] as const)
    it(`${what} ends in time, leaves nothing, and names no token`, async () => {
      const telegram = await startFakeTelegram();
      try {
        const stalling = new PassThrough();
        stalling.write(Buffer.alloc(1000));
        const fileId = telegram.addFile({ name: 'x.mp4', sizeBytes: 5000, open: async () => stalling });
        if (!begins) telegram.addFault({ method: 'file', status: 0, breaks: 'stall' });
        const store = await createDiskStore({
          dir: folder,
          clock: Date.now,
          newId: () => 'abcdefghijklmnop',
          maxBytes: 1e9,
          minFreeRatio: 0,
        });
        const receive = async () => {
          const source = openDownload(`videos/${fileId}`, 5000, {
            apiRoot: telegram.origin,
            token: telegram.token,
            stallMs: 200,
            pauseMs: 1,
            onBytes: () => undefined,
            signal: new AbortController().signal,
          });
          await store.receive(source, { deadlineMs: 10_000 });
        };
        await assert.rejects(receive, error => {
          assert.ok(isAppError(error, 'clip_fetch_failed'), String(error));
          assert.doesNotMatch(`${(error as Error).stack}${JSON.stringify(error)}`, /never_be_seen/);
          return true;
        });
        assert.deepEqual(await readdir(folder), []);
      } finally {
        await telegram.stop();
      }
    });
});

test('a slow clip shows how far it is, and the line goes when it is there', async () => {
  const { showProgress } = await import('#adapters/telegram/progress.ts');
  const shown: string[] = [];
  let next: () => void = () => undefined;
  const seen = () =>
    new Promise<void>(resolve => {
      next = resolve;
    });
  const messenger = {
    async show(_chat: string, reply: { blocks: readonly unknown[] }) {
      shown.push(JSON.stringify(reply.blocks));
      next();
      return '7';
    },
    edit: async () => true,
    async remove(_chat: string, ref: string) {
      shown.push(`removed ${ref}`);
    },
  };
  const first = seen();
  const placed: (string | null)[] = [];
  const progress = await showProgress('1', 1000, {
    ...{ messenger, firstMs: 20, everyMs: 20 },
    places: { read: async () => null, write: async (_chat, ref) => void placed.push(ref) },
    onFailure: error => assert.fail(String(error)),
  });
  progress.add(350);
  await first;
  const second = seen();
  progress.add(300);
  await second;
  await progress.end();
  assert.match(shown[0] ?? '', /35 %/);
  assert.match(shown[1] ?? '', /65 %/);
  assert.equal(shown.at(-1), 'removed 7');
  assert.deepEqual(placed, ['7', null], 'a process after this one knows where it stands');
});
