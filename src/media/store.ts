// Where clips wait for their time: the port that the services use. The disk has an implementation; an S3-compatible store can have
// another.

import type { Readable } from 'node:stream';

export interface ReceiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** The most this clip may have; never above the store's own limit. */
  readonly limitBytes?: number | undefined;
  /** For the whole clip, from the first byte asked for to the last one kept. */
  readonly deadlineMs: number;
  /** What the sender says it will be. Only used to refuse early: the bytes that arrive are counted. */
  readonly reserveBytes?: number | undefined;
}

export interface StoredClip {
  readonly mediaId: string;
  readonly sizeBytes: number;
  /** Lowercase hex. */
  readonly sha256: string;
}

/** Positions of the first and last byte, both inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface MediaStore {
  /**
   * Keeps what `source` gives under a new random id. Nothing is left behind where it throws.
   * @throws AppError `clip_too_large`, `clip_empty`, `storage_full`, `clip_fetch_failed` (the source broke, or the deadline
   *   passed), `aborted`
   */
  receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<StoredClip>;
  /**
   * The clip's bytes, or those in `range`. To be read to the end or destroyed.
   * @throws AppError `clip_gone`
   */
  open(mediaId: string, range?: ByteRange): Promise<Readable>;
  /** @throws AppError `clip_gone` */
  size(mediaId: string): Promise<number>;
  /** Removes the clip, if it is there. */
  remove(mediaId: string): Promise<void>;
  /**
   * Removes what nobody knows: clips that are older than `olderThanMs` and not among those that `isKnown` returns, and what
   * interrupted receives of that age left. Returns how many files went.
   */
  sweepOrphans(isKnown: (mediaIds: string[]) => Promise<ReadonlySet<string>>, olderThanMs: number): Promise<number>;
}
