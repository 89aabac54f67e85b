// Where an upload stands, judged from TikTok's report and from what was sent. This is where a second video is prevented: a new
// upload may begin only where the old one can never become a video. Pure.

import type { AppError } from '../../domain/errors.ts';
import type { Attempt } from '../../domain/post-record.ts';

export type UploadReport =
  /** `reportedBytes` null: TikTok leaves empty fields out, and does not say what it does once it has every byte. */
  | { readonly kind: 'uploading'; readonly reportedBytes: number | null }
  /** It has every byte, or has ended the upload: its status says which. */
  | { readonly kind: 'left_behind' }
  | { readonly kind: 'unknown'; readonly error: AppError };

export type UploadStanding =
  | { readonly kind: 'complete' }
  | { readonly kind: 'missing'; readonly chunk: number }
  /** No video can come of it. */
  | { readonly kind: 'over' }
  /** To be asked again: doing anything else might make a second video. */
  | { readonly kind: 'unclear' };

export interface UploadFacts {
  readonly attempt: Attempt;
  /** A last chunk was sent and not refused: it may have arrived, or still be on its way. */
  readonly wasLastChunkSent: boolean;
  /** The URL refused a chunk for good. */
  readonly isUrlDead: boolean;
  /** The first chunk that TikTok lacks when it reports so many bytes; `chunkCount` where none is. */
  readonly nextChunk: (reportedBytes: number) => number;
  readonly chunkCount: number;
  readonly nowMs: number;
  readonly chunkTimeoutMs: number;
}

export function judgeUpload(report: UploadReport, facts: UploadFacts): UploadStanding {
  if (report.kind === 'left_behind') return { kind: 'complete' };
  return facts.wasLastChunkSent ? judgeCommitted(report, facts) : judgeOpen(report, facts);
}

/** Without its last chunk an upload never becomes a video. */
function judgeOpen(report: Exclude<UploadReport, { kind: 'left_behind' }>, facts: UploadFacts): UploadStanding {
  const { attempt, isUrlDead, nowMs } = facts;
  if (report.kind === 'unknown') return { kind: 'over' };
  const chunk = report.reportedBytes === null ? attempt.chunksSent : facts.nextChunk(report.reportedBytes);
  if (chunk >= facts.chunkCount) return { kind: 'complete' };
  return isUrlDead || isExpired(attempt, nowMs) ? { kind: 'over' } : { kind: 'missing', chunk };
}

/**
 * Over only where TikTok says in numbers that bytes are missing, and the URL has expired for so long that no chunk can be on its
 * way any more, not even one of a worker that stood still and then went on.
 */
function judgeCommitted(report: Exclude<UploadReport, { kind: 'left_behind' }>, facts: UploadFacts): UploadStanding {
  const { attempt, isUrlDead, nowMs, chunkTimeoutMs } = facts;
  if (report.kind === 'unknown' || report.reportedBytes === null) return { kind: 'unclear' };
  const chunk = facts.nextChunk(report.reportedBytes);
  if (chunk >= facts.chunkCount) return { kind: 'complete' };
  if (isExpired(attempt, nowMs - chunkTimeoutMs)) return { kind: 'over' };
  return isUrlDead || isExpired(attempt, nowMs) ? { kind: 'unclear' } : { kind: 'missing', chunk };
}

const isExpired = ({ uploadExpiresAt }: Attempt, atMs: number): boolean => (uploadExpiresAt?.getTime() ?? 0) <= atMs;
