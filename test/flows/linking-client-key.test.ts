// Another client key of the same developer: the account is found again by its union_id, with its id, name and settings.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Simulator, startSimulator } from '#simulator/simulator.ts';
import { bringCode, getReturnCode } from '#test/support/linking.ts';
import { type Stand, startStand } from '#test/support/stand.ts';

let dataDir: string;
let tiktok: Simulator;
let stand: Stand;

const app = (name: string, developer: string) => ({
  secret: `${name}-secret-of-the-client`,
  name,
  developer,
  desktopRedirects: ['http://localhost:*/*'],
});
const keys = (name: string) => ({ TIKTOK_CLIENT_KEY: name, TIKTOK_CLIENT_SECRET: `${name}-secret-of-the-client` });

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'clipcue-tiktok-'));
  tiktok = await startSimulator({ dataDir, port: 0 });
  tiktok.change({ clients: { old: app('old', 'us'), new: app('new', 'us'), alien: app('alien', 'them') } });
  stand = await startStand({
    env: { ...keys('old'), TIKTOK_API_URL: tiktok.origin, TIKTOK_LOGIN_URL: tiktok.origin, TIKTOK_MODE: 'direct' },
  });
});
after(async () => {
  await stand.stop();
  await tiktok.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const stored = (displayName: string) =>
  stand.app.database.connection.collection('accounts').find({ displayName }).toArray();

test('one reconnect brings the account back under the new key, and only its owner can do it', async () => {
  const [clara, other] = [stand.person('Clara'), stand.person('Other')];
  await bringCode(clara, await getReturnCode(clara, 'clara.cooks'));
  await clara.command('accounts');
  await clara.press('Rename');
  await clara.fill({ name: 'Kitchen' });
  const [before] = await stored('Clara Cooks');
  assert.equal(before?.world, 'key:old');

  await stand.restart(keys('new'));
  assert.match(clara.read(await clara.command('accounts')), /Kitchen\n.*must be connected again/s);
  assert.match(await bringCode(other, await getReturnCode(other, 'clara.cooks')), /connected to somebody else here/);

  assert.match(await bringCode(clara, await getReturnCode(clara, 'clara.cooks')), /Connected\n.*Kitchen/s);
  const accounts = await stored('Clara Cooks');
  assert.equal(accounts.length, 1, 'it should be the same account');
  assert.equal(accounts[0]?._id, before?._id);
  assert.equal(accounts[0]?.world, 'key:new');
  assert.notEqual(accounts[0]?.openId, before?.openId, 'every key has an open_id of its own');
  assert.doesNotMatch(clara.read(await clara.command('accounts')), /connected again/);
});

test('disconnecting an account of the old key shows its tokens to nobody', async () => {
  const max = stand.person('Max');
  await bringCode(max, await getReturnCode(max, 'max.moves'));
  await stand.restart(keys('old'));
  const calls = tiktok.journal().length;
  await max.command('accounts');
  await max.press('Disconnect');
  await max.press('Disconnect');
  assert.deepEqual(tiktok.journal().slice(calls), [], 'the old key’s token means nothing to the new key');
  assert.deepEqual(
    (await stored('Max Moves')).map(({ status, grant }) => ({ status, grant })),
    [{ status: 'disconnected', grant: null }],
  );
});

test('another developer’s key makes another account: TikTok does not say that they are one', async () => {
  const nora = stand.person('Nora');
  await stand.restart(keys('old'));
  await bringCode(nora, await getReturnCode(nora, 'nora.private'));
  await stand.restart(keys('alien'));
  await bringCode(nora, await getReturnCode(nora, 'nora.private'));
  assert.deepEqual((await stored('Nora (private)')).map(({ world }) => world).toSorted(), ['key:alien', 'key:old']);
});

test('practice accounts are no accounts of the real TikTok', async () => {
  const paul = stand.person('Paul');
  await stand.restart({ TIKTOK_CLIENT_KEY: '', TIKTOK_CLIENT_SECRET: '', TIKTOK_API_URL: '', TIKTOK_LOGIN_URL: '' });
  await bringCode(paul, await getReturnCode(paul, 'clara.cooks'));
  assert.match(paul.read(), /Connected.*Practice/s, 'Clara’s real account does not stand in the way');
  await stand.restart({ ...keys('old'), TIKTOK_API_URL: tiktok.origin, TIKTOK_LOGIN_URL: tiktok.origin });
  assert.match(paul.read(await paul.command('accounts')), /No TikTok account is connected/);
});
