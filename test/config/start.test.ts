// Wrong settings stop the start with all faults listed, before anything opens.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const START_WITHIN_MS = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'clipcue-start-'));
after(() => rmSync(folder, { recursive: true }));

const PASSWORD = 'hunter2-and-more';

it('a database that does not answer: a sentence that says so, without its password', () => {
  const ended = spawnSync(process.execPath, [MAIN], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: join(folder, 'data'),
      MONGODB_URI: `mongodb://clipcue:${PASSWORD}@127.0.0.1:1/clipcue?serverSelectionTimeoutMS=200`,
      TOKEN_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    },
    encoding: 'utf8',
    timeout: START_WITHIN_MS,
  });
  rmSync(join(folder, 'data'), { recursive: true, force: true });
  assert.equal(ended.status, 1, ended.stderr);
  assert.match(ended.stderr, /^Clipcue could not start: the database of MONGODB_URI does not answer .*Is it running/);
  assert.ok(!(ended.stdout + ended.stderr).includes(PASSWORD), ended.stderr);
});

it('five faults at once: five sentences on stderr, exit 1, no folder, no file, no output', () => {
  writeFileSync(join(folder, '.env'), 'DATA_DIR=made-by-a-start\nPORT=http\nCOLOUR=blue\n');
  const ended = spawnSync(process.execPath, ['--env-file-if-exists=.env', MAIN], {
    cwd: folder,
    // Nothing else of this machine's environment: a setting there would be a sixth fault or mend one.
    env: {
      PATH: process.env.PATH,
      SIMULATOR_PROT: '3010',
      TIKTOK_CLIENT_KEY: 'awkey',
      TOKEN_KEYS_FILE: join(folder, 'missing'),
    },
    encoding: 'utf8',
    timeout: START_WITHIN_MS,
  });
  assert.equal(ended.status, 1, ended.stderr);
  assert.equal(ended.stdout, '');
  assert.match(ended.stderr, /^The settings have 5 faults:\n/);
  for (const name of ['COLOUR in the .env file', 'SIMULATOR_PROT', 'PORT', 'TIKTOK_CLIENT_SECRET', 'TOKEN_KEYS_FILE'])
    assert.ok(ended.stderr.includes(name), `${name} should be named in: ${ended.stderr}`);
  assert.deepEqual(readdirSync(folder), ['.env'], 'nothing should have been made');
});
