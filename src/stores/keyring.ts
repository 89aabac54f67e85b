// The keys that seal tokens: read from a setting or from a key file, checked before anything is sealed with them.

import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { KEY_BYTES, type Keyring } from './token-box.ts';

export type { Keyring } from './token-box.ts';

const entry = z.string().regex(/^[a-z0-9]{1,12}:[A-Za-z0-9+/_=-]+$/);

/** Reads "id:key[,id:key]", base64 or hex, the first one active. Tells what is wrong, never what the key is. */
export function parseKeyring(text: string): { keyring: Keyring } | { fault: string } {
  const keys = new Map<string, Uint8Array>();
  for (const part of text.split(',').map(one => one.trim())) {
    if (!entry.safeParse(part).success) return { fault: 'each key is written as id:key, with a short lower-case id' };
    const [id = '', encoded = ''] = part.split(/:(.*)/s);
    const key = decodeKey(encoded);
    if (keys.has(id)) return { fault: `key ${id} stands there twice` };
    if (!key) return { fault: `key ${id} is neither base64 nor hex` };
    const twin = [...keys].find(([, other]) => key.equals(other));
    if (twin) return { fault: `keys ${twin[0]} and ${id} are the same` };
    const fault = findKeyFault(key);
    if (fault) return { fault: `key ${id} ${fault}` };
    keys.set(id, key);
  }
  const [activeKeyId = ''] = keys.keys();
  return { keyring: { activeKeyId, keys } };
}

/** The bytes of a key; null for text that only looks like base64: Node's decoder skips what it does not know. */
function decodeKey(encoded: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(encoded)) return Buffer.from(encoded, 'hex');
  const key = Buffer.from(encoded, 'base64');
  const canonical = encoded
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  return key.toString('base64').replace(/=+$/, '') === canonical ? key : null;
}

/** Keys that a person made up instead of drawing them at random. */
function findKeyFault(key: Uint8Array): string | null {
  if (key.length !== KEY_BYTES)
    return `has ${key.length} bytes; it needs ${KEY_BYTES}, like "openssl rand -base64 32" makes`;
  if (new Set(key).size < 8) return 'repeats itself; draw it at random, like with "openssl rand -base64 32"';
  if (key.every(byte => byte >= 0x20 && byte < 0x7f))
    return 'is readable text; draw it at random, like with "openssl rand -base64 32"';
  return null;
}

/**
 * Reads the key file at `path`, or makes one that only its owner can read.
 * @throws Error where the file cannot be read, or does not hold a key.
 */
export async function readOrMakeKeyFile(path: string): Promise<Keyring> {
  const text = await readFile(path, 'utf8').catch(async error => {
    if (error.code !== 'ENOENT') throw error;
    return makeKeyFile(path);
  });
  const parsed = parseKeyring(text.trim());
  if ('fault' in parsed) throw new Error(`The key file ${path} cannot be used: ${parsed.fault}`);
  return parsed.keyring;
}

/**
 * On disk before it is used: a key that seals tokens and is then lost loses the tokens. The file appears whole or not at all, and
 * of two starts at once one makes it.
 */
async function makeKeyFile(path: string): Promise<string> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    const text = `k1:${randomBytes(KEY_BYTES).toString('base64')}\n`;
    await writeFile(draft, text, { flag: 'wx', mode: 0o600, flush: true });
    // Unlike a rename, a link never replaces.
    await link(draft, path).catch(error => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}
