// Linking between its steps: crashes over a code, a person who leaves in the middle, and the address that a public bot has.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHeadlessAdapter, HEADLESS_LIMITS } from '#adapters/headless/adapter.ts';
import { askForLink, bringCode, getReturnCode, press, request } from '#test/support/linking.ts';
import { type Stand, startStand } from '#test/support/stand.ts';

let stand: Stand;
let creators = 0;
const newCreator = () => `creator-${++creators}`;
const revoked = async (username: string) =>
  (await stand.simulator.journal('revoked')).some(entry => entry.username === username);
const attempts = () => stand.app.database.connection.collection('linkAttempts');

before(async () => {
  stand = await startStand();
  await stand.simulator.change({ crowd: 50 });
});
after(() => stand.stop());

/** As a crash leaves it: the code is used up, the account not made. */
const crashWhileLinking = (personName: string) =>
  attempts().updateOne(
    { personName, status: 'returned' },
    { $set: { status: 'linking', codeHash: null, expiresAt: new Date() } },
  );

describe('a crash between the return code and the account', () => {
  test('gives the grant back and forgets the tokens', async () => {
    const creator = newCreator();
    await getReturnCode(stand.person('Crash'), creator);
    await crashWhileLinking('Crash');
    await stand.app.services.linking.sweepAbandoned();
    assert.ok(await revoked(creator));
    const left = await attempts().findOne({ personName: 'Crash' });
    assert.deepEqual([left?.status, left?.pending], ['failed', null]);
  });

  test('leaves the account alone where it was made already', async () => {
    const person = stand.person('Made');
    const creator = newCreator();
    await stand.connect(person, creator);
    await getReturnCode(person, creator);
    await crashWhileLinking('Made');
    await stand.app.services.linking.sweepAbandoned();
    assert.ok(!(await revoked(creator)));
    assert.equal(await attempts().countDocuments({ personName: 'Made', pending: { $ne: null } }), 0);
  });
});

test('a finished attempt keeps no secret', async () => {
  await stand.connect(stand.person('Done'), newCreator());
  const left = await attempts().findOne({ personName: 'Done' });
  assert.equal(left?.status, 'linked');
  for (const field of ['pending', 'verifier', 'codeHash', 'cookieHash']) assert.equal(left?.[field], null, field);
  assert.doesNotMatch(JSON.stringify(left), /v1\.test\.|act\.|rft\./);
});

test('what a person has begun ends with them: the link is void, the unclaimed grant goes back', async () => {
  const person = stand.person('Leaving');
  const creator = newCreator();
  const code = await getReturnCode(person, creator);
  const link = await askForLink(person);
  const begun = await attempts().findOne({ personName: 'Leaving' });
  await stand.app.services.linking.giveBackPending(begun?.ownerId);
  assert.ok(await revoked(creator));
  assert.equal((await press(link)).status, 410);
  assert.match(await bringCode(person, code), /no longer good/);
});

test('with a public address everybody gets the link page, over a cookie that no neighbour can plant', async () => {
  const adapter = createHeadlessAdapter('elsewhere', { ...HEADLESS_LIMITS, linkPage: false });
  const open = await startStand({ adapter, env: { PUBLIC_URL: 'https://clips.example.com/' } });
  try {
    const link = await askForLink(open.person('Public'));
    assert.match(link, /^https:\/\/clips\.example\.com\/connect\/[A-Za-z0-9_-]{43}$/);
    const local = link.replace('https://clips.example.com', `http://localhost:${open.config.port}`);
    const send = (origin: string) => request(local, { method: 'POST', headers: { origin } });
    assert.equal((await send(`http://localhost:${open.config.port}`)).status, 403, 'only its own origin may');
    const started = await send('https://clips.example.com');
    assert.equal(started.status, 303);
    const cookies = started.headers.getSetCookie();
    assert.match(
      cookies.find(line => line.startsWith('__Host-clipcue-link=')) ?? '',
      /; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    );
    for (const line of cookies) assert.match(line, /^__Host-.*; Secure/, 'no other cookie either');
    const redirect = new URL(started.location).searchParams.get('redirect_uri');
    assert.equal(redirect, 'https://clips.example.com/oauth/tiktok/callback');
  } finally {
    await open.stop();
  }
});
