// Clips that come slowly, in pieces, or not at all: the words in the chat, the disk, everybody else, and a bot that dies meanwhile.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, it, test } from 'node:test';
import type { Message } from 'grammy/types';
import { offerFile } from '#adapters/headless/person.ts';
import type { TelegramApi } from '#adapters/telegram/client.ts';
import { WAITING_AT_ONCE } from '#adapters/telegram/crowding.ts';
import { DOWNLOAD_TIMING } from '#adapters/telegram/download.ts';
import { createFiles } from '#adapters/telegram/files.ts';
import { PROGRESS_TIMING } from '#adapters/telegram/progress.ts';
import type { ClipOffer } from '#chat/invocation.ts';
import { AppError } from '#domain/errors.ts';
import type { TelegramPerson } from '#test/fakes/telegram/person.ts';
import { startFakeTelegram } from '#test/fakes/telegram/server.ts';
import { CLIP } from '#test/support/stand.ts';
import { startAlone, startTelegramStand, type TelegramStand } from '#test/support/telegram-stand.ts';

const clip = await offerFile(CLIP);
const sizeBytes = clip.sizeBytes ?? 0;
const wholeClip = async () => (await clip.open(new AbortController().signal)) as Readable;

const listClips = ({ config }: TelegramStand) => readdir(join(config.dataDir, 'clips'));
const downloadsOf = ({ telegram }: TelegramStand) => telegram.calls.filter(({ method }) => method === 'file');
const cardsOf = (person: TelegramPerson) =>
  person.messages.filter(message => /^New TikTok post/.test(person.read(message)));
const keptBy = async ({ app }: TelegramStand) =>
  (await app.database.connection.db?.collection('keptEvents').find().toArray()) ?? [];

/** The beginning of a clip; what comes after it is decided by `then`. */
function begin(then: (out: PassThrough) => void): Readable {
  const out = new PassThrough();
  out.write(Buffer.alloc(100_000));
  then(out);
  return out;
}
const breaksOff = () => begin(out => setTimeout(() => out.destroy(new Error('gone')), 20));
const stalls = () => begin(() => undefined);

describe('a download', () => {
  let stand: TelegramStand;
  let clara: TelegramPerson;
  before(async () => {
    stand = await startTelegramStand({ clipTiming: { stallMs: 400, pauseMs: 5 } });
    clara = stand.person('Clara');
    await stand.connect(clara);
  });
  after(() => stand.stop());

  async function refuses(offer: ClipOffer, words: RegExp): Promise<void> {
    await clara.send(clara.describeClip(offer));
    assert.match(clara.read(), words);
    assert.deepEqual(await listClips(stand), [], 'nothing of it is left on disk');
    assert.equal(cardsOf(clara).length, 0);
  }

  const never = /^The clip did not arrive completely\. Please send it again\.$/;
  it('that stalls each time is refused in words', () => refuses({ ...clip, open: async () => stalls() }, never));
  it('that breaks off each time is refused in words', async () => {
    const from = downloadsOf(stand).length;
    await refuses({ ...clip, open: async () => breaksOff() }, never);
    assert.equal(downloadsOf(stand).length - from, 4, 'tries are bounded');
  });
  it('with fewer bytes than stated is refused in words', () =>
    refuses({ ...clip, sizeBytes: sizeBytes + 1, open: wholeClip }, never));
  it('with more bytes than stated is refused in words', () =>
    refuses({ ...clip, sizeBytes: sizeBytes - 1, open: wholeClip }, never));
  it('whose bytes are a page is refused in words', () => {
    const page = Buffer.from('<!doctype html><html><body>Sorry</body></html>');
    return refuses({ ...clip, sizeBytes: page.length, open: async () => Readable.from([page]) }, /not a video/);
  });
  it('answered by an HTML page, or by a refusal, is refused in words, at the first try', async () => {
    for (const status of [200, 404, 401]) {
      const from = downloadsOf(stand).length;
      stand.telegram.addFault({ method: 'file', status });
      await refuses(clip, never);
      assert.equal(downloadsOf(stand).length - from, 1, `status ${status}`);
    }
  });
  it('that cannot even be asked for is refused in words', async () => {
    stand.telegram.addFault({
      method: 'getFile',
      status: 400,
      description: 'Bad Request: file is temporarily unavailable',
    });
    await refuses(clip, never);
  });

  for (const [what, hasRanges, statuses] of [
    ['goes on from where it broke off', true, [200, 206]],
    ['begins anew where the server knows no ranges', false, [200, 200]],
  ] as const)
    it(what, async () => {
      const from = downloadsOf(stand).length;
      let opened = 0;
      const open = async () => (opened++ === 0 ? Readable.from(cutShort(await wholeClip(), 150_000)) : wholeClip());
      const fileId = stand.telegram.addFile({ name: 'a.mp4', sizeBytes, open, hasRanges });
      const video = { file_id: fileId, file_unique_id: fileId, file_size: sizeBytes, width: 1080, height: 1920 };
      const card = await clara.send({ video });
      assert.match(clara.read(card), /^New TikTok post/);
      assert.deepEqual(
        downloadsOf(stand)
          .slice(from)
          .map(({ status }) => status),
        statuses,
      );
      const sizes = await stand.app.database.connection.db?.collection('posts').distinct('clip.sizeBytes');
      assert.deepEqual(sizes, [sizeBytes], 'no byte is missing, and none is there twice');
      const hashes = await stand.app.database.connection.db?.collection('posts').distinct('clip.sha256');
      assert.equal(hashes?.length, 1, 'both came as the same file');
    });

  it('gets over a server that is in trouble for a moment', async () => {
    stand.telegram.addFault({ method: 'getFile', status: 502 });
    stand.telegram.addFault({ method: 'file', status: 503 });
    stand.telegram.addFault({ method: 'file', status: 0, breaks: 'drop' });
    assert.match(clara.read(await clara.send(clara.describeClip(clip))), /^New TikTok post/);
  });
});

