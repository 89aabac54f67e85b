// Who gets into the Playground: no foreign name, no foreign page, and on a public address nobody without the password.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { findFreePort, type Stand, startHeadlessStand } from '#test/support/stand.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** `fetch` would not let a test choose its Host and Origin. */
function ask(
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method, headers: { host: `localhost:${port}`, ...headers } },
      answer => {
        let text = '';
        answer.setEncoding('utf8').on('data', chunk => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      },
    );
    asked.on('error', reject).end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ACT = JSON.stringify({ id: 'AnActOfATest0000', person: 'ada', kind: 'say', text: 'hello', clips: [] });

describe('on this machine', () => {
  let stand: Stand;
  let port: number;
  before(async () => {
    stand = await startHeadlessStand({ env: { PLAYGROUND: 'on' } });
    port = stand.config.port;
  });
  after(() => stand.stop());

  const foreign: [what: string, headers: Record<string, string>][] = [
    ['a foreign name', { host: 'evil.example' }],
    ['a name that begins like ours', { host: 'localhost.evil.example' }],
    ['a foreign origin', { origin: 'http://evil.example' }],
    ['another port of this machine', { origin: 'http://localhost:1' }],
    ['an opaque origin', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['a proxy', { 'x-forwarded-for': '203.0.113.7' }],
  ];
  for (const [what, headers] of foreign)
    it(`refuses ${what}`, async () => {
      for (const [path, method] of [
        ['/playground/acts', 'POST'],
        ['/playground/events', 'GET'],
        ['/playground/clips/AnActOfATest0000', 'PUT'],
      ] as const)
        assert.equal((await ask(port, path, { method, headers, body: '' })).status, 403, `${method} ${path}`);
    });

  it('lets its own page act, and keeps what was said', async () => {
    const own = { ...JSON_TYPE, origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' };
    assert.equal((await ask(port, '/playground/acts', { method: 'POST', headers: own, body: ACT })).status, 200);
    const again = await ask(port, '/playground/acts', { method: 'POST', headers: own, body: ACT });
    assert.equal(again.status, 200, 'the same act twice is one act');
    const kept = await stand.app.database.connection.db?.collection('playgroundMessages').find().toArray();
    assert.deepEqual(
      kept?.map(({ text, reply }) => text || reply.blocks[0].spans[0]),
      ['hello', 'Send me a clip to schedule it, or /help to see what I can do.'],
    );
  });

  it('answers in words to what no page sends', async () => {
    const wrong = await ask(port, '/playground/acts', { method: 'POST', headers: JSON_TYPE, body: '{"kind":"dance"}' });
    assert.equal(wrong.status, 400);
    assert.match(JSON.parse(wrong.body).error, /form/);
    assert.equal((await ask(port, '/playground/../package.json')).status, 404);
    assert.equal((await ask(port, '/playground/tsconfig.json')).status, 404);
  });

  it('takes no code from another site’s link', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const answer = await ask(port, '/playground?code=somebody-elses', { headers });
    assert.deepEqual([answer.status, answer.headers.location], [303, '/playground']);
  });

  it('allows scripts and styles of its own alone', async () => {
    const policy = String((await ask(port, '/playground')).headers['content-security-policy']);
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
  });
});

describe('on a public address', () => {
  let stand: Stand;
  let port: number;
  const publicHost = 'clips.example.com';
  const asPublic = { host: publicHost };
  before(async () => {
    const env = { PLAYGROUND: 'public', PUBLIC_URL: `https://${publicHost}`, PORT: String(await findFreePort()) };
    stand = await startHeadlessStand({ env });
    port = stand.config.port;
  });
  after(() => stand.stop());

  it('shows the door and nothing behind it', async () => {
    const page = await ask(port, '/playground', { headers: asPublic });
    assert.equal(page.status, 401);
    assert.match(page.body, /name="password"/);
    for (const path of ['/playground/events', '/playground/main.js', '/playground/sample.mp4'])
      assert.equal((await ask(port, path, { headers: asPublic })).status, 401, path);
    const act = await ask(port, '/playground/acts', {
      method: 'POST',
      headers: { ...asPublic, ...JSON_TYPE },
      body: ACT,
    });
    assert.equal(act.status, 401);
  });

  it('opens for the password that start prints', async () => {
    const login = (password: string) =>
      ask(port, '/playground/login', {
        method: 'POST',
        headers: { ...asPublic, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ password }).toString(),
      });
    const wrong = await login('guess');
    assert.deepEqual([wrong.status, wrong.headers['set-cookie']], [401, undefined]);
    const right = await login(stand.app.playground?.password ?? '');
    assert.equal(right.status, 303);
    const [cookie = ''] = right.headers['set-cookie'] ?? [];
    assert.match(cookie, /^__Host-clipcue-playground=.*HttpOnly; Secure/);
    const headers = { ...asPublic, cookie: cookie.split(';')[0] ?? '' };
    assert.match((await ask(port, '/playground', { headers })).body, /main\.js/);
    assert.ok(!stand.logLines.join('').includes(stand.app.playground?.password ?? '-'), 'the log should not hold it');
  });
});
