// Every way in which Clipcue can fail, as one table of codes; the kind decides chat words' tone, retry, HTTP status and log level.

/**
 * What a failure means for whoever meets it:
 * - `user`: the person can mend it (another time, another clip, another choice);
 * - `reauth`: the TikTok account must be connected again;
 * - `retry`: nobody is at fault, the same step is tried again later;
 * - `rejected`: TikTok decided; trying again changes nothing;
 * - `bug`: we are at fault, or a server answered what it never should.
 */
export type ErrorKind = 'user' | 'reauth' | 'retry' | 'rejected' | 'bug';

/** The table. Words for each code are in chat/explain.ts, where a code without words does not compile. */
export const ERROR_KINDS = {
  // Who may do what
  access_denied: 'user',
  invite_gone: 'user',
  invite_too_many: 'user',
  person_gone: 'user',
  command_unknown: 'user',
  button_unknown: 'user',
  question_gone: 'user',
  answer_wordless: 'user',
  form_invalid: 'user',
  choice_unknown: 'user',
  private_chat_only: 'user',
  too_many_requests: 'user',
  messages_left_out: 'user',

  // Linking a TikTok account
  link_unknown: 'user',
  link_expired: 'user',
  link_used: 'user',
  link_replaced: 'user',
  link_other_browser: 'user',
  link_declined: 'user',
  link_refused_by_tiktok: 'user',
  link_scopes_missing: 'user',
  link_interrupted: 'retry',
  link_too_many: 'user',
  link_misused: 'user',
  link_page_foreign: 'user',
  return_code_wrong: 'user',
  return_code_expired: 'user',
  return_code_foreign: 'user',
  pasted_address_incomplete: 'user',
  pasted_address_foreign: 'user',
  account_owned_by_another: 'user',
  account_wanted_by_another: 'user',
  account_gone: 'user',
  account_required: 'user',

  // Times
  time_required: 'user',
  time_unclear: 'user',
  time_ambiguous_date: 'user',
  time_needs_clock: 'user',
  time_past: 'user',
  time_too_far: 'user',
  time_in_gap: 'user',
  time_in_overlap: 'user',
  zone_unknown: 'user',
  zone_required: 'user',

  // Clips
  clip_required: 'user',
  clip_empty: 'user',
  clip_not_video: 'user',
  clip_container_unsupported: 'user',
  clip_incomplete: 'user',
  clip_without_picture: 'user',
  clip_codec_unsupported: 'user',
  clip_too_large: 'user',
  clip_too_large_here: 'user',
  clip_too_long: 'user',
  clip_sides_out_of_range: 'user',
  clip_frame_rate_out_of_range: 'user',
  clip_unreadable: 'user',
  clip_fetch_failed: 'user',
  clip_gone: 'user',
  clip_round: 'user',
  clip_soundless: 'user',
  storage_full: 'user',
  clip_quota_full: 'user',

  // A clip from a web address
  clip_link_invalid: 'user',
  clip_link_forbidden: 'user',
  clip_link_page: 'user',
  clip_link_unreachable: 'user',

  // A clip by the upload page
  upload_link_unknown: 'user',
  upload_link_expired: 'user',
  upload_link_used: 'user',
  upload_link_replaced: 'user',
  upload_too_many: 'user',
  upload_other_browser: 'user',
  upload_ended: 'user',
  upload_out_of_step: 'retry',

  // Captions and choices
  caption_too_long: 'user',
  caption_has_bad_characters: 'user',
  privacy_required: 'user',
  privacy_not_offered: 'user',
  disclosure_incomplete: 'user',
  branded_content_private: 'user',
  cover_out_of_range: 'user',
  choice_no_longer_allowed: 'user',

  // Posts
  post_gone: 'user',
  post_changed: 'user',
  post_too_late: 'user',
  post_wrong_state: 'user',
  post_missed: 'user',
  post_unconfirmed: 'user',
  post_of_other_tiktok: 'user',
  post_maybe_published: 'user',

  // TikTok answered
  tiktok_token_invalid: 'reauth',
  tiktok_grant_ended: 'reauth',
  tiktok_scope_missing: 'reauth',
  tiktok_rate_limited: 'retry',
  tiktok_daily_cap: 'user',
  tiktok_app_user_cap: 'retry',
  tiktok_pending_drafts_full: 'user',
  tiktok_user_banned: 'rejected',
  tiktok_spam_refused: 'rejected',
  tiktok_account_must_be_private: 'user',
  tiktok_file_refused: 'user',
  tiktok_duration_refused: 'user',
  tiktok_frame_rate_refused: 'user',
  tiktok_picture_size_refused: 'user',
  tiktok_publish_cancelled: 'rejected',
  tiktok_publish_unknown: 'rejected',
  tiktok_upload_expired: 'retry',
  tiktok_upload_unknown: 'retry',
  tiktok_upload_offset: 'retry',
  tiktok_internal: 'retry',
  tiktok_unavailable: 'retry',
  tiktok_paused: 'retry',
  tiktok_request_invalid: 'bug',
  tiktok_client_invalid: 'bug',
  tiktok_answer_unreadable: 'retry',

  // No answer came
  tiktok_unreachable: 'retry',
  tiktok_timeout: 'retry',
  aborted: 'retry',
  database_unavailable: 'retry',
  publisher_stalled: 'retry',
  chat_unreachable: 'retry',
  storage_unreachable: 'retry',

  // Our own house
  copy_on_standby: 'user',
  secret_unreadable: 'bug',
  lease_lost: 'retry',
  unknown: 'bug',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** Facts that the words of an error may name: limits, the value found, a name. Never a secret, never a URL with a token. */
export type ErrorFacts = Readonly<Record<string, string | number>>;

/** The one error class: a code from the table and the facts its words need. `message` is for logs, not for people. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, facts: ErrorFacts = {}, options?: { cause?: unknown }) {
    super(code, options);
    this.code = code;
    this.facts = facts;
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}

/** Whether `error` is an AppError, with one of `codes` where any are given. */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}
