// Attacks on linking, and slips that look like them: who finishes at TikTok must be who asked in the chat, and whatever TikTok
// granted on the way to a refusal is given back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  arrive,
  askForLink,
  assertNotLogged,
  bringCode,
  codeOn,
  consent,
  getReturnCode,
  press,
  secretsOf,
  travel,
  wordsOf,
} from '#test/support/linking.ts';
import { type Stand, startStand } from '#test/support/stand.ts';

const MINUTE_MS = 60_000;
let stand: Stand;
let offsetMs = 0;
let creators = 0;

/** A TikTok account that no other test uses. */
const newCreator = () => `creator-${++creators}`;
const revoked = async (username: string) =>
  (await stand.simulator.journal('revoked')).some(entry => entry.username === username);
const tokensIssued = async (username: string) =>
  (await stand.simulator.journal('token.issued')).filter(entry => entry.username === username).length;

before(async () => {
  stand = await startStand({ clock: () => Date.now() + offsetMs, opensPages: true });
  await stand.simulator.change({ crowd: 50 });
});
after(() => stand.stop());

test('a link works once: the second press is told so, and gets no cookie', async () => {
  const link = await askForLink(stand.person('Reused'));
  assert.equal((await press(link)).status, 303);
  const second = await press(link);
  assert.equal(second.status, 410);
  assert.match(wordsOf(second), /has been used already.*\/connect-tiktok/);
  assert.equal(second.cookie, '');
});

test('pressed twice at once, a link still works once', async () => {
  const link = await askForLink(stand.person('Twice'));
  const statuses = (await Promise.all([press(link), press(link), press(link)])).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [303, 410, 410]);
});

test('a newer link ends the older one', async () => {
  const person = stand.person('Newer');
  const [older, newer] = [await askForLink(person), await askForLink(person)];
  assert.match(wordsOf(await press(older)), /A newer link was made since/);
  assert.equal((await press(newer)).status, 303);
});

test('the sixth link within an hour is refused in words', async () => {
  const person = stand.person('Greedy');
  for (let i = 0; i < 5; i++) await askForLink(person);
  assert.match(person.read(await person.command('connect-tiktok')), /several links within the hour/);
});

test('after ten minutes page and press say expired, and what to do if TikTok showed an error', async () => {
  const link = await askForLink(stand.person('Late'));
  offsetMs += 10 * MINUTE_MS + 1;
  for (const answer of [await press(link), await arrive(link)]) {
    assert.equal(answer.status, 410);
    assert.match(wordsOf(answer), /has expired.*target user/);
  }
});

test('a callback after ten minutes is refused before TikTok is asked for a token', async () => {
  const creator = newCreator();
  const journey = await travel(stand.person('Slow'), creator);
  offsetMs += 10 * MINUTE_MS + 1;
  assert.match(wordsOf(await arrive(journey.callback, journey.cookie)), /has expired/);
  assert.equal(await tokensIssued(creator), 0);
  assertNotLogged(stand, ...secretsOf(journey));
});

test('a browser without the cookie, or with another, gets no code', async () => {
  const creator = newCreator();
  const journey = await travel(stand.person('Elsewhere'), creator);
  const foreign = await press(await askForLink(stand.person('Stranger')));
  for (const cookie of ['', foreign.cookie, `${journey.cookie}x`, 'clipcue-link=']) {
    const answer = await arrive(journey.callback, cookie);
    assert.equal(codeOn(answer), '', `no code for the cookie “${cookie}”`);
    assert.match(wordsOf(answer), /Continue in this browser\?/);
  }
  assert.equal(await tokensIssued(creator), 0, 'TikTok should not have been asked for a token');
  const right = await arrive(journey.callback, journey.cookie);
  assert.ok(codeOn(right), 'the right browser still gets through');
  assertNotLogged(stand, ...secretsOf(journey));
});

test('a forged state is unknown, whatever the cookie, and spoils nothing', async () => {
  const journey = await travel(stand.person('Forged'), newCreator());
  const forged = new URL(journey.callback);
  for (const state of ['x'.repeat(43), '', 'short', `${journey.state}x`]) {
    forged.searchParams.set('state', state);
    const answer = await arrive(forged.href, journey.cookie);
    assert.equal(answer.status, 404, `for the state “${state}”`);
    assert.equal(answer.headers.getSetCookie().length, 0, 'the cookie of the real journey should stay');
  }
  assert.ok(codeOn(await arrive(journey.callback, journey.cookie)));
});

test('a replayed callback is refused, and the code of the first one still works', async () => {
  const person = stand.person('Replay');
  const creator = newCreator();
  const journey = await travel(person, creator);
  const first = await arrive(journey.callback, journey.cookie);
  const code = codeOn(first);
  const replayed = await arrive(journey.callback, journey.cookie);
  assert.equal(replayed.status, 410);
  assert.equal(codeOn(replayed), '');
  assert.equal(await tokensIssued(creator), 1);
  assert.match(await bringCode(person, code), /Connected/);
  assert.match(await bringCode(person, code), /no longer good/, 'and a return code works once');
  assertNotLogged(stand, code, ...secretsOf(journey));
});

test('two callbacks at once: one code', async () => {
  const creator = newCreator();
  const journey = await travel(stand.person('Racer'), creator);
  const both = await Promise.all([1, 2].map(() => arrive(journey.callback, journey.cookie)));
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 410]);
  assert.equal(await tokensIssued(creator), 1);
});

