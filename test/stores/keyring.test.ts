// The keys that seal tokens: read strictly, refused where they are no secret, made once and kept.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseKeyring, readOrMakeKeyFile } from '#stores/keyring.ts';

const bytes = randomBytes(32);
const base64 = bytes.toString('base64');

const folder = await mkdtemp(join(tmpdir(), 'clipcue-keyring-'));
after(() => rm(folder, { recursive: true }));

function faultOf(text: string): string {
  const result = parseKeyring(text);
  assert.ok('fault' in result, `${JSON.stringify(text)} should be refused`);
  return result.fault;
}

describe('keys from a setting', () => {
  it('are read as base64, base64url and hex; the first is active', () => {
    const other = randomBytes(32);
    const result = parseKeyring(`k2:${bytes.toString('hex')}, k1:${other.toString('base64url')}`);
    assert.ok('keyring' in result);
    assert.equal(result.keyring.activeKeyId, 'k2');
    assert.deepEqual(Buffer.from(result.keyring.keys.get('k2') ?? []), bytes);
    assert.deepEqual(Buffer.from(result.keyring.keys.get('k1') ?? []), other);
  });

  for (const [name, text, expected] of [
    ['nothing', '', /written as id:key/],
    ['a key without id', base64, /written as id:key/],
    ['an id in capitals', `K1:${base64}`, /written as id:key/],
    ['an id that is too long', `${'k'.repeat(13)}:${base64}`, /written as id:key/],
    ['a comma too much', `k1:${base64},`, /written as id:key/],
    ['31 bytes', `k1:${bytes.subarray(1).toString('base64')}`, /key k1 has 31 bytes; it needs 32/],
    ['33 bytes', `k1:${Buffer.concat([bytes, bytes.subarray(31)]).toString('base64')}`, /has 33 bytes/],
    ['hex with a letter missing', `k1:${bytes.toString('hex').slice(1)}`, /key k1/],
    ['padding in the middle', `k1:${base64.slice(0, 20)}=${base64.slice(20)}`, /neither base64 nor hex/],
    ['one id twice', `k1:${base64},k1:${randomBytes(32).toString('base64')}`, /key k1 stands there twice/],
    ['one key twice', `k1:${base64},k2:${bytes.toString('hex')}`, /keys k1 and k2 are the same/],
    ['all zeros', `k1:${Buffer.alloc(32).toString('base64')}`, /repeats itself/],
    ['a short pattern', `k1:${Buffer.from('abcd'.repeat(8)).toString('base64')}`, /repeats itself/],
    ['a sentence', `k1:${Buffer.from('correct horse battery staple 123').toString('base64')}`, /readable text/],
    ['the example', 'k1:base64-of-32-random-bytes', /key k1/],
  ] as const)
    it(`are refused: ${name}`, () => assert.match(faultOf(text), expected));

  it('are never repeated in the fault', () => {
    const secret = bytes.subarray(2).toString('base64');
    for (const text of [`k1:${secret}`, `K!:${secret}`, `k1:${base64},k1:${secret}`])
      assert.ok(!faultOf(text).includes(secret.slice(0, 8)), faultOf(text));
  });
});

describe('the key file', () => {
  it('is made for its owner alone, and is the same key ever after', async () => {
    const path = join(folder, 'made');
    const made = await readOrMakeKeyFile(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const again = await readOrMakeKeyFile(path);
    assert.deepEqual(again.keys.get('k1'), made.keys.get('k1'));
    assert.match(await readFile(path, 'utf8'), /^k1:[A-Za-z0-9+/]{43}=\n$/);
  });

  it('is refused where it holds no key, and left as it is', async () => {
    for (const [name, text] of Object.entries({ empty: '', cut: `k1:${base64.slice(0, 20)}`, foreign: '{"key":1}' })) {
      const path = join(folder, name);
      await writeFile(path, text);
      await assert.rejects(readOrMakeKeyFile(path), (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.ok(error.message.includes(path), 'the file should be named');
        assert.ok(!error.message.includes(base64.slice(0, 12)), 'the key should not');
        return true;
      });
      assert.equal(await readFile(path, 'utf8'), text);
    }
  });

  it('is refused where it cannot be read', async () => {
    await assert.rejects(readOrMakeKeyFile(folder), { code: 'EISDIR' });
  });

  it('is made once where two starts race for it', async () => {
    const path = join(folder, 'raced');
    const rings = await Promise.all([1, 2, 3].map(() => readOrMakeKeyFile(path)));
    const kept = await readOrMakeKeyFile(path);
    for (const ring of rings) assert.deepEqual(ring.keys.get('k1'), kept.keys.get('k1'));
    assert.deepEqual(
      (await readdir(folder)).filter(name => name.startsWith('raced')),
      ['raced'],
      'no draft should stay',
    );
  });
});
