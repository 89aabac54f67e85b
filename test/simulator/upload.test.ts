/** The upload host: chunks in their order, each checked, each counted only when whole. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  fetchStatus,
  fileSource,
  folderFor,
  initDirect,
  invitationOf,
  put,
  simulatorFor,
  standingClock,
  until,
} from './client.ts';

const CHUNK = 5 * 1024 * 1024;
const video = randomBytes(2 * CHUNK + 1000);

async function invited(t: Parameters<typeof simulatorFor>[0], options: Parameters<typeof simulatorFor>[1] = {}) {
  const simulator = await simulatorFor(t, options);
  const token = simulator.grant('clara.cooks').access_token;
  const invitation = invitationOf(await initDirect(simulator.origin, token, fileSource(video.length, CHUNK)));
  const uploaded = async () =>
    (await fetchStatus(simulator.origin, token, invitation.publishId)).body.data.uploaded_bytes;
  return { ...simulator, ...invitation, token, uploaded };
}

test('chunks in order: 206 with the progress, 201 at the end, the hash of the whole', async t => {
  const { uploadUrl, uploaded, journal } = await invited(t);
  const first = await put(uploadUrl, video, 0, CHUNK - 1);
  assert.deepEqual([first.status, first.headers.get('content-range')], [206, `bytes 0-${CHUNK}/${video.length}`]);
  assert.equal(await uploaded(), CHUNK);
  const last = await put(uploadUrl, video, CHUNK);
  assert.deepEqual([last.status, last.headers.get('content-range')], [201, `bytes 0-${video.length}/${video.length}`]);
  const sha256 = createHash('sha256').update(video).digest('hex');
  assert.equal(journal({ kind: 'upload.complete' })[0]?.sha256, sha256);
  assert.deepEqual(
    journal({ kind: 'chunk' }).map(({ firstByte, bytes }) => [firstByte, bytes]),
    [
      [0, CHUNK],
      [CHUNK, CHUNK + 1000],
    ],
  );
});

test('a wrong order, and a chunk that is already there, are 416 and change nothing', async t => {
  const { uploadUrl, uploaded, journal } = await invited(t);
  const early = await put(uploadUrl, video, CHUNK);
  assert.deepEqual([early.status, early.headers.get('content-range')], [416, `bytes 0-0/${video.length}`]);
  await put(uploadUrl, video, 0, CHUNK - 1);
  assert.equal((await put(uploadUrl, video, 0, CHUNK - 1)).status, 416);
  assert.equal(await uploaded(), CHUNK);
  await put(uploadUrl, video, CHUNK);
  assert.equal((await put(uploadUrl, video, CHUNK)).status, 416);
  assert.equal(journal({ kind: 'upload.complete' }).length, 1);
});

const badHeaders: [what: string, from: number, to: number, headers: Record<string, string>][] = [
  ['a chunk shorter than announced', 0, 999, {}],
  ['a chunk that takes the remainder too early', 0, video.length - 1, {}],
  ['another content type', 0, CHUNK - 1, { 'content-type': 'application/octet-stream' }],
  ['a Content-Range that does not match the length', 0, CHUNK - 1, { 'content-range': `bytes 0-9/${video.length}` }],
  ['another total', 0, CHUNK - 1, { 'content-range': `bytes 0-${CHUNK - 1}/${video.length + 1}` }],
  ['an unreadable Content-Range', 0, CHUNK - 1, { 'content-range': `${CHUNK}` }],
];
for (const [what, from, to, headers] of badHeaders) {
  test(`${what} is 400 and changes nothing`, async t => {
    const { uploadUrl, uploaded } = await invited(t);
    assert.equal((await put(uploadUrl, video, from, to, headers)).status, 400);
    assert.equal(await uploaded(), 0);
  });
}

test('no Content-Length is 400', async t => {
  const { uploadUrl } = await invited(t);
  const headers = { 'content-type': 'video/mp4', 'content-range': `bytes 0-${CHUNK - 1}/${video.length}` };
  const status = await new Promise((resolve, reject) => {
    const sending = request(
      uploadUrl,
      { method: 'PUT', headers: { ...headers, 'transfer-encoding': 'chunked' } },
      answer => resolve(answer.resume().statusCode),
    );
    sending.on('error', reject);
    sending.end(video.subarray(0, CHUNK));
  });
  assert.equal(status, 400);
});

test('an unknown task is 404, an expired one 403', async t => {
  const clock = standingClock();
  const { uploadUrl } = await invited(t, { clock });
  assert.equal((await put(`${uploadUrl}x`, video, 0, CHUNK - 1)).status, 404);
  assert.equal((await put(uploadUrl.replace('upload_id=1', 'upload_id=2'), video, 0, CHUNK - 1)).status, 404);
  clock.forward(3_600_000 - 1);
  assert.equal((await put(uploadUrl, video, 0, CHUNK - 1)).status, 206);
  clock.forward(1);
  assert.equal((await put(uploadUrl, video, CHUNK)).status, 403);
});

test('a chunk that breaks off counts for nothing and can be sent again', async t => {
  const { uploadUrl, uploaded, journal, addFault } = await invited(t);
  addFault({ kind: 'reset', route: 'upload', count: 1, afterBytes: 1_000_000 });
  await assert.rejects(put(uploadUrl, video, 0, CHUNK - 1));
  assert.equal(await uploaded(), 0);
  await put(uploadUrl, video, 0, CHUNK - 1);
  await put(uploadUrl, video, CHUNK);
  assert.equal(journal({ kind: 'upload.complete' })[0]?.sha256, createHash('sha256').update(video).digest('hex'));
});

test('a second sender takes over from one that stalls', async t => {
  const dataDir = await folderFor(t);
  const { uploadUrl, journal } = await invited(t, { dataDir });
  const headers = {
    'content-type': 'video/mp4',
    'content-length': CHUNK,
    'content-range': `bytes 0-${CHUNK - 1}/${video.length}`,
  };
  const stalled = request(uploadUrl, { method: 'PUT', headers });
  const cut = new Promise(resolve => stalled.on('error', resolve));
  stalled.write(Buffer.alloc(100_000));
  const file = join(dataDir, 'videos', '1');
  await until(() => existsSync(file) && statSync(file).size > 0, 'the first sender’s bytes are being written');
  assert.equal((await put(uploadUrl, video, 0, CHUNK - 1)).status, 206);
  await cut;
  assert.equal((await put(uploadUrl, video, CHUNK)).status, 201);
  assert.equal(journal({ kind: 'upload.complete' })[0]?.sha256, createHash('sha256').update(video).digest('hex'));
});

test('bytes lie in the file, not in memory', async t => {
  const size = 80_000_000;
  const { origin, grant } = await simulatorFor(t);
  const { uploadUrl } = invitationOf(
    await initDirect(origin, grant('max.moves').access_token, fileSource(size, 40_000_000)),
  );
  const part = Buffer.alloc(1_000_000, 1);
  const send = (from: number) =>
    new Promise<number | undefined>((resolve, reject) => {
      const range = `bytes ${from}-${from + 39_999_999}/${size}`;
      const headers = { 'content-type': 'video/mp4', 'content-length': 40_000_000, 'content-range': range };
      const sending = request(uploadUrl, { method: 'PUT', headers }, answer => resolve(answer.resume().statusCode));
      sending.on('error', reject);
      let left = 40;
      const more = (): void => {
        if (left-- === 0) sending.end();
        else sending.write(part, more);
      };
      more();
    });
  const before = process.memoryUsage.rss();
  assert.equal(await send(0), 206);
  assert.equal(await send(40_000_000), 201);
  const growth = process.memoryUsage.rss() - before;
  assert.ok(growth < 64_000_000, `memory grew by ${growth} bytes for a video of ${size}`);
});
