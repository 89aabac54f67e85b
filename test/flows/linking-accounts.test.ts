// Accounts once they are connected: the wrong one, several, a default, names of one's own, and disconnecting with posts waiting.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { createBrowser } from '#demo/browser.ts';
import { followLink } from '#demo/consent.ts';
import { askForLink, authorize, bringCode, codeOn, press } from '#test/support/linking.ts';
import { type Stand, schedulePost, startStand } from '#test/support/stand.ts';

let stand: Stand;
const collection = (name: string) => stand.app.database.connection.collection(name);
const revoked = async (username: string) =>
  (await stand.simulator.journal('revoked')).some(entry => entry.username === username);
const read = async (person: HeadlessPerson, command: string) => person.read(await person.command(command));
const pressed = async (person: HeadlessPerson, label: string | RegExp) => {
  await person.press(label);
  return person.read();
};
let creators = 0;
/** A creator of the simulator's crowd: the name it has at TikTok, and what cards call it. */
const newCreator = () => {
  creators += 1;
  return { username: `creator-${creators}`, name: `Creator ${creators}` };
};

before(async () => {
  stand = await startStand({ opensPages: true });
  await stand.simulator.change({ crowd: 50 });
});
after(() => stand.stop());

async function personWithZone(name: string): Promise<HeadlessPerson> {
  const person = stand.person(name);
  await person.command('settings', { zone: 'Berlin' });
  return person;
}

/** Sends a message's new state: pressing a card's button edits that card, which need not be the newest message. */
const newest = (person: HeadlessPerson, matches: RegExp): string => {
  const found = person.messages.toReversed().find(message => matches.test(person.read(message)));
  assert.ok(found, `${matches} should stand in the chat`);
  return person.read(found);
};

test('[Wrong account?] gives the grant back and starts again, with TikTok asking which account', async () => {
  const person = stand.person('Clara');
  const [wrong, right] = [newCreator(), newCreator()];
  const browser = createBrowser();
  const first = await followLink(browser, await askForLink(person));
  assert.doesNotMatch(first.url, /disable_auto_auth/);
  await bringCode(person, codeOn(await authorize(browser, first, wrong.username)));
  await person.press('Wrong account?');
  assert.ok(await revoked(wrong.username));
  const offer = newest(person, /Connect a TikTok account/);
  assert.match(offer, new RegExp(`${wrong.name} is disconnected again\\. TikTok will ask which account`));
  const again = await followLink(browser, person.linkOf('Open the link'));
  assert.match(again.url, /disable_auto_auth=1/, 'TikTok should ask even a browser that it knows');
  await bringCode(person, codeOn(await authorize(browser, again, right.username)));
  const list = await read(person, 'accounts');
  assert.match(list, new RegExp(right.name));
  assert.doesNotMatch(list, new RegExp(`${wrong.name}\\b`));
});

test('an old [Wrong account?] asks first when posts depend on the account', async () => {
  const person = await personWithZone('Regret');
  const creator = newCreator();
  await stand.connect(person, creator.username);
  await schedulePost(person, { when: 'in 50 hours' });
  await person.press('Wrong account?');
  assert.match(newest(person, /Disconnect Creator/), /One post waits for it/);
  assert.ok(!(await revoked(creator.username)));
  await person.press('Leave it connected');
  assert.match(await read(person, 'accounts'), new RegExp(creator.name));
});

test('from the second account on TikTok always asks; names, default and cards keep them apart', async () => {
  const person = stand.person('Several');
  const [first, second] = [newCreator(), newCreator()];
  await stand.connect(person, first.username);
  const { location } = await press(await askForLink(person));
  assert.match(location, /disable_auto_auth=1/);
  await stand.connect(person, second.username);
  const list = await read(person, 'accounts');
  assert.match(list, new RegExp(`\\[${first.name}\\] \\[${second.name}\\]`));

  await person.press(second.name);
  await person.press('Rename');
  await person.fill({ name: '  My\u202e shop \u0007 ' });
  assert.match(person.read(), new RegExp(`^My shop\\n.*On TikTok: ${second.name}`, 's'), 'no control characters stay');
  await person.press('Make it the default');
  assert.match(newest(person, /Your TikTok accounts/), /My shop \(default\)/);

  await person.press('My shop');
  await person.press('Rename');
  await person.fill({ name: '' });
  assert.match(person.read(), new RegExp(`^${second.name}\\n`), 'an empty name gives TikTok’s back');
  await person.press('Rename');
  const long = person.fill({ name: 'x'.repeat(41) }).then(person.read, error => error.message);
  assert.match(await long, /Something in the form is not right: name|name takes 40 characters/);
});

