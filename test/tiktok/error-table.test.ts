// The error table: what the documents name, and what they do not.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '#domain/errors.ts';
import { errorOfOAuth, errorOfUploadStatus, errorOfWire, failReasonCode } from '#tiktok/error-table.ts';

const WIRE: readonly [number, string, ErrorCode][] = [
  [400, 'invalid_param', 'tiktok_request_invalid'],
  [400, 'invalid_params', 'tiktok_request_invalid'],
  [400, 'invalid_publish_id', 'tiktok_publish_unknown'],
  [400, 'token_not_authorized_for_specified_publish_id', 'tiktok_publish_unknown'],
  [400, 'scope_permission_missed', 'tiktok_scope_missing'],
  [401, 'access_token_invalid', 'tiktok_token_invalid'],
  [401, 'scope_not_authorized', 'tiktok_scope_missing'],
  [403, 'spam_risk_too_many_posts', 'tiktok_daily_cap'],
  [200, 'spam_risk_too_many_posts', 'tiktok_daily_cap'],
  [200, 'spam_risk_user_banned_from_posting', 'tiktok_user_banned'],
  [200, 'reached_active_user_cap', 'tiktok_app_user_cap'],
  [403, 'spam_risk_too_many_pending_share', 'tiktok_pending_drafts_full'],
  [403, 'unaudited_client_can_only_post_to_private_accounts', 'tiktok_account_must_be_private'],
  [403, 'privacy_level_option_mismatch', 'privacy_not_offered'],
  [403, 'url_ownership_unverified', 'tiktok_request_invalid'],
  [429, 'rate_limit_exceeded', 'tiktok_rate_limited'],
  [500, 'internal_error', 'tiktok_internal'],
  [503, 'something_new', 'tiktok_unavailable'],
  [429, 'something_new', 'tiktok_rate_limited'],
  [403, 'something_new', 'tiktok_request_invalid'],
  [200, 'something_new', 'tiktok_request_invalid'],
  [400, 'constructor', 'tiktok_request_invalid'],
  [400, '__proto__', 'tiktok_request_invalid'],
];

const OAUTH: readonly [number, string, ErrorCode][] = [
  [400, 'invalid_grant', 'tiktok_grant_ended'],
  [200, 'invalid_grant', 'tiktok_grant_ended'],
  [400, 'access_denied', 'link_declined'],
  [401, 'invalid_client', 'tiktok_client_invalid'],
  [400, 'unauthorized_client', 'tiktok_client_invalid'],
  [400, 'invalid_scope', 'tiktok_client_invalid'],
  [400, 'invalid_request', 'tiktok_request_invalid'],
  [500, 'server_error', 'tiktok_internal'],
  [503, 'temporarily_unavailable', 'tiktok_unavailable'],
  [429, 'temporarily_unavailable', 'tiktok_rate_limited'],
  [502, 'something_new', 'tiktok_unavailable'],
];

const UPLOAD: readonly [number, ErrorCode][] = [
  [400, 'tiktok_request_invalid'],
  [401, 'tiktok_upload_expired'],
  [403, 'tiktok_upload_expired'],
  [404, 'tiktok_upload_unknown'],
  [416, 'tiktok_upload_offset'],
  [429, 'tiktok_rate_limited'],
  [500, 'tiktok_unavailable'],
  [503, 'tiktok_unavailable'],
  [302, 'tiktok_request_invalid'],
];

const FAIL_REASONS: readonly [string, ErrorCode][] = [
  ['internal', 'tiktok_internal'],
  ['video_pull_failed', 'tiktok_internal'],
  ['file_format_check_failed', 'tiktok_file_refused'],
  ['duration_check_failed', 'tiktok_duration_refused'],
  ['frame_rate_check_failed', 'tiktok_frame_rate_refused'],
  ['picture_size_check_failed', 'tiktok_picture_size_refused'],
  ['publish_cancelled', 'tiktok_publish_cancelled'],
  ['auth_removed', 'tiktok_grant_ended'],
  ['spam_risk_too_many_posts', 'tiktok_daily_cap'],
  ['spam_risk_user_banned_from_posting', 'tiktok_user_banned'],
  ['spam_risk', 'tiktok_spam_refused'],
  ['spam_risk_text', 'tiktok_spam_refused'],
  ['something_new', 'unknown'],
  ['', 'unknown'],
];

describe('error table', () => {
  for (const [httpStatus, wireCode, code] of WIRE)
    it(`${httpStatus} ${wireCode} is ${code}`, () => assert.equal(errorOfWire({ httpStatus, wireCode }).code, code));

  for (const [httpStatus, wireCode, code] of OAUTH)
    it(`OAuth ${httpStatus} ${wireCode} is ${code}`, () =>
      assert.equal(errorOfOAuth({ httpStatus, wireCode }).code, code));

  for (const [httpStatus, code] of UPLOAD)
    it(`a chunk's ${httpStatus} is ${code}`, () => assert.equal(errorOfUploadStatus(httpStatus).code, code));

  for (const [reason, code] of FAIL_REASONS)
    it(`fail_reason "${reason}" is ${code}`, () => assert.equal(failReasonCode(reason), code));

  it('keeps the wire code and the log id as facts, and nothing that does not look like one', () => {
    const error = errorOfWire({
      httpStatus: 400,
      wireCode: 'invalid_params',
      logId: '20261121<b>ABC\n',
      facts: { privacy: 'Everyone' },
    });
    assert.deepEqual(error.facts, {
      httpStatus: 400,
      wireCode: 'invalid_params',
      logId: '20261121bABC',
      privacy: 'Everyone',
    });
    const long = errorOfWire({ httpStatus: 400, wireCode: 'x'.repeat(5000) });
    assert.equal(String(long.facts.wireCode).length, 64);
  });
});
