// The address of TikTok's way back, as a person copies it from a browser that could not load it.

/** Where TikTok sends browsers back to, on whatever base address. */
export const CALLBACK_PATH = '/oauth/tiktok/callback';

/** What an address held; null for what it lacks. Codes and states are secrets: never shown, never logged. */
export interface PastedAddress {
  readonly state: string | null;
  readonly code: string | null;
  /** TikTok's word where the person or TikTok refused. */
  readonly error: string | null;
}

/** Far above any code of TikTok's; what is longer is no code. */
const CODE_MAX_LENGTH = 2000;
const MESSAGE_MAX_LENGTH = 10_000;
const STATE = /^[A-Za-z0-9_-]{43}$/;
const ERROR_WORD = /^[a-z_]{1,64}$/;
/** What chats and people put around an address. */
const WRAPPING = new Set('<>()[]"\'“”‘’,;');

/**
 * Reads an address in the midst of whatever else was pasted, with or without its scheme and host. Null where there is none, so a
 * chat can tell such a message, which it should then delete, from every other. Each value is decoded once: codes hold `*` and `!`.
 */
export function readPastedAddress(text: string): PastedAddress | null {
  for (const word of text.slice(0, MESSAGE_MAX_LENGTH).split(/\s/)) {
    const address = readWord(unwrap(word));
    if (address) return address;
  }
  return null;
}

function readWord(word: string): PastedAddress | null {
  const [address = '', query = word.includes(CALLBACK_PATH) ? '' : word] = word.split(/\?(.*)/s);
  const params = new URLSearchParams(query.split('#')[0]);
  const isCallback = params.has('state') && (params.has('code') || params.has('error'));
  if (!isCallback && !address.endsWith(CALLBACK_PATH)) return null;
  const read = (name: string, isRight: (value: string) => boolean): string | null => {
    const [value, ...more] = params.getAll(name);
    return value !== undefined && more.length === 0 && isRight(value) ? value : null;
  };
  return {
    state: read('state', value => STATE.test(value)),
    code: read('code', value => value !== '' && value.length <= CODE_MAX_LENGTH),
    error: read('error', value => ERROR_WORD.test(value)),
  };
}

function unwrap(word: string): string {
  let [start, end] = [0, word.length];
  while (start < end && WRAPPING.has(word.charAt(start))) start += 1;
  while (end > start && WRAPPING.has(word.charAt(end - 1))) end -= 1;
  return word.slice(start, end);
}