test('an account connected again keeps its id and name', async () => {
  const person = stand.person('Back');
  const creator = newCreator();
  await stand.connect(person, creator.username);
  await person.command('accounts');
  await person.press('Rename');
  await person.fill({ name: 'Kitchen' });
  const before = await collection('accounts').findOne({ displayName: creator.name });
  await person.command('accounts');
  await person.press('Disconnect');
  await person.press('Disconnect');
  await stand.connect(person, creator.username);
  assert.match(person.read(), /Account: Kitchen/);
  const after = await collection('accounts').findOne({ displayName: creator.name });
  assert.equal(after?._id, before?._id);
});

test('a name is not left to the next owner', async () => {
  const [former, next] = [stand.person('Former'), stand.person('Next')];
  const creator = newCreator();
  await stand.connect(former, creator.username);
  await former.command('accounts');
  await former.press('Rename');
  await former.fill({ name: 'My secret project' });
  await former.press('Disconnect');
  await former.press('Disconnect');
  await stand.connect(next, creator.username);
  assert.match(next.read(), new RegExp(`Account: ${creator.name}`));
});

test('disconnecting gives the grant back to TikTok and wipes the tokens in the database', async () => {
  const person = stand.person('Leaver');
  const creator = newCreator();
  await stand.connect(person, creator.username);
  await person.command('accounts');
  assert.match(await pressed(person, 'Disconnect'), /No post waits for it/);
  assert.match(await pressed(person, 'Disconnect'), /wiped here and given back to TikTok/);
  assert.ok(await revoked(creator.username));
  const stored = await collection('accounts').findOne({ displayName: creator.name });
  assert.equal(stored?.status, 'disconnected');
  assert.equal(stored?.grant, null);
  assert.match(await read(person, 'accounts'), /No TikTok account is connected/);
});

test('an access token that has run out is refreshed to be revoked', async () => {
  const person = stand.person('Lapsed');
  const creator = newCreator();
  await stand.simulator.change({ accessTokenLifetimeSec: 1 });
  await stand.connect(person, creator.username);
  await stand.simulator.change({ accessTokenLifetimeSec: null });
  await person.command('accounts');
  await person.press('Disconnect');
  await person.press('Disconnect');
  assert.ok(await revoked(creator.username), 'TikTok revokes by access token alone');
});

test('TikTok out of reach: the tokens are wiped all the same', async () => {
  const person = stand.person('Offline');
  const creator = newCreator();
  await stand.connect(person, creator.username);
  await stand.simulator.addFault({ kind: '5xx', route: 'revoke', count: 1 });
  await person.command('accounts');
  await person.press('Disconnect');
  assert.match(await pressed(person, 'Disconnect'), /is disconnected/);
  assert.equal((await collection('accounts').findOne({ displayName: creator.name }))?.grant, null);
});

test('with posts waiting it asks: kept ones stay as they are, cancelled ones are cancelled', async () => {
  const person = await personWithZone('Busy');
  const creator = newCreator();
  await stand.connect(person, creator.username);
  await schedulePost(person, { when: 'in 50 hours', caption: 'one' });
  await schedulePost(person, { when: 'in 60 hours', caption: 'two' });
  const states = async () => {
    const account = await collection('accounts').findOne({ displayName: creator.name });
    const posts = await collection('posts').find({ accountId: account?._id }).sort({ caption: 1 }).toArray();
    return posts.map(({ state }) => state);
  };
  await person.command('accounts');
  await person.press('Disconnect');
  assert.match(newest(person, /Disconnect Creator/), /2 posts wait for it.*keep them until you connect it again/);
  await person.press('Disconnect, keep the posts');
  assert.match(newest(person, /is disconnected/), /Its 2 posts wait until you connect it again/);
  assert.deepEqual(await states(), ['scheduled', 'scheduled']);

  await stand.connect(person, creator.username);
  await person.command('accounts');
  await person.press('Disconnect');
  await person.press('Disconnect, cancel all');
  assert.match(newest(person, /posts were cancelled/), /2 posts were cancelled/);
  assert.deepEqual(await states(), ['cancelled', 'cancelled']);
  assert.ok(await revoked(creator.username));
});

test('buttons for somebody else’s account say that it is not there', async () => {
  const [owner, stranger] = [stand.person('Mine'), stand.person('Theirs')];
  const creator = newCreator();
  await stand.connect(owner, creator.username);
  const account = await collection('accounts').findOne({ displayName: creator.name });
  await stranger.command('help');
  const { length: before } = stranger.messages;
  for (const action of ['show', 'default', 'rename', 'disconnect', 'really', 'really-all'])
    await stranger.pressId(`v1:accounts:${action}:${account?._id}:`);
  await stranger.pressId(`v1:connect-tiktok:wrong:${account?._id}:`);
  const answers = stranger.messages.slice(before);
  for (const message of answers) assert.match(stranger.read(message), /not connected any more/);
  assert.equal(answers.length, 7);
  assert.ok(!(await revoked(creator.username)));
});