test('the Bot API server of the tests hands out parts of files, and refuses those that are not there', async () => {
  const telegram = await startFakeTelegram();
  try {
    const id = telegram.addFile({
      name: 'x.mp4',
      sizeBytes: 10,
      open: async () => Readable.from([Buffer.from('0123456789')]),
    });
    const get = async (range: string) => {
      const answer = await fetch(`${telegram.origin}/file/bot${telegram.token}/videos/${id}`, { headers: { range } });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    assert.deepEqual(await get('bytes=4-'), [206, 'bytes 4-9/10', '456789']);
    assert.deepEqual(await get('bytes=2-3'), [206, 'bytes 2-3/10', '23']);
    assert.deepEqual(await get('bytes=10-'), [416, 'bytes */10', '']);
  } finally {
    await telegram.stop();
  }
});

test('a server of one’s own may take longer to fetch a large file than a call waits', async () => {
  let asked = 0;
  const silent = { show: async () => '1', remove: async () => undefined, edit: async () => true };
  const open = createFiles({
    api: {
      async getFile() {
        if (++asked < 3) throw new AppError('chat_unreachable', { reason: 'timeout' });
        return { file_path: CLIP };
      },
    } as unknown as TelegramApi,
    ...{ apiRoot: 'http://127.0.0.1:1', token: 'none', messenger: silent },
    progressPlaces: { read: async () => null, write: async () => undefined },
    timing: { ...DOWNLOAD_TIMING, ...PROGRESS_TIMING },
    stopping: new AbortController().signal,
    log: { warn: () => undefined },
  });
  const message = { message_id: 1, date: 1, chat: { id: 1 } } as Message;
  const bytes = await open({ fileId: 'x', name: 'x.mp4', sizeBytes }, message, AbortSignal.timeout(60_000));
  let count = 0;
  for await (const chunk of bytes) count += chunk.length;
  assert.equal(count, sizeBytes);
});

async function* cutShort(bytes: Readable, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    yield (chunk as Uint8Array).subarray(0, left);
    left -= Math.min(left, (chunk as Uint8Array).length);
    if (left === 0) throw new Error('gone');
  }
}

