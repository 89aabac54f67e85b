/** What becomes of a post: upload, processing, moderation, the inbox, and the ways in which it ends. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  call,
  fetchStatus,
  fileSource,
  initDirect,
  initInbox,
  invitationOf,
  POST_INFO,
  post,
  put,
  simulatorFor,
  standingClock,
} from './client.ts';

describe('a direct post', () => {
  test('goes from upload over processing to complete, and has a public id after moderation', async t => {
    const clock = standingClock();
    const { origin, grant, journal } = await simulatorFor(t, {
      clock,
      settings: { processingDelayMs: 5000, moderationDelayMs: 60_000 },
    });
    const token = grant('clara.cooks').access_token;
    const video = Buffer.alloc(2000, 7);
    const { publishId, uploadUrl } = invitationOf(await initDirect(origin, token, fileSource(2000)));
    assert.match(publishId, /^v_pub_file~v2-1\.\d+$/);
    assert.ok(publishId.length <= 64 && uploadUrl.length <= 256);
    assert.deepEqual((await fetchStatus(origin, token, publishId)).body.data, {
      status: 'PROCESSING_UPLOAD',
      uploaded_bytes: 0,
    });

    assert.equal((await put(uploadUrl, video)).status, 201);
    assert.deepEqual((await fetchStatus(origin, token, publishId)).body.data, {
      status: 'PROCESSING_UPLOAD',
      uploaded_bytes: 2000,
    });
    clock.forward(5000);
    assert.deepEqual((await fetchStatus(origin, token, publishId)).body.data, {
      status: 'PUBLISH_COMPLETE',
      uploaded_bytes: 2000,
    });
    clock.forward(60_000);
    const { text } = await fetchStatus(origin, token, publishId);
    const id = /"publicaly_available_post_id":\[(\d+)\]/.exec(text)?.[1] ?? '';
    assert.ok(BigInt(id) > 2n ** 53n, `${id} is beyond 2^53`);
    assert.notEqual(String(Number(id)), id, 'read as a number it is spoilt');

    const lasting = journal().filter(entry => !['status', 'token.issued'].includes(entry.kind));
    assert.deepEqual(
      lasting.map(entry => entry.kind),
      ['init', 'chunk', 'upload.complete', 'published', 'public'],
    );
    assert.deepEqual(journal({ kind: 'published' })[0]?.postInfo, POST_INFO);
    assert.equal(journal({ kind: 'published' })[0]?.at, clock() - 60_000);
    assert.equal(journal({ kind: 'public' })[0]?.postId, id);
  });

  test('for oneself alone never has an id', async t => {
    const clock = standingClock();
    const { origin, grant } = await simulatorFor(t, { clock });
    const token = grant('clara.cooks').access_token;
    const { publishId } = await post(origin, token, Buffer.alloc(10), { ...POST_INFO, privacy_level: 'SELF_ONLY' });
    clock.forward(86_400_000 - 1);
    const { data } = (await fetchStatus(origin, grant('clara.cooks').access_token, publishId)).body;
    assert.deepEqual(data, { status: 'PUBLISH_COMPLETE', uploaded_bytes: 10 });
  });

  test('that is no video fails in processing', async t => {
    const clock = standingClock();
    const { origin, grant } = await simulatorFor(t, { clock, settings: { checkMedia: true } });
    const token = grant('clara.cooks').access_token;
    const { publishId, putStatus } = await post(origin, token, Buffer.from('<!doctype html><title>expired</title>'));
    assert.equal(putStatus, 201);
    clock.forward(1000);
    const answer = await fetchStatus(origin, token, publishId);
    assert.deepEqual([answer.status, answer.code], [200, 'ok']);
    assert.deepEqual(answer.body.data, {
      status: 'FAILED',
      fail_reason: 'file_format_check_failed',
      uploaded_bytes: 37,
    });
  });

  test('belongs to its token’s person', async t => {
    const { origin, grant } = await simulatorFor(t);
    const { publishId } = await post(origin, grant('clara.cooks').access_token);
    const other = grant('max.moves').access_token;
    assert.equal((await fetchStatus(origin, other, publishId)).code, 'token_not_authorized_for_specified_publish_id');
    assert.equal((await fetchStatus(origin, other, 'v_pub_file~v2-1.1')).code, 'invalid_publish_id');
    const cancel = await call(origin, '/v2/post/publish/cancel/', grant('clara.cooks').access_token, {
      publish_id: publishId,
    });
    assert.equal(cancel.code, 'publish_not_cancellable');
  });

  test('under way fails when its person shuts the app out', async t => {
    const { origin, grant, disconnect } = await simulatorFor(t);
    const token = grant('clara.cooks').access_token;
    const { publishId, uploadUrl } = invitationOf(await initDirect(origin, token));
    assert.equal(disconnect('clara.cooks'), true);
    assert.equal(disconnect('clara.cooks'), false);
    assert.equal((await fetchStatus(origin, token, publishId)).code, 'access_token_invalid');
    assert.equal((await put(uploadUrl, Buffer.alloc(1000))).status, 404);
    const later = grant('clara.cooks').access_token;
    assert.equal((await fetchStatus(origin, later, publishId)).body.data.fail_reason, 'auth_removed');
  });
});

describe('a draft', () => {
  test('takes source_info alone, waits in the inbox, and is complete when its person finishes it', async t => {
    const clock = standingClock();
    const { origin, grant, finishDraft } = await simulatorFor(t, { clock });
    const token = grant('clara.cooks', { scopes: ['user.info.basic', 'video.upload'] }).access_token;
    const titled = await call(origin, '/v2/post/publish/inbox/video/init/', token, {
      post_info: { title: 'x' },
      source_info: fileSource(10),
    });
    assert.equal(titled.code, 'invalid_params');
    const { publishId, uploadUrl } = invitationOf(await initInbox(origin, token, fileSource(10)));
    assert.match(publishId, /^v_inbox_file~v2\.\d+$/);
    await put(uploadUrl, Buffer.alloc(10));
    assert.equal(finishDraft(publishId), false);
    clock.forward(1000);
    assert.equal((await fetchStatus(origin, token, publishId)).body.data.status, 'SEND_TO_USER_INBOX');
    clock.forward(3_600_000);
    assert.equal(finishDraft(publishId, { privacy_level: 'PUBLIC_TO_EVERYONE', title: 'Mine' }), true);
    assert.equal(finishDraft(publishId), false);
    clock.forward(2000);
    const { data } = (await fetchStatus(origin, grant('clara.cooks').access_token, publishId)).body;
    assert.equal(data.status, 'PUBLISH_COMPLETE');
    assert.equal((data.publicaly_available_post_id as unknown[]).length, 1);
  });

  test('finishes by itself after a while where the settings say so', async t => {
    const clock = standingClock();
    const { origin, grant, journal } = await simulatorFor(t, { clock, settings: { inboxFinishDelayMs: 10_000 } });
    const { uploadUrl } = invitationOf(await initInbox(origin, grant('clara.cooks').access_token, fileSource(10)));
    await put(uploadUrl, Buffer.alloc(10));
    clock.forward(60_000);
    assert.deepEqual(
      journal()
        .slice(-3)
        .map(entry => entry.kind),
      ['inbox.delivered', 'published', 'public'],
    );
    const [delivered, published] = journal().slice(-3);
    assert.equal((published?.at ?? 0) - (delivered?.at ?? 0), 10_000);
  });
});
