/** What the simulator said it has done, it has done: nothing is forgotten by a restart, not even by kill -9. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JournalEntry } from '#simulator/journal.ts';
import { startSimulator } from '#simulator/simulator.ts';
import {
  codeFrom,
  exchange,
  fetchStatus,
  fileSource,
  folderFor,
  initDirect,
  invitationOf,
  put,
  refresh,
  simulatorFor,
  standingClock,
  until,
} from './client.ts';

const CHUNK = 5 * 1024 * 1024;

async function spawnSimulator(
  t: TestContext,
  dataDir: string,
  port = 0,
): Promise<{ child: ChildProcess; origin: string }> {
  const main = fileURLToPath(import.meta.resolve('#simulator/main.ts'));
  const settings = JSON.stringify({ checkMedia: false });
  const flags = ['--port', String(port), '--data', dataDir, '--settings', settings];
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [origin] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, origin };
}

test('killed in mid-upload and started again, it takes the next chunk', async t => {
  const dataDir = await folderFor(t);
  const first = await spawnSimulator(t, dataDir);
  const tokens = (await exchange(first.origin, await codeFrom(first.origin))).body;
  const token = String(tokens.access_token);
  const video = randomBytes(3 * CHUNK + 7);
  const { publishId, uploadUrl } = invitationOf(await initDirect(first.origin, token, fileSource(video.length, CHUNK)));
  assert.equal((await put(uploadUrl, video, 0, CHUNK - 1)).status, 206);
  // The second chunk is on its way, slowly, when the process dies.
  const faults = `${first.origin}/simulator/faults`;
  const fault = JSON.stringify({ kind: 'slow', route: 'upload', bytesPerSecond: 2_000_000, count: 1 });
  await fetch(faults, { method: 'POST', headers: { 'content-type': 'application/json' }, body: fault });
  const breaking = put(uploadUrl, video, CHUNK, 2 * CHUNK - 1);
  const broken = assert.rejects(breaking);
  const sizeOf = async () => (await stat(join(dataDir, 'videos', '1'))).size;
  await until(async () => (await sizeOf()) > CHUNK, 'a part of the second chunk is in the file');
  first.child.kill('SIGKILL');
  await Promise.all([once(first.child, 'exit'), broken]);

  const second = await spawnSimulator(t, dataDir, Number(new URL(first.origin).port));
  assert.equal(second.origin, first.origin);
  assert.equal((await fetchStatus(second.origin, token, publishId)).body.data.uploaded_bytes, CHUNK);
  assert.equal((await put(uploadUrl, video, CHUNK, 2 * CHUNK - 1)).status, 206);
  assert.equal((await put(uploadUrl, video, 2 * CHUNK)).status, 201);
  const journal = await fetch(`${second.origin}/simulator/journal?kind=upload.complete`);
  const { entries } = (await journal.json()) as { entries: JournalEntry[] };
  assert.equal(entries[0]?.sha256, createHash('sha256').update(video).digest('hex'));
  assert.equal((await refresh(second.origin, String(tokens.refresh_token))).status, 200);

  second.child.kill('SIGTERM');
  assert.deepEqual(await once(second.child, 'exit'), [0, null]);
});

test('grants, windows, settings, faults and journal are there again', async t => {
  const dataDir = await folderFor(t);
  const clock = standingClock();
  const before = await startSimulator({ dataDir, port: 0, clock });
  const tokens = before.grant('clara.cooks');
  before.change({ audited: false, accounts: { 'clara.cooks': { private: true } } });
  before.addFault({ kind: '5xx', route: 'status', count: 3 });
  const journal = before.journal();
  await before.stop();

  const after = await simulatorFor(t, { dataDir, clock });
  assert.equal(after.settings().audited, false);
  assert.equal(after.settings().accounts['clara.cooks']?.private, true);
  assert.deepEqual(
    after.faults().map(({ kind, count }) => [kind, count]),
    [['5xx', 3]],
  );
  assert.deepEqual(after.journal(), journal);
  assert.equal((await fetchStatus(after.origin, tokens.access_token, 'x')).status, 500);
});

test('bytes that the machine lost are not counted', async t => {
  const dataDir = await folderFor(t);
  const before = await startSimulator({ dataDir, port: 0 });
  const token = before.grant('clara.cooks').access_token;
  const video = randomBytes(3 * CHUNK);
  const { publishId, uploadUrl } = invitationOf(
    await initDirect(before.origin, token, fileSource(video.length, CHUNK)),
  );
  await put(uploadUrl, video, 0, CHUNK - 1);
  await put(uploadUrl, video, CHUNK, 2 * CHUNK - 1);
  await before.stop();
  await truncate(join(dataDir, 'videos', '1'), CHUNK + 10);
  const after = await simulatorFor(t, { dataDir });
  assert.equal((await fetchStatus(after.origin, token, publishId)).body.data.uploaded_bytes, CHUNK);
});

test('a second simulator on the same folder is refused in words', async t => {
  const dataDir = await folderFor(t);
  await simulatorFor(t, { dataDir });
  await assert.rejects(startSimulator({ dataDir, port: 0 }), /Another TikTok simulator is running/);
});

test('a taken port is an error, after which the folder is free', async t => {
  const { origin } = await simulatorFor(t);
  const dataDir = await folderFor(t);
  const port = Number(new URL(origin).port);
  await assert.rejects(startSimulator({ dataDir, port }), { code: 'EADDRINUSE' });
  await simulatorFor(t, { dataDir });
});
