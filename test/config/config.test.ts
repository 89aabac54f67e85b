// The configuration: what settings are worth, and every way in which they can be wrong, all named at once.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigError, loadConfig } from '#config.ts';

const folder = mkdtempSync(join(tmpdir(), 'clipcue-config-'));
after(() => rmSync(folder, { recursive: true }));

const keyOf = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

function writeSecret(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function faultsOf(env: Record<string, string>, fileNames: readonly string[] = []): readonly string[] {
  try {
    loadConfig(env, fileNames);
  } catch (error) {
    assert.ok(error instanceof ConfigError, `expected a ConfigError, got ${error}`);
    return error.faults;
  }
  return [];
}

function assertOneFault(env: Record<string, string>, expected: RegExp): void {
  const faults = faultsOf(env);
  assert.equal(faults.length, 1, `one fault expected of ${JSON.stringify(env)}, found: ${faults.join(' | ')}`);
  assert.match(faults[0] ?? '', expected);
}

describe('settings that are right', () => {
  it('need none: the simulator, the embedded database, a key file', () => {
    const config = loadConfig({});
    assert.equal(config.publicUrl, 'http://localhost:3000');
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.mongodbUri, null);
    assert.equal(config.isProduction, false);
    assert.equal(config.keyring, null);
    assert.deepEqual(config.tiktok, { kind: 'simulator', mode: 'direct', isAudited: true, pkce: 'hex' });
    assert.deepEqual(config.secrets, []);
  });

  it('count as not set where they are empty, as Docker Compose leaves them', () => {
    const config = loadConfig({ PORT: '', MONGODB_URI: ' ', TIKTOK_CLIENT_KEY: '', TOKEN_KEYS_FILE: '' });
    assert.equal(config.port, 3000);
    assert.equal(config.mongodbUri, null);
    assert.equal(config.tiktok.kind, 'simulator');
  });

  it('name the proxies whose word counts: this machine’s unless told otherwise', () => {
    assert.deepEqual(loadConfig({}).trustedProxies, ['loopback']);
    const given = { TRUST_PROXY: 'uniquelocal, 203.0.113.7,10.0.0.0/8' };
    assert.deepEqual(loadConfig(given).trustedProxies, ['uniquelocal', '203.0.113.7', '10.0.0.0/8']);
    for (const wrong of ['yes', '10.0.0.0/99', '10.0.0', 'loopback,,'])
      assertOneFault({ TRUST_PROXY: wrong }, /^TRUST_PROXY is not a list such as/);
  });

  it('switch PKCE off only where TikTok can do without: a Desktop app cannot', () => {
    assertOneFault({ TIKTOK_PKCE: 'off' }, /^TIKTOK_PKCE=off needs a PUBLIC_URL/);
    assert.deepEqual(faultsOf({ TIKTOK_PKCE: 'off', PUBLIC_URL: 'https://clips.example.com' }), []);
  });

  it('lead to TikTok itself, inbox mode until TikTok has audited the app', () => {
    const keys = { TIKTOK_CLIENT_KEY: 'awkey', TIKTOK_CLIENT_SECRET: 'a-client-secret' };
    const unaudited = loadConfig(keys).tiktok;
    assert.equal(unaudited.kind, 'live');
    assert.equal(unaudited.mode, 'inbox');
    assert.equal(unaudited.kind === 'live' && unaudited.world, 'key:awkey');
    assert.equal(loadConfig({ ...keys, TIKTOK_AUDITED: 'yes' }).tiktok.mode, 'direct');
    assert.equal(loadConfig({ ...keys, TIKTOK_MODE: 'direct' }).tiktok.mode, 'direct');
  });

  it('put clips into a bucket, whose keys are secrets', () => {
    const keys = { S3_ACCESS_KEY_ID: 'an-access-key', S3_SECRET_ACCESS_KEY: 'a-secret-access-key' };
    const here = loadConfig({ MEDIA_STORE: 's3://clips/of/ada?endpoint=https://s3.example.com&region=eu-1', ...keys });
    assert.deepEqual(
      [here.mediaStore?.bucket, here.mediaStore?.prefix, here.mediaStore?.endpoint, here.mediaStore?.region],
      ['clips', 'of/ada/', 'https://s3.example.com', 'eu-1'],
    );
    assert.equal(here.mediaStore?.isPathStyle, true);
    assert.ok(here.secrets.includes('a-secret-access-key'));
    const amazon = loadConfig({ MEDIA_STORE: 's3://clips', ...keys }).mediaStore;
    assert.deepEqual([amazon?.endpoint, amazon?.isPathStyle, amazon?.prefix], [null, false, '']);
    for (const address of [
      'clips',
      'https://clips',
      's3://',
      's3://clips?endpoint=s3.example.com',
      's3://clips?bucket=x',
    ])
      assert.throws(() => loadConfig({ MEDIA_STORE: address, ...keys }), /MEDIA_STORE is not of the form/, address);
    assert.throws(() => loadConfig({ MEDIA_STORE: 's3://clips' }), /needs S3_ACCESS_KEY_ID/);
  });

  it('take secrets from files, without the line end that editors add', () => {
    const keys = keyOf('k1');
    const config = loadConfig({
      MONGODB_URI_FILE: writeSecret('uri', 'mongodb://db/clipcue\n'),
      TIKTOK_CLIENT_KEY: 'awkey',
      TIKTOK_CLIENT_SECRET_FILE: writeSecret('secret', 'a-client-secret\r\n'),
      TOKEN_KEYS_FILE: writeSecret('keys', `${keys}\n`),
    });
    assert.equal(config.mongodbUri, 'mongodb://db/clipcue');
    assert.equal(config.tiktok.kind === 'live' && config.tiktok.clientSecret, 'a-client-secret');
    assert.equal(config.keyring?.activeKeyId, 'k1');
    assert.equal(config.isProduction, true);
  });

  it('tell the log what to hide: each key alone, and the database password as it is typed', () => {
    const [first, second] = [keyOf('k2'), keyOf('k1')];
    const { secrets } = loadConfig({
      MONGODB_URI: 'mongodb://clips:p%40ss%2Fword@db/clipcue',
      TOKEN_KEYS: `${first}, ${second}`,
    });
    for (const expected of [first.slice(3), second.slice(3), 'p@ss/word', 'mongodb://clips:p%40ss%2Fword@db/clipcue'])
      assert.ok(secrets.includes(expected), `${expected} should be among the secrets`);
  });

  it('give web addresses without their last slash', () => {
    assert.equal(loadConfig({ PUBLIC_URL: 'https://clips.example.com/' }).publicUrl, 'https://clips.example.com');
  });
});

