// Phones often bring TikTok's way back into another browser than the one that began: there one press more continues.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  arrive,
  askForLink,
  assertNotLogged,
  bringCode,
  codeOn,
  consent,
  press,
  type RawAnswer,
  request,
  secretsOf,
  travel,
  wordsOf,
} from '#test/support/linking.ts';
import { type Stand, startStand } from '#test/support/stand.ts';

let stand: Stand;
let creators = 0;
let offsetMs = 0;
const newCreator = () => `creator-${++creators}`;

before(async () => {
  stand = await startStand({ clock: () => Date.now() + offsetMs, opensPages: true });
  await stand.simulator.change({ crowd: 50 });
});
after(() => stand.stop());

/** Presses “Continue here” on the page that such a browser gets. */
function continueHere(page: RawAnswer, headers: Record<string, string> = {}): Promise<RawAnswer> {
  const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1];
  const state = /name="state" value="([^"]+)"/.exec(page.body)?.[1];
  assert.ok(action && state, `the page should offer to continue: ${wordsOf(page)}`);
  const { publicUrl } = stand.app;
  return request(publicUrl + action, {
    method: 'POST',
    headers: { origin: publicUrl, ...headers },
    body: new URLSearchParams({ state }),
  });
}

test('the cookie jar changed between press and callback: one press more, and linked', async () => {
  const person = stand.person('Clara');
  const creator = newCreator();
  const journey = await travel(person, creator);
  const page = await arrive(journey.callback);
  assert.equal(page.status, 200);
  assert.match(wordsOf(page), /another browser.*used by Clara on (headless|Discord|Telegram).*close this page/);
  const again = await continueHere(page);
  assert.equal(again.status, 303);
  const back = await consent(again.location, creator);
  const result = await arrive(back, again.cookie);
  const code = codeOn(result);
  assert.match(await bringCode(person, code), /Connected/);
  const issued = await stand.simulator.journal('token.issued');
  assert.equal(issued.filter(({ username }) => username === creator).length, 1, 'the first code is never traded');
  assertNotLogged(stand, ...secretsOf(journey), ...secretsOf({ ...journey, cookie: again.cookie, callback: back }));
});

test('looking at the page changes nothing; the first browser can still finish', async () => {
  const journey = await travel(stand.person('Patient'), newCreator());
  await arrive(journey.callback);
  await arrive(journey.callback);
  assert.ok(codeOn(await arrive(journey.callback, journey.cookie)));
});

test('once continued, the first browser is out, and the new one has state and cookie of its own', async () => {
  const creator = newCreator();
  const journey = await travel(stand.person('Moving'), creator);
  const again = await continueHere(await arrive(journey.callback));
  assert.notEqual(again.cookie, journey.cookie);
  assert.equal((await arrive(journey.callback, journey.cookie)).status, 404);
  const back = await consent(again.location, creator);
  const crossed = await arrive(back, journey.cookie);
  assert.equal(codeOn(crossed), '', 'the old cookie does not fit the new state');
  assert.ok(codeOn(await arrive(back, again.cookie)));
});

test('three times at most', async () => {
  const creator = newCreator();
  let { callback } = await travel(stand.person('Restless'), creator);
  for (let i = 0; i < 3; i++) {
    const again = await continueHere(await arrive(callback));
    assert.equal(again.status, 303, `the ${i + 1}. time`);
    callback = await consent(again.location, creator);
  }
  const last = await arrive(callback);
  assert.match(wordsOf(last), /another browser than the one you started in.*\/connect-tiktok/);
  assert.doesNotMatch(last.body, /<form/);
});

test('pressed on an old page, by a foreign page, with a made-up state: refused in words', async () => {
  const journey = await travel(stand.person('Stale'), newCreator());
  const page = await arrive(journey.callback);
  const foreign = await continueHere(page, { origin: 'https://evil.example' });
  assert.equal(foreign.status, 403);
  assert.equal((await continueHere(page)).status, 303);
  assert.equal((await continueHere(page)).status, 404, 'the page’s state was replaced');
  const later = await travel(stand.person('Later'), newCreator());
  const laterPage = await arrive(later.callback);
  offsetMs += 10 * 60_000 + 1;
  assert.match(wordsOf(await continueHere(laterPage)), /has expired/);
  const made = await request(`${stand.app.publicUrl}/connect/continue`, {
    method: 'POST',
    headers: { origin: stand.app.publicUrl },
    body: new URLSearchParams({ state: 'x'.repeat(43) }),
  });
  assert.equal(made.status, 404);
});

test('a refusal that comes back in another browser is told, and spoils nothing', async () => {
  const { location, cookie } = await press(await askForLink(stand.person('Wavering')));
  const declined = await consent(location, 'clara.cooks', { decision: 'cancel' });
  assert.match(wordsOf(await arrive(declined)), /You declined on TikTok/);
  const back = await consent(location, newCreator());
  assert.ok(codeOn(await arrive(back, cookie)));
});
