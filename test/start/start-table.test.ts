// The table that start prints: every part, what is on, and how to change it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { loadConfig } from '#config.ts';
import { renderStartTable } from '#start-table.ts';

const KEY = `k1:${randomBytes(32).toString('base64')}`;
const DATA_DIR = '/srv/data';

function render(
  env: Record<string, string>,
  {
    playground = null,
    simulatorOrigin = null,
    name = null,
    standby = null,
  }: {
    playground?: { url: string; password: string | null } | null;
    simulatorOrigin?: string | null;
    name?: string | null;
    standby?: 'restored' | 'moved' | null;
  } = {},
): string {
  return renderStartTable({
    config: loadConfig({ DATA_DIR, ...env }),
    playground,
    simulatorOrigin,
    nameOn: () => name,
    standby,
  });
}

const lineOf = (table: string, part: string): string =>
  table.split('\n').find(line => line.trim().startsWith(part)) ?? '';

describe('the start-up table', () => {
  it('says first that a restored copy posts nothing, and how that ends', () => {
    const [first = ''] = render({}, { standby: 'restored' }).split('\n');
    assert.match(first, /Standby +on +restored from a backup: nothing is posted .* npm run restore -- --activate$/);
  });

  it('with nothing configured', () => {
    const table = render(
      {},
      {
        playground: { url: 'http://localhost:3000/playground', password: null },
        simulatorOrigin: 'http://127.0.0.1:3010',
      },
    );
    assert.match(lineOf(table, 'Playground'), /on +http:\/\/localhost:3000\/playground +PLAYGROUND=off/);
    assert.match(lineOf(table, 'Simulator'), /on +http:\/\/127\.0\.0\.1:3010\/simulator .*TIKTOK_CLIENT_KEY/);
    assert.match(lineOf(table, 'Database'), /on +embedded, in \/srv\/data +MONGODB_URI/);
    assert.match(lineOf(table, 'Discord'), /off +no token +DISCORD_TOKEN/);
    assert.match(lineOf(table, 'Telegram'), /off +no token +TELEGRAM_BOT_TOKEN/);
    assert.match(lineOf(table, 'TikTok '), /off +practice.*TIKTOK_CLIENT_KEY, TIKTOK_CLIENT_SECRET/);
    assert.match(lineOf(table, 'Media'), /on +clips up to 4096 MB, in \/srv\/data +DATA_DIR, MAX_CLIP_MB/);
  });

  it('with clips in a bucket', () => {
    const table = render({
      MEDIA_STORE: 's3://clips/bot?endpoint=https://s3.example.com',
      S3_ACCESS_KEY_ID: 'id',
      S3_SECRET_ACCESS_KEY: 'a-bucket-secret',
    });
    assert.match(lineOf(table, 'Media'), /on +clips up to 4096 MB, in the bucket clips +MEDIA_STORE, MAX_CLIP_MB/);
    assert.ok(!table.includes('a-bucket-secret'));
  });

  it('with everything real: as whom, and nothing secret', () => {
    const secrets = {
      TELEGRAM_BOT_TOKEN: '123456789:AAHxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      TIKTOK_CLIENT_SECRET: 'a-client-secret',
      MONGODB_URI: 'mongodb://someone:pass-word@db/clipcue',
      TOKEN_KEYS: KEY,
    };
    const table = render(
      { ...secrets, TIKTOK_CLIENT_KEY: 'awkey', PUBLIC_URL: 'https://clips.example.com' },
      { name: '@my_clips_bot' },
    );
    assert.match(lineOf(table, 'Playground'), /off +in production +PLAYGROUND/);
    assert.match(lineOf(table, 'Telegram'), /on +as @my_clips_bot/);
    assert.match(lineOf(table, 'TikTok '), /on +as awkey; clips go to the TikTok inbox, the app is not audited/);
    for (const secret of [...Object.values(secrets), 'pass-word'])
      assert.ok(!table.includes(secret), `${secret} is shown`);
  });

  it('gives the addresses that TikTok’s portal asks for, as they stand', () => {
    const table = render({ PUBLIC_URL: 'https://clips.example.com/' });
    for (const path of ['/oauth/tiktok/callback', '/terms', '/privacy'])
      assert.ok(
        table.includes(` https://clips.example.com${path}\n`) || table.endsWith(`https://clips.example.com${path}`),
        path,
      );
  });

  it('says the password of a public Playground', () => {
    const playground = { url: 'https://clips.example.com/playground', password: 'open-sesame' };
    assert.match(render({ PLAYGROUND: 'public' }, { playground }), /playground with the password open-sesame/);
  });
});

describe('whether the Playground is on', () => {
  const TELEGRAM_BOT_TOKEN = '123456789:AAHxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
  const LIVE = { TIKTOK_CLIENT_KEY: 'awkey', TIKTOK_CLIENT_SECRET: 'a-client-secret' };
  const PRODUCTION = { NODE_ENV: 'production', TOKEN_KEYS: KEY };
  const cases: [what: string, env: Record<string, string>, isOn: boolean][] = [
    ['nothing configured', {}, true],
    ['a TikTok key', LIVE, true],
    ['switched off', { PLAYGROUND: 'off' }, false],
    ['Telegram', { TELEGRAM_BOT_TOKEN }, false],
    ['Telegram, switched on', { TELEGRAM_BOT_TOKEN, PLAYGROUND: 'on' }, true],
    ['production', PRODUCTION, false],
    ['production, switched on', { ...PRODUCTION, PLAYGROUND: 'on' }, true],
    ['the container image', { ...PRODUCTION, HOST: '0.0.0.0' }, false],
    ['all addresses', { HOST: '0.0.0.0' }, false],
    ['a public address', { PUBLIC_URL: 'https://clips.example.com' }, false],
    ['a public address, with a password', { PUBLIC_URL: 'https://clips.example.com', PLAYGROUND: 'public' }, true],
  ];
  for (const [what, env, isOn] of cases)
    it(`${what}: ${isOn ? 'on' : 'off'}`, () => assert.equal(loadConfig(env).playground.kind, isOn ? 'on' : 'off'));

  it('on a public address without its password it is a fault', () => {
    for (const env of [{ HOST: '0.0.0.0' }, { PUBLIC_URL: 'https://clips.example.com' }])
      assert.throws(() => loadConfig({ ...env, PLAYGROUND: 'on' }), /PLAYGROUND=public puts a password before it/);
  });
});
