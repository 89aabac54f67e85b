// How discord.js sends its requests: through Node's own fetch.

import type { RESTOptions } from 'discord.js';

/**
 * discord.js brings an undici of its own, whose connections any other undici in the process takes over
 * (`Symbol.for('undici.globalDispatcher.1')`), and then every message with a file is refused. fetch is never in two minds.
 */
export const makeRequest: RESTOptions['makeRequest'] = async (url, init) => {
  try {
    return await fetch(url, init as RequestInit);
  } catch (error) {
    if (!isBrokenConnection(error)) throw error;
    // discord.js tries again where it reads this code. What adds something must not be sent twice: whoever asked decides.
    if (init.method === 'POST') throw error;
    throw Object.assign(new Error('the connection broke', { cause: error }), { code: 'ECONNRESET' });
  }
};

/** Requests that end with `signal`: a Discord that never answers must not keep the bot from stopping. */
export const makeRequestUntil =
  (signal: AbortSignal): RESTOptions['makeRequest'] =>
  (url, init) =>
    makeRequest(url, { ...init, signal: init.signal ? AbortSignal.any([signal, init.signal as AbortSignal]) : signal });

/** No answer came, so it is not known whether the request had its effect. */
export const isBrokenConnection = (error: unknown): boolean =>
  error instanceof TypeError && error.cause instanceof Error && 'code' in error.cause;
