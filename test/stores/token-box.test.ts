// Sealing: a sealed value opens in its own place, with its own key, unchanged, and in no other way.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAppError } from '#domain/errors.ts';
import { createTokenBox, equalSecrets, KEY_BYTES, type SecretPlace } from '#stores/token-box.ts';

const drawKey = () => new Uint8Array(randomBytes(KEY_BYTES));
const boxOf = (...keys: [string, Uint8Array][]) =>
  createTokenBox({ activeKeyId: keys[0]?.[0] ?? '', keys: new Map(keys) });

const PLACE: SecretPlace = { collection: 'accounts', id: 'AAAAAAAAAAAAAAAA', field: 'accessToken' };
const TOKEN = 'act.9f1c2d3e4a5b6c7d8e9f!4027.u1';
const box = boxOf(['k1', drawKey()]);

function assertRefused(sealed: string, place: SecretPlace, why: string, by = box): void {
  assert.throws(
    () => by.open(sealed, place),
    (error: unknown) => {
      assert.ok(isAppError(error, 'secret_unreadable'), `${why}: expected secret_unreadable, got ${error}`);
      assert.ok(!JSON.stringify(error.facts).includes(TOKEN));
      return true;
    },
    `${why} should be refused`,
  );
}

describe('a sealed value', () => {
  it('opens to what was sealed, whatever it was, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), secret => {
        const sealed = box.seal(secret, PLACE);
        assert.equal(box.open(sealed, PLACE), secret);
        assert.match(sealed, /^v1\.k1\.[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]+$/);
      }),
    );
    assert.ok(!box.seal(TOKEN, PLACE).includes('act.'));
  });

  it('is another one each time', () => {
    assert.equal(new Set(Array.from({ length: 50 }, () => box.seal(TOKEN, PLACE))).size, 50);
  });

  it('does not open for another account, field or collection', () => {
    const sealed = box.seal(TOKEN, PLACE);
    assertRefused(sealed, { ...PLACE, id: 'BBBBBBBBBBBBBBBB' }, 'another account');
    assertRefused(sealed, { ...PLACE, field: 'refreshToken' }, 'another field');
    assertRefused(sealed, { ...PLACE, collection: 'linkattempts' }, 'another collection');
    // Parts must not be able to trade letters: ("ab", "c") is another place than ("a", "bc").
    assertRefused(
      box.seal(TOKEN, { collection: 'c', id: 'ab', field: 'c' }),
      { collection: 'c', id: 'a', field: 'bc' },
      'parts that read the same side by side',
    );
  });

  it('does not open under another key or key id', () => {
    const [first, second] = [drawKey(), drawKey()];
    const both = boxOf(['k1', first], ['k2', second]);
    const sealed = both.seal(TOKEN, PLACE);
    assertRefused(sealed, PLACE, 'the same id with another key', boxOf(['k1', second]));
    assertRefused(sealed.replace('.k1.', '.k2.'), PLACE, 'a swapped key id', both);
    assertRefused(sealed.replace('.k1.', '.k9.'), PLACE, 'an unknown key id', both);
    // The id is bound too: the same bytes under two ids are two keys.
    const twins = boxOf(['k1', first], ['k3', first]);
    assertRefused(sealed.replace('.k1.', '.k3.'), PLACE, 'a swapped key id over the same key', twins);
  });

  it('does not open with any bit flipped, in the text or in the bytes beneath', () => {
    const sealed = box.seal(TOKEN, PLACE);
    for (let at = 0; at < sealed.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const letter = String.fromCharCode(sealed.charCodeAt(at) ^ (1 << bit));
        assertRefused(sealed.slice(0, at) + letter + sealed.slice(at + 1), PLACE, `bit ${bit} of letter ${at}`);
      }
    const [version, keyId, nonce = '', cipher = ''] = sealed.split('.');
    for (const part of ['nonce', 'cipher'] as const) {
      const bytes = Buffer.from(part === 'nonce' ? nonce : cipher, 'base64url');
      for (let at = 0; at < bytes.length * 8; at++) {
        const changed = Buffer.from(bytes);
        changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
        const text = changed.toString('base64url');
        const parts = part === 'nonce' ? [version, keyId, text, cipher] : [version, keyId, nonce, text];
        assertRefused(parts.join('.'), PLACE, `bit ${at} of the ${part}`);
      }
    }
  });

  it('does not open cut, lengthened, or as anything else', () => {
    const sealed = box.seal(TOKEN, PLACE);
    for (let length = 0; length < sealed.length; length++)
      assertRefused(sealed.slice(0, length), PLACE, `the first ${length} letters`);
    for (const text of [
      `${sealed}.`,
      `${sealed}A`,
      `${sealed}=`,
      ` ${sealed}`,
      `v2${sealed.slice(2)}`,
      '',
      TOKEN,
      '...',
    ])
      assertRefused(text, PLACE, JSON.stringify(text));
    fc.assert(fc.property(fc.string(), text => assertRefused(text, PLACE, 'any text')));
  });
});

describe('rotation', () => {
  it('seals with the new key and still opens what the old one sealed', () => {
    const [old, fresh] = [drawKey(), drawKey()];
    const before = boxOf(['k1', old]);
    const sealedBefore = before.seal(TOKEN, PLACE);

    // First the new key is known everywhere, then it becomes the active one, then the old one goes.
    const known = boxOf(['k1', old], ['k2', fresh]);
    const rotated = boxOf(['k2', fresh], ['k1', old]);
    const done = boxOf(['k2', fresh]);
    const sealedAfter = rotated.seal(TOKEN, PLACE);

    assert.match(sealedAfter, /^v1\.k2\./);
    for (const one of [known, rotated]) {
      assert.equal(one.open(sealedBefore, PLACE), TOKEN);
      assert.equal(one.open(sealedAfter, PLACE), TOKEN);
    }
    assert.equal(done.open(sealedAfter, PLACE), TOKEN);
    assertRefused(sealedBefore, PLACE, 'what only the old key opens', done);
  });
});

it('equalSecrets compares text of any length', () => {
  assert.ok(equalSecrets('', ''));
  assert.ok(equalSecrets('äöü', 'äöü'));
  assert.ok(!equalSecrets('abc', 'abd'));
  assert.ok(!equalSecrets('abc', 'abcd'));
});