describe('settings that are wrong', () => {
  it('are all named at once', () => {
    const faults = faultsOf(
      {
        PUBLICK_URL: 'https://clips.example.com',
        PORT: '80a0',
        TIKTOK_CLIENT_SECRET: 'a-client-secret',
        TIKTOK_CLIENT_SECRET_FILE: writeSecret('both', 'a-client-secret'),
        TIKTOK_MODE: 'draft',
        MONGODB_URI: 'postgres://db/clipcue',
        TOKEN_KEYS_FILE: join(folder, 'missing'),
        COLOUR: 'blue',
      },
      ['COLOUR', 'PORT'],
    );
    for (const expected of [
      /^PUBLICK_URL is not a setting; did you mean PUBLIC_URL\?$/,
      /^COLOUR in the \.env file is not a setting$/,
      /^PORT is not a port number$/,
      /^TIKTOK_CLIENT_SECRET and TIKTOK_CLIENT_SECRET_FILE are both set/,
      /^TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET must be set together$/,
      /^TIKTOK_MODE is not inbox or direct$/,
      /^MONGODB_URI is not a connection string/,
      /^TOKEN_KEYS_FILE names a file that cannot be read \(ENOENT\): .*missing$/,
    ])
      assert.ok(
        faults.some(fault => expected.test(fault)),
        `${expected} should be among: ${faults.join(' | ')}`,
      );
    assert.equal(faults.length, 8, faults.join(' | '));
  });

  it('are told in one message, without repeating a secret', () => {
    const secret = 'postgres://clips:hunter2hunter2@db';
    assert.throws(
      () => loadConfig({ MONGODB_URI: secret, TOKEN_KEYS: `k1:${'c2hvcnQ'}`, PORT: '-1' }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /^The settings have 3 faults:\n {2}- /);
        assert.doesNotMatch(error.message, /hunter2|c2hvcnQ/);
        return true;
      },
    );
  });

  for (const [name, env, expected] of [
    ['a port beyond the last', { PORT: '65536' }, /^PORT is not a port number up to 65535$/],
    ['one port for two servers', { PORT: '3010' }, /^PORT and SIMULATOR_PORT are both 3010/],
    ['an address of another kind', { PUBLIC_URL: 'ftp://clips.example.com' }, /^PUBLIC_URL is not a web address/],
    ['an address with a query', { PUBLIC_URL: 'https://clips.example.com/?a=1' }, /^PUBLIC_URL is not a web address/],
    ['an address with a password', { PUBLIC_URL: 'https://a:b@clips.example.com' }, /^PUBLIC_URL is not a web address/],
    ['no room for any clip', { MAX_CLIP_MB: '0' }, /^MAX_CLIP_MB is not a whole number of megabytes from 1 to 4096$/],
    ['more than TikTok takes', { MAX_CLIP_MB: '5000' }, /^MAX_CLIP_MB is not/],
    ['a level that pino lacks', { LOG_LEVEL: 'loud' }, /^LOG_LEVEL is not one of debug, info/],
    ['an id without its secret', { TIKTOK_CLIENT_KEY: 'awkey' }, /must be set together$/],
    ['production without a key', { NODE_ENV: 'production' }, /^TOKEN_KEYS is missing/],
    ['a database without a key', { MONGODB_URI: 'mongodb://db/clipcue' }, /^TOKEN_KEYS is missing/],
    ['a typed key', { TOKEN_KEYS: `k1:${Buffer.from('a'.repeat(32)).toString('base64')}` }, /^TOKEN_KEYS: key k1 /],
    ['a near-miss of a file setting', { TOKEN_KEY_FILE: '/run/secrets/keys' }, /did you mean TOKEN_KEYS_FILE\?$/],
  ] satisfies [string, Record<string, string>, RegExp][])
    it(`one fault: ${name}`, () => assertOneFault(env, expected));

  it('one fault: a folder where a secret file should be', () =>
    assertOneFault({ TOKEN_KEYS_FILE: folder }, /^TOKEN_KEYS_FILE names a file that cannot be read \(EISDIR\)/));

  it('one fault: an empty secret file, for which no key is generated', () =>
    assertOneFault({ TOKEN_KEYS_FILE: writeSecret('empty', '\n') }, /^TOKEN_KEYS_FILE names an empty file/));

  it('one fault: the client secret used as a key as well', () => {
    const key = randomBytes(32).toString('base64');
    assertOneFault(
      { TOKEN_KEYS: `k1:${key}`, TIKTOK_CLIENT_KEY: 'awkey', TIKTOK_CLIENT_SECRET: key },
      /^TOKEN_KEYS holds the TikTok client secret/,
    );
  });

  it('do not hide what is missing beside them', () => {
    const faults = faultsOf({ MONGODB_URI: 'localhost' });
    assert.deepEqual(
      faults.map(fault => fault.split(' ')[0]),
      ['MONGODB_URI', 'TOKEN_KEYS'],
    );
  });

  it('are not other programs’ names in the environment', () => {
    const others = {
      PATH: '/bin',
      HOME: '/root',
      POST: '1',
      npm_package_version: '1',
      NODE_OPTIONS: '',
      COLOUR: 'blue',
    };
    assert.deepEqual(faultsOf(others), []);
  });
});
