// The client against the TikTok simulator, each unmodified: linking, both ways of posting, tokens that end, uploads that break.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { request } from 'undici';
import type { AppError } from '#domain/errors.ts';
import { type FaultInput, SIMULATOR_CLIENT, type Simulator, startSimulator } from '#simulator/simulator.ts';
import { createTikTokClient, type DirectPost, type Grant, type TikTokClient } from '#tiktok/client.ts';
import { createPkce } from '#tiktok/pkce.ts';
import { requiredScopes } from '#tiktok/scopes.ts';
import { chunkRange, nextChunk, planUpload } from '#tiktok/upload-plan.ts';
import { writePaddedClip } from '../media/padded-clip.ts';

const CLIP = join(import.meta.dirname, '../clips/vertical-6s.mp4');
const BIG_BYTES = 80_000_000;
const REDIRECT = 'http://localhost:4321/callback';
const USERNAME = 'clara.cooks';

let dir: string;
let bigClip: string;
let simulator: Simulator;
let client: TikTokClient;
/** Ours and the simulator's; both stand still until a test moves them. */
let nowMs = 1_795_000_000_000;
const clock = () => nowMs;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'client-'));
  bigClip = join(dir, 'big.mp4');
  await writePaddedClip(CLIP, bigClip, BIG_BYTES);
  simulator = await startSimulator({ dataDir: join(dir, 'simulator'), port: 0, clock });
  client = createTikTokClient({
    apiOrigin: simulator.origin,
    authorizeOrigin: simulator.origin,
    clientKey: SIMULATOR_CLIENT.key,
    clientSecret: SIMULATOR_CLIENT.secret,
    clock,
  });
});
after(async () => {
  await client.close();
  await simulator.stop();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  simulator.clearFaults();
  nowMs += 3 * 86_400_000;
});

const grant = (scopes: string[] = [...requiredScopes('direct')]): Grant =>
  client.parseGrant(simulator.grant(USERNAME, { scopes }));

const POST: Omit<DirectPost, 'sizeBytes'> = {
  title: 'Soup in ten minutes #cooking',
  privacy: 'PUBLIC_TO_EVERYONE',
  disableComment: false,
  disableDuet: true,
  disableStitch: true,
  coverMs: 1500,
  brandContent: false,
  brandOrganic: true,
  aiGenerated: true,
};

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Sends chunk `index` of `path`. */
async function send(uploadUrl: string, path: string, index: number) {
  const { size: totalBytes } = await stat(path);
  const { first, last } = chunkRange(planUpload(totalBytes), index, totalBytes);
  const body = createReadStream(path, { start: first, end: last });
  return client.putChunk({ uploadUrl, first, last, totalBytes, contentType: 'video/mp4', body, timeoutMs: 20_000 });
}

const fault = (input: FaultInput) => simulator.addFault(input);
const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'no error',
    (error: AppError) => error.code,
  );
const lastOf = (kind: 'init' | 'inbox.init' | 'upload.complete') => simulator.journal({ kind }).at(-1);

