// Everything TikTok can refuse with, mapped once to Clipcue's codes: wire codes of the Open API, OAuth errors, HTTP statuses of an
// upload, and the reasons for which a post failed. Sources: tiktok-api-v2-error-handling, oauth-error-handling, the reference
// pages of the Content Posting API, content-posting-api-media-transfer-guide.

import { AppError, type ErrorCode, type ErrorFacts } from '../domain/errors.ts';

/** `error.code` in the Open API's envelope. creator_info sends caps with HTTP 200, so the status does not matter here. */
const WIRE_CODES: Record<string, ErrorCode> = {
  access_token_invalid: 'tiktok_token_invalid',
  scope_not_authorized: 'tiktok_scope_missing',
  scope_permission_missed: 'tiktok_scope_missing',
  rate_limit_exceeded: 'tiktok_rate_limited',
  spam_risk_too_many_posts: 'tiktok_daily_cap',
  spam_risk_too_many_pending_share: 'tiktok_pending_drafts_full',
  spam_risk_user_banned_from_posting: 'tiktok_user_banned',
  spam_risk: 'tiktok_spam_refused',
  spam_risk_text: 'tiktok_spam_refused',
  reached_active_user_cap: 'tiktok_app_user_cap',
  unaudited_client_can_only_post_to_private_accounts: 'tiktok_account_must_be_private',
  privacy_level_option_mismatch: 'privacy_not_offered',
  // To this token the id does not exist; which of the two TikTok says depends on who else has it.
  invalid_publish_id: 'tiktok_publish_unknown',
  token_not_authorized_for_specified_publish_id: 'tiktok_publish_unknown',
  internal_error: 'tiktok_internal',
  // The documents say the first, the servers the second.
  invalid_param: 'tiktok_request_invalid',
  invalid_params: 'tiktok_request_invalid',
  invalid_file_upload: 'tiktok_request_invalid',
  url_ownership_unverified: 'tiktok_request_invalid',
  publish_not_cancellable: 'tiktok_request_invalid',
  app_version_check_failed: 'tiktok_request_invalid',
};

/** `error` of the flat OAuth answers, and of the callback's query. */
const OAUTH_ERRORS: Record<string, ErrorCode> = {
  access_denied: 'link_declined',
  invalid_grant: 'tiktok_grant_ended',
  invalid_client: 'tiktok_client_invalid',
  unauthorized_client: 'tiktok_client_invalid',
  invalid_scope: 'tiktok_client_invalid',
  invalid_request: 'tiktok_request_invalid',
  unsupported_grant_type: 'tiktok_request_invalid',
  unsupported_response_type: 'tiktok_request_invalid',
  server_error: 'tiktok_internal',
  temporarily_unavailable: 'tiktok_unavailable',
};

/** Statuses of a chunk's PUT. It carries no bearer token, so a 401 is about the address, like a 403. */
const UPLOAD_STATUSES: Record<number, ErrorCode> = {
  401: 'tiktok_upload_expired',
  403: 'tiktok_upload_expired',
  404: 'tiktok_upload_unknown',
  416: 'tiktok_upload_offset',
};

/** `fail_reason` of a post whose status is FAILED. */
const FAIL_REASONS: Record<string, ErrorCode> = {
  internal: 'tiktok_internal',
  video_pull_failed: 'tiktok_internal',
  photo_pull_failed: 'tiktok_internal',
  file_format_check_failed: 'tiktok_file_refused',
  duration_check_failed: 'tiktok_duration_refused',
  frame_rate_check_failed: 'tiktok_frame_rate_refused',
  picture_size_check_failed: 'tiktok_picture_size_refused',
  publish_cancelled: 'tiktok_publish_cancelled',
  auth_removed: 'tiktok_grant_ended',
  spam_risk_too_many_posts: 'tiktok_daily_cap',
  spam_risk_user_banned_from_posting: 'tiktok_user_banned',
  spam_risk: 'tiktok_spam_refused',
  spam_risk_text: 'tiktok_spam_refused',
};

/** What a refusal said. `wireCode` and `logId` (TikTok's own reference for a request) are kept as facts. */
export interface Refusal {
  readonly httpStatus: number;
  readonly wireCode?: string | undefined;
  readonly logId?: string | undefined;
  readonly facts?: ErrorFacts | undefined;
}

/** A refusal in the Open API's envelope, or one without a readable body. */
export const errorOfWire = (refusal: Refusal): AppError => toError(refusal, lookUp(WIRE_CODES, refusal.wireCode));

/** A refusal by the token or revoke endpoint. Its HTTP status may be 200: the body decides, but OAuth has no word for a 429. */
export const errorOfOAuth = (refusal: Refusal): AppError =>
  toError(refusal, refusal.httpStatus === 429 ? undefined : lookUp(OAUTH_ERRORS, refusal.wireCode));

/** A refusal of a chunk; `uploadedBytes` is TikTok's progress as it reports it, where it does. */
export const errorOfUploadStatus = (httpStatus: number, uploadedBytes?: number): AppError =>
  new AppError(UPLOAD_STATUSES[httpStatus] ?? codeOfHttpClass(httpStatus), {
    httpStatus,
    ...(uploadedBytes === undefined ? {} : { uploadedBytes }),
  });

/** The code of a `fail_reason`. A reason that TikTok invents later is `unknown`: never retried by itself, told to the owner. */
export const failReasonCode = (failReason: string): ErrorCode => lookUp(FAIL_REASONS, failReason) ?? 'unknown';

const toError = ({ httpStatus, wireCode, logId, facts }: Refusal, known: ErrorCode | undefined): AppError =>
  new AppError(known ?? codeOfHttpClass(httpStatus), {
    ...facts,
    httpStatus,
    ...(wireCode ? { wireCode: asFact(wireCode) } : {}),
    ...(logId ? { logId: asFact(logId) } : {}),
  });

function codeOfHttpClass(httpStatus: number): ErrorCode {
  if (httpStatus >= 500) return 'tiktok_unavailable';
  if (httpStatus === 429) return 'tiktok_rate_limited';
  if (httpStatus === 401) return 'tiktok_token_invalid';
  return 'tiktok_request_invalid';
}

/** `Object.hasOwn`, since a wire code of "constructor" must not find anything. */
const lookUp = (table: Record<string, ErrorCode>, key: string | undefined): ErrorCode | undefined =>
  key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;

/** A server's own text may hold anything; what it says of itself is cut to the shape that its codes and ids have. */
export const asFact = (text: string): string => text.replaceAll(/[^\w.-]/g, '').slice(0, 64);
