// What TikTok's successful answers hold, from its spelling to ours. Fields that TikTok leaves out when empty have defaults; fields
// that Clipcue does not use are dropped. Sources: oauth-user-access-token-management, tiktok-api-v2-get-user-info,
// content-posting-api-reference-query-creator-info, -direct-post, -get-video-status.

import { z } from 'zod';
import { type CreatorInfo, PRIVACY_LEVELS, type PrivacyLevel } from '../domain/choices.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { asFact, failReasonCode } from './error-table.ts';

/** Tokens and how long they live. Both tokens are replaced by every refresh. */
export interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly openId: string;
  /** What the person granted, which may be less than what was asked for. */
  readonly scopes: readonly string[];
  readonly accessExpiresAt: Date;
  readonly refreshExpiresAt: Date;
}

/** The token endpoint's answer, received at `nowMs`. Lifetimes are TikTok's and change; they are never assumed. */
export const grantSchema = (nowMs: number): z.ZodType<Grant> =>
  z
    .object({
      access_token: z.string().min(1),
      expires_in: z.number().positive(),
      refresh_token: z.string().min(1),
      refresh_expires_in: z.number().positive(),
      open_id: z.string().min(1),
      scope: z.string(),
    })
    .transform(token => ({
      accessToken: token.access_token,
      refreshToken: token.refresh_token,
      openId: token.open_id,
      scopes: token.scope.split(/[\s,]+/).filter(scope => scope !== ''),
      accessExpiresAt: new Date(nowMs + token.expires_in * 1000),
      refreshExpiresAt: new Date(nowMs + token.refresh_expires_in * 1000),
    }));

export const revokeSchema = z.object({});

/** The person behind a token. `openId` is theirs within one app, `unionId` across the apps of one developer. */
export interface TikTokUser {
  readonly openId: string;
  readonly unionId: string;
  readonly displayName: string;
  readonly avatarUrl: string;
}

export const userSchema: z.ZodType<TikTokUser> = z
  .object({
    user: z.object({
      open_id: z.string().min(1),
      union_id: z.string().default(''),
      display_name: z.string().default(''),
      avatar_url: z.string().default(''),
    }),
  })
  .transform(({ user }) => ({
    openId: user.open_id,
    unionId: user.union_id,
    displayName: user.display_name,
    avatarUrl: user.avatar_url,
  }));

const isPrivacyLevel = (level: string): level is PrivacyLevel => PRIVACY_LEVELS.some(known => known === level);

/** A privacy level that we have no name for is left out: nobody could choose it with open eyes. */
export const creatorSchema: z.ZodType<Omit<CreatorInfo, 'askedAt'>> = z
  .object({
    creator_nickname: z.string().default(''),
    creator_username: z.string().default(''),
    creator_avatar_url: z.string().default(''),
    privacy_level_options: z.array(z.string()),
    comment_disabled: z.boolean().default(false),
    duet_disabled: z.boolean().default(false),
    stitch_disabled: z.boolean().default(false),
    max_video_post_duration_sec: z.number().positive(),
  })
  .transform(creator => ({
    nickname: creator.creator_nickname,
    username: creator.creator_username,
    avatarUrl: creator.creator_avatar_url,
    privacyOptions: creator.privacy_level_options.filter(isPrivacyLevel),
    commentDisabled: creator.comment_disabled,
    duetDisabled: creator.duet_disabled,
    stitchDisabled: creator.stitch_disabled,
    maxDurationMs: creator.max_video_post_duration_sec * 1000,
  }));

/** An announced post. `publishId` makes at most one video; `uploadUrl` is a secret that lives an hour. */
export interface InitiatedPost {
  readonly publishId: string;
  readonly uploadUrl: string;
}

export const initSchema: z.ZodType<InitiatedPost> = z
  .object({ publish_id: z.string().min(1).max(256), upload_url: z.string().min(1).max(2048) })
  .transform(data => ({ publishId: data.publish_id, uploadUrl: data.upload_url }));

const POST_STATUSES = [
  'PROCESSING_UPLOAD',
  'PROCESSING_DOWNLOAD',
  'SEND_TO_USER_INBOX',
  'PUBLISH_COMPLETE',
  'FAILED',
] as const;

/** Where TikTok says that a post stands. PUBLISH_COMPLETE is not yet public: `postIds` fills after moderation. */
export interface PublishStatus {
  readonly status: (typeof POST_STATUSES)[number];
  /** Set where `status` is FAILED; the wire's own word beside it. */
  readonly failReason?: ErrorCode;
  readonly failWireCode?: string;
  /** Ids of the public videos, as strings since they exceed 2^53. One draft can become several. */
  readonly postIds: readonly string[];
  /** TikTok's progress: a count or a last index, see `nextChunk`. */
  readonly uploadedBytes?: number;
}

const PostIds = z.array(z.union([z.string(), z.number()]).transform(String)).nullish();

/** `publicaly` is TikTok's spelling on the wire; the right one is accepted for the day on which it is mended. */
export const statusSchema: z.ZodType<PublishStatus> = z
  .object({
    status: z.enum(POST_STATUSES),
    fail_reason: z.string().nullish(),
    publicaly_available_post_id: PostIds,
    publicly_available_post_id: PostIds,
    uploaded_bytes: z.number().nonnegative().nullish(),
  })
  .transform(data => ({
    status: data.status,
    postIds: data.publicaly_available_post_id ?? data.publicly_available_post_id ?? [],
    ...(data.status === 'FAILED'
      ? { failReason: failReasonCode(data.fail_reason ?? ''), failWireCode: asFact(data.fail_reason ?? '') }
      : {}),
    ...(typeof data.uploaded_bytes === 'number' ? { uploadedBytes: data.uploaded_bytes } : {}),
  }));
