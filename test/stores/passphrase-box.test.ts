// Secrets under a passphrase: only the right one opens them, and no file can make opening it a burden.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '#domain/errors.ts';
import { openWithPassphrase, sealUnderPassphrase } from '#stores/passphrase-box.ts';

/** The least that libsodium takes: guessing is not what is tested. */
const CHEAP = { passes: 1, memoryBytes: 8192 };
const SECRET = 'k1:c2VjcmV0,k2:b2xk';
const isUnreadable = (error: unknown) => isAppError(error, 'secret_unreadable');

describe('the passphrase box', () => {
  it('opens with its passphrase, however its letters were typed', () => {
    const sealed = sealUnderPassphrase(SECRET, 'caf\u00e9 au lait', CHEAP);
    assert.equal(openWithPassphrase(sealed, 'cafe\u0301 au lait'), SECRET);
    assert.ok(!sealed.includes('c2VjcmV0'));
    assert.notEqual(sealUnderPassphrase(SECRET, 'caf\u00e9 au lait', CHEAP), sealed);
  });

  it('opens with no other one, and not once it was changed', () => {
    const sealed = sealUnderPassphrase(SECRET, 'correct horse', CHEAP);
    assert.throws(() => openWithPassphrase(sealed, 'correct horsf'), isUnreadable);
    const box = JSON.parse(sealed);
    assert.throws(() => openWithPassphrase(JSON.stringify({ ...box, passes: 2 }), 'correct horse'), isUnreadable);
  });

  it('refuses what it did not write, and costs that would exhaust the machine', () => {
    for (const text of ['', 'k1:abc', '{}', 'null']) assert.throws(() => openWithPassphrase(text, 'x'), isUnreadable);
    const box = JSON.parse(sealUnderPassphrase(SECRET, 'x', CHEAP));
    for (const change of [{ memoryBytes: 2 ** 40 }, { passes: 1e6 }, { salt: 'AAAA' }])
      assert.throws(() => openWithPassphrase(JSON.stringify({ ...box, ...change }), 'x'), isUnreadable);
  });
});
