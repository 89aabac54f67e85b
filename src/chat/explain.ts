// Every error code in words for a person: what happened, then what to do next. A code without words does not compile.

import type { AppError, ErrorCode, ErrorFacts } from '../domain/errors.ts';
import { type Reply, reply, text } from './reply.ts';

type Words = (facts: ErrorFacts) => string;

const mb = (bytes: string | number | undefined): string => {
  const megabytes = Number(bytes) / 1_000_000;
  return megabytes >= 1000 ? `${(megabytes / 1000).toFixed(1)} GB` : `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB`;
};

/** For clips that TikTok would take but the chat does not hand to bots. The one place that says what to do about them. */
const clipTooLargeHere: Words = ({ sizeBytes, limitBytes }) =>
  `That clip ${sizeBytes ? `has ${mb(sizeBytes)}` : 'is too large'}${limitBytes ? `, and here I am given ${mb(limitBytes)} at most` : ''}. /upload takes it as it is, in your browser.`;

const CONNECT_AGAIN = 'Connect it again with /connect-tiktok.';
const TRIES_AGAIN = 'Clipcue tries again by itself.';

const WORDS: Record<ErrorCode, Words> = {
  access_denied: () => 'This bot is private. Ask its owner for an invitation.',
  invite_gone: () =>
    'That invitation is not good any more: it was used, taken back, or is too old. Ask the owner of this bot for another.',
  invite_too_many: ({ limit }) =>
    `${limit ?? 'Many'} invitations are open already. Take one back first: “Who is in” shows them.`,
  person_gone: () => 'That person is not in any more.',
  command_unknown: ({ command }) =>
    `There is no ${command ? `command called ${command}` : 'such command'}. /help lists what I can do.`,
  button_unknown: () =>
    'This button belongs to an older version of Clipcue. /posts shows everything you have scheduled.',
  question_gone: () => 'That question is not open any more. Please press the button on the card again.',
  answer_wordless: () => 'I asked for words, or a button of the question. /cancel stops it.',
  form_invalid: ({ field }) =>
    `Something in the form is not right${field ? `: ${field}` : ''}. Please fill it in again.`,
  choice_unknown: ({ words, offered }) =>
    `I do not know ${words ? `“${words}”` : 'that'} here.${offered ? ` You can say ${offered}.` : ''}`,
  private_chat_only: () => 'That is between you and me: please use it in our direct messages.',
  messages_left_out: ({ limit }) =>
    `That is more than I can take in: ${limit ?? 'many'} of your messages wait for me already. I have left this one out, and leave out whatever comes before I have answered the others. Please send it again then.`,
  too_many_requests: () => 'That was a lot at once. Please wait a minute and try again.',

  link_unknown: () => 'This link is not one of mine. Ask for a new one with /connect-tiktok.',
  link_expired: () => 'This link has expired; it is good for ten minutes. Ask for a new one with /connect-tiktok.',
  link_used: () => 'This link has been used already. Ask for a new one with /connect-tiktok.',
  link_replaced: () => 'A newer link was made since, and only the newest works. It is in your chat with the bot.',
  link_other_browser: () =>
    'This page was opened in another browser than the one you started in. Go back to that one, or ask for a new link with /connect-tiktok.',
  link_declined: () => 'You declined on TikTok, so nothing was connected. /connect-tiktok starts again.',
  link_refused_by_tiktok: () =>
    'TikTok did not complete the sign-in. Try again with /connect-tiktok; if it keeps happening, ask the owner of this bot to check its TikTok app.',
  link_scopes_missing: ({ scopes }) =>
    `TikTok did not give Clipcue everything it needs${scopes ? ` (${scopes})` : ''}. Please connect again with /connect-tiktok and leave all switches on.`,
  link_interrupted: () =>
    'TikTok could not be reached for a moment, so nothing was connected. Wait a minute, then try once more; if that fails, start again with /connect-tiktok.',
  link_misused: () =>
    'Somebody else tried to finish connecting a TikTok account with your link, so nothing was connected. If you gave the link to them: the person who connects an account must ask for the link in their own chat. /connect-tiktok starts again.',
  link_page_foreign: () =>
    'This did not come from Clipcue’s own page, so nothing was done. Open the link from your chat again.',
  link_too_many: () => 'You asked for several links within the hour. Please wait a little before the next one.',
  return_code_wrong: ({ triesLeft }) =>
    triesLeft === undefined
      ? 'That code is not right. Copy it from the page that TikTok sent you to.'
      : `That code is not right. Copy it from the page that TikTok sent you to; ${triesLeft === 1 ? 'one try is' : `${triesLeft} tries are`} left.`,
  return_code_expired: () => 'That code is no longer good. Start again with /connect-tiktok.',
  return_code_foreign: () =>
    'That code belongs to somebody else’s request, so nothing was connected. If somebody asked you to send it, they were after your account.',
  pasted_address_incomplete: () =>
    'That is not the whole address. Copy all of it from the browser’s address bar; it holds “code=” and “state=”.',
  pasted_address_foreign: () =>
    'That address belongs to somebody else’s request, so nothing was connected. If somebody asked you to send it, they were after your account.',
  account_owned_by_another: () =>
    'This TikTok account is connected to somebody else here. They must disconnect it first (/accounts).',
  account_wanted_by_another: ({ account }) =>
    `Somebody else signed in to ${account ? `the TikTok account ${account}` : 'your TikTok account'} and tried to connect it here; that was refused, and it stays yours. If you do not know who that was, change its password at TikTok.`,
  account_gone: () => 'That account is not connected any more. /accounts shows those that are.',
  account_required: () => 'No TikTok account is connected yet. /connect-tiktok does it in a minute.',

  time_required: () => 'When should it be posted? For example “fri 18:30” or “in 2 hours”.',
  time_unclear: ({ words }) =>
    `I could not read ${words ? `“${words}”` : 'that'} as a time. Try “fri 18:30”, “27 nov 18:30”, “tomorrow 9am” or “in 2 hours”.`,
  time_ambiguous_date: ({ first, second }) =>
    first && second
      ? `That date can be read two ways: ${first} or ${second}. Please write the month as a word, like “4 may 18:30”.`
      : 'That date can be read two ways. Please write the month as a word, like “4 may 18:30”.',
  time_needs_clock: ({ words }) =>
    `At what time${words ? ` on “${words}”` : ''}? Please add it, like “tomorrow 18:30”.`,
  time_past: ({ resolved }) => `That time has passed${resolved ? ` (${resolved})` : ''}. Please pick a later one.`,
  time_too_far: ({ days }) =>
    `That is too far ahead${days ? `; I keep posts for at most ${days} days` : ''}. Please pick an earlier time.`,
  time_in_gap: ({ nextValid }) =>
    `The clocks go forward just then, so that time does not exist on that day.${nextValid ? ` The next one that does is ${nextValid}.` : ''} Please pick another.`,
  time_in_overlap: ({ first, second }) =>
    `The clocks go back just then, so that time comes twice${first && second ? `: ${first} and ${second}` : ''}. Please say which, or pick another time.`,
  zone_unknown: ({ words }) =>
    `I do not know ${words ? `“${words}”` : 'that'} as a place or time zone. Try the nearest big city, like “Berlin”.`,
  zone_required: () => 'I need to know your time zone first. /settings asks for it.',

  clip_required: () => 'Please attach the clip you want to post.',
  clip_empty: () => 'That file is empty. Please send the clip again.',
  clip_not_video: () => 'That file is not a video, whatever its name says. TikTok takes MP4, MOV and WebM.',
  clip_container_unsupported: ({ container }) =>
    `That is a ${container || 'kind of'} file, which TikTok does not take. Please export the clip as MP4, MOV or WebM.`,
  clip_incomplete: () => 'That clip is incomplete: its end is missing. Please send it again.',
  clip_without_picture: () => 'That file has sound but no picture. Please send a video.',
  clip_codec_unsupported: ({ codec }) =>
    `TikTok cannot play this clip’s format${codec ? ` (${codec})` : ''}. Please export it as H.264 or H.265.`,
  clip_too_large: ({ sizeBytes, limitBytes }) =>
    `That clip is too large${sizeBytes ? `: ${mb(sizeBytes)}` : ''}${limitBytes ? `; at most ${mb(limitBytes)} can be taken here` : ''}. Please export it smaller.`,
  clip_too_large_here: facts => clipTooLargeHere(facts),
  clip_too_long: ({ seconds, limitSeconds }) =>
    `That clip is ${seconds ? `${seconds} s long` : 'too long'}${limitSeconds ? `; TikTok allows ${limitSeconds} s` : ''}. Please shorten it.`,
  clip_sides_out_of_range: ({ width, height }) =>
    `That clip has ${width && height ? `${width} x ${height} pixels` : 'a picture size that does not fit'}; TikTok takes 360 to 4096 pixels on each side. Please export it in another size.`,
  clip_frame_rate_out_of_range: ({ frameRate }) =>
    `That clip has ${frameRate === undefined ? 'a frame rate that does not fit' : `${frameRate} frames per second`}; TikTok takes 23 to 60. Please export it with 30.`,
  clip_unreadable: () => 'I could not read that clip. Please export it again as MP4 and send it once more.',
  clip_fetch_failed: () => 'The clip did not arrive completely. Please send it again.',
  clip_round: () =>
    'Round video messages are square and low in quality, so TikTok is no place for them. Please send the clip as a video or as a file.',
  clip_soundless: () =>
    'That arrived as a GIF, without its sound. Please send the clip as a file: attach it with “File” instead of “Gallery”.',
  clip_gone: () => 'The clip of this post is no longer kept. Please send it again.',
  storage_full: () => 'There is no room left for clips here. Please tell the owner of this bot, and try again later.',
  clip_quota_full: ({ usedBytes, limitBytes }) =>
    `Your clips ${usedBytes && limitBytes ? `take ${mb(usedBytes)} of the ${mb(limitBytes)} that each person has here` : 'take all the room that each person has here'}. Cancel posts that you do not need (/posts), or wait until some are published.`,

  clip_link_invalid: () => 'I take links that begin with https:// and lead to one video file.',
  clip_link_forbidden: () => 'That link leads to a place where I may not go. Please send the clip itself.',
  clip_link_page: () => 'That opens a page, not a video.',
  clip_link_unreachable: ({ status }) =>
    `I could not fetch the clip from there${status ? `: it answered ${status}` : ''}. Please check that the link works without signing in.`,

  upload_link_unknown: () => 'This link is not one of mine. Ask for a new one with /upload.',
  upload_link_expired: () => 'This link has expired. Ask for a new one with /upload.',
  upload_link_used: () =>
    'This link was opened already, and only the browser that opened it can go on. Ask for a new one with /upload.',
  upload_link_replaced: () =>
    'A newer link was made since, and only the newest works. It is in your chat with the bot.',
  upload_too_many: () => 'You asked for many upload links within the hour. Please wait a little before the next one.',
  upload_other_browser: () =>
    'This upload was begun in another browser. Go on there, or ask for a new link with /upload.',
  upload_ended: () => 'This upload has ended. /upload starts another one.',
  upload_out_of_step: () => 'The upload got out of step. It goes on by itself.',

  caption_too_long: ({ units, limit }) =>
    `The caption ${units ? `has ${units} characters` : 'is too long'} as TikTok counts them (an emoji is two or more)${limit ? `; the limit is ${limit}` : ''}. Please shorten it.`,
  caption_has_bad_characters: () => 'The caption has characters that cannot be shown. Please type it again.',
  privacy_required: () => 'Choose who can see the video.',
  privacy_not_offered: ({ privacy }) =>
    `TikTok does not offer ${privacy ? `“${privacy}”` : 'that choice'} for this account any more. Please choose again who can see the video.`,
  disclosure_incomplete: () => 'You need to indicate if your content promotes yourself, a third party, or both.',
  branded_content_private: () => 'Branded content visibility cannot be set to private.',
  cover_out_of_range: ({ seconds }) =>
    `The cover must be a moment of the clip${seconds ? `: between 0 and ${seconds} seconds` : ''}. Please pick another.`,
  choice_no_longer_allowed: ({ choice }) =>
    `${choice || 'Some of your choices'} are switched off in this account’s TikTok settings. Please switch them off here too.`,

  post_gone: () => 'That post is gone. /posts shows everything you have.',
  post_changed: () => 'This post has changed meanwhile. Here is how it stands now; please press again.',
  post_too_late: () => 'Too late: TikTok already has this video.',
  post_wrong_state: ({ state }) =>
    `That cannot be done with a post that is ${state || 'in this state'}. /posts shows where each one stands.`,
  post_missed: () => 'Its time passed before it could go out.',
  post_unconfirmed: () => 'TikTok never said whether this video was posted. Please look at the account.',
  post_of_other_tiktok: ({ setAside }) => {
    if (setAside === 'practice')
      return 'This was practice. Clipcue is connected to the real TikTok now, so it is set aside and never sent.';
    if (setAside === 'real')
      return 'This is for the real TikTok. Clipcue practises with its simulator now, so it is set aside and not sent.';
    return 'This post was made for another TikTok connection than the one in use now, so it is set aside and will not be sent.';
  },

  post_maybe_published: () =>
    'This was due while another copy of Clipcue may have been running, so it may already be on TikTok. Please look at the account first.',

  tiktok_token_invalid: () => `TikTok no longer accepts this account’s sign-in. ${CONNECT_AGAIN}`,
  tiktok_grant_ended: () => `The connection to this TikTok account has ended. ${CONNECT_AGAIN}`,
  tiktok_scope_missing: () => `Clipcue lacks a permission for this TikTok account. ${CONNECT_AGAIN}`,
  tiktok_rate_limited: () => `TikTok asks us to slow down. ${TRIES_AGAIN}`,
  tiktok_daily_cap: () => 'TikTok’s limit of posts per day is reached for this account. Please pick a time tomorrow.',
  tiktok_app_user_cap: () => `TikTok’s limit for the app behind this bot is reached for today. ${TRIES_AGAIN}`,
  tiktok_pending_drafts_full: () =>
    'Five drafts are already waiting in this account’s TikTok inbox, the most TikTok allows. Finish one in the TikTok app, then try again.',
  tiktok_user_banned: () => 'TikTok does not allow this account to post at the moment. The TikTok app says why.',
  tiktok_spam_refused: () =>
    'TikTok refused this video as spam. Please change the clip or its caption before you try again.',
  tiktok_account_must_be_private: () =>
    'TikTok has not audited the app behind this bot yet, so it posts to private accounts only. Set the TikTok account to private (in TikTok: Settings, Privacy), then try again.',
  tiktok_file_refused: () =>
    'TikTok could not read this file. Please export the clip as MP4 (H.264) and send it again.',
  tiktok_duration_refused: () => 'TikTok refused the length of this clip. Please shorten it.',
  tiktok_frame_rate_refused: () =>
    'TikTok refused the frame rate of this clip. Please export it with 30 frames per second.',
  tiktok_picture_size_refused: () => 'TikTok refused the picture size of this clip. Please export it as 1080 x 1920.',
  tiktok_publish_cancelled: () => 'The upload was cancelled at TikTok.',
  tiktok_publish_unknown: () => 'TikTok does not know this upload any more.',
  tiktok_upload_expired: () => `The upload took too long and TikTok closed it. ${TRIES_AGAIN}`,
  tiktok_upload_unknown: () => `TikTok lost this upload. ${TRIES_AGAIN}`,
  tiktok_upload_offset: () => `The upload got out of step with TikTok. ${TRIES_AGAIN}`,
  tiktok_internal: () => `TikTok had a fault of its own. ${TRIES_AGAIN}`,
  tiktok_paused: () => `TikTok has trouble answering just now, so Clipcue waits a moment. ${TRIES_AGAIN}`,
  tiktok_unavailable: () => `TikTok is not available just now. ${TRIES_AGAIN}`,
  tiktok_request_invalid: () => 'TikTok did not accept what Clipcue sent. Please tell the owner of this bot.',
  tiktok_client_invalid: () => 'TikTok does not accept this bot’s app key. Please tell the owner of this bot.',
  tiktok_answer_unreadable: () => `TikTok gave an answer that makes no sense. ${TRIES_AGAIN}`,

  tiktok_unreachable: () => `TikTok cannot be reached just now. ${TRIES_AGAIN}`,
  tiktok_timeout: () => `TikTok did not answer in time. ${TRIES_AGAIN}`,
  aborted: () => `That was interrupted. ${TRIES_AGAIN}`,
  publisher_stalled: () => 'Posts are not being worked on just now. Please tell the owner of this bot.',
  database_unavailable: () => 'The database is not available just now. Please try again in a minute; nothing is lost.',

  chat_unreachable: () => `The chat cannot be reached just now. ${TRIES_AGAIN}`,

  copy_on_standby: ({ reason }) =>
    reason === 'moved'
      ? 'The data of this bot has moved to another database, and the bot there does the work. This one does nothing at TikTok.'
      : 'This bot was restored from a backup and does nothing at TikTok yet: its owner must first say that the old one is off.',
  storage_unreachable: () => 'The place where clips are kept cannot be reached just now. Please try again in a minute.',

  secret_unreadable: () => 'Clipcue cannot open its stored keys. Please tell the owner of this bot.',
  lease_lost: () => `Another worker took this over. ${TRIES_AGAIN}`,
  unknown: () => 'Something went wrong on our side; nothing you did. Please try again.',
};

/** The words for an error, as one or two sentences. */
export const wordsFor = (error: { readonly code: ErrorCode; readonly facts: ErrorFacts }): string =>
  WORDS[error.code](error.facts);

/** The answer a person gets for an error. A bug carries the number under which the log has the details. */
export function explain(error: AppError, requestId: string): Reply {
  const words = wordsFor(error);
  return reply([text(error.kind === 'bug' ? `${words} (${requestId})` : words)]);
}
