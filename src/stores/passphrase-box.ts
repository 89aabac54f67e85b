// Seals a short secret under a passphrase that a person remembers: Argon2id makes the key, XChaCha20-Poly1305 seals. For the token
// keys in a backup, which must not lie beside what they open.

import { randomBytes } from 'node:crypto';
import sodium from 'sodium-native';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';

/** What guessing costs. The defaults are libsodium's "moderate": 256 MB and most of a second for each guess. */
export interface GuessingCost {
  readonly passes: number;
  readonly memoryBytes: number;
}

const MODERATE: GuessingCost = {
  passes: sodium.crypto_pwhash_OPSLIMIT_MODERATE,
  memoryBytes: sodium.crypto_pwhash_MEMLIMIT_MODERATE,
};

const base64 = z.base64().transform(text => Buffer.from(text, 'base64'));

const sealedBox = z.object({
  format: z.literal('clipcue-passphrase-1'),
  // A file made to exhaust the machine that opens it is refused.
  passes: z.int().min(1).max(16),
  memoryBytes: z
    .int()
    .min(8192)
    .max(1024 ** 3),
  salt: base64.refine(({ length }) => length === sodium.crypto_pwhash_SALTBYTES),
  nonce: base64.refine(({ length }) => length === sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES),
  sealed: base64.refine(({ length }) => length >= sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES),
});

const BINDING = Buffer.from('clipcue passphrase box 1');

/** The secret as text that only `passphrase` opens. */
export function sealUnderPassphrase(secret: string, passphrase: string, cost: GuessingCost = MODERATE): string {
  const salt = randomBytes(sodium.crypto_pwhash_SALTBYTES);
  const nonce = randomBytes(sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  const plain = Buffer.from(secret, 'utf8');
  const sealed = Buffer.alloc(plain.length + sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES);
  const key = deriveKey(passphrase, salt, cost);
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, plain, BINDING, null, nonce, key);
  sodium.sodium_memzero(key);
  plain.fill(0);
  const encode = (bytes: Buffer) => bytes.toString('base64');
  return JSON.stringify({
    format: 'clipcue-passphrase-1',
    ...cost,
    salt: encode(salt),
    nonce: encode(nonce),
    sealed: encode(sealed),
  });
}

/** @throws AppError `secret_unreadable` for another passphrase, and for anything that `sealUnderPassphrase` did not write. */
export function openWithPassphrase(text: string, passphrase: string): string {
  const box = sealedBox.safeParse(readJson(text));
  if (!box.success) throw new AppError('secret_unreadable', { reason: 'malformed' });
  const { salt, nonce, sealed, ...cost } = box.data;
  const plain = Buffer.alloc(sealed.length - sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES);
  const key = deriveKey(passphrase, salt, cost);
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, sealed, BINDING, nonce, key);
  } catch (error) {
    // sodium says only "could not verify data", without a code; nothing else can fail once the lengths are right.
    throw new AppError('secret_unreadable', { reason: 'not authentic' }, { cause: error });
  } finally {
    sodium.sodium_memzero(key);
  }
  const secret = plain.toString('utf8');
  plain.fill(0);
  return secret;
}

function deriveKey(passphrase: string, salt: Buffer, { passes, memoryBytes }: GuessingCost): Buffer {
  const key = sodium.sodium_malloc(sodium.crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  // The same letters can be written in several ways, and keyboards differ in which.
  const words = Buffer.from(passphrase.normalize('NFKC'), 'utf8');
  sodium.crypto_pwhash(key, words, salt, passes, memoryBytes, sodium.crypto_pwhash_ALG_ARGON2ID13);
  return key;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
