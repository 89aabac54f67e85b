// How an invitation's code travels: in a deep link's payload where a platform has such links, else as a command to send.

/** Deep links also bring TikTok return codes; this tells the two apart. Telegram allows 64 letters of A-Z a-z 0-9 _ and -. */
const PREFIX = 'claim-';

export type DeepLink = ((payload: string) => string) | null;

/** The code in a deep link's payload; null where the payload is something else. */
export const codeInPayload = (payload: string): string | null =>
  payload.startsWith(PREFIX) ? payload.slice(PREFIX.length) : null;

/** What to send where there are no such links. */
export const commandWithCode = (code: string): string => `/claim ${code}`;

/** The address to open or, where the platform has none, the command to send. */
export const wayInWithCode = (deepLink: DeepLink, code: string): string =>
  deepLink?.(PREFIX + code) ?? commandWithCode(code);
