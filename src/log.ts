// The log: pino, with every whole line searched for secrets just before it is written. Field lists miss what hides in messages and
// stacks; the line misses nothing.

import { type Logger, pino } from 'pino';

export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  /** Values that must never appear, whatever field they hide in. */
  readonly secrets: readonly string[];
  /** Where lines go; standard output unless told otherwise. */
  readonly write?: (line: string) => void;
}

const HIDDEN = '[hidden]';

/**
 * What secrets look like when nobody registered them. No word boundaries: in a JSON line `\n` before a token is the letter n, and
 * in an encoded address `%3D` is the letter D.
 */
const SECRET_SHAPES: readonly RegExp[] = [
  // TikTok's tokens; theirs have over 30 characters after the dot
  /(?:act|rft|clt)\.[A-Za-z0-9_.!*-]{16,}/g,
  // Telegram's bot tokens; bounded, so that a long number costs no quadratic search
  /\d{6,20}:[A-Za-z0-9_-]{30,}/g,
  // Discord's bot tokens
  /[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}/g,
  // Sealed values, so that a copied log and a stolen key do not meet; and the keys themselves, "id:base64 of 32 bytes"
  /v1\.[a-z0-9]{1,12}\.[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]+/g,
  /([a-z0-9]{1,12}:)[A-Za-z0-9+/_-]{43}=/g,
  // Secrets in addresses and forms: OAuth's parameters, TikTok's upload tokens, our own links and cookie
  /((?:code|state|upload_token|access_token|refresh_token|client_secret|code_verifier|clipcue-link|clipcue-return)(?:=|%3[Dd]))[^&;\s"'\\]+/g,
  /(\/connect\/)[A-Za-z0-9_-]{16,}/g,
  // The same in JSON, at any depth of quoting
  /((?:upload_token|access_?token|refresh_?token|client_?secret|code_?verifier)\\*" ?: ?\\*")[^"\\]+/gi,
  /((?:Bearer|Basic) )[^\s"'\\]+/gi,
  // Credentials in connection strings
  /(mongodb(?:\+srv)?:\/\/)[^@/\s"']+@/g,
];

/** A secret as a pattern: JSON puts backslashes before some letters, and more of them for JSON within JSON. */
const patternOf = (secret: string): string =>
  [...secret]
    .map(letter => {
      const quoted = JSON.stringify(letter).slice(1, -1);
      const plain = RegExp.escape(letter);
      return quoted === letter ? plain : `(?:${plain}|\\\\+${RegExp.escape(quoted.slice(1))})`;
    })
    .join('');

/** Replaces every secret in a log line. Secrets of under 4 characters are left: hiding them would hide everything. */
export function createScrub(secrets: readonly string[]): (line: string) => string {
  const patterns = secrets
    .filter(secret => secret.length >= 4)
    .flatMap(secret => [secret, encodeURIComponent(secret.toWellFormed())])
    .toSorted((a, b) => b.length - a.length)
    .map(patternOf);
  const shapes = patterns.length > 0 ? [new RegExp(patterns.join('|'), 'gu'), ...SECRET_SHAPES] : SECRET_SHAPES;
  return line =>
    shapes.reduce(
      (text, shape) => text.replace(shape, (_, kept) => (typeof kept === 'string' ? kept + HIDDEN : HIDDEN)),
      line,
    );
}

/** Makes the log. */
export function createLog({ level, secrets, write }: LogOptions): Log {
  const options = { level, base: null, hooks: { streamWrite: createScrub(secrets) } };
  return write ? pino(options, { write }) : pino(options);
}
