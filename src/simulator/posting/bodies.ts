/**
 * The bodies of the Content Posting API, as strict as its reference: a field of the wrong type, too long or unknown is
 * `invalid_params`. Where the documents leave a choice, the stricter reading is taken, so that a client that passes
 * here passes there.
 */
import { z } from 'zod';
import { ApiError } from '../envelope.ts';
import { findChunkFault } from './chunk-rules.ts';

export const PRIVACY_LEVELS = [
  'PUBLIC_TO_EVERYONE',
  'MUTUAL_FOLLOW_FRIENDS',
  'FOLLOWER_OF_CREATOR',
  'SELF_ONLY',
] as const;
export type PrivacyLevel = (typeof PRIVACY_LEVELS)[number];

const int32 = z.int().max(2 ** 31 - 1);

/** TikTok counts UTF-16 units, as `.length` does; zod's `max` counts code points. */
export const captionSchema = z.string().refine(text => text.length <= 2200, 'at most 2200 UTF-16 units');

const postInfoSchema = z.strictObject({
  privacy_level: z.enum(PRIVACY_LEVELS),
  title: captionSchema.optional(),
  disable_comment: z.boolean().optional(),
  disable_duet: z.boolean().optional(),
  disable_stitch: z.boolean().optional(),
  video_cover_timestamp_ms: int32.optional(),
  brand_content_toggle: z.boolean(),
  brand_organic_toggle: z.boolean(),
  is_aigc: z.boolean().optional(),
});
export type PostInfo = z.infer<typeof postInfoSchema>;

const sourceInfoSchema = z.discriminatedUnion('source', [
  z.strictObject({
    source: z.literal('FILE_UPLOAD'),
    video_size: z.int().min(1),
    chunk_size: z.int().min(1),
    total_chunk_count: int32.min(1),
  }),
  z.strictObject({ source: z.literal('PULL_FROM_URL'), video_url: z.url({ protocol: /^https$/ }) }),
]);
type SourceInfo = z.infer<typeof sourceInfoSchema>;

const directInitSchema = z.strictObject({ post_info: postInfoSchema, source_info: sourceInfoSchema });
const inboxInitSchema = z.strictObject({ source_info: sourceInfoSchema });
const publishIdSchema = z.strictObject({ publish_id: z.string().min(1).max(64) });

export interface UploadPlan {
  videoSize: number;
  chunkSize: number;
  chunkCount: number;
}

/** Throws ApiError invalid_params, or url_ownership_unverified for a pull: nobody verified a domain here. */
export function parseDirectInit(body: unknown): { postInfo: PostInfo; plan: UploadPlan } {
  const { post_info, source_info } = parse(directInitSchema, body);
  const plan = toPlan(source_info);
  if (post_info.brand_content_toggle && post_info.privacy_level === 'SELF_ONLY') {
    throw new ApiError('invalid_params', { message: 'Branded content visibility cannot be set to private.' });
  }
  return { postInfo: post_info, plan };
}

/** Of a draft TikTok takes the bytes alone; everything else is chosen in the app. */
export function parseInboxInit(body: unknown): UploadPlan {
  return toPlan(parse(inboxInitSchema, body).source_info);
}

export function parsePublishId(body: unknown): string {
  return parse(publishIdSchema, body).publish_id;
}

/** creator_info takes no body; an empty object is let pass. */
export function parseNothing(body: unknown): void {
  if (body !== undefined && body !== '') parse(z.strictObject({}), body);
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  if (typeof body !== 'string') {
    throw new ApiError('invalid_params', { message: 'A JSON body with Content-Type application/json is required' });
  }
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'body';
  throw new ApiError('invalid_params', { message: `The request parameters are invalid: ${where}: ${issue?.message}` });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiError('invalid_params', { message: 'The body is not JSON' });
    throw error;
  }
}

function toPlan(source: SourceInfo): UploadPlan {
  if (source.source === 'PULL_FROM_URL') throw new ApiError('url_ownership_unverified');
  const plan = { videoSize: source.video_size, chunkSize: source.chunk_size, chunkCount: source.total_chunk_count };
  const fault = findChunkFault(plan);
  if (fault !== undefined) throw new ApiError('invalid_params', { message: fault });
  return plan;
}
