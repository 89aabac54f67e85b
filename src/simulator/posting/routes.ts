/** The Content Posting API's JSON routes: creator_info, both inits, cancel, status. Slashes at the end as TikTok has them. */
import type { FastifyInstance } from 'fastify';
import { admit } from '../api.ts';
import { ApiError, sendData } from '../envelope.ts';
import { strikeable } from '../faults.ts';
import type { Caller } from '../oauth/grants.ts';
import type { Account } from '../settings.ts';
import type { State } from '../state.ts';
import { type PrivacyLevel, parseDirectInit, parseInboxInit, parseNothing, parsePublishId } from './bodies.ts';
import type { Publish } from './publish.ts';

export function addPostingRoutes(app: FastifyInstance, state: State): void {
  const { faults, journal, publishes, settings } = state;
  const at = (route: Parameters<typeof strikeable>[1]) => strikeable(faults, route);

  app.post('/v2/post/publish/creator_info/query/', at('creator_info'), (request, reply) => {
    const caller = admit(state, request, ['video.publish'], 'creatorInfo');
    parseNothing(request.body);
    const account = requireAccount(state, caller);
    // The reference answers a creator who cannot post with HTTP 200 and the code.
    requireFreeCaps(state, caller, account, 200);
    const { clientKey, username, openId, tokenId } = caller;
    journal.append('creator_info', { clientKey, username, openId, tokenId });
    return sendData(
      reply,
      JSON.stringify({
        creator_avatar_url: `${state.origin()}/simulator/avatars/${caller.username}.svg`,
        creator_username: caller.username,
        creator_nickname: account.displayName,
        privacy_level_options: privacyOptions(account),
        comment_disabled: account.commentDisabled,
        duet_disabled: account.duetDisabled || account.private,
        stitch_disabled: account.stitchDisabled || account.private,
        max_video_post_duration_sec: account.maxVideoPostDurationSec,
      }),
    );
  });

  app.post('/v2/post/publish/video/init/', at('init'), (request, reply) => {
    const caller = admit(state, request, ['video.publish'], 'init');
    const account = requireAccount(state, caller);
    requireFreeCaps(state, caller, account);
    const { postInfo, plan } = parseDirectInit(request.body);
    if (!privacyOptions(account).includes(postInfo.privacy_level)) throw new ApiError('privacy_level_option_mismatch');
    if (!settings.current().audited && (!account.private || postInfo.privacy_level !== 'SELF_ONLY')) {
      throw new ApiError('unaudited_client_can_only_post_to_private_accounts');
    }
    return sendData(reply, uploadInvitation(state, publishes.create('direct', caller, postInfo, plan)));
  });

  app.post('/v2/post/publish/inbox/video/init/', at('inbox_init'), (request, reply) => {
    const caller = admit(state, request, ['video.upload'], 'init');
    const account = requireAccount(state, caller);
    if (account.banned) throw new ApiError('spam_risk_user_banned_from_posting');
    if (state.caps.pendingDrafts(caller.username, state.clock()) >= settings.current().caps.pendingDraftsPerDay) {
      throw new ApiError('spam_risk_too_many_pending_share');
    }
    return sendData(
      reply,
      uploadInvitation(state, publishes.create('inbox', caller, {}, parseInboxInit(request.body))),
    );
  });

  // Best effort for pulls alone, and no pull ever gets past init here.
  app.post('/v2/post/publish/cancel/', at('cancel'), request => {
    const caller = admit(state, request, ['video.upload', 'video.publish'], undefined);
    requirePublish(state, caller, parsePublishId(request.body));
    throw new ApiError('publish_not_cancellable');
  });

  app.post('/v2/post/publish/status/fetch/', at('status'), (request, reply) => {
    const caller = admit(state, request, ['video.upload', 'video.publish'], 'status');
    const publish = requirePublish(state, caller, parsePublishId(request.body));
    const { clientKey, username, openId, tokenId } = caller;
    const { publishId } = publish;
    journal.append('status', { publishId, status: statusOf(publish), clientKey, username, openId, tokenId });
    return sendData(reply, statusData(publish));
  });
}

/** What TikTok calls the state that a publish is in. */
export function statusOf(publish: Publish): string {
  if (publish.state === 'failed') return 'FAILED';
  if (publish.state === 'complete') return 'PUBLISH_COMPLETE';
  return publish.state === 'inbox' ? 'SEND_TO_USER_INBOX' : 'PROCESSING_UPLOAD';
}

/** Empty fields are left out, as TikTok does; the misspelt one holds int64 numbers, hence the text. */
function statusData(publish: Publish): string {
  const fields = [`"status":"${statusOf(publish)}"`];
  if (publish.state === 'failed') fields.push(`"fail_reason":"${publish.failReason}"`);
  if (publish.publicAt !== null) fields.push(`"publicaly_available_post_id":[${publish.postId}]`);
  fields.push(`"uploaded_bytes":${publish.receivedBytes}`);
  return `{${fields.join(',')}}`;
}

function uploadInvitation(state: State, { publish, uploadToken }: { publish: Publish; uploadToken: string }): string {
  const upload_url = `${state.origin()}/video/?upload_id=${publish.no}&upload_token=${uploadToken}`;
  return JSON.stringify({ publish_id: publish.publishId, upload_url });
}

function privacyOptions(account: Account): PrivacyLevel[] {
  return [account.private ? 'FOLLOWER_OF_CREATOR' : 'PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'];
}

/** The account can be taken out of the settings while its token lives: to TikTok that is a dead token. */
function requireAccount(state: State, caller: Caller): Account {
  const account = state.settings.account(caller.username);
  if (account === undefined) throw new ApiError('access_token_invalid');
  return account;
}

/** Throws where the creator is banned, at the daily cap, or one active creator too many for the app. */
function requireFreeCaps(state: State, caller: Caller, account: Account, status?: number): void {
  const { audited, caps: limits } = state.settings.current();
  const refuse = (code: ConstructorParameters<typeof ApiError>[0]) =>
    new ApiError(code, status === undefined ? {} : { status });
  if (account.banned) throw refuse('spam_risk_user_banned_from_posting');
  if (state.caps.directPosts(caller.username, state.clock()) >= limits.directPostsPerDay)
    throw refuse('spam_risk_too_many_posts');
  const creators = audited ? limits.activeCreatorsPerDay : limits.unauditedCreatorsPerDay;
  if (creators === null) return;
  if (state.caps.otherCreators(caller.clientKey, caller.username, state.clock()) >= creators) {
    throw refuse('reached_active_user_cap');
  }
}

function requirePublish(state: State, caller: Caller, publishId: string): Publish {
  const publish = state.publishes.byId(publishId);
  if (publish === undefined || publish.forgotten) throw new ApiError('invalid_publish_id');
  if (publish.openId !== caller.openId || publish.clientKey !== caller.clientKey) {
    throw new ApiError('token_not_authorized_for_specified_publish_id');
  }
  if (state.faults.take('forget_publish_id', { publishId }) !== undefined) {
    state.publishes.forget(publish);
    throw new ApiError('invalid_publish_id');
  }
  return publish;
}
