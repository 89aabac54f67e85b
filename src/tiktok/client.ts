// The TikTok client: every call that Clipcue makes, with typed answers and refusals as AppErrors of the error table. The code
// exchange of a new link is @fastify/oauth2's; its answer is read here too (`parseGrant`).

import { Agent, type Dispatcher } from 'undici';
import type { CreatorInfo, PrivacyLevel } from '../domain/choices.ts';
import { PRIVACY_NAMES } from '../domain/choices.ts';
import { AppError, type ErrorFacts } from '../domain/errors.ts';
import {
  creatorSchema,
  type Grant,
  grantSchema,
  type InitiatedPost,
  initSchema,
  type PublishStatus,
  revokeSchema,
  statusSchema,
  type TikTokUser,
  userSchema,
} from './answers.ts';
import { type BreakerOptions, createBreakers } from './breakers.ts';
import { readEnvelope, readOAuth, readOAuthBody } from './envelope.ts';
import { type Answer, exchange } from './transport.ts';
import { type ChunkResult, type ChunkUpload, putChunk, readUploadUrl } from './upload.ts';
import { planUpload } from './upload-plan.ts';

export type { Grant, InitiatedPost, PublishStatus, TikTokUser } from './answers.ts';
export type { ChunkResult, ChunkUpload } from './upload.ts';

const CALL_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;

export interface TikTokClientOptions {
  /** `https://open.tiktokapis.com`, or a simulator's origin. */
  readonly apiOrigin: string;
  /** `https://www.tiktok.com`, or a simulator's origin. */
  readonly authorizeOrigin: string;
  readonly clientKey: string;
  readonly clientSecret: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Belongs to the caller; without one the client opens its own connections and `close` ends them. */
  readonly dispatcher?: Dispatcher | undefined;
  /** When an endpoint that fails is given a rest. */
  readonly breakers?: BreakerOptions | undefined;
}

/** A post to be published outright; the switches are TikTok's, so "disable" is what a person did not allow. */
export interface DirectPost {
  readonly title: string;
  readonly privacy: PrivacyLevel;
  readonly disableComment: boolean;
  readonly disableDuet: boolean;
  readonly disableStitch: boolean;
  /** Null leaves TikTok's default, the first frame. */
  readonly coverMs: number | null;
  readonly brandContent: boolean;
  readonly brandOrganic: boolean;
  readonly aiGenerated: boolean;
  readonly sizeBytes: number;
}

