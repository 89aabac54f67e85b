// Pictures of clips, for platforms that cannot show the clip itself.

import type { Block } from './reply.ts';

export type ClipBlock = Extract<Block, { kind: 'clip' }>;

export interface ClipPicture {
  readonly extension: 'jpg' | 'png';
  /** At most 100 kB. */
  readonly data: Buffer;
}

/** A small picture of a clip; there always is one, and it never throws. */
export type PictureOf = (clip: ClipBlock) => Promise<ClipPicture>;
