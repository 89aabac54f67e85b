// The pages of linking over real HTTP: what a request may and may not do, and what every answer carries.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHeadlessPerson } from '#adapters/headless/person.ts';
import {
  arrive,
  askForLink,
  assertNotLogged,
  bringCode,
  codeOn,
  press,
  type RawAnswer,
  request,
  travel,
  wordsOf,
} from '#test/support/linking.ts';
import { type Stand, startStand } from '#test/support/stand.ts';

const EVIL_NAME = '"><script>alert(1)</script>\u202E';
const CALLBACK = '/oauth/tiktok/callback';
let stand: Stand;
let base: string;

before(async () => {
  stand = await startStand();
  base = stand.app.publicUrl;
  await stand.simulator.change({
    crowd: 20,
    accounts: { evil: { displayName: '<img src=x onerror=alert(1)>' } },
  });
});
after(() => stand.stop());

const policyOf = ({ headers }: RawAnswer) => headers.get('content-security-policy') ?? '';

function assertGuarded(answer: RawAnswer, what: string): void {
  const { headers } = answer;
  assert.match(headers.get('content-type') ?? '', /^text\/html; charset=utf-8/, what);
  assert.equal(headers.get('cache-control'), 'no-store', what);
  assert.equal(headers.get('referrer-policy'), 'same-origin', what);
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
  assert.match(answer.body, /<meta name="robots" content="noindex">/, what);
  assert.doesNotMatch(answer.body, /<script/i, what);
  for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"])
    assert.ok(policyOf(answer).includes(directive), `${what} should forbid by ${directive}`);
  assert.doesNotMatch(policyOf(answer), /script-src|unsafe-eval|\*/, what);
}

describe('every answer', () => {
  test('lets a page do nothing that it need not do', async () => {
    const person = stand.person('Clara');
    const journey = await travel(person, 'creator-1');
    const elsewhere = await arrive(journey.callback);
    assertGuarded(elsewhere, 'the page for another browser');
    assert.ok(policyOf(elsewhere).includes(stand.simulator.origin), 'its form leads on to TikTok');
    const result = await arrive(journey.callback, journey.cookie);
    assertGuarded(result, 'the result');
    assert.match(policyOf(result), new RegExp(`img-src ${stand.simulator.origin}`), 'only TikTok’s pictures');
    assertGuarded(await arrive(journey.callback, journey.cookie), 'a replay');
    assertGuarded(await request(await askForLink(person)), 'the link page');
    assertGuarded(await request(`${base}/nowhere`), 'an unknown address');
    assertGuarded(await request(`${base}/connect/${'x'.repeat(43)}`), 'an unknown link');
  });

  test('tells people’s names as words', async () => {
    const person = createHeadlessPerson(stand.adapter, { id: 'evil', name: EVIL_NAME });
    const link = await askForLink(person);
    const escaped = '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;';
    assert.ok((await request(link)).body.includes(escaped));
    const journey = await travel(person, 'evil');
    assert.ok((await arrive(journey.callback)).body.includes(escaped));
    const result = await arrive(journey.callback, journey.cookie);
    assert.ok(result.body.includes('&lt;img src=x onerror=alert(1)&gt;'));
    assertGuarded(result, 'the result');
  });
});

describe('looking', () => {
  test('changes nothing: programs that preview links fetch them', async () => {
    const link = await askForLink(stand.person('Preview'));
    const find = () => stand.app.database.connection.collection('linkAttempts').findOne({ personName: 'Preview' });
    const before = await find();
    for (let i = 0; i < 4; i++) {
      const page = await request(link, { headers: { 'user-agent': 'Discordbot/2.0' } });
      assert.match(wordsOf(page), /used by Preview on headless/);
      assert.equal(page.headers.getSetCookie().length, 0);
    }
    assert.equal((await request(link, { method: 'HEAD' })).status, 200);
    assert.deepEqual(await find(), before);
    assert.equal((await press(link)).status, 303, 'and the link still works');
  });

  test('shows no link’s page for anything that is no link', async () => {
    for (const path of ['/connect/', '/connect/short', `/connect/${'x'.repeat(44)}`, `/connect/${'%00'.repeat(43)}`])
      assert.equal((await request(base + path)).status, 404, path);
    const long = await request(`${base}/connect/${'x'.repeat(300)}`);
    assert.ok(long.status === 404 || long.status === 414, `${long.status}`);
  });
});

