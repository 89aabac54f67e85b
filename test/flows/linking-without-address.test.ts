// No public address: the chat's link leads straight to TikTok, and its way back either loads on the bot's own machine or is pasted
// into the chat, where it must be the person's own.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHeadlessAdapter, HEADLESS_LIMITS } from '#adapters/headless/adapter.ts';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { arrive, askForLink, assertNotLogged, bringCode, codeOn, consent, wordsOf } from '#test/support/linking.ts';
import { type Stand, startStand } from '#test/support/stand.ts';

let stand: Stand;
let creators = 0;
let offsetMs = 0;
const newCreator = () => `creator-${++creators}`;

before(async () => {
  const adapter = createHeadlessAdapter('elsewhere', { ...HEADLESS_LIMITS, linkPage: false });
  stand = await startStand({ adapter, clock: () => Date.now() + offsetMs });
  await stand.simulator.change({ crowd: 50 });
});
after(() => stand.stop());

/** From the chat's link to the address at which the browser fails to load a page. */
const goToTikTok = async (person: HeadlessPerson, creator: string, decision = 'authorize'): Promise<string> =>
  consent(await askForLink(person), creator, { decision });

const say = async (person: HeadlessPerson, words: string): Promise<string> => person.read(await person.say(words));

async function paste(person: HeadlessPerson, address: string): Promise<string> {
  await person.press('Paste the address');
  return person.read(await person.fill({ address }));
}

const secretsIn = (address: string): string[] => {
  const { searchParams } = new URL(address);
  return [searchParams.get('code') ?? '', searchParams.get('state') ?? ''];
};

test('the link leads straight to TikTok, with PKCE and this machine’s redirect', async () => {
  const person = stand.person('Nora');
  const url = new URL(await askForLink(person));
  assert.equal(url.origin, stand.simulator.origin);
  assert.equal(url.searchParams.get('redirect_uri'), `http://localhost:${stand.config.port}/oauth/tiktok/callback`);
  assert.match(url.searchParams.get('code_challenge') ?? '', /^[0-9a-f]{64}$/);
  assert.match(person.read(), /page that does not load.*address bar.*Only if you asked for this yourself/s);
});

test('pasted as a message or in the form, whatever stands around it', async () => {
  const wrappings = [
    (address: string) => address,
    (address: string) => `here you go: <${address}>`,
    (address: string) => address.replace('http://', ''),
    (address: string) => `${address}#_=_`,
  ];
  for (const [i, wrap] of wrappings.entries()) {
    const [writer, filler] = [stand.person(`Writer${i}`), stand.person(`Filler${i}`)];
    const address = await goToTikTok(writer, newCreator());
    assert.match(await say(writer, wrap(address)), /Connected\n.*Creator/s, wrap('ADDRESS'));
    assert.match(await paste(filler, wrap(await goToTikTok(filler, newCreator()))), /Connected/, wrap('ADDRESS'));
    assertNotLogged(stand, ...secretsIn(address));
  }
});

test('a second use of the same address is refused', async () => {
  const person = stand.person('Again');
  const address = await goToTikTok(person, newCreator());
  assert.match(await say(person, address), /Connected/);
  assert.match(await say(person, address), /used already/);
});

test('another person’s address is refused, nothing is traded, and both are told', async () => {
  const [attacker, victim] = [stand.person('Mallory'), stand.person('Vera')];
  const creator = newCreator();
  const address = await goToTikTok(attacker, creator);
  await askForLink(victim);
  assert.match(await say(victim, address), /belongs to somebody else’s request.*after your account/);
  assert.match(attacker.read(), /Somebody else tried to finish/);
  assert.match(await say(attacker, address), /used already/, 'the attacker cannot use it either');
  const issued = await stand.simulator.journal('token.issued');
  assert.ok(issued.every(({ username }) => username !== creator));
  assert.match(await say(victim, await consent(victim.linkOf('Open TikTok'), newCreator())), /Connected/);
});

test('an old attempt, and one replaced by a newer, are refused', async () => {
  const person = stand.person('Old');
  const first = await goToTikTok(person, newCreator());
  const second = await goToTikTok(person, newCreator());
  assert.match(await say(person, first), /newer link was made since/);
  offsetMs += 10 * 60_000 + 1;
  assert.match(await say(person, second), /has expired/);
});

test('slips leave the attempt as it was', async () => {
  const person = stand.person('Slip');
  const creator = newCreator();
  const address = await goToTikTok(person, creator);
  const without = (name: string) => {
    const url = new URL(address);
    url.searchParams.delete(name);
    return url.href;
  };
  const incomplete = /not the whole address.*“code=” and “state=”/;
  assert.match(await say(person, without('state')), incomplete);
  assert.match(await say(person, without('code')), incomplete);
  assert.match(await say(person, address.slice(0, -5)), incomplete);
  assert.match(await say(person, new URL(address).origin + new URL(address).pathname), incomplete);
  assert.match(await paste(person, 'http://localhost:3000/'), incomplete);
  assert.match(await say(person, `${address}&state=${'x'.repeat(43)}`), incomplete, 'two states are none');
  assert.match(await say(person, address.replace(/code=[^&]{10}/, 'code=0123456789')), /did not complete the sign-in/);
  await stand.simulator.addFault({ kind: '5xx', route: 'token', status: 503, count: 1 });
  assert.match(await say(person, address), /could not be reached for a moment/);
  assert.match(await say(person, address), /Connected/, 'the same address, once nothing is wrong with it');
});

test('but not for ever: the fifth code that TikTok refuses ends it', async () => {
  const person = stand.person('Stubborn');
  const address = await goToTikTok(person, newCreator());
  const wrong = address.replace(/code=[^&]{10}/, 'code=0123456789');
  for (let i = 0; i < 5; i++) assert.match(await say(person, wrong), /did not complete the sign-in/);
  assert.match(await say(person, address), /used already/);
});

test('“Cancel” at TikTok, pasted', async () => {
  const person = stand.person('Decliner');
  assert.match(await say(person, await goToTikTok(person, 'clara.cooks', 'cancel')), /You declined on TikTok/);
});

test('on the bot’s own machine the page loads: it needs the live state alone and shows the code', async () => {
  const person = stand.person('Local');
  const address = await goToTikTok(person, newCreator());
  const page = await arrive(address);
  const code = codeOn(page);
  assert.match(wordsOf(page), /One step is left/);
  assert.equal((await arrive(address)).status, 410);
  assert.match(await paste(person, code), /Connected/, 'the form takes the code as well');
  assertNotLogged(stand, code, ...secretsIn(address));
});

test('that page binds nothing by itself: the code works for who asked alone', async () => {
  const [asker, other] = [stand.person('Asker'), stand.person('Nosy')];
  const page = await arrive(await goToTikTok(asker, newCreator()));
  const code = codeOn(page);
  assert.match(await bringCode(other, code), /somebody else’s request/);
});

test('a made-up state on the own machine is unknown', async () => {
  const address = await goToTikTok(stand.person('Guess'), newCreator());
  const forged = new URL(address);
  forged.searchParams.set('state', 'x'.repeat(43));
  assert.equal((await arrive(forged.href)).status, 404);
});

test('other messages are no addresses', async () => {
  const person = stand.person('Chatty');
  for (const words of ['hello', 'what is code= good for?', '/oauth/tiktok'])
    assert.match(await say(person, words), /Send me a clip/, words);
  // Any other link may lead to a clip.
  assert.match(await say(person, 'https://example.com/?state=ny'), /No TikTok account is connected yet/);
});
