// PKCE as TikTok wants it: its desktop login takes the SHA-256 of the verifier in lowercase hex (login-kit-desktop), where RFC 7636
// says base64url; for web apps it is undocumented, so the encoding is a setting and can be switched off.

import { createHash } from 'node:crypto';

export const PKCE_ENCODINGS = ['hex', 'base64url', 'off'] as const;
export type PkceEncoding = (typeof PKCE_ENCODINGS)[number];

/** The verifier stays on our side until the code is exchanged; the challenge goes into the authorize address. */
export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

/** The S256 challenge of `verifier` in the given spelling. */
export const challengeOf = (verifier: string, encoding: Exclude<PkceEncoding, 'off'>): string =>
  createHash('sha256').update(verifier, 'ascii').digest(encoding);

/** A fresh pair with 256 bits from `randomBytes` (43 characters, the least RFC 7636 allows), or null where PKCE is off. */
export function createPkce(encoding: PkceEncoding, randomBytes: (sizeBytes: number) => Uint8Array): Pkce | null {
  if (encoding === 'off') return null;
  const verifier = Buffer.from(randomBytes(32)).toString('base64url');
  return { verifier, challenge: challengeOf(verifier, encoding) };
}
