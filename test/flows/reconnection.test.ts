// A connection that ended: posts are held, the person reconnects once, the posts go out, none of them twice.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Simulator, startSimulator } from '#simulator/simulator.ts';
import { bringCode, getReturnCode } from '#test/support/linking.ts';
import { type Stand, schedulePost, startStand } from '#test/support/stand.ts';

const app = (name: string) => ({
  secret: `${name}-secret-of-the-client`,
  name,
  developer: 'us',
  desktopRedirects: ['http://localhost:*/*'],
});
const keys = (name: string) => ({ TIKTOK_CLIENT_KEY: name, TIKTOK_CLIENT_SECRET: `${name}-secret-of-the-client` });

async function withTikTok(story: (tiktok: Simulator, stand: Stand) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'clipcue-tiktok-'));
  const tiktok = await startSimulator({ dataDir, port: 0, settings: { processingDelayMs: 100 } });
  tiktok.change({ clients: { old: app('old'), new: app('new') } });
  const stand = await startStand({
    env: {
      ...keys('old'),
      TIKTOK_API_URL: tiktok.origin,
      TIKTOK_LOGIN_URL: tiktok.origin,
      TIKTOK_MODE: 'direct',
      TIKTOK_AUDITED: 'yes',
    },
  });
  try {
    await story(tiktok, stand);
  } finally {
    await stand.stop();
    await tiktok.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const published = (tiktok: Simulator) => tiktok.journal({ kind: 'published' }).length;

test('another client key: held, one reconnect, released, published once', () =>
  withTikTok(async (tiktok, stand) => {
    const clara = stand.person('Clara');
    await bringCode(clara, await getReturnCode(clara, 'clara.cooks'));
    await schedulePost(clara, { when: 'in 2 seconds', caption: 'Due under the new key' });
    await schedulePost(clara, { when: 'in 3 hours', caption: 'Due much later' });
    await stand.restart(keys('new'));
    const held = await clara.waitFor(/Held: Clara Cooks[\s\S]*Due under the new key/);
    assert.match(clara.read(held), /another TikTok connection/);
    assert.equal(published(tiktok), 0, 'nothing goes out under a key it was not made for');

    await bringCode(clara, await getReturnCode(clara, 'clara.cooks'));
    await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*Due under the new key/);
    assert.equal(published(tiktok), 1);
    const later = await stand.app.database.connection.collection('posts').findOne({ caption: 'Due much later' });
    assert.deepEqual(
      [later?.state, later?.world],
      ['scheduled', 'key:new'],
      'posts that were not due follow the account',
    );
  }));

test('a grant that was revoked at TikTok: held, reconnected, published once', () =>
  withTikTok(async (tiktok, stand) => {
    const clara = stand.person('Clara');
    await bringCode(clara, await getReturnCode(clara, 'clara.cooks'));
    await schedulePost(clara, { when: 'in 1 second', caption: 'Revoked before its time' });
    tiktok.disconnect('clara.cooks', 'old');
    const held = await clara.waitFor(/Held: Clara Cooks/);
    assert.match(clara.read(held), /\/connect[-_]tiktok/);

    await bringCode(clara, await getReturnCode(clara, 'clara.cooks'));
    await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks/);
    assert.equal(published(tiktok), 1);
  }));
