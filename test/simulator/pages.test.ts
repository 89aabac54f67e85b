/** The simulator's pages and its control routes: what they show, what they do, whom they refuse. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { fileSource, initInbox, invitationOf, POST_INFO, post, put, simulatorFor, standingClock } from './client.ts';

const json = { 'content-type': 'application/json' };

/** Plain node:http, because fetch does not let a program set Host or Sec-Fetch-Mode. */
function send(method: string, url: string, headers: Record<string, string>, body = ''): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method, headers: { ...json, ...headers } }, answer =>
      resolve(answer.resume().statusCode),
    );
    sending.on('error', reject);
    sending.end(body);
  });
}

describe('what was posted', () => {
  test('plays from the profile, with its caption and labels, every word escaped', async t => {
    const clock = standingClock();
    const { origin, grant, change } = await simulatorFor(t, { clock });
    change({ accounts: { 'clara.cooks': { displayName: '<b>Clara</b> & co' } } });
    const info = { ...POST_INFO, title: '<script>alert(1)</script>', brand_content_toggle: true, is_aigc: true };
    await post(origin, grant('clara.cooks').access_token, Buffer.alloc(10), info);
    clock.forward(1000);
    const page = await fetch(`${origin}/@clara.cooks`);
    const text = await page.text();
    assert.doesNotMatch(text, /<script|<b>/);
    assert.match(text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
    for (const label of ['Everyone', 'Being checked', 'Paid partnership', 'AI-generated'])
      assert.match(text, new RegExp(label));
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    clock.forward(2000);
    assert.doesNotMatch(await (await fetch(`${origin}/@clara.cooks`)).text(), /Being checked/);
    assert.equal((await fetch(`${origin}/@nobody`)).status, 404);
  });

  test('is served byte for byte, in ranges too', async t => {
    const clock = standingClock();
    const { origin, grant } = await simulatorFor(t, { clock });
    const video = randomBytes(1000);
    await post(origin, grant('clara.cooks').access_token, video);
    clock.forward(1000);
    const listed = (await (await fetch(`${origin}/simulator/videos`)).json()) as {
      videos: { file: string; page: string }[];
    };
    const { file = '', page = '' } = listed.videos[0] ?? {};
    assert.equal((await fetch(page)).status, 200);
    const get = async (range: string) => {
      const response = await fetch(file, { headers: { range } });
      return [response.status, response.headers.get('content-range'), Buffer.from(await response.arrayBuffer())];
    };
    assert.deepEqual(Buffer.from(await (await fetch(file)).arrayBuffer()), video);
    assert.deepEqual(await get('bytes=10-19'), [206, 'bytes 10-19/1000', video.subarray(10, 20)]);
    assert.deepEqual(await get('bytes=990-'), [206, 'bytes 990-999/1000', video.subarray(990)]);
    assert.deepEqual(await get('bytes=-5'), [206, 'bytes 995-999/1000', video.subarray(995)]);
    assert.deepEqual(await get('bytes=1000-'), [416, 'bytes */1000', Buffer.alloc(0)]);
    assert.equal((await fetch(file.replace(/\d+(?=\/file)/, '1'))).status, 404);
  });

  test('every creator has a face', async t => {
    const { origin } = await simulatorFor(t);
    const picture = await fetch(`${origin}/simulator/avatars/max.moves.svg`);
    assert.equal(picture.headers.get('content-type'), 'image/svg+xml');
    assert.match(await picture.text(), /^<svg/);
  });

  test('a draft waits on the profile and can be finished there', async t => {
    const clock = standingClock();
    const { origin, grant, journal } = await simulatorFor(t, { clock });
    const { uploadUrl, publishId } = invitationOf(
      await initInbox(origin, grant('max.moves').access_token, fileSource(10)),
    );
    await put(uploadUrl, Buffer.alloc(10));
    clock.forward(1000);
    const text = await (await fetch(`${origin}/@max.moves`)).text();
    const action = /action="([^"]*drafts[^"]*)"/.exec(text)?.[1] ?? '';
    const body = new URLSearchParams({ username: 'max.moves', privacy_level: 'SELF_ONLY', title: 'Mine' });
    const finished = await fetch(origin + action, { method: 'POST', body, redirect: 'manual' });
    assert.deepEqual([finished.status, finished.headers.get('location')], [303, '/@max.moves']);
    assert.equal(journal({ kind: 'published' })[0]?.publishId, publishId);
    assert.doesNotMatch(await (await fetch(`${origin}/@max.moves`)).text(), /Your video is ready/);
  });
});

describe('the control panel', () => {
  const submit = (origin: string, path: string, fields: Record<string, string>) =>
    fetch(origin + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

  test('changes settings, accounts and faults by plain forms', async t => {
    const { origin, settings, faults, grant } = await simulatorFor(t);
    const numbers = {
      accessTokenLifetimeSec: '60',
      refreshTokenLifetimeSec: '600',
      uploadUrlLifetimeSec: '30',
      processingDelayMs: '5',
      moderationDelayMs: '6',
    };
    assert.equal((await submit(origin, '/simulator/panel/settings', { ...numbers, checkMedia: 'on' })).status, 303);
    const { accessTokenLifetimeSec, audited, checkMedia } = settings();
    assert.deepEqual([accessTokenLifetimeSec, audited, checkMedia], [60, false, true]);
    assert.equal(
      (await submit(origin, '/simulator/panel/settings', { ...numbers, processingDelayMs: '-1' })).status,
      400,
    );

    await submit(origin, '/simulator/panel/accounts/clara.cooks', { private: 'on' });
    assert.equal(settings().accounts['clara.cooks']?.private, true);
    assert.equal(settings().accounts['clara.cooks']?.displayName, 'Clara Cooks');

    await submit(origin, '/simulator/panel/faults', { preset: 'frameRate' });
    const [fault] = faults();
    assert.equal(fault?.kind, 'fail_processing');
    const page = await (await fetch(`${origin}/simulator`)).text();
    assert.match(page, /frame_rate_check_failed/);
    await submit(origin, '/simulator/panel/faults/remove', { id: String(fault?.id) });
    assert.deepEqual(faults(), []);

    grant('clara.cooks');
    assert.match(await (await fetch(`${origin}/simulator`)).text(), /Remove “Clipcue/);
    await submit(origin, '/simulator/panel/accounts/clara.cooks/disconnect', { client_key: SIMULATOR_CLIENT.key });
    assert.doesNotMatch(await (await fetch(`${origin}/simulator`)).text(), /Remove “Clipcue/);
  });
});

describe('the control routes', () => {
  test('settings, faults, accounts and grants over HTTP', async t => {
    const { origin, settings, faults } = await simulatorFor(t);
    const ask = (method: string, path: string, body?: object) =>
      fetch(`${origin}/simulator/${path}`, { method, ...(body && { headers: json, body: JSON.stringify(body) }) });
    assert.equal((await ask('PATCH', 'settings', { audited: false, crowd: 10 })).status, 200);
    assert.equal(settings().audited, false);
    const wrong = await ask('PATCH', 'settings', { audited: 'no', shoes: 1 });
    assert.equal(wrong.status, 400);
    assert.match(((await wrong.json()) as { error: string }).error, /audited/);
    const { id } = (await (await ask('POST', 'faults', { kind: '429', count: 2 })).json()) as { id: number };
    assert.equal(faults()[0]?.id, id);
    await ask('DELETE', `faults/${id}`);
    assert.deepEqual(faults(), []);
    const granted = await ask('POST', 'grants', { username: 'creator-10' });
    assert.match(((await granted.json()) as { access_token: string }).access_token, /^act\./);
    assert.equal((await ask('POST', 'grants', { username: 'creator-11' })).status, 404);
    await ask('POST', 'grants', { username: 'clara.cooks' });
    const listed = (await (await ask('GET', 'accounts')).json()) as {
      accounts: { username: string; connectedTo: string[] }[];
    };
    assert.deepEqual(listed.accounts.find(({ username }) => username === 'clara.cooks')?.connectedTo, [
      SIMULATOR_CLIENT.key,
    ]);
    assert.equal((await ask('POST', 'accounts/clara.cooks/disconnect')).status, 200);
    assert.equal((await ask('POST', 'accounts/clara.cooks/disconnect')).status, 404);
    assert.equal((await ask('POST', 'drafts/none/finish')).status, 404);
  });

  test('the journal is read on from a cursor', async t => {
    const { origin, grant, journal } = await simulatorFor(t);
    for (let person = 0; person < 3; person++) grant('clara.cooks');
    const read = async (query: string) =>
      (await (await fetch(`${origin}/simulator/journal?${query}`)).json()) as {
        entries: { seq: number }[];
        next: number;
      };
    const first = await read('limit=2');
    assert.equal(first.entries.length, 2);
    const rest = await read(`after=${first.next}`);
    assert.equal(rest.entries.length, 1);
    assert.deepEqual([...first.entries, ...rest.entries], journal());
    assert.deepEqual(await read(`after=${rest.next}`), { entries: [], next: rest.next });
  });

  const strangers: [what: string, headers: Record<string, string>, status: number][] = [
    ['a foreign Host', { host: 'evil.example' }, 421],
    ['a foreign Origin', { origin: 'https://evil.example' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }, 403],
  ];
  for (const [what, headers, expected] of strangers) {
    test(`refuse ${what}`, async t => {
      const { origin, settings } = await simulatorFor(t);
      assert.equal(await send('PATCH', `${origin}/simulator/settings`, headers, '{"audited":false}'), expected);
      assert.equal(await send('GET', `${origin}/simulator/settings`, headers), expected);
      assert.equal(await send('POST', `${origin}/simulator/panel/faults`, headers, 'preset=limited'), expected);
      assert.equal(settings().audited, true);
    });
  }

  test('a link from elsewhere may open a page', async t => {
    const { origin } = await simulatorFor(t);
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    assert.equal(await send('GET', `${origin}/simulator`, headers), 200);
  });
});
