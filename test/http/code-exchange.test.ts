// TikTok's token endpoint answering badly, or not at all: the person reads what to do, nothing half-made is left, and neither
// TikTok's words nor our secret go on. The endpoint is a real server; the rest is the simulator.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import Fastify from 'fastify';
import { isAppError } from '#domain/errors.ts';
import { registerTikTokOAuth } from '#http/tiktok-oauth.ts';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { arrive, assertNotLogged, secretsOf, travel, wordsOf } from '#test/support/linking.ts';
import { type Stand, startStand } from '#test/support/stand.ts';

type Answer = (response: ServerResponse) => void;

let answerToken: Answer = response => response.end();
let tokenBody = '';
let simulatorOrigin = '';
let relay: Server;
let relayOrigin: string;
let practice: Stand;
let stand: Stand;
let creators = 0;

const text =
  (body: string, status = 200): Answer =>
  response => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
const json = (body: unknown, status?: number): Answer => text(JSON.stringify(body), status);

/** Stands where TikTok's API is: the token endpoint answers as a test says, all else goes on to the simulator. */
async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  if (request.url === '/v2/oauth/token/') {
    tokenBody = body;
    answerToken(response);
    return;
  }
  const passed = await fetch(simulatorOrigin + request.url, {
    method: request.method ?? 'GET',
    headers: {
      'content-type': request.headers['content-type'] ?? '',
      authorization: request.headers.authorization ?? '',
    },
    ...(body && { body }),
  });
  response
    .writeHead(passed.status, { 'content-type': passed.headers.get('content-type') ?? '' })
    .end(await passed.text());
}

before(async () => {
  practice = await startStand();
  simulatorOrigin = practice.simulator.origin;
  await practice.simulator.change({ crowd: 50 });
  relay = createServer((request, response) => void handle(request, response));
  await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve));
  relayOrigin = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  stand = await startStand({
    env: {
      TIKTOK_CLIENT_KEY: SIMULATOR_CLIENT.key,
      TIKTOK_CLIENT_SECRET: SIMULATOR_CLIENT.secret,
      TIKTOK_API_URL: relayOrigin,
      TIKTOK_LOGIN_URL: simulatorOrigin,
      TIKTOK_MODE: 'direct',
    },
  });
});
after(async () => {
  await stand.stop();
  await practice.stop();
  relay.closeAllConnections();
  await new Promise(resolve => relay.close(resolve));
});

const tokens = {
  access_token: 'act.canary-access',
  refresh_token: 'rft.canary-refresh',
  open_id: 'open-id',
  expires_in: 7200,
  refresh_expires_in: 15_552_000,
  scope: 'user.info.basic,video.upload,video.publish',
  token_type: 'Bearer',
};
const without = (field: keyof typeof tokens) => ({ ...tokens, [field]: undefined });

describe('a token endpoint that answers', () => {
  const interrupted = /TikTok did not answer.*nothing was connected.*try once more/;
  const refused = /did not complete the sign-in/;
  const cases: readonly [what: string, answer: Answer, words: RegExp][] = [
    ['a web page in place of JSON', response => response.end('<html>Gateway</html>'), interrupted],
    ['half of its JSON', text('{"access_token":"act.cana'), interrupted],
    ['nothing', response => response.end(), interrupted],
    ['nothing, as JSON', text(''), interrupted],
    ['a list', json([tokens]), interrupted],
    ['null', json(null), interrupted],
    ['tokens without an access token', json(without('access_token')), interrupted],
    ['tokens without a refresh token', json(without('refresh_token')), interrupted],
    ['tokens without an end', json(without('expires_in')), interrupted],
    ['tokens of nobody', json(without('open_id')), interrupted],
    ['500', json({ error: 'server_error' }, 500), interrupted],
    ['503 with a web page', response => void response.writeHead(503).end('<html>'), interrupted],
    ['429', json({ error: { code: 'rate_limit_exceeded' } }, 429), interrupted],
    ['a broken connection', response => void response.destroy(), interrupted],
    ['beyond all measure', response => response.end(`{"x":"${'y'.repeat(200_000)}"}`), interrupted],
    ['a refusal with 400', json({ error: 'invalid_grant', error_description: 'CANARY' }, 400), refused],
    ['a refusal with 200', json({ error: 'invalid_grant', error_description: 'CANARY' }), refused],
    ['that its secret is wrong', json({ error: 'invalid_client' }, 401), /tell the owner of this bot/],
    ['a redirect elsewhere', response => void response.writeHead(302, { location: relayOrigin }).end(), interrupted],
  ];
  for (const [what, answer, words] of cases)
    test(`with ${what}`, async () => {
      creators += 1;
      const journey = await travel(stand.person(`Person ${creators}`), `creator-${creators}`);
      answerToken = answer;
      const page = await arrive(journey.callback, journey.cookie);
      assert.match(wordsOf(page), words);
      assert.doesNotMatch(page.body, /<output|CANARY|canary|Gateway/);
      const left = await stand.app.database.connection
        .collection('linkAttempts')
        .findOne({ personName: `Person ${creators}` });
      assert.deepEqual([left?.status, left?.pending, left?.verifier], ['failed', null, null]);
      assertNotLogged(stand, SIMULATOR_CLIENT.secret, 'canary-access', 'canary-refresh', ...secretsOf(journey));
    });
});

describe('the exchange', () => {
  test('sends code, verifier and redirect as TikTok wants them, each encoded once', async () => {
    answerToken = json({ error: 'invalid_grant' }, 400);
    const journey = await travel(stand.person('Form'), 'creator-40');
    await arrive(`${journey.callback.replace(/code=[^&]*/, 'code=a%2A1%216431.u1%252B')}`, journey.cookie);
    const form = new URLSearchParams(tokenBody);
    assert.equal(form.get('code'), 'a*1!6431.u1%2B');
    assert.equal(form.get('grant_type'), 'authorization_code');
    assert.equal(form.get('client_key'), SIMULATOR_CLIENT.key);
    assert.equal(form.get('redirect_uri'), `${stand.app.publicUrl}/oauth/tiktok/callback`);
    assert.match(form.get('code_verifier') ?? '', /^[A-Za-z0-9_-]{43}$/);
    assert.equal(form.get('client_id'), null);
  });

  test('gives up after its time, with an error that carries nothing of the request', async () => {
    answerToken = () => {};
    const app = Fastify();
    const oauth = await registerTikTokOAuth(app, {
      tiktok: {
        clientKey: 'key',
        clientSecret: 'the-client-secret',
        loginOrigin: relayOrigin,
        apiOrigin: relayOrigin,
        scopes: ['user.info.basic'],
      },
      redirectUri: 'http://localhost:1/oauth/tiktok/callback',
      timeoutMs: 200,
    });
    const startedAt = performance.now();
    const error = await oauth.exchangeCode('the-secret-code', 'the-secret-verifier').then(
      () => null,
      caught => caught,
    );
    assert.ok(isAppError(error, 'tiktok_timeout'), String(error));
    assert.ok(performance.now() - startedAt < 2000, 'it should give up soon after 200 ms');
    assert.doesNotMatch(JSON.stringify(error) + error.stack + String(error.cause), /the-/);
    await app.close();
  });
});