export interface AuthorizeRequest {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  /** Null where PKCE is off. */
  readonly codeChallenge: string | null;
  /** Shows TikTok's page even to a browser that granted before: the only way to choose another account. */
  readonly forceLogin: boolean;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export type TikTokClient = ReturnType<typeof createTikTokClient>;

/**
 * A client for one app at one TikTok. Every call may throw, besides what it names, AppError `tiktok_unreachable`,
 * `tiktok_timeout`, `tiktok_paused` (not even called: breakers.ts), `aborted`, `tiktok_unavailable`, `tiktok_rate_limited`, `tiktok_answer_unreadable`; calls with an access token
 * `tiktok_token_invalid` and `tiktok_scope_missing` too.
 */
export function createTikTokClient(options: TikTokClientOptions) {
  const { apiOrigin, authorizeOrigin, clientKey, clientSecret, clock } = options;
  const ownAgent = options.dispatcher ? null : new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS } });
  const dispatcher = options.dispatcher ?? (ownAgent as Agent);
  const breakers = createBreakers(options.breakers);
  const insecureAllowed = new URL(apiOrigin).protocol === 'http:';

  function postForm(path: string, fields: Record<string, string>, { signal }: CallOptions): Promise<Answer> {
    return exchange({
      dispatcher,
      method: 'POST',
      url: new URL(path, apiOrigin),
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-cache' },
      body: new URLSearchParams({ client_key: clientKey, client_secret: clientSecret, ...fields }).toString(),
      timeoutMs: CALL_TIMEOUT_MS,
      signal,
    });
  }

  function callApi(
    method: 'GET' | 'POST',
    path: string,
    accessToken: string,
    body: object | null,
    { signal }: CallOptions,
  ): Promise<Answer> {
    return exchange({
      dispatcher,
      method,
      url: new URL(path, apiOrigin),
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(method === 'POST' ? { 'content-type': 'application/json; charset=UTF-8' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      timeoutMs: CALL_TIMEOUT_MS,
      signal,
    });
  }

  const parseGrant = (body: unknown): Grant => readOAuthBody(body, grantSchema(clock()));

  async function initPost(
    path: string,
    accessToken: string,
    sizeBytes: number,
    postInfo: object | null,
    call: CallOptions,
    facts?: ErrorFacts,
  ): Promise<InitiatedPost> {
    const plan = planUpload(sizeBytes);
    const body = {
      ...(postInfo ? { post_info: postInfo } : {}),
      source_info: {
        source: 'FILE_UPLOAD',
        video_size: sizeBytes,
        chunk_size: plan.chunkSizeBytes,
        total_chunk_count: plan.chunkCount,
      },
    };
    const post = await breakers.run('init', async () =>
      readEnvelope(await callApi('POST', path, accessToken, body, call), initSchema, facts),
    );
    if (!readUploadUrl(post.uploadUrl, insecureAllowed))
      throw new AppError('tiktok_answer_unreadable', { reason: 'upload address' });
    return post;
  }

  return {
    /**
     * Trades a refresh token for a new pair. The old refresh token is dead once TikTok has answered, so the caller saves the new
     * pair before using it, and never runs two of these for one account.
     * @throws AppError `tiktok_grant_ended`
     */
    async refreshGrant(refreshToken: string, call: CallOptions = {}): Promise<Grant> {
      const fields = { grant_type: 'refresh_token', refresh_token: refreshToken };
      return breakers.run('token', async () =>
        readOAuth(await postForm('/v2/oauth/token/', fields, call), grantSchema(clock())),
      );
    },

    /** Ends what a person granted. A token that is dead already throws like any other refusal. */
    async revokeGrant(accessToken: string, call: CallOptions = {}): Promise<void> {
      const answer = await postForm('/v2/oauth/revoke/', { token: accessToken }, call);
      if (answer.status >= 400 || answer.text.trim() !== '') readOAuth(answer, revokeSchema);
    },

    /**
     * Reads the token endpoint's answer, with lifetimes turned into instants by the clock.
     * @throws AppError the table's code where the body is `{error}`, whatever its HTTP status was
     */
    parseGrant,

    /** Who the token belongs to. Needs `user.info.basic`. */
    async fetchUser(accessToken: string, call: CallOptions = {}): Promise<TikTokUser> {
      const path = '/v2/user/info/?fields=open_id,union_id,avatar_url,display_name';
      return readEnvelope(await callApi('GET', path, accessToken, null, call), userSchema);
    },

    /**
     * What the creator may choose right now. Needs `video.publish`; TikTok allows 20 a minute per token.
     * @throws AppError `tiktok_daily_cap`, `tiktok_user_banned`, `tiktok_app_user_cap`: these come as HTTP 200
     */
    async fetchCreator(accessToken: string, call: CallOptions = {}): Promise<CreatorInfo> {
      const path = '/v2/post/publish/creator_info/query/';
      const creator = await breakers.run('creatorInfo', async () =>
        readEnvelope(await callApi('POST', path, accessToken, null, call), creatorSchema),
      );
      return { ...creator, askedAt: new Date(clock()) };
    },

    /**
     * Announces a video that TikTok publishes as soon as it has every byte. Nothing is posted until then. The chunks must follow
     * `planUpload(sizeBytes)`, within the hour for which the address lives. 6 a minute per token, inbox posts included.
     * @throws AppError `tiktok_daily_cap`, `tiktok_user_banned`, `tiktok_app_user_cap`, `tiktok_account_must_be_private`,
     *   `privacy_not_offered`, `tiktok_request_invalid`
     */
    initDirectPost(accessToken: string, post: DirectPost, call: CallOptions = {}): Promise<InitiatedPost> {
      const postInfo = {
        title: post.title,
        privacy_level: post.privacy,
        disable_comment: post.disableComment,
        disable_duet: post.disableDuet,
        disable_stitch: post.disableStitch,
        ...(post.coverMs === null ? {} : { video_cover_timestamp_ms: post.coverMs }),
        brand_content_toggle: post.brandContent,
        brand_organic_toggle: post.brandOrganic,
        is_aigc: post.aiGenerated,
      };
      const facts = { privacy: PRIVACY_NAMES[post.privacy] };
      return initPost('/v2/post/publish/video/init/', accessToken, post.sizeBytes, postInfo, call, facts);
    },

    /**
     * Announces a video for the creator's TikTok inbox, where they finish it. Needs `video.upload`.
     * @throws AppError `tiktok_pending_drafts_full`, `tiktok_user_banned`, `tiktok_request_invalid`
     */
    initInboxPost(
      accessToken: string,
      { sizeBytes }: { readonly sizeBytes: number },
      call: CallOptions = {},
    ): Promise<InitiatedPost> {
      return initPost('/v2/post/publish/inbox/video/init/', accessToken, sizeBytes, null, call);
    },

    /**
     * Sends one chunk. After any failure of the last chunk only the status knows whether TikTok has it.
     * @throws AppError `tiktok_upload_expired`, `tiktok_upload_unknown`, `tiktok_upload_offset` (with `uploadedBytes` where
     *   TikTok told, for `nextChunk`), `tiktok_unavailable`, `tiktok_request_invalid`
     */
    async putChunk(chunk: ChunkUpload): Promise<ChunkResult> {
      try {
        return await breakers.run('upload', () => putChunk(dispatcher, insecureAllowed, chunk));
      } finally {
        // Where nothing was sent, nobody else has let go of the file.
        chunk.body.destroy();
      }
    },

    /**
     * Where a post stands; 30 a minute per token. A post that failed is an answer, not an error.
     * @throws AppError `tiktok_publish_unknown`
     */
    async fetchStatus(accessToken: string, publishId: string, call: CallOptions = {}): Promise<PublishStatus> {
      const body = { publish_id: publishId };
      return breakers.run('status', async () =>
        readEnvelope(await callApi('POST', '/v2/post/publish/status/fetch/', accessToken, body, call), statusSchema),
      );
    },

    /** The page on which a person grants access. Scopes are comma separated there, unlike in OAuth (login-kit-web). */
    authorizeUrl({ redirectUri, scopes, state, codeChallenge, forceLogin }: AuthorizeRequest): string {
      const url = new URL('/v2/auth/authorize/', authorizeOrigin);
      url.search = new URLSearchParams({
        client_key: clientKey,
        response_type: 'code',
        scope: scopes.join(','),
        redirect_uri: redirectUri,
        state,
        ...(codeChallenge ? { code_challenge: codeChallenge, code_challenge_method: 'S256' } : {}),
        ...(forceLogin ? { disable_auto_auth: '1' } : {}),
      }).toString();
      return url.href;
    },

    /** Ends the client's own connections; calls that are running finish first. */
    async close(): Promise<void> {
      await ownAgent?.close();
    },
  };
}
