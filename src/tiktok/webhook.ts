// TikTok's webhooks: whether one is genuine, and what it says. The signature covers the raw bytes, so it is checked before anything
// is parsed. Sources: webhooks-verification, webhooks-events, content-posting-api-reference-get-video-status.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError, type ErrorCode } from '../domain/errors.ts';
import { parseJson } from './envelope.ts';
import { asFact, failReasonCode } from './error-table.ts';

const TOLERANCE_MS = 300_000;

export interface SignedWebhook {
  /** `TikTok-Signature`: `t=<unix seconds>,s=<hex>`. */
  readonly header: string | undefined;
  readonly rawBody: Uint8Array;
  readonly clientSecret: string;
  readonly nowMs: number;
  /** How far `t` may be from now, either way; without it a recorded webhook could be replayed for ever. */
  readonly toleranceMs?: number;
}

/** Whether TikTok signed these bytes, lately: HMAC-SHA256 with the client secret over `t.body`, compared in constant time. */
export function verifyWebhookSignature(webhook: SignedWebhook): boolean {
  const { header, rawBody, clientSecret, nowMs, toleranceMs = TOLERANCE_MS } = webhook;
  const match = /^t=(\d{1,12}),\s*s=([0-9a-f]{64})$/i.exec(header ?? '');
  const [, seconds, signature] = match ?? [];
  if (seconds === undefined || signature === undefined) return false;
  const expected = createHmac('sha256', clientSecret).update(`${seconds}.`).update(rawBody).digest();
  const genuine = timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  return genuine && Math.abs(nowMs - Number(seconds) * 1000) <= toleranceMs;
}

interface WebhookHead {
  readonly clientKey: string;
  readonly openId: string;
  readonly createdAt: Date;
}

/** TikTok sends at least once, in any order, without an id: receivers drop repeats by a hash of the body. */
export type WebhookEvent = WebhookHead &
  (
    | { readonly kind: 'authorization_removed'; readonly reason: number }
    | { readonly kind: 'post_failed'; readonly publishId: string; readonly failReason: ErrorCode }
    | { readonly kind: 'post_complete' | 'post_in_inbox'; readonly publishId: string }
    | { readonly kind: 'post_public' | 'post_not_public'; readonly publishId: string; readonly postId: string }
    | { readonly kind: 'other'; readonly name: string }
  );

const Head = z.object({
  client_key: z.string(),
  event: z.string(),
  create_time: z.number(),
  user_openid: z.string().default(''),
  content: z.string().default('{}'),
});

const Removed = z.object({ reason: z.number().default(0) });
const Publish = z.object({ publish_id: z.string().min(1) });
const Failed = Publish.extend({ reason: z.string().default('') });
const Visible = Publish.extend({ post_id: z.union([z.string(), z.number()]).transform(String) });

/**
 * What a genuine webhook says. `content` is JSON in a string. Events that Clipcue has no use for, older ones included, are `other`.
 * @throws AppError `tiktok_answer_unreadable` where a known event lacks what it must have
 */
export function parseWebhook(rawBody: Uint8Array): WebhookEvent {
  const body = read(Head, parseJson(Buffer.from(rawBody).toString('utf8')));
  const head = {
    clientKey: body.client_key,
    openId: body.user_openid,
    createdAt: new Date(body.create_time * 1000),
  };
  const content = parseJson(body.content);
  // The wire says both "publicly" and "publicaly", by event and by age of the documents.
  switch (body.event.replace('publicaly', 'publicly')) {
    case 'authorization.removed':
      return { ...head, kind: 'authorization_removed', reason: read(Removed, content).reason };
    case 'post.publish.failed': {
      const { publish_id, reason } = read(Failed, content);
      return { ...head, kind: 'post_failed', publishId: publish_id, failReason: failReasonCode(reason) };
    }
    case 'post.publish.complete':
      return { ...head, kind: 'post_complete', publishId: read(Publish, content).publish_id };
    case 'post.publish.inbox_delivered':
      return { ...head, kind: 'post_in_inbox', publishId: read(Publish, content).publish_id };
    case 'post.publish.publicly_available': {
      const { publish_id, post_id } = read(Visible, content);
      return { ...head, kind: 'post_public', publishId: publish_id, postId: post_id };
    }
    case 'post.publish.no_longer_publicly_available': {
      const { publish_id, post_id } = read(Visible, content);
      return { ...head, kind: 'post_not_public', publishId: publish_id, postId: post_id };
    }
    default:
      return { ...head, kind: 'other', name: asFact(body.event) };
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(issue => issue.path.join('.') || '(body)');
  throw new AppError('tiktok_answer_unreadable', { fields: fields.join(', ') });
}