test('150 clips that come slowly keep nobody else waiting, and a stop does not wait for them', async t => {
  const stand = await startTelegramStand();
  let isStopped = false;
  try {
    const { telegram } = stand;
    const [clara, bob] = [stand.person('Clara'), stand.person('Bob')];
    await stand.connect(clara);
    const crowd = Array.from({ length: 150 }, (_, index) => stand.person(`Person ${index}`));
    await telegram.waitUntilHandled(
      [bob, ...crowd].map(person => person.post({ text: '/help' })),
      'everybody to have met the bot',
    );
    await giveAccounts(stand);
    const timeHelp = async () => {
      const askedAt = performance.now();
      await bob.say('/help');
      assert.match(bob.read(), /Clipcue schedules/);
      return performance.now() - askedAt;
    };
    const aloneMs = await timeHelp();
    const sent = crowd.map(person => person.post(person.describeClip({ ...clip, open: async () => stalls() })));
    await telegram.waitUntil(() => downloadsOf(stand).length === 150, 'all clips to be on their way', 30_000);
    await telegram.waitUntil(() => sent.every(telegram.state.isConfirmed), 'Telegram to forget them', 30_000);
    assert.equal((await keptBy(stand)).length, 150, 'each is written down');
    const waitedMs = await timeHelp();
    t.diagnostic(`/help was answered after ${Math.round(waitedMs)} ms; alone ${Math.round(aloneMs)} ms`);
    assert.ok(waitedMs < Math.max(1000, 20 * aloneMs), `/help took ${Math.round(waitedMs)} ms`);
    assert.match(
      clara.read(await clara.send(clara.describeClip(clip))),
      /^New TikTok post/,
      'a quick clip overtakes them',
    );
    const stoppedAt = performance.now();
    await stand.stop();
    isStopped = true;
    assert.ok(performance.now() - stoppedAt < 10_000, 'the stop waited for the clips');
  } finally {
    if (!isStopped) await stand.stop();
  }
});

test('more messages than may wait behind a slow clip are left out, which is told once; nobody else notices', async () => {
  const stand = await startTelegramStand();
  try {
    const { telegram } = stand;
    const [clara, bob] = [stand.person('Clara'), stand.person('Bob')];
    await stand.connect(clara);
    const comes = Promise.withResolvers<void>();
    const open = async () =>
      Readable.from(
        (async function* () {
          await comes.promise;
          yield* await wholeClip();
        })(),
      );
    const slow = clara.post(clara.describeClip({ ...clip, open }));
    const waiting = Array.from({ length: WAITING_AT_ONCE - 1 }, () => clara.post({ text: '/help' }));
    const leftOut = Array.from({ length: 30 }, () => clara.post({ text: '/accounts' }));
    await telegram.waitUntilHandled(leftOut, 'what is too much to be left out');
    const saying = (words: RegExp) => clara.messages.filter(message => words.test(clara.read(message)));
    assert.equal(saying(/100 of your messages wait/).length, 1, clara.read());
    assert.ok((await keptBy(stand)).length <= WAITING_AT_ONCE, 'no more is written down than may wait');
    await bob.say('/help');
    assert.match(bob.read(), /Clipcue schedules/);
    comes.resolve();
    await telegram.waitUntilHandled([slow, ...waiting], 'the clip and what waited behind it');
    assert.equal(cardsOf(clara).length, 1);
    assert.equal(saying(/Clipcue schedules/).length, waiting.length);
    assert.equal(saying(/^Clara Cooks/).length, 0, 'what was left out stays left out');
    await clara.say('/accounts');
    assert.match(clara.read(), /Clara Cooks/, 'and may be sent again');
  } finally {
    await stand.stop();
  }
});

/** Everybody gets a copy of the one account there is; nothing is ever published through them. */
async function giveAccounts({ app }: TelegramStand): Promise<void> {
  const { db } = app.database.connection;
  const accounts = db?.collection<{ _id: string; ownerId: string; openId: string }>('accounts');
  const account = await accounts?.findOne();
  assert.ok(account);
  const users = (await db?.collection<{ _id: string }>('users').find().toArray()) ?? [];
  await accounts?.insertMany(
    users
      .filter(({ _id }) => _id !== account.ownerId)
      .map(({ _id }) => ({ ...account, _id: _id.toString(), ownerId: _id, openId: `open-${_id}` })),
  );
}

