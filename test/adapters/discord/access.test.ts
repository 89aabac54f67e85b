// Private by default, on Discord: /claim, invitations, and one sentence for everybody else; and the linking page's way back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import { readReturnCode } from '#demo/consent.ts';
import { type DiscordStand, startDiscordStand } from '#test/support/discord-stand.ts';
import { arrive, askForLink, consent, press } from '#test/support/linking.ts';
import { CLIP } from '#test/support/stand.ts';

const PUBLIC_URL = 'https://clips.example.com';

let stand: DiscordStand;
before(async () => {
  stand = await startDiscordStand({ env: { ACCESS: 'invited', PUBLIC_URL } });
  const webRedirects = [`${PUBLIC_URL}/oauth/tiktok/callback`];
  await stand.simulator.change({ clients: { 'simulator-client-key': { webRedirects } } });
});
after(() => stand.stop());

const usersOf = () => stand.app.database.connection.collection('users').countDocuments();

test('a stranger gets one sentence; nothing is fetched, nothing written', async () => {
  const sam = stand.person('Sam', { place: 'server' });
  const before = stand.discord.requests.length;
  await sam.command('schedule', { video: await offerFile(CLIP) });
  assert.match(sam.read(), /^This bot is private\. Ask its owner for an invitation\.$/);
  assert.match(sam.read(await sam.sendClips([await offerFile(CLIP)])), /^This bot is private/);
  assert.deepEqual(await sam.suggest('schedule', 'when', 'tomorrow 18:00'), []);
  assert.ok(!stand.discord.requests.slice(before).some(({ path }) => path.startsWith('/attachments/')));
  assert.equal(await usersOf(), 0);
});

test('the claim that start printed makes the owner; an invitation lets one more in', async () => {
  const { how } = stand.app.ownerClaims.find(({ platform }) => platform === 'discord') ?? { how: '' };
  const code = /code:\s*(\S+)/.exec(how)?.[1] ?? how.split(' ').at(-1) ?? '';
  const olga = stand.person('Olga', { place: 'server' });
  await olga.command('claim', { code });
  assert.match(olga.read(), /^This bot is yours now/);
  await olga.command('invite');
  const invitation = /\/claim (?:code:\s*)?(\S+)/.exec(olga.read())?.[1] ?? '';
  const mia = stand.person('Mia');
  await mia.command('claim', { code: invitation });
  assert.match(mia.read(), /^Welcome, you are in\./);
  const nina = stand.person('Nina');
  await nina.command('claim', { code: invitation });
  assert.match(nina.read(), /^This bot is private/);
});

test('the link is a button that only its person sees; the return code comes back through a form', async () => {
  const olga = stand.person('Olga');
  const link = await askForLink(olga);
  assert.ok(link.startsWith(`${PUBLIC_URL}/connect/`));
  const card = olga.shown.at(-1);
  assert.equal(card?.hiddenFor, olga.user.id);
  assert.match(JSON.stringify(card?.components), /"style":5/, 'a link button');
  // The proxy that would stand before Clipcue.
  const local = (address: string) => address.replace(PUBLIC_URL, `http://127.0.0.1:${stand.config.port}`);
  const { location, cookie } = await press(local(link), { origin: PUBLIC_URL, 'x-forwarded-proto': 'https' });
  const page = await arrive(local(await consent(location, 'clara.cooks')), cookie);
  const code = readReturnCode({ url: '', status: page.status, body: page.body });
  await olga.press('Enter the code');
  await olga.fill({ code: 'XXXX-XXXX' });
  assert.match(olga.read(), /^That code is not right/);
  await olga.press('Enter the code');
  await olga.fill({ code });
  assert.match(olga.read(), /^Connected/);
  await olga.press('Wrong account?');
  assert.match(olga.read(), /disconnected again/);
});
