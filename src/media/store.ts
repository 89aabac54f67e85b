// Where clips wait for their time: the port that the services use, with an implementation on disk and one on S3-compatible stores.

import type { Readable } from 'node:stream';

/** Looks at a whole clip before it is kept, while it is a file of this machine; what it throws undoes all. */
export type Inspect = (path: string, clip: StoredClip) => Promise<void>;

export interface ReceiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** The most this clip may have; never above the store's own limit. */
  readonly limitBytes?: number | undefined;
  /** For the whole clip, from the first byte asked for to the last one kept. */
  readonly deadlineMs: number;
  /** What the sender says it will be. Only used to refuse early: the bytes that arrive are counted. */
  readonly reserveBytes?: number | undefined;
  readonly inspect?: Inspect | undefined;
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

export interface PartSource {
  /** Where the bytes belong; must be where the last ones ended. */
  readonly offset: number;
  /** What was announced for the whole clip. */
  readonly sizeBytes: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A clip that arrives in parts, over hours and restarts. Its bytes wait on the local disk until the last one is there. */
export interface ClipParts {
  /**
   * Sets space aside for a clip of `sizeBytes` and gives its id.
   * @throws AppError `clip_too_large`, `clip_empty`, `storage_full`
   */
  begin(sizeBytes: number): Promise<string>;
  /**
   * Writes bytes as they come and gives how many there are now, also where the source ended early. Where the disk fills up, nothing
   * of the clip is left.
   * @throws AppError `clip_gone`, `upload_out_of_step` for a wrong offset, `clip_too_large`, `storage_full`
   */
  append(mediaId: string, part: PartSource): Promise<number>;
  /** @throws AppError `clip_gone` */
  arrivedBytes(mediaId: string): Promise<number>;
  /**
   * Keeps a clip whose bytes are all there. Nothing of it is left where `inspect` throws.
   * @throws AppError `clip_gone`, and whatever `inspect` throws
   */
  finish(mediaId: string, inspect: Inspect): Promise<StoredClip>;
  abandon(mediaId: string): Promise<void>;
}

export interface MediaStore {
  /**
   * Keeps what `source` gives under a new random id. Nothing is left behind where it throws.
   * @throws AppError `clip_too_large`, `clip_empty`, `storage_full`, `clip_fetch_failed` (the source broke, or the deadline
   *   passed), `aborted`, and whatever `inspect` throws
   */
  receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<StoredClip>;
  readonly parts: ClipParts;
  /**
   * The clip's bytes, or those in `range`. To be read to the end or destroyed.
   * @throws AppError `clip_gone`
   */
  open(mediaId: string, range?: ByteRange): Promise<Readable>;
  /** @throws AppError `clip_gone` */
  size(mediaId: string): Promise<number>;
  /** Keeps a small picture beside a clip, for as long as the clip is kept. */
  keepPoster(mediaId: string, picture: Buffer): Promise<void>;
  /** The clip's picture as it was found, or null where none is kept. */
  readPoster(mediaId: string): Promise<Buffer | null>;
  /** Removes the clip and its picture, as far as they are there. */
  remove(mediaId: string): Promise<void>;
  /**
   * Removes what nobody knows: clips, whole ones and those that still arrive, and pictures, that are older than `olderThanMs` and not among those
   * that `isKnown` returns. Returns how many went.
   */
  sweepOrphans(isKnown: IsKnown, olderThanMs: number): Promise<number>;
}

export type IsKnown = (mediaIds: string[]) => Promise<ReadonlySet<string>>;