describe('linking', () => {
  it('the authorize page, the code exchange and the account behind it', async () => {
    const pkce = createPkce('hex', sizeBytes => new Uint8Array(sizeBytes).fill(3));
    assert.ok(pkce);
    const page = client.authorizeUrl({
      redirectUri: REDIRECT,
      scopes: requiredScopes('direct'),
      state: 'state-1',
      codeChallenge: pkce.challenge,
      forceLogin: true,
    });
    assert.equal(new URL(page).searchParams.get('disable_auto_auth'), '1');
    const decision = new URLSearchParams({ account: USERNAME, decision: 'authorize' });
    for (const scope of requiredScopes('direct')) decision.append('granted', scope);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const consent = await request(page, { method: 'POST', headers, body: decision.toString() });
    await consent.body.dump();
    const callback = new URL(String(consent.headers.location));
    assert.equal(callback.searchParams.get('state'), 'state-1');
    // The exchange itself is @fastify/oauth2's; this is what it sends.
    const form = new URLSearchParams({
      client_key: SIMULATOR_CLIENT.key,
      client_secret: SIMULATOR_CLIENT.secret,
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT,
      code_verifier: pkce.verifier,
    });
    const exchange = await request(`${simulator.origin}/v2/oauth/token/`, {
      method: 'POST',
      headers,
      body: form.toString(),
    });
    const granted = client.parseGrant(await exchange.body.json());
    assert.deepEqual(granted.scopes.toSorted(), requiredScopes('direct').toSorted());
    assert.equal(granted.accessExpiresAt.getTime(), nowMs + simulator.settings().accessTokenLifetimeSec * 1000);
    const user = await client.fetchUser(granted.accessToken);
    assert.equal(user.openId, granted.openId);
    assert.ok(user.unionId && user.displayName && user.avatarUrl.startsWith(simulator.origin), JSON.stringify(user));
  });

  it('a page without PKCE or force asks for neither', () => {
    const page = client.authorizeUrl({
      redirectUri: REDIRECT,
      scopes: requiredScopes('inbox'),
      state: 's',
      codeChallenge: null,
      forceLogin: false,
    });
    assert.deepEqual(Object.fromEntries(new URL(page).searchParams), {
      client_key: SIMULATOR_CLIENT.key,
      response_type: 'code',
      scope: 'user.info.basic,video.upload',
      redirect_uri: REDIRECT,
      state: 's',
    });
  });

  it('a refused exchange throws, though it may come as HTTP 200', () => {
    assert.throws(() => client.parseGrant({ error: 'invalid_grant', error_description: 'x', log_id: 'l' }), {
      code: 'tiktok_grant_ended',
    });
  });
});

describe('tokens', () => {
  it('a refresh gives a new pair and kills the old refresh token', async () => {
    const old = grant();
    const fresh = await client.refreshGrant(old.refreshToken);
    assert.notEqual(fresh.accessToken, old.accessToken);
    assert.notEqual(fresh.refreshToken, old.refreshToken);
    assert.equal(fresh.openId, old.openId);
    assert.equal((await client.fetchUser(fresh.accessToken)).openId, old.openId);
    assert.equal(await codeOf(client.refreshGrant(old.refreshToken)), 'tiktok_grant_ended');
  });

  it('the same where TikTok answers OAuth errors with 200', async () => {
    simulator.change({ oauthErrorsAs200: true });
    try {
      assert.equal(await codeOf(client.refreshGrant('rft.unknown')), 'tiktok_grant_ended');
    } finally {
      simulator.change({ oauthErrorsAs200: null });
    }
  });

  it('an expired or revoked token is invalid everywhere', async () => {
    const expired = grant();
    nowMs += simulator.settings().accessTokenLifetimeSec * 1000 + 1000;
    const revoked = grant();
    await client.revokeGrant(revoked.accessToken);
    for (const { accessToken } of [expired, revoked]) {
      assert.equal(await codeOf(client.fetchUser(accessToken)), 'tiktok_token_invalid');
      assert.equal(await codeOf(client.fetchCreator(accessToken)), 'tiktok_token_invalid');
      assert.equal(await codeOf(client.initInboxPost(accessToken, { sizeBytes: 1000 })), 'tiktok_token_invalid');
    }
    assert.equal(await codeOf(client.refreshGrant(revoked.refreshToken)), 'tiktok_grant_ended');
  });

  it('a scope that was not granted is missing', async () => {
    const { accessToken } = grant([...requiredScopes('inbox')]);
    assert.equal(await codeOf(client.fetchCreator(accessToken)), 'tiktok_scope_missing');
  });

  it('a wrong client secret is our fault', async () => {
    const impostor = createTikTokClient({
      apiOrigin: simulator.origin,
      authorizeOrigin: simulator.origin,
      clientKey: SIMULATOR_CLIENT.key,
      clientSecret: 'wrong',
      clock,
    });
    assert.equal(await codeOf(impostor.refreshGrant(grant().refreshToken)), 'tiktok_client_invalid');
    await impostor.close();
  });
});

