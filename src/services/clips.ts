// Taking in a clip: streamed into the media store, probed, judged by TikTok's rules. What TikTok would refuse is refused here.

import type { ClipOffer } from '../chat/invocation.ts';
import { AppError } from '../domain/errors.ts';
import type { Clip } from '../domain/post-record.ts';
import type { ClipFacts } from '../media/clip.ts';
import type { MediaStore } from '../media/store.ts';

const RECEIVE_DEADLINE_MS = 10 * 60_000;

export interface ClipsDeps {
  readonly media: MediaStore;
  /** Where the store keeps a clip on this machine, for the prober. */
  readonly pathOf: (mediaId: string) => string;
  readonly probe: (path: string) => Promise<ClipFacts>;
  readonly judge: (facts: ClipFacts) => { refusals: readonly { code: AppError['code']; facts: AppError['facts'] }[] };
  readonly contentTypeOf: (container: ClipFacts['container']) => Clip['contentType'];
}

export type Clips = ReturnType<typeof createClips>;

export function createClips({ media, pathOf, probe, judge, contentTypeOf }: ClipsDeps) {
  async function inspect(mediaId: string): Promise<ClipFacts> {
    const facts = await probe(pathOf(mediaId));
    const [refusal] = judge(facts).refusals;
    if (refusal) throw new AppError(refusal.code, refusal.facts);
    return facts;
  }

  return {
    /** @throws AppError clip_* or `storage_full`; nothing of the clip is kept then. */
    async receive(offer: ClipOffer): Promise<Clip> {
      const deadline = AbortSignal.timeout(RECEIVE_DEADLINE_MS);
      const { mediaId, sizeBytes, sha256 } = await media.receive(await offer.open(deadline), {
        deadlineMs: RECEIVE_DEADLINE_MS,
        ...(offer.sizeBytes !== null && { reserveBytes: offer.sizeBytes }),
      });
      try {
        const { container, width, height, frameRate, durationMs } = await inspect(mediaId);
        const contentType = contentTypeOf(container);
        return { mediaId, name: offer.name, sizeBytes, sha256, contentType, width, height, frameRate, durationMs };
      } catch (error) {
        await media.remove(mediaId);
        throw error;
      }
    },
  };
}
