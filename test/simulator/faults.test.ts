/** Faults on order: each strikes where it was told, as often as it was told, with or without the effect. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codeFrom,
  creatorInfo,
  exchange,
  fetchStatus,
  fileSource,
  initDirect,
  invitationOf,
  post,
  put,
  refresh,
  simulatorFor,
  standingClock,
} from './client.ts';

test('429 and 5xx come before any effect, on their route, as often as ordered', async t => {
  const { origin, grant, addFault, faults, journal } = await simulatorFor(t);
  const token = grant('clara.cooks').access_token;
  addFault({ kind: '429', route: 'init', count: 2 });
  assert.equal((await creatorInfo(origin, token)).code, 'ok');
  assert.deepEqual(
    [(await initDirect(origin, token)).status, (await initDirect(origin, token)).code],
    [429, 'rate_limit_exceeded'],
  );
  assert.deepEqual(faults(), []);
  addFault({ kind: '5xx', route: 'any', status: 503, count: 1 });
  const broken = await initDirect(origin, token);
  assert.deepEqual([broken.status, broken.code], [503, 'internal_error']);
  assert.equal((await initDirect(origin, token)).code, 'ok');
  assert.equal(journal({ kind: 'init' }).length, 1);
  assert.deepEqual(
    journal({ kind: 'fault' }).map(entry => entry.code),
    ['429', '429', '5xx'],
  );
  assert.deepEqual(journal({ kind: 'rate_limited' }), [], 'a fault is not a limit that the client broke');
});

test('a fault may last until a time, and be taken back', async t => {
  const clock = standingClock();
  const { origin, grant, addFault, clearFaults } = await simulatorFor(t, { clock });
  const token = grant('clara.cooks').access_token;
  addFault({ kind: '5xx', route: 'creator_info', until: clock() + 60_000 });
  assert.equal((await creatorInfo(origin, token)).status, 500);
  clock.forward(60_000);
  assert.equal((await creatorInfo(origin, token)).status, 200);
  addFault({ kind: '5xx', route: 'creator_info' });
  clearFaults();
  assert.equal((await creatorInfo(origin, token)).status, 200);
});

test('a fault by chance follows the seed', async t => {
  const numbers = [0.1, 0.9, 0.29];
  const { origin, grant, addFault } = await simulatorFor(t, { random: () => numbers.shift() ?? 1 });
  const token = grant('clara.cooks').access_token;
  addFault({ kind: '5xx', route: 'creator_info', probability: 0.3 });
  const statuses = [
    await creatorInfo(origin, token),
    await creatorInfo(origin, token),
    await creatorInfo(origin, token),
  ];
  assert.deepEqual(
    statuses.map(answer => answer.status),
    [500, 200, 500],
  );
});

test('a lost reply: the effect stays, the answer never comes', async t => {
  const { origin, grant, addFault, journal } = await simulatorFor(t);
  const token = grant('clara.cooks').access_token;
  addFault({ kind: 'lost_reply', route: 'init', count: 1 });
  await assert.rejects(initDirect(origin, token));
  assert.equal(journal({ kind: 'init' }).length, 1);

  const video = Buffer.alloc(1000);
  const { publishId, uploadUrl } = invitationOf(await initDirect(origin, token, fileSource(1000)));
  addFault({ kind: 'lost_reply', route: 'upload', count: 1 });
  await assert.rejects(put(uploadUrl, video));
  assert.equal((await fetchStatus(origin, token, publishId)).body.data.uploaded_bytes, 1000);
  assert.equal((await put(uploadUrl, video)).status, 416);
});

test('a lost token reply burns the old refresh token', async t => {
  const { origin, addFault } = await simulatorFor(t);
  const { body } = await exchange(origin, await codeFrom(origin));
  addFault({ kind: 'lost_reply', route: 'token', count: 1 });
  await assert.rejects(refresh(origin, String(body.refresh_token)));
  assert.equal((await refresh(origin, String(body.refresh_token))).body.error, 'invalid_grant');
});

test('OAuth’s own errors are flat', async t => {
  const { origin, addFault } = await simulatorFor(t);
  addFault({ kind: '5xx', route: 'token', count: 1 });
  const refused = await refresh(origin, 'rft.x');
  assert.deepEqual([refused.status, refused.body.error], [500, 'server_error']);
});

test('a reset cuts the connection and nothing has happened', async t => {
  const { origin, grant, addFault, journal } = await simulatorFor(t);
  const token = grant('clara.cooks').access_token;
  addFault({ kind: 'reset', route: 'init', count: 1 });
  await assert.rejects(initDirect(origin, token));
  assert.deepEqual(journal({ kind: 'init' }), []);
  const { uploadUrl, publishId } = invitationOf(await initDirect(origin, token, fileSource(1000)));
  addFault({ kind: 'reset', route: 'upload', count: 1 });
  await assert.rejects(put(uploadUrl, Buffer.alloc(1000)), 'a body smaller than afterBytes is cut too');
  assert.equal((await fetchStatus(origin, token, publishId)).body.data.uploaded_bytes, 0);
});

test('slow delays a call and throttles a body', async t => {
  const { origin, grant, addFault } = await simulatorFor(t);
  const token = grant('clara.cooks').access_token;
  const timed = async (work: Promise<unknown>) => {
    const startedAt = performance.now();
    await work;
    return performance.now() - startedAt;
  };
  addFault({ kind: 'slow', route: 'creator_info', delayMs: 150, count: 1 });
  assert.ok((await timed(creatorInfo(origin, token))) >= 145);
  const { uploadUrl } = invitationOf(await initDirect(origin, token, fileSource(40_000)));
  addFault({ kind: 'slow', route: 'upload', bytesPerSecond: 200_000, count: 1 });
  assert.ok((await timed(put(uploadUrl, Buffer.alloc(40_000)))) >= 195);
});

test('processing fails for the reason ordered', async t => {
  const clock = standingClock();
  const { origin, grant, addFault, journal } = await simulatorFor(t, { clock });
  const token = grant('clara.cooks').access_token;
  addFault({ kind: 'fail_processing', failReason: 'frame_rate_check_failed', count: 1 });
  const { publishId } = await post(origin, token);
  assert.equal(
    (await fetchStatus(origin, token, publishId)).body.data.status,
    'PROCESSING_UPLOAD',
    'found out in processing',
  );
  clock.forward(1000);
  assert.equal((await fetchStatus(origin, token, publishId)).body.data.fail_reason, 'frame_rate_check_failed');
  assert.equal(journal({ kind: 'failed' })[0]?.failReason, 'frame_rate_check_failed');
});

test('a forgotten publish id stays unknown while its post goes on', async t => {
  const clock = standingClock();
  const { origin, grant, addFault, journal } = await simulatorFor(t, { clock });
  const token = grant('clara.cooks').access_token;
  const { publishId } = await post(origin, token);
  addFault({ kind: 'forget_publish_id', count: 1 });
  assert.equal((await fetchStatus(origin, token, publishId)).code, 'invalid_publish_id');
  clock.forward(60_000);
  assert.equal((await fetchStatus(origin, token, publishId)).code, 'invalid_publish_id');
  assert.equal(journal({ kind: 'forgotten' })[0]?.publishId, publishId);
  assert.equal(journal({ kind: 'published' })[0]?.publishId, publishId);
});

test('a refused fault says what is wrong with it', async t => {
  const { addFault, faults } = await simulatorFor(t);
  assert.throws(() => addFault({ kind: '429', route: 'nowhere' } as never), /route/);
  assert.deepEqual(faults(), []);
});
