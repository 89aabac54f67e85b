// Seals secrets for the database: XChaCha20-Poly1305, bound to the document and field they belong to, so that a sealed value moved
// elsewhere does not open. Format: `v1.<key id>.<nonce>.<ciphertext>`, base64url.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import sodium from 'sodium-native';
import { AppError } from '../domain/errors.ts';

export const KEY_BYTES = sodium.crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
const NONCE_BYTES = sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
const TAG_BYTES = sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES;

/** The place a secret lives in; part of what is authenticated. */
export interface SecretPlace {
  readonly collection: string;
  readonly id: string;
  readonly field: string;
}

export interface TokenBox {
  seal(secret: string, place: SecretPlace): string;
  /** @throws AppError `secret_unreadable` for another place, another key, or any changed bit. */
  open(sealed: string, place: SecretPlace): string;
  /** The key that new secrets are sealed with. */
  readonly activeKeyId: string;
}

export interface Keyring {
  readonly activeKeyId: string;
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

/** A box over `keyring`. Keys are copied into memory that is never swapped and read-only. */
export function createTokenBox(keyring: Keyring): TokenBox {
  const keys = new Map([...keyring.keys].map(([id, key]) => [id, guard(key)]));

  function findKey(keyId: string): Buffer {
    const key = keys.get(keyId);
    if (!key) throw new AppError('secret_unreadable', { reason: 'unknown key' });
    return key;
  }

  return {
    activeKeyId: keyring.activeKeyId,
    seal(secret, place) {
      const plain = Buffer.from(secret, 'utf8');
      const nonce = randomBytes(NONCE_BYTES);
      const sealed = Buffer.alloc(plain.length + TAG_BYTES);
      const aad = bindingOf(keyring.activeKeyId, place);
      const key = findKey(keyring.activeKeyId);
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, plain, aad, null, nonce, key);
      plain.fill(0);
      return `v1.${keyring.activeKeyId}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
    },
    open(sealed, place) {
      const [version, keyId = '', nonceText = '', cipherText = '', ...rest] = sealed.split('.');
      const nonce = decode(nonceText);
      const cipher = decode(cipherText);
      const wellFormed = version === 'v1' && rest.length === 0 && nonce && cipher;
      if (!wellFormed || nonce.length !== NONCE_BYTES || cipher.length < TAG_BYTES)
        throw new AppError('secret_unreadable', { reason: 'malformed' });
      const key = findKey(keyId);
      const plain = Buffer.alloc(cipher.length - TAG_BYTES);
      try {
        sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, cipher, bindingOf(keyId, place), nonce, key);
      } catch (error) {
        // sodium says only "could not verify data", without a code; nothing else can fail once the lengths are right.
        throw new AppError('secret_unreadable', { reason: 'not authentic' }, { cause: error });
      }
      const secret = plain.toString('utf8');
      plain.fill(0);
      return secret;
    },
  };
}

/** Null for text that the encoder would not have written: Node's decoder skips foreign letters and ignores spare bits. */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

function bindingOf(keyId: string, { collection, id, field }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(['clipcue', 1, keyId, collection, id, field]));
}

function guard(key: Uint8Array): Buffer {
  const guarded = sodium.sodium_malloc(KEY_BYTES);
  guarded.set(key);
  sodium.sodium_mprotect_readonly(guarded);
  return guarded;
}

/** Whether two secrets are equal, in time that does not depend on where they differ. */
export function equalSecrets(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
