// What is known about a clip once it has been read: the facts that TikTok's rules and the cards are about.

export type ClipContainer = 'mp4' | 'mov' | 'webm';

export interface ClipFacts {
  /** By content, whatever the file was called. */
  readonly container: ClipContainer;
  /** `h264`, `h265`, `vp8`, `vp9`, `av1`, or the file's own name for another one. */
  readonly videoCodec: string;
  /** Null where there is no sound. */
  readonly audioCodec: string | null;
  /** As shown, rotation and pixel shape applied. */
  readonly width: number;
  readonly height: number;
  /** Frames a second, averaged over the clip's beginning. */
  readonly frameRate: number;
  readonly durationMs: number;
  /** Bits a second of the whole file. */
  readonly bitRate: number;
  readonly sizeBytes: number;
}

const CONTENT_TYPES = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
} as const satisfies Record<ClipContainer, string>;

export type ClipContentType = (typeof CONTENT_TYPES)[ClipContainer];

/** The media type under which TikTok takes the container. */
export const contentTypeOf = (container: ClipContainer): ClipContentType => CONTENT_TYPES[container];

export function durationWords(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export const sizeWords = (sizeBytes: number): string =>
  sizeBytes < 1_000_000
    ? `${Math.max(1, Math.round(sizeBytes / 1000))} kB`
    : `${(sizeBytes / 1_000_000).toFixed(1)} MB`;

/** A limit as people say it: "4 GB", "500 MB"; never more than it is. */
export const roundSizeWords = (sizeBytes: number): string =>
  sizeBytes < 1_000_000_000
    ? `${Math.floor(sizeBytes / 1_000_000)} MB`
    : `${Math.floor(sizeBytes / 100_000_000) / 10} GB`;
