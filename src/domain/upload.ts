// A clip on its way in through the upload page: what is known of it from the link to the last byte.

import type { ErrorCode, ErrorFacts } from './errors.ts';
import type { Clip } from './post-record.ts';

/**
 * - `issued`: the link is in the chat;
 * - `opened`: a browser holds the cookie; no file is chosen, or the last one was refused;
 * - `receiving`: a file is chosen and its bytes come, or will go on;
 * - `received`: every byte is there; the clip is being looked at;
 * - `done`: the clip is the draft's;
 * - `expired`, `replaced` (by a newer link): the end without a clip.
 */
export const UPLOAD_STATES = ['issued', 'opened', 'receiving', 'received', 'done', 'expired', 'replaced'] as const;
export type UploadState = (typeof UPLOAD_STATES)[number];

/** The chat that the link was given in. */
export interface UploadPlace {
  readonly platform: string;
  readonly chatId: string;
}

/** A file as the browser describes it; enough to recognise it when the person picks it again. */
export interface ChosenFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch, as the browser states it. */
  readonly modifiedAt: number;
}

export interface Upload {
  readonly id: string;
  readonly ownerId: string;
  readonly postId: string;
  /** The chat identity that the page names, so that nobody uploads for a stranger unawares. */
  readonly personName: string;
  readonly place: UploadPlace;
  readonly state: UploadState;
  readonly file: ChosenFile | null;
  /** Of the bytes that arrive. */
  readonly mediaId: string | null;
  /** The clip once it was looked at. */
  readonly clip: Clip | null;
  /** Why the last file was refused. */
  readonly problem: { readonly code: ErrorCode; readonly facts: ErrorFacts } | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