test('somebody led through another person’s link connects nothing: refused, revoked, both told', async () => {
  const [attacker, victim] = [stand.person('Mallory'), stand.person('Vera')];
  const creator = newCreator();
  const code = await getReturnCode(attacker, creator);
  assert.match(await bringCode(victim, code), /belongs to somebody else’s request.*after your account/s);
  assert.ok(await revoked(creator), 'the grant should have gone back to TikTok');
  assert.match(attacker.read(), /Somebody else tried to finish/);
  assert.match(await bringCode(attacker, code), /no longer good/, 'the attacker cannot use it either');
  for (const person of [attacker, victim])
    assert.match(person.read(await person.command('accounts')), /No TikTok account is connected/);
  assertNotLogged(stand, code);
});

test('a warning waits for a platform that is down', async () => {
  const [asker, other] = [stand.person('Ask'), stand.person('Other')];
  const code = await getReturnCode(asker, newCreator());
  const end = stand.cutOff(asker);
  await bringCode(other, code);
  assert.doesNotMatch(asker.read(), /Somebody else tried/);
  end();
  await stand.app.services.linking.sweepAbandoned();
  assert.match(asker.read(), /Somebody else tried/);
  const heard = asker.messages.length;
  await stand.app.services.linking.sweepAbandoned();
  assert.equal(asker.messages.length, heard, 'once');
});

test('five wrong codes end the attempt and give the grant back', async () => {
  const person = stand.person('Typo');
  const creator = newCreator();
  const code = await getReturnCode(person, creator);
  assert.match(await bringCode(person, 'AAAA-AAAA'), /not right.*4 tries are left/s);
  for (const left of [/3 tries are/, /2 tries are/, /one try is/])
    assert.match(await bringCode(person, 'BBBB-BBBB'), left);
  assert.match(await bringCode(person, 'CCCC-CCCC'), /no longer good/);
  assert.match(await bringCode(person, code), /no longer good/);
  assert.ok(await revoked(creator));
});

test('a code typed carelessly is the same code; nobody’s code is told as such', async () => {
  const person = stand.person('Careless');
  assert.match(await bringCode(person, 'AAAA-AAAA'), /no longer good/);
  const code = await getReturnCode(person, newCreator());
  // Where a button brings the code it is a long one, and letters of both sizes are told apart.
  const careless = code.length > 12 ? code : code.toLowerCase().replace('-', '');
  assert.match(await bringCode(person, ` ${careless} `), /Connected/);
});

test('a code that nobody brings within five minutes is void, and its grant goes back', async () => {
  const person = stand.person('Forgetful');
  const creator = newCreator();
  const code = await getReturnCode(person, creator);
  offsetMs += 5 * MINUTE_MS + 1;
  assert.match(await bringCode(person, code), /no longer good/);
  assert.ok(!(await revoked(creator)));
  await stand.app.services.linking.sweepAbandoned();
  assert.ok(await revoked(creator));
  const left = await stand.app.database.connection.collection('linkAttempts').findOne({ personName: 'Forgetful' });
  assert.equal(left?.pending, null, 'its tokens should be wiped');
});

test('“Cancel” at TikTok is told as that, without a call for a token', async () => {
  const link = await askForLink(stand.person('Decliner'));
  const { location, cookie } = await press(link);
  const calls = (await stand.simulator.journal()).filter(({ kind }) => kind === 'refused' || kind === 'token.issued');
  const back = await consent(location, 'clara.cooks', { decision: 'cancel' });
  const answer = await arrive(back, cookie);
  assert.match(wordsOf(answer), /Nothing was connected You declined on TikTok/);
  assert.deepEqual(
    (await stand.simulator.journal()).filter(({ kind }) => kind === 'refused' || kind === 'token.issued'),
    calls,
  );
});

test('`error` counts before `code`, and its words are ours', async () => {
  const creator = newCreator();
  const journey = await travel(stand.person('Erring'), creator);
  const both = new URL(journey.callback);
  both.searchParams.set('error', 'server_error');
  both.searchParams.set('error_description', '<b>call 0900-EVIL</b>');
  const answer = await arrive(both.href, journey.cookie);
  assert.match(wordsOf(answer), /TikTok did not complete the sign-in/);
  assert.doesNotMatch(answer.body, /EVIL/);
  assert.equal(await tokensIssued(creator), 0);
});

test('a declined permission is named, and what was granted goes back', async () => {
  const creator = newCreator();
  const { location, cookie } = await press(await askForLink(stand.person('Partial')));
  const back = await consent(location, creator, { scopes: ['user.info.basic', 'video.upload'] });
  const answer = await arrive(back, cookie);
  assert.match(wordsOf(answer), /A permission is missing.*\(video\.publish\)/);
  assert.equal(codeOn(answer), '');
  assert.ok(await revoked(creator));
});

test('one TikTok account has one owner: the second is refused, the first goes on and hears of it', async () => {
  const [owner, other] = [stand.person('Owner'), stand.person('Second')];
  const creator = newCreator();
  await stand.connect(owner, creator);
  const code = await getReturnCode(other, creator);
  assert.match(await bringCode(other, code), /connected to somebody else here/);
  assert.match(owner.read(), /Somebody else signed in to the TikTok account Creator.*stays yours/);
  assert.ok(!(await revoked(creator)), 'the owner’s own grant should live on');
  assert.match(owner.read(await owner.command('accounts')), /Creator/);
  await owner.press('Disconnect');
  await owner.press('Disconnect');
  assert.ok(await revoked(creator));
  assert.match(await bringCode(other, await getReturnCode(other, creator)), /Connected/);
});

test('a link that comes to nothing leaves a connected account working', async () => {
  const person = stand.person('Twofold');
  const creator = newCreator();
  await stand.connect(person, creator);
  await getReturnCode(person, creator);
  offsetMs += 5 * MINUTE_MS + 1;
  await stand.app.services.linking.sweepAbandoned();
  assert.ok(!(await revoked(creator)), 'revoking would have ended the account’s own grant');
});
