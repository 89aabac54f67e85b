/**
 * How TikTok's open API answers: `{data, error: {code, message, log_id}}`, where only `error.code === 'ok'` means
 * success. Codes and HTTP statuses as in the Content Posting API reference and "TikTok API v2 error handling".
 */
import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';

const ERRORS = {
  invalid_params: [400, 'The request parameters are invalid'],
  invalid_publish_id: [400, 'The publish_id does not exist'],
  token_not_authorized_for_specified_publish_id: [400, 'The access token does not own this publish_id'],
  publish_not_cancellable: [400, 'This publish can no longer be cancelled'],
  scope_permission_missed: [400, 'A field needs a scope that the user did not grant'],
  access_token_invalid: [401, 'The access token is invalid or not found in the request'],
  scope_not_authorized: [401, 'The user did not authorize the scope required for completing this request'],
  spam_risk_too_many_posts: [403, 'The daily post cap from the API is reached for the current user'],
  spam_risk_user_banned_from_posting: [403, 'The user is banned from making new posts'],
  reached_active_user_cap: [403, 'The daily quota for active publishing users from the client is reached'],
  spam_risk_too_many_pending_share: [403, 'The user has too many pending shares within 24 hours'],
  unaudited_client_can_only_post_to_private_accounts: [403, 'Please review our integration guidelines'],
  privacy_level_option_mismatch: [403, 'privacy_level is not among the privacy_level_options of this creator'],
  url_ownership_unverified: [403, 'Please verify ownership of the URL prefix or domain'],
  rate_limit_exceeded: [429, 'The API rate limit was exceeded, please try again later'],
  internal_error: [500, 'Something went wrong, please try again later'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ApiErrorCode = keyof typeof ERRORS;

/** A refusal in TikTok's words; `status` other than the usual one where TikTok answers 200 on purpose. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly status: number;

  constructor(code: ApiErrorCode, { message, status }: { message?: string | undefined; status?: number } = {}) {
    super(message ?? ERRORS[code][1]);
    this.code = code;
    this.status = status ?? ERRORS[code][0];
  }
}

/** `dataJson` is JSON text, because post ids do not fit a JavaScript number. */
export function sendData(reply: FastifyReply, dataJson: string): FastifyReply {
  return send(reply, 200, dataJson, 'ok', '');
}

export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  return send(reply, error.status, '{}', error.code, error.message);
}

function send(reply: FastifyReply, status: number, dataJson: string, code: string, message: string): FastifyReply {
  const error = JSON.stringify({ code, message, log_id: newLogId() });
  return reply.code(status).type('application/json; charset=utf-8').send(`{"data":${dataJson},"error":${error}}`);
}

/** Support quotes these; random, so that they say nothing about the request. */
export function newLogId(): string {
  return `SIM${randomBytes(14).toString('hex').toUpperCase()}`;
}