describe('creator info', () => {
  it('says what the creator may choose, and when it was asked', async () => {
    simulator.change({ accounts: { [USERNAME]: { commentDisabled: true, maxVideoPostDurationSec: 180 } } });
    try {
      const creator = await client.fetchCreator(grant().accessToken);
      assert.deepEqual(creator.privacyOptions.toSorted(), ['MUTUAL_FOLLOW_FRIENDS', 'PUBLIC_TO_EVERYONE', 'SELF_ONLY']);
      assert.equal(creator.username, USERNAME);
      assert.equal(creator.commentDisabled, true);
      assert.equal(creator.duetDisabled, false);
      assert.equal(creator.maxDurationMs, 180_000);
      assert.deepEqual(creator.askedAt, new Date(nowMs));
    } finally {
      simulator.change({ accounts: null });
    }
  });

  it('caps come as HTTP 200 and are refusals', async () => {
    simulator.change({ accounts: { [USERNAME]: { banned: true } } });
    try {
      await assert.rejects(client.fetchCreator(grant().accessToken), (error: AppError) => {
        assert.deepEqual([error.code, error.facts.httpStatus], ['tiktok_user_banned', 200]);
        assert.ok(error.facts.logId, "TikTok's own reference is kept");
        return true;
      });
    } finally {
      simulator.change({ accounts: null });
    }
  });
});

