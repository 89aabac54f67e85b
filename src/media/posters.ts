// The pictures of clips that their cards show: a small one of the first frame, made once and kept beside the clip, or else one that is
// drawn from what is known of the clip. Nothing here ever throws: a clip is as good without its picture.

import type { ClipFacts } from '../domain/clip.ts';
import { durationWords, sizeWords } from '../domain/clip.ts';
import { within } from '../within.ts';
import type { FrameDecoder } from './ffmpeg.ts';
import { isPoster } from './poster.ts';
import type { MediaStore } from './store.ts';

/** What a picture is drawn from. */
export type Pictured = Pick<ClipFacts, 'width' | 'height' | 'durationMs' | 'sizeBytes'> & { readonly mediaId: string };

export interface PosterPicture {
  readonly extension: 'jpg' | 'png';
  readonly data: Buffer;
}

export interface PostersDeps {
  readonly media: Pick<MediaStore, 'keepPoster' | 'readPoster'>;
  /** Null: no decoder is at hand, and pictures are drawn. */
  readonly decode: FrameDecoder | null;
  readonly log: { debug(facts: object, message: string): void };
}

/** A bucket that is slow today must not hold up every press of a button. */
const READ_TIMEOUT_MS = 1_500;

export type Posters = ReturnType<typeof createPosters>;

export function createPosters({ media, decode, log }: PostersDeps) {
  async function readKept(mediaId: string): Promise<Buffer | null> {
    try {
      const kept = await within(media.readPoster(mediaId), READ_TIMEOUT_MS, null);
      return kept && isPoster(kept) ? kept : null;
    } catch (error) {
      log.debug({ err: error }, 'the picture of a clip cannot be read');
      return null;
    }
  }

  return {
    /** Keeps a picture of the whole clip at `path`, where a decoder gives one.*/
    async make(path: string, mediaId: string, { container }: Pick<ClipFacts, 'container'>): Promise<void> {
      const picture = await decode?.(path, container);
      if (!picture) return;
      await media
        .keepPoster(mediaId, picture)
        .catch(error => log.debug({ err: error }, 'the picture of a clip cannot be kept'));
    },

    /** The picture of a clip, drawn where none was kept: no decoder, a restored backup, a clip that is gone.*/
    async of(clip: Pictured): Promise<PosterPicture> {
      const kept = await readKept(clip.mediaId);
      if (kept) return { extension: 'jpg', data: kept };
      // Loaded with the first picture: bots that show none stay small.
      const { drawPoster } = await import('./drawn-poster.ts');
      const words = [durationWords(clip.durationMs), sizeWords(clip.sizeBytes)] as const;
      return { extension: 'png', data: drawPoster(clip, words) };
    },
  };
}
