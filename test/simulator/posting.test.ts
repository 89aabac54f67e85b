/** creator_info and the inits: what each checks, and in which order. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, creatorInfo, fileSource, initDirect, POST_INFO, simulatorFor } from './client.ts';

const privateAccount = { accounts: { 'clara.cooks': { private: true } } };

describe('creator_info', () => {
  test('tells a public creator’s options', async t => {
    const { origin, grant } = await simulatorFor(t);
    const { body } = await creatorInfo(origin, grant('clara.cooks').access_token);
    assert.deepEqual(body.data, {
      creator_avatar_url: `${origin}/simulator/avatars/clara.cooks.svg`,
      creator_username: 'clara.cooks',
      creator_nickname: 'Clara Cooks',
      privacy_level_options: ['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'],
      comment_disabled: false,
      duet_disabled: false,
      stitch_disabled: false,
      max_video_post_duration_sec: 600,
    });
  });

  test('a private account has other options, and neither duet nor stitch', async t => {
    const { origin, grant, change } = await simulatorFor(t);
    change(privateAccount);
    const { data } = (await creatorInfo(origin, grant('clara.cooks').access_token)).body;
    assert.deepEqual(data.privacy_level_options, ['FOLLOWER_OF_CREATOR', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY']);
    assert.deepEqual([data.duet_disabled, data.stitch_disabled], [true, true]);
  });

  test('a banned creator is told with HTTP 200', async t => {
    const { origin, grant, change } = await simulatorFor(t);
    change({ accounts: { 'clara.cooks': { banned: true } } });
    const answer = await creatorInfo(origin, grant('clara.cooks').access_token);
    assert.deepEqual([answer.status, answer.code], [200, 'spam_risk_user_banned_from_posting']);
  });
});

describe('direct init', () => {
  const info = (changes: object) => ({ ...POST_INFO, ...changes });
  const refusals: [what: string, body: unknown, code: string][] = [
    ['a body that is no JSON', '{', 'invalid_params'],
    ['no post_info', { source_info: fileSource(1000) }, 'invalid_params'],
    [
      'no privacy_level',
      { post_info: info({ privacy_level: undefined }), source_info: fileSource(1000) },
      'invalid_params',
    ],
    [
      'an unknown privacy_level',
      { post_info: info({ privacy_level: 'EVERYONE' }), source_info: fileSource(1000) },
      'invalid_params',
    ],
    [
      'a misspelt field',
      { post_info: info({ disable_comments: true }), source_info: fileSource(1000) },
      'invalid_params',
    ],
    [
      'a caption of 2201 units',
      { post_info: info({ title: `${'🍲'.repeat(1100)}x` }), source_info: fileSource(1000) },
      'invalid_params',
    ],
    [
      'a switch that is text',
      { post_info: info({ disable_duet: 'true' }), source_info: fileSource(1000) },
      'invalid_params',
    ],
    [
      'no disclosure',
      { post_info: info({ brand_content_toggle: undefined }), source_info: fileSource(1000) },
      'invalid_params',
    ],
    [
      'branded content for oneself alone',
      { post_info: info({ brand_content_toggle: true, privacy_level: 'SELF_ONLY' }), source_info: fileSource(1000) },
      'invalid_params',
    ],
    ['a wrong chunk count', { post_info: POST_INFO, source_info: fileSource(75e6, 10e6, 8) }, 'invalid_params'],
    [
      'a size that is text',
      { post_info: POST_INFO, source_info: { ...fileSource(1000), video_size: '1000' } },
      'invalid_params',
    ],
    [
      'a pull from an address that nobody verified',
      { post_info: POST_INFO, source_info: { source: 'PULL_FROM_URL', video_url: 'https://example.org/v.mp4' } },
      'url_ownership_unverified',
    ],
    [
      'followers, to whom a public account does not post',
      { post_info: info({ privacy_level: 'FOLLOWER_OF_CREATOR' }), source_info: fileSource(1000) },
      'privacy_level_option_mismatch',
    ],
  ];
  for (const [what, body, code] of refusals) {
    test(`refuses ${what}: ${code}`, async t => {
      const { origin, grant, journal } = await simulatorFor(t);
      const answer = await call(origin, '/v2/post/publish/video/init/', grant('clara.cooks').access_token, body);
      assert.equal(answer.code, code, answer.text);
      assert.equal(answer.status, code === 'invalid_params' ? 400 : 403);
      assert.ok(answer.body.error.log_id);
      assert.deepEqual(journal({ kind: 'init' }), []);
      assert.equal(journal({ kind: 'refused' }).at(-1)?.code, code);
    });
  }

  test('takes a caption of exactly 2200 UTF-16 units', async t => {
    const { origin, grant } = await simulatorFor(t);
    const title = '🍲'.repeat(1100);
    assert.equal(
      (await initDirect(origin, grant('clara.cooks').access_token, fileSource(1000), info({ title }))).code,
      'ok',
    );
  });

  test('says why a chunk plan is wrong', async t => {
    const { origin, grant } = await simulatorFor(t);
    const token = grant('clara.cooks').access_token;
    const count = await initDirect(origin, token, fileSource(75e6, 10e6, 8));
    assert.equal(count.body.error.message, 'The total chunk count is invalid');
    const size = await initDirect(origin, token, fileSource(121e6, 64e6, 1));
    assert.equal(size.body.error.message, 'The chunk size is invalid');
  });

  test('checks token, scope, rate, caps, body, privacy, audit, in this order', async t => {
    const { origin, grant, change } = await simulatorFor(t);
    const broken = { post_info: {}, source_info: {} };
    const init = (token: string, body: object) => call(origin, '/v2/post/publish/video/init/', token, body);
    assert.equal((await init('act.wrong', broken)).code, 'access_token_invalid');
    assert.equal(
      (await init(grant('clara.cooks', { scopes: ['video.upload'] }).access_token, broken)).code,
      'scope_not_authorized',
    );
    const token = grant('clara.cooks').access_token;
    change({ caps: { directPostsPerDay: 0 }, rateLimits: { init: 0 }, audited: false });
    assert.equal((await init(token, broken)).code, 'rate_limit_exceeded');
    change({ rateLimits: { init: 100 } });
    assert.equal((await init(token, broken)).code, 'spam_risk_too_many_posts');
    change({ caps: { directPostsPerDay: 15 } });
    assert.equal((await init(token, broken)).code, 'invalid_params');
    const mismatched = { post_info: info({ privacy_level: 'FOLLOWER_OF_CREATOR' }), source_info: fileSource(1000) };
    assert.equal((await init(token, mismatched)).code, 'privacy_level_option_mismatch');
    const audit = await init(token, { post_info: POST_INFO, source_info: fileSource(1000) });
    assert.equal(audit.code, 'unaudited_client_can_only_post_to_private_accounts');
  });
});
