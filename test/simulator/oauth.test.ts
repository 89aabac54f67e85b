/** Authorize page, token endpoint, revoke: what TikTok promises of them and what it refuses. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import {
  authorizeUrl,
  call,
  codeFrom,
  creatorInfo,
  decide,
  exchange,
  postForm,
  refresh,
  simulatorFor,
  standingClock,
} from './client.ts';

describe('the authorize page', () => {
  const refusals: [what: string, changes: Record<string, string | undefined>, shown: string][] = [
    ['an unknown client_key', { client_key: 'nobody' }, 'client_key'],
    ['client_id in place of client_key', { client_key: undefined, client_id: SIMULATOR_CLIENT.key }, 'client_key'],
    ['a foreign redirect_uri', { redirect_uri: 'https://evil.example/' }, 'redirect_uri'],
    ['scopes separated by spaces', { scope: 'user.info.basic video.publish' }, 'scope'],
    ['an unknown scope', { scope: 'user.info.basic,video.delete' }, 'scope'],
    ['no state', { state: undefined }, 'state'],
    ['another response_type', { response_type: 'token' }, 'response_type'],
    [
      'a Desktop redirect without PKCE',
      { code_challenge: undefined, code_challenge_method: undefined },
      'code_challenge',
    ],
    ['the plain method', { code_challenge_method: 'plain' }, 'code_challenge_method'],
    [
      'a base64url challenge',
      { code_challenge: createHash('sha256').update('x').digest('base64url') },
      'code_challenge',
    ],
  ];
  for (const [what, changes, shown] of refusals) {
    test(`shows an error, and sends nobody anywhere, for ${what}`, async t => {
      const { origin } = await simulatorFor(t);
      const page = await fetch(authorizeUrl(origin, changes), { redirect: 'manual' });
      assert.equal(page.status, 400);
      assert.match(await page.text(), new RegExp(`<code>${shown}</code>`));
      const pressed = await decide(authorizeUrl(origin, changes), 'authorize', 'clara.cooks', []);
      assert.equal(pressed.status, 400);
      assert.equal(pressed.location, '');
    });
  }

  test('names the app and its scopes, runs no script, and lets its form lead to the app', async t => {
    const { origin } = await simulatorFor(t);
    const page = await fetch(authorizeUrl(origin));
    const text = await page.text();
    assert.match(text, /Clipcue \(practice\)/);
    assert.match(text, /name="granted" value="video.publish" checked/);
    assert.match(text, /nothing reaches TikTok/);
    assert.doesNotMatch(text, /<script|style=/);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /form-action 'self' http:\/\/localhost:4321(;|$)/);
    assert.match(policy, /default-src 'none'/);
  });

  test('sends code, granted scopes and state back; a code has characters that need decoding', async t => {
    const { origin } = await simulatorFor(t);
    const { status, location } = await decide(authorizeUrl(origin), 'authorize', 'clara.cooks', ['video.upload']);
    assert.equal(status, 303);
    const back = new URL(location);
    assert.match(back.searchParams.get('code') ?? '', /^[\w-]+\*1![\d]+\.u1$/);
    assert.equal(back.searchParams.get('scopes'), 'user.info.basic,video.upload');
    assert.equal(back.searchParams.get('state'), 'state-1');
  });

  test('sends access_denied back when the person cancels', async t => {
    const { origin, journal } = await simulatorFor(t);
    const back = new URL((await decide(authorizeUrl(origin), 'cancel')).location);
    assert.equal(back.searchParams.get('error'), 'access_denied');
    assert.ok(back.searchParams.get('error_description'));
    assert.equal(back.searchParams.get('state'), 'state-1');
    assert.equal(back.searchParams.get('code'), null);
    assert.deepEqual(journal({ kind: 'code.issued' }), []);
  });

  test('skips itself for a known session that granted all of it, unless disable_auto_auth=1', async t => {
    const { origin } = await simulatorFor(t);
    const first = await decide(authorizeUrl(origin), 'authorize', 'max.moves');
    await exchange(origin, new URL(first.location).searchParams.get('code') ?? '');
    const cookie = first.response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const visit = (url: string) => fetch(url, { headers: { cookie }, redirect: 'manual' });
    assert.equal((await visit(authorizeUrl(origin))).status, 303);
    assert.equal((await visit(authorizeUrl(origin, { disable_auto_auth: '1' }))).status, 200);
    assert.equal((await visit(authorizeUrl(origin, { scope: 'user.info.basic,video.list' }))).status, 200);
    assert.equal((await fetch(authorizeUrl(origin), { redirect: 'manual' })).status, 200);
  });

  test('an app in the portal’s sandbox lets its target users in alone', async t => {
    const { origin, change } = await simulatorFor(t);
    change({ clients: { [SIMULATOR_CLIENT.key]: { targetUsers: ['max.moves'] } } });
    assert.equal((await decide(authorizeUrl(origin), 'authorize', 'clara.cooks')).status, 400);
    assert.equal((await decide(authorizeUrl(origin), 'authorize', 'max.moves')).status, 303);
  });

  test('a form sent from another site is refused', async t => {
    const { origin } = await simulatorFor(t);
    const body = new URLSearchParams({ account: 'clara.cooks', decision: 'authorize' });
    const headers = { origin: 'https://evil.example' };
    const response = await fetch(authorizeUrl(origin), { method: 'POST', body, headers, redirect: 'manual' });
    assert.equal(response.status, 403);
  });
});

describe('the token endpoint', () => {
  test('gives tokens for a code, once', async t => {
    const { origin } = await simulatorFor(t);
    const code = await codeFrom(origin);
    const { status, body } = await exchange(origin, code);
    assert.equal(status, 200);
    assert.match(String(body.access_token), /^act\./);
    assert.match(String(body.refresh_token), /^rft\./);
    assert.match(String(body.open_id), /^-000/);
    assert.deepEqual(
      [body.expires_in, body.refresh_expires_in, body.token_type, body.scope],
      [7200, 15_552_000, 'Bearer', 'user.info.basic,video.upload,video.publish'],
    );
    assert.equal((await creatorInfo(origin, String(body.access_token))).code, 'ok');

    const again = await exchange(origin, code);
    assert.equal(again.body.error, 'invalid_grant');
    assert.ok(again.body.error_description);
    assert.ok(again.body.log_id);
  });

  const refusals: [what: string, changes: Record<string, string>, error: string][] = [
    ['a wrong secret', { client_secret: 'wrong' }, 'invalid_client'],
    ['an unknown client', { client_key: 'nobody' }, 'invalid_client'],
    ['another redirect_uri', { redirect_uri: 'http://localhost:4321/other/' }, 'invalid_grant'],
    ['another verifier', { code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
    ['a verifier that is too short', { code_verifier: 'short' }, 'invalid_request'],
    ['a code that was decoded wrongly', { code: 'code%2A1%21.u1' }, 'invalid_grant'],
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no code', { code: '' }, 'invalid_request'],
  ];
  for (const [what, changes, error] of refusals) {
    test(`refuses ${what} as ${error}`, async t => {
      const { origin, change } = await simulatorFor(t);
      const refused = await exchange(origin, await codeFrom(origin), changes);
      assert.equal(refused.body.error, error);
      assert.ok(refused.status === 400 || refused.status === 401, `status ${refused.status}`);
      change({ oauthErrorsAs200: true });
      assert.equal((await exchange(origin, 'x', { ...changes })).status, 200);
    });
  }

  test('refuses a JSON body', async t => {
    const { origin } = await simulatorFor(t);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${origin}/v2/oauth/token/`, { method: 'POST', headers, body: '{}' });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request');
  });

  test('a code lives a few minutes', async t => {
    const clock = standingClock();
    const { origin } = await simulatorFor(t, { clock });
    const code = await codeFrom(origin);
    clock.forward(300_000);
    assert.equal((await exchange(origin, code)).body.error, 'invalid_grant');
  });

  test('every refresh rotates: the old refresh token is dead, the new pair works', async t => {
    const clock = standingClock();
    const { origin } = await simulatorFor(t, { clock });
    const first = (await exchange(origin, await codeFrom(origin))).body;
    clock.forward(7200_000);
    assert.equal((await creatorInfo(origin, String(first.access_token))).code, 'access_token_invalid');
    const second = (await refresh(origin, String(first.refresh_token))).body;
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal(second.open_id, first.open_id);
    assert.equal((await creatorInfo(origin, String(second.access_token))).code, 'ok');
    assert.equal((await refresh(origin, String(first.refresh_token))).body.error, 'invalid_grant');
    assert.equal((await refresh(origin, String(second.refresh_token))).status, 200);
  });

  test('a replayed refresh token can end the grant, where the settings say so', async t => {
    const { origin } = await simulatorFor(t, { settings: { refreshReuseEndsGrant: true } });
    const first = (await exchange(origin, await codeFrom(origin))).body;
    const second = (await refresh(origin, String(first.refresh_token))).body;
    await refresh(origin, String(first.refresh_token));
    assert.equal((await creatorInfo(origin, String(second.access_token))).code, 'access_token_invalid');
  });

  test('lifetimes come from the settings of the moment', async t => {
    const clock = standingClock();
    const { origin, change } = await simulatorFor(t, { clock });
    change({ accessTokenLifetimeSec: 60, refreshTokenLifetimeSec: 120 });
    const { body } = await exchange(origin, await codeFrom(origin));
    assert.deepEqual([body.expires_in, body.refresh_expires_in], [60, 120]);
    clock.forward(120_000);
    assert.equal((await refresh(origin, String(body.refresh_token))).body.error, 'invalid_grant');
  });

  test('one person is the same to two apps of one developer by union_id alone', async t => {
    const { origin, change } = await simulatorFor(t);
    const other = {
      secret: 'other-secret',
      name: 'Other',
      developer: 'simulator-developer',
      desktopRedirects: ['http://localhost:*/*'],
    };
    change({ clients: { other } });
    const ids = async (token: unknown) =>
      (await call(origin, '/v2/user/info/?fields=open_id,union_id', String(token))).body.data.user;
    const mine = (await ids((await exchange(origin, await codeFrom(origin))).body.access_token)) as Record<
      string,
      string
    >;
    const code = await codeFrom(origin, { client_key: 'other' });
    const tokens = await exchange(origin, code, { client_key: 'other', client_secret: 'other-secret' });
    const theirs = (await ids(tokens.body.access_token)) as Record<string, string>;
    assert.equal(mine.union_id, theirs.union_id);
    assert.notEqual(mine.open_id, theirs.open_id);
  });
});

describe('revoke', () => {
  test('kills both tokens and says {}', async t => {
    const { origin, journal } = await simulatorFor(t);
    const { body } = await exchange(origin, await codeFrom(origin));
    const client = { client_key: SIMULATOR_CLIENT.key, client_secret: SIMULATOR_CLIENT.secret };
    const revoked = await postForm(origin, '/v2/oauth/revoke/', { ...client, token: String(body.access_token) });
    assert.deepEqual(revoked, { status: 200, body: {} });
    assert.equal((await creatorInfo(origin, String(body.access_token))).code, 'access_token_invalid');
    assert.equal((await refresh(origin, String(body.refresh_token))).body.error, 'invalid_grant');
    assert.equal(journal({ kind: 'revoked' }).length, 1);
    const again = await postForm(origin, '/v2/oauth/revoke/', { ...client, token: String(body.access_token) });
    assert.equal(again.body.error, 'invalid_grant');
  });
});
