// Random ids and secrets, and the hashes under which secrets are kept. Randomness is passed in.

import { createHash } from 'node:crypto';

/** Gives `sizeBytes` unpredictable bytes. */
export type RandomBytes = (sizeBytes: number) => Uint8Array;

/** 16 base64url characters, 96 bits: the id of a post, account, clip or user. */
export const makeId = (random: RandomBytes): string => Buffer.from(random(12)).toString('base64url');

/** 43 base64url characters, 256 bits: links, states, cookies. */
export const makeSecret = (random: RandomBytes): string => Buffer.from(random(32)).toString('base64url');

/** No I, L, O, U, 0 or 1: nothing that a person could misread or mistype. */
const CODE_LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
const CODE_LENGTH = 8;

/** Eight letters in two groups, "K7WQ-4MPD", for people to type. 39 bits: good with few tries and minutes to live. */
export function makeTypedCode(random: RandomBytes): string {
  const bytes = Buffer.from(random(2 * CODE_LENGTH));
  // Two bytes a letter keep the bias of the remainder under 0.1 %.
  const letters = Array.from({ length: CODE_LENGTH }, (_, i) =>
    CODE_LETTERS.charAt(bytes.readUInt16BE(2 * i) % CODE_LETTERS.length),
  ).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** A code as people type it, in the one spelling that is hashed. */
export const normaliseCode = (typed: string): string => {
  const compact = typed.replaceAll(/[\s-]/g, '').toUpperCase();
  return compact.length === CODE_LENGTH ? `${compact.slice(0, 4)}-${compact.slice(4)}` : typed.trim();
};

/** What is stored in place of a secret that only has to be recognised. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