describe('a bot that ends in the middle of a download', () => {
  let folder: string;
  let stand: TelegramStand;
  let clara: TelegramPerson;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-killed-'));
    stand = await startTelegramStand({ dataDir: folder });
    clara = stand.person('Clara');
    await clara.command('settings', { zone: 'Berlin' });
    await stand.connect(clara);
  });
  after(async () => {
    await stand.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A clip that stalls as often as `times` says, then comes. */
  const describeStalling = (times: number) => {
    let opened = 0;
    return clara.describeClip({ ...clip, open: async () => (opened++ < times ? stalls() : wholeClip()) });
  };

  it('fetches it anew after a kill -9, makes one card, and takes away the line that said how far it was', async t => {
    await stand.app.stop();
    const child = await startAlone(stand, folder);
    t.after(() => child.kill('SIGKILL'));
    const from = downloadsOf(stand).length;
    const ids = [
      clara.post({ ...describeStalling(1), caption: 'fri 18:30 #killed' }),
      clara.post({ text: '/accounts' }),
    ];
    await clara.waitFor(/^Receiving your clip: \d+ %/);
    // Where the line stands is written down before an answer that is asked for after it.
    const bob = stand.person('Bob');
    bob.post({ text: '/help' });
    await bob.waitFor('Clipcue schedules');
    await stand.telegram.waitUntil(() => stand.telegram.state.waiting.length === 0, 'Telegram to forget all of it');
    await child.kill('SIGKILL');
    assert.equal(cardsOf(clara).length, 0);

    await stand.restart();
    await stand.telegram.waitUntilHandled(ids, 'the clip to be taken after the kill');
    assert.equal(downloadsOf(stand).length - from, 2, 'it was fetched again');
    assert.equal(cardsOf(clara).length, 1);
    assert.match(clara.read(cardsOf(clara)[0]), /#killed[\s\S]*18:30 \(Berlin\)/);
    const words = clara.messages.map(message => clara.read(message));
    assert.ok(!words.some(text => /Receiving your clip/.test(text)), 'the line of the killed process is gone');
    assert.match(words.at(-1) ?? '', /Clara Cooks/, 'what was sent after the clip is answered after it');
    assert.deepEqual(await keptBy(stand), []);
  });

  it('fetches it anew after a stop, and makes one card', async () => {
    const id = clara.post({ ...describeStalling(1), caption: 'sat 18:30 #stopped' });
    const cards = cardsOf(clara).length;
    const from = downloadsOf(stand).length;
    await stand.telegram.waitUntil(() => downloadsOf(stand).length > from, 'the clip to be on its way');
    await stand.restart();
    await stand.telegram.waitUntilHandled([id], 'the clip to be taken after the start');
    assert.equal(cardsOf(clara).length, cards + 1);
    assert.ok(!clara.messages.some(message => /did not arrive/.test(clara.read(message))), 'the stop is no refusal');
    assert.deepEqual(await keptBy(stand), []);
  });

  it('makes one card of an album that was cut off in its middle', async () => {
    const offers = Array.from({ length: 3 }, (_, index) => ({ ...clip, name: `${index}.mp4` }));
    const group = (message: object) => ({ ...message, media_group_id: 'album' });
    const ids = [
      clara.post(group(clara.describeClip(offers[0] as ClipOffer))),
      clara.post(group(describeStalling(1))),
      clara.post(group(clara.describeClip(offers[2] as ClipOffer))),
    ];
    const from = downloadsOf(stand).length;
    await stand.telegram.waitUntil(() => downloadsOf(stand).length - from === 2, 'the second clip to be on its way');
    await stand.telegram.waitUntil(() => ids.every(stand.telegram.state.isConfirmed), 'Telegram to forget them');
    await stand.restart();
    await stand.telegram.waitUntilHandled(ids, 'the album to be taken after the start');
    const batches = clara.messages.filter(message => /^3 new TikTok posts/.test(clara.read(message)));
    assert.equal(batches.length, 1, clara.messages.map(message => clara.read(message).split('\n')[0]).join('\n'));
    assert.equal(cardsOf(clara).length, 2, 'none of its clips has a card of its own');
  });

  it('leaves no secret in what it writes down: it is sealed', async () => {
    const id = clara.post({ ...describeStalling(1), caption: 'a secret caption' });
    await stand.telegram.waitUntil(() => stand.telegram.state.isConfirmed(id), 'Telegram to forget it');
    const [kept] = await keptBy(stand);
    assert.ok(kept, 'it is written down');
    assert.doesNotMatch(JSON.stringify(kept), /secret caption|file\d/);
    await stand.restart();
    await stand.telegram.waitUntilHandled([id], 'the clip to be taken after the start');
  });
});
