/** One publish id: what is known of it, how it lies in the database, and the numbers that name it and its post. */
import { randomBytes } from 'node:crypto';
import type { FailReason } from '../faults.ts';
import type { PostInfo } from './bodies.ts';

export type PublishState = 'uploading' | 'processing' | 'inbox' | 'complete' | 'failed';
export type PublishKind = 'direct' | 'inbox';

export interface Publish {
  no: number;
  publishId: string;
  kind: PublishKind;
  clientKey: string;
  username: string;
  openId: string;
  /** Empty for a draft until its person has finished it. */
  postInfo: Partial<PostInfo>;
  contentType: string | null;
  videoSize: number;
  chunkSize: number;
  chunkCount: number;
  receivedBytes: number;
  uploadExpiresAt: number;
  state: PublishState;
  nextEventAt: number | null;
  failReason: FailReason | null;
  sha256: string | null;
  createdAt: number;
  completedAt: number | null;
  publishedAt: number | null;
  postId: string | null;
  publicAt: number | null;
  forgotten: boolean;
}

/** Unguessable, and longer than a JavaScript number can hold. */
export function newPublishNumber(): bigint {
  return (7n << 60n) | (randomBytes(8).readBigUInt64BE() >> 4n) | 1n;
}

/** Like TikTok's own: seconds in the upper half, far beyond 2^53, and odd, so that reading it as a number spoils it. */
export function newPostId(no: number, at: number): bigint {
  return (
    (BigInt(Math.floor(at / 1000)) << 32n) | (BigInt(no & 0xffffff) << 8n) | BigInt(randomBytes(1).readUInt8() | 1)
  );
}

export function toPublish(row: Record<string, unknown>): Publish {
  const number = (value: unknown): number | null => (value === null ? null : Number(value));
  const text = (value: unknown): string | null => (value === null ? null : String(value));
  return {
    no: Number(row.no),
    publishId: String(row.publish_id),
    kind: row.kind as PublishKind,
    clientKey: String(row.client_key),
    username: String(row.username),
    openId: String(row.open_id),
    postInfo: JSON.parse(String(row.post_info)) as Partial<PostInfo>,
    contentType: text(row.content_type),
    videoSize: Number(row.video_size),
    chunkSize: Number(row.chunk_size),
    chunkCount: Number(row.chunk_count),
    receivedBytes: Number(row.received_bytes),
    uploadExpiresAt: Number(row.upload_expires_at),
    state: row.state as PublishState,
    nextEventAt: number(row.next_event_at),
    failReason: text(row.fail_reason) as FailReason | null,
    sha256: text(row.sha256),
    createdAt: Number(row.created_at),
    completedAt: number(row.completed_at),
    publishedAt: number(row.published_at),
    postId: text(row.post_id),
    publicAt: number(row.public_at),
    forgotten: row.forgotten === 1,
  };
}
