// Clips on Discord: from an option, a form, a message to the bot, a posted message; and what happens where one is not as it should be.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CDN_ORIGINS, offerAttachment } from '#adapters/discord/attachments.ts';
import { offerFile } from '#adapters/headless/person.ts';
import type { ClipOffer } from '#chat/invocation.ts';
import { type DiscordStand, startDiscordStand } from '#test/support/discord-stand.ts';
import { CLIP, clipPath } from '#test/support/stand.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

let stand: DiscordStand;
let bot: SmallBot;
before(async () => {
  [stand, bot] = await Promise.all([startDiscordStand(), startSmallBot()]);
  await stand.connect(stand.person('Clara'));
});
after(() => Promise.all([stand.stop(), bot.stop()]));

const offer = (name: string, sizeBytes: number, read: () => Readable): ClipOffer => ({
  name,
  sizeBytes,
  open: async () => read(),
});
const bytes = (sizeBytes: number) => Readable.from([Buffer.alloc(sizeBytes)]);

test('a clip sent to the bot, with its time and caption beside it, is a draft', async () => {
  const clara = stand.person('Clara');
  const card = await clara.sendClips([await offerFile(CLIP)], 'in 3 hours #cats');
  assert.match(clara.read(card), /^New TikTok post[\s\S]*Caption \(5 \/ 2200\): #cats\nWhen: in 3 hours/);
});

test('a forwarded clip is a draft too', async () => {
  const clara = stand.person('Clara');
  assert.match(clara.read(await clara.forwardClip(await offerFile(CLIP))), /^New TikTok post/);
});

test('ten in one message are one batch; a text beside them is a caption', async () => {
  const clara = stand.person('Clara');
  const clips = await Promise.all(Array.from({ length: 10 }, () => offerFile(CLIP)));
  const card = await clara.sendClips(clips, '#series');
  assert.match(clara.read(card), /^10 new TikTok posts/);
  const shown = stand.discord.state.messages.get(card.ref);
  assert.equal(shown?.files.length, 10, 'each clip with its picture');
});

test('“Schedule to TikTok” on a posted clip: one’s own words are the caption, another’s are not', async () => {
  const clara = stand.person('Clara');
  const own = await clara.scheduleMessage([await offerFile(CLIP)], { words: 'My words #mine' });
  assert.match(clara.read(own), /My words #mine/);
  const others = await clara.scheduleMessage([await offerFile(CLIP)], { words: 'Not hers', by: 'Max' });
  assert.match(clara.read(others), /Caption \(0 \/ 2200\): none/);
  const none = await clara.scheduleMessage([]);
  assert.match(clara.read(none), /^Please attach the clip/);
});

test('a caption with @everyone and markdown comes out as typed', async () => {
  const clara = stand.person('Clara');
  const caption = '@everyone **bold** <@123> # not a heading ||x|| https://evil.example/a_b';
  const card = await clara.command('schedule', { video: await offerFile(CLIP), caption });
  assert.ok(clara.read(card).includes(caption), clara.read(card));
});

test('the clip is replaced through a form’s upload', async () => {
  const clara = stand.person('Clara');
  await clara.command('schedule', { video: await offerFile(CLIP), caption: 'Replace me' });
  await clara.press('Replace clip');
  assert.match(
    clara.read(await clara.fill({ clip: await offerFile(clipPath('vertical-6s.mov')) })),
    /vertical-6s\.mov/,
  );
});

test('what is no video is refused with words, whatever its name', async () => {
  const clara = stand.person('Clara');
  const answer = await clara.command('schedule', { video: await offerFile(clipPath('bad/html-page.mp4')) });
  assert.match(clara.read(answer), /^That file is not a video/);
});

test('an attachment that is gone', async () => {
  const clara = stand.person('Clara');
  const interaction = clara.client.command('schedule', { video: await offerFile(CLIP) });
  stand.discord.state.uploads.clear();
  const answer = await clara.outcomeOf(interaction);
  assert.ok('ref' in answer);
  assert.match(clara.read(answer), /^The clip did not arrive completely\. Please send it again\.$/);
});

test('an attachment over the person’s limit is refused before a byte is fetched, with what to do', async () => {
  const clara = stand.person('Clara');
  const large = offer('large.mp4', 11 * 1024 * 1024, () => bytes(1));
  const before = stand.discord.requests.length;
  const answer = clara.read(await clara.command('schedule', { video: large }));
  assert.match(answer, /^That clip has 12 MB, and here I am given 10 MB at most\. \/upload takes it as it is/);
  assert.ok(
    !stand.discord.requests.slice(before).some(({ path }) => path.startsWith('/attachments/')),
    'nothing was fetched',
  );
});

test('more bytes than Discord announced are broken off', async () => {
  const person = bot.person('Liar');
  const clip = offer('small.mp4', 1000, () => bytes(5_000_000));
  assert.match(person.read(await person.command('work', { clip })), /too large/);
});

/** Four million bytes that take some seconds to arrive. */
const slowly = (announcedBytes = 4_000_000) =>
  offer('slow.mp4', announcedBytes, () =>
    Readable.from(
      (async function* () {
        for (let part = 0; part < 4; part++) {
          yield Buffer.alloc(1_000_000);
          await sleep(1_100);
        }
      })(),
    ),
  );

test('a slow clip says how far it is, where the answer will stand', async () => {
  const slow = slowly();
  const person = bot.person('Patient', { place: 'server' });
  const interaction = person.client.command('work', { clip: slow });
  await person.waitFor(/^Taking in your clip: [123]\.0 of 4\.0 MB\.$/);
  const answer = await person.outcomeOf(interaction);
  assert.ok('ref' in answer);
  assert.match(person.read(answer), /^Got 4000000 bytes\.$/);
  assert.equal(person.shown.length, 1, 'one message, edited');
  const inPrivate = bot.person('Patient in private');
  const sent = inPrivate.sendClips([slow]);
  await inPrivate.waitFor(/^Taking in your clip/);
  assert.match(inPrivate.read(await sent), /^1 clips of 4000000 bytes/);
  assert.equal(inPrivate.shown.length, 1, 'one message, edited');
});

test('a slow clip for a card says so below it, and the card is what stays, whether it came or not', async () => {
  const people = [4_000_000, 3_500_000].map(async announcedBytes => {
    const person = bot.person(`Swapper ${announcedBytes}`, { place: 'server' });
    const card = await person.command('swap');
    await person.press('Replace');
    const filled = person.fill({ clip: slowly(announcedBytes) });
    const told = await person.waitFor(/^Taking in your clip: [123]\.0 of [34]\.\d MB\.$/);
    assert.match(person.read(card), /^Old clip\./, 'the card is untouched meanwhile');
    const isRefused = announcedBytes < 4_000_000;
    assert.match(person.read(await filled), isRefused ? /too large/ : /^New clip of 4000000 bytes\.$/);
    assert.match(person.read(card), isRefused ? /^Old clip\./ : /^New clip/);
    await bot.discord.waitFor(() => bot.discord.state.messages.get(told.ref)?.isDeleted, 'the progress to go');
  });
  await Promise.all(people);
});

test('bytes come from Discord’s own hosts and nowhere else', async () => {
  const source = { origins: CDN_ORIGINS, limitBytes: null, onBytes: () => {} };
  for (const url of [
    'https://evil.example/a.mp4',
    'http://cdn.discordapp.com/a.mp4',
    'https://cdn.discordapp.com.evil.example/a.mp4',
    'file:///etc/passwd',
    'no address',
  ]) {
    const clip = offerAttachment({ url, name: 'a.mp4', size: 10, contentType: 'video/mp4' }, source);
    await assert.rejects(clip.open(AbortSignal.timeout(1000)), { code: 'clip_fetch_failed' }, url);
  }
});

test('a redirect is not followed, and an abort ends a download', async () => {
  const server: Server = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: '/secret' }).end();
    else if (request.url === '/endless') response.writeHead(200).write(Buffer.alloc(1000));
    else response.end('secret');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const source = { origins: new Set([origin]), limitBytes: null, onBytes: () => {} };
  const at = (path: string) =>
    offerAttachment({ url: origin + path, name: 'a.mp4', size: 10_000, contentType: null }, source);
  await assert.rejects(at('/away').open(AbortSignal.timeout(1000)), { code: 'clip_fetch_failed' });
  const abort = new AbortController();
  const endless = await at('/endless').open(abort.signal);
  const reading = endless.toArray();
  abort.abort();
  await assert.rejects(reading);
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

test('nothing of a clip’s address reaches the log', () => {
  for (const lines of [stand.logLines, bot.logLines]) assert.doesNotMatch(lines.join(''), /attachments\/|[?&]hm=/);
});