describe('posting', () => {
  it('a direct post of one chunk arrives whole, with every choice, and goes public', async () => {
    const { accessToken } = grant();
    const { size: sizeBytes } = await stat(CLIP);
    const { publishId, uploadUrl } = await client.initDirectPost(accessToken, { ...POST, sizeBytes });
    assert.deepEqual(lastOf('init')?.postInfo, {
      title: POST.title,
      privacy_level: 'PUBLIC_TO_EVERYONE',
      disable_comment: false,
      disable_duet: true,
      disable_stitch: true,
      video_cover_timestamp_ms: 1500,
      brand_content_toggle: false,
      brand_organic_toggle: true,
      is_aigc: true,
    });
    assert.equal((await client.fetchStatus(accessToken, publishId)).status, 'PROCESSING_UPLOAD');
    assert.equal((await send(uploadUrl, CLIP, 0)).complete, true);
    assert.equal(lastOf('upload.complete')?.sha256, await sha256Of(CLIP));
    nowMs += simulator.settings().processingDelayMs + 1;
    assert.deepEqual((await client.fetchStatus(accessToken, publishId)).postIds, []);
    nowMs += simulator.settings().moderationDelayMs + 1;
    const { status, postIds } = await client.fetchStatus(accessToken, publishId);
    assert.equal(status, 'PUBLISH_COMPLETE');
    assert.match(postIds[0] ?? '', /^\d{19}$/, 'an id beyond 2^53');
    const journalled = simulator.journal({ kind: 'public' }).at(-1);
    assert.equal(postIds[0], String(journalled?.postId), 'to the last digit');
  });

  it('80 MB go up in eight chunks, byte for byte', async () => {
    const { accessToken } = grant();
    const { uploadUrl } = await client.initDirectPost(accessToken, { ...POST, sizeBytes: BIG_BYTES });
    const { chunkCount } = planUpload(BIG_BYTES);
    for (let i = 0; i < chunkCount; i++) {
      const { complete } = await send(uploadUrl, bigClip, i);
      assert.equal(complete, i === chunkCount - 1, `chunk ${i}`);
    }
    assert.equal(lastOf('upload.complete')?.sha256, await sha256Of(bigClip));
  });

  it('an inbox post sends nothing but the size', async () => {
    const { accessToken } = grant([...requiredScopes('inbox')]);
    const { size: sizeBytes } = await stat(CLIP);
    const { publishId, uploadUrl } = await client.initInboxPost(accessToken, { sizeBytes });
    await send(uploadUrl, CLIP, 0);
    nowMs += simulator.settings().processingDelayMs + 1;
    assert.equal((await client.fetchStatus(accessToken, publishId)).status, 'SEND_TO_USER_INBOX');
  });

  it('a post that TikTok refuses after all says why', async () => {
    const { accessToken } = grant();
    const { size: sizeBytes } = await stat(CLIP);
    fault({ kind: 'fail_processing', failReason: 'frame_rate_check_failed', count: 1 });
    const { publishId, uploadUrl } = await client.initDirectPost(accessToken, { ...POST, sizeBytes });
    await send(uploadUrl, CLIP, 0);
    nowMs += simulator.settings().processingDelayMs + 1;
    const { status, failReason, failWireCode } = await client.fetchStatus(accessToken, publishId);
    assert.deepEqual(
      [status, failReason, failWireCode],
      ['FAILED', 'tiktok_frame_rate_refused', 'frame_rate_check_failed'],
    );
  });

  it('a choice that the account does not offer is refused with its name', async () => {
    const post = { ...POST, privacy: 'FOLLOWER_OF_CREATOR' as const, sizeBytes: 1000 };
    await assert.rejects(client.initDirectPost(grant().accessToken, post), (error: AppError) => {
      assert.deepEqual([error.code, error.facts.privacy], ['privacy_not_offered', 'Followers']);
      return true;
    });
  });

  it('an unaudited app with a public account must make the account private', async () => {
    simulator.change({ audited: false });
    try {
      const post = { ...POST, privacy: 'SELF_ONLY' as const, sizeBytes: 1000 };
      assert.equal(await codeOf(client.initDirectPost(grant().accessToken, post)), 'tiktok_account_must_be_private');
    } finally {
      simulator.change({ audited: null });
    }
  });

  it('inits over the limit are rate limited', async () => {
    const { accessToken } = grant();
    const codes: string[] = [];
    for (let i = 0; i < 7; i++)
      codes.push(await codeOf(client.initDirectPost(accessToken, { ...POST, sizeBytes: 1000 })));
    assert.deepEqual(codes, [...Array<string>(6).fill('no error'), 'tiktok_rate_limited']);
  });

  it('an id that TikTok does not know', async () => {
    assert.equal(await codeOf(client.fetchStatus(grant().accessToken, 'v_pub_file~v2-1.1')), 'tiktok_publish_unknown');
  });
});

