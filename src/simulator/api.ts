/** The frame of TikTok's open API: who calls, may they, how a refusal is put; and the Fastify scope that its routes share. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, sendError } from './envelope.ts';
import type { Caller } from './oauth/grants.ts';
import type { RateBucket } from './posting/limits.ts';
import type { State } from './state.ts';

const callers = new WeakMap<FastifyRequest, Caller>();

/**
 * Checks token, scope (any of those named) and rate limit, in TikTok's order, and says who calls.
 * Throws ApiError access_token_invalid, scope_not_authorized or rate_limit_exceeded.
 */
export function admit(state: State, request: FastifyRequest, scopes: string[], bucket: RateBucket | undefined): Caller {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(request.headers.authorization ?? '')?.[1];
  const caller = token === undefined ? undefined : state.grants.caller(token);
  if (caller === undefined) throw new ApiError('access_token_invalid');
  callers.set(request, caller);
  if (!scopes.some(scope => caller.scopes.includes(scope))) throw new ApiError('scope_not_authorized');
  if (bucket !== undefined) state.rateLimits.count(caller, bucket);
  state.publishes.settle();
  return caller;
}

/** Gives a scope the API's body parsing (text, parsed only once the caller is known) and its way of refusing. */
export function useApiFrame(app: FastifyInstance, state: State): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null, undefined));
  app.setErrorHandler<FastifyError | ApiError>((error, request, reply) => refuse(state, error, request, reply));
}

function refuse(
  state: State,
  error: FastifyError | ApiError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const route = request.routeOptions.url ?? '';
  if (error instanceof ApiError) {
    if (error.code !== 'rate_limit_exceeded') {
      const { clientKey, username, openId, tokenId } = callers.get(request) ?? {};
      const { code, message } = error;
      state.journal.append('refused', { route, code, message, clientKey, username, openId, tokenId });
    }
    return sendError(reply, error);
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    state.journal.append('refused', { route, code: 'invalid_params', message: error.message });
    return sendError(reply, new ApiError('invalid_params'));
  }
  state.log?.error({ err: error, route }, 'TikTok simulator: a request failed');
  return sendError(reply, new ApiError('internal_error'));
}