describe('pressing', () => {
  const foreign: readonly [string, Record<string, string>][] = [
    ['another site', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['the same name on another port', { origin: 'http://localhost:1' }],
    ['the same machine under another name', { origin: 'http://127.0.0.1:3000' }],
    ['a cross-site form, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
  ];
  for (const [who, headers] of foreign)
    test(`from ${who}: refused, and the link stays good`, async () => {
      const link = await askForLink(stand.person(`Foreign ${who}`));
      const refused = await press(link, headers);
      assert.equal(refused.status, 403);
      assert.equal(refused.cookie, '');
      assert.match(wordsOf(refused), /did not come from Clipcue’s own page/);
      assert.equal((await press(link, { 'sec-fetch-site': 'same-origin' })).status, 303);
    });

  test('sets a cookie that scripts and other sites do not get', async () => {
    const answer = await press(await askForLink(stand.person('Cookie')));
    const line = answer.headers.getSetCookie().find(one => one.startsWith('clipcue-link='));
    assert.match(line ?? '', /; Path=\/; HttpOnly; SameSite=Lax/);
    assert.doesNotMatch(line ?? '', /Domain=|Secure/, 'local http: Safari takes no Secure cookie there');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  });

  test('with a body beyond the limit: cut off, and the link stays good', async () => {
    const link = await askForLink(stand.person('Large'));
    const body = new URLSearchParams({ x: 'y'.repeat(70_000) });
    const refused = await request(link, { method: 'POST', body, headers: { origin: base } });
    assert.equal(refused.status, 413);
    assertGuarded(refused, 'the refusal');
    assert.equal((await press(link)).status, 303);
  });

  test('with a body that is no form: refused in words', async () => {
    const link = await askForLink(stand.person('Xml'));
    const headers = { origin: base, 'content-type': 'application/xml' };
    const refused = await request(link, { method: 'POST', body: '<x/>', headers });
    assert.equal(refused.status, 415);
    const broken = await request(link, {
      method: 'POST',
      body: '{"$ne":',
      headers: { origin: base, 'content-type': 'application/json' },
    });
    assert.equal(broken.status, 400);
    assertGuarded(broken, 'the refusal');
  });
});

describe('TikTok’s way back', () => {
  const queries: readonly [string, string][] = [
    ['no query', ''],
    ['no state', '?code=abc'],
    ['an array of states', `?code=a&state[]=${'x'.repeat(43)}`],
    ['an object as state', `?code=a&state[$ne]=${'x'.repeat(43)}`],
    ['two states', `?code=a&state=${'x'.repeat(43)}&state=${'y'.repeat(43)}`],
    ['a state of another make', '?code=a&state=short'],
    ['a state with a null in it', `?code=a&state=${'x'.repeat(42)}%00`],
    ['half a percent sign', '?code=%E0%A4%A&state=%'],
    ['a code beyond all measure', `?state=${'x'.repeat(43)}&code=${'c'.repeat(3000)}`],
  ];
  for (const [what, query] of queries)
    test(`with ${what}: refused in words`, async () => {
      const answer = await request(base + CALLBACK + query);
      assert.equal(answer.status, 404);
      assert.match(wordsOf(answer), /not one of mine/);
      assertGuarded(answer, what);
    });

  test('two codes are none, and the attempt goes on with one', async () => {
    const journey = await travel(stand.person('Doubled'), 'creator-2');
    assert.equal((await arrive(`${journey.callback}&code=other`, journey.cookie)).status, 404);
    assert.ok(codeOn(await arrive(journey.callback, journey.cookie)));
  });

  test('loaded anew by a phone that had thrown the page away: the same code, there and nowhere else', async () => {
    const person = stand.person('Reloading');
    const journey = await travel(person, 'creator-5');
    const first = await arrive(journey.callback, journey.cookie);
    const line = first.headers.getSetCookie().find(one => one.startsWith('clipcue-return=')) ?? '';
    assert.match(line, /; Max-Age=300; Path=\/; HttpOnly; SameSite=Lax/);
    const codeCookie = line.split(';')[0] ?? '';
    assert.equal(wordsOf(await arrive(journey.callback, codeCookie)), wordsOf(first));
    assert.match(wordsOf(await arrive(journey.callback)), /used already/, 'another browser learns nothing');
    const other = await travel(stand.person('Other'), 'creator-6');
    await arrive(other.callback, other.cookie);
    assert.match(wordsOf(await arrive(other.callback, codeCookie)), /used already/, 'of another attempt neither');
    const code = codeOn(first);
    assert.match(await bringCode(person, code), /Connected/);
    assert.match(wordsOf(await arrive(journey.callback, codeCookie)), /used already/, 'and once it is used, nobody');
    assertNotLogged(stand, code);
  });

  test('decodes the code once: `*` and `!` arrive, written as they are or as %2A and %21', async () => {
    for (const [name, spell] of [
      ['Raw', (query: string) => query.replaceAll('%2A', '*').replaceAll('%21', '!')],
      ['Encoded', (query: string) => query.replaceAll('*', '%2A').replaceAll('!', '%21')],
    ] as const) {
      const person = stand.person(name);
      const { callback, cookie } = await travel(person, name === 'Raw' ? 'creator-3' : 'creator-4');
      const page = await arrive(spell(callback), cookie);
      const code = codeOn(page);
      assert.match(await bringCode(person, code), /Connected/, `${name}: ${wordsOf(page)}`);
    }
  });
});

test('too many pages in a minute are refused in words, and addresses of links never reach the log', async () => {
  const link = `${base}/connect/${'z'.repeat(43)}`;
  let last = await request(link);
  for (let i = 0; i < 130 && last.status !== 429; i++) last = await request(link);
  assert.equal(last.status, 429);
  assert.match(wordsOf(last), /wait a minute/);
  assert.ok(Number(last.headers.get('retry-after')) > 0);
  assertGuarded(last, 'the refusal');
  assert.equal((await request(`${base}/healthz`)).status, 200, 'health checks are not counted');
  assertNotLogged(stand, 'z'.repeat(43), 'evil.example');
});