describe('uploads that break', () => {
  const init = async () => client.initDirectPost(grant().accessToken, { ...POST, sizeBytes: BIG_BYTES });

  it('a lost answer: TikTok says where it stands, and the upload goes on from there', async () => {
    const { accessToken } = grant();
    const { publishId, uploadUrl } = await client.initDirectPost(accessToken, { ...POST, sizeBytes: BIG_BYTES });
    const plan = planUpload(BIG_BYTES);
    await send(uploadUrl, bigClip, 0);
    fault({ kind: 'lost_reply', route: 'upload', count: 1 });
    assert.equal(await codeOf(send(uploadUrl, bigClip, 1)), 'tiktok_unreachable');
    await assert.rejects(send(uploadUrl, bigClip, 1), (error: AppError) => {
      assert.equal(error.code, 'tiktok_upload_offset');
      assert.equal(nextChunk(plan, BIG_BYTES, Number(error.facts.uploadedBytes)), 2, 'by the refusal');
      return true;
    });
    const { status, uploadedBytes } = await client.fetchStatus(accessToken, publishId);
    assert.equal(status, 'PROCESSING_UPLOAD');
    assert.equal(nextChunk(plan, BIG_BYTES, uploadedBytes ?? -1), 2, 'by the status');
    for (let i = 2; i < plan.chunkCount; i++) await send(uploadUrl, bigClip, i);
    assert.equal(lastOf('upload.complete')?.sha256, await sha256Of(bigClip));
  });

  it('a connection reset in the middle of a chunk: the same chunk again', async () => {
    const { uploadUrl } = await init();
    fault({ kind: 'reset', route: 'upload', afterBytes: 3_000_000, count: 1 });
    assert.equal(await codeOf(send(uploadUrl, bigClip, 0)), 'tiktok_unreachable');
    assert.equal((await send(uploadUrl, bigClip, 0)).complete, false);
  });

  it('a chunk out of order, an address past its hour, an address that never was', async () => {
    const { uploadUrl } = await init();
    assert.equal(await codeOf(send(uploadUrl, bigClip, 1)), 'tiktok_upload_offset');
    nowMs += simulator.settings().uploadUrlLifetimeSec * 1000 + 1;
    assert.equal(await codeOf(send(uploadUrl, bigClip, 0)), 'tiktok_upload_expired');
    const unknown = new URL(uploadUrl);
    unknown.pathname += 'x';
    unknown.search = unknown.search.replace(/\d/g, '0');
    assert.equal(await codeOf(send(unknown.href, bigClip, 0)), 'tiktok_upload_unknown');
  });

  it('a broken server, a slow one, and one that was left', async () => {
    const { uploadUrl } = await init();
    fault({ kind: '5xx', route: 'upload', count: 1 });
    assert.equal(await codeOf(send(uploadUrl, bigClip, 0)), 'tiktok_unavailable');
    fault({ kind: 'slow', route: 'upload', bytesPerSecond: 200_000, count: 2 });
    const part = { uploadUrl, first: 0, last: 9_999_999, totalBytes: BIG_BYTES, contentType: 'video/mp4' };
    const body = () => createReadStream(bigClip, { end: 9_999_999 });
    assert.equal(await codeOf(client.putChunk({ ...part, body: body(), timeoutMs: 100 })), 'tiktok_timeout');
    const signal = AbortSignal.timeout(100);
    assert.equal(await codeOf(client.putChunk({ ...part, body: body(), timeoutMs: 20_000, signal })), 'aborted');
  });

  it('fewer bytes than announced never reach TikTok as a chunk', async () => {
    const { uploadUrl } = await init();
    const short = {
      uploadUrl,
      first: 0,
      last: 9_999_999,
      totalBytes: BIG_BYTES,
      contentType: 'video/mp4',
      timeoutMs: 5000,
    };
    await assert.rejects(client.putChunk({ ...short, body: Readable.from([Buffer.alloc(5_000_000)]) }), {
      code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    });
    assert.equal((await send(uploadUrl, bigClip, 0)).complete, false);
  });
});

describe('a TikTok in trouble', () => {
  for (const [kind, code] of [
    ['429', 'tiktok_rate_limited'],
    ['5xx', 'tiktok_unavailable'],
    ['reset', 'tiktok_unreachable'],
    ['lost_reply', 'tiktok_unreachable'],
  ] as const)
    it(`${kind} on each call: ${code}`, async () => {
      const { accessToken, refreshToken } = grant();
      const calls: [Extract<FaultInput, { kind: '5xx' }>['route'], () => Promise<unknown>][] = [
        ['user_info', () => client.fetchUser(accessToken)],
        ['creator_info', () => client.fetchCreator(accessToken)],
        ['init', () => client.initDirectPost(accessToken, { ...POST, sizeBytes: 1000 })],
        ['inbox_init', () => client.initInboxPost(accessToken, { sizeBytes: 1000 })],
        ['status', () => client.fetchStatus(accessToken, 'v_pub_file~v2-1.1')],
        ['token', () => client.refreshGrant(refreshToken)],
      ];
      for (const [route, call] of calls) {
        fault({ kind, route, count: 1 });
        const got = await codeOf(call());
        // A gateway's 5xx has no code of TikTok's; its own says internal_error.
        assert.ok(got === code || (kind === '5xx' && got === 'tiktok_internal'), `${route}: ${got}`);
      }
    });
});
