// Taking in a clip: streamed into the media store, probed, judged by TikTok's rules, a picture of it made. What TikTok would refuse is refused here, and
// so is what goes beyond a person's room.

import type { ClipOffer } from '../chat/invocation.ts';
import type { ClipFacts } from '../domain/clip.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import type { Clip } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import type { MediaStore, StoredClip } from '../media/store.ts';
import type { Quota } from './quota.ts';

const RECEIVE_DEADLINE_MS = 10 * 60_000;

export interface ClipsDeps {
  readonly media: MediaStore;
  readonly quota: Quota;
  readonly probe: (path: string) => Promise<ClipFacts>;
  readonly judge: (facts: ClipFacts) => { refusals: readonly { code: AppError['code']; facts: AppError['facts'] }[] };
  /** Keeps a picture of a whole clip for its card, where one can be had. Never throws. */
  readonly makePoster: (path: string, mediaId: string, facts: ClipFacts) => Promise<void>;
  readonly contentTypeOf: (container: ClipFacts['container']) => Clip['contentType'];
  /** A clip behind a web address. @throws AppError `clip_link_invalid` for anything that is none. */
  readonly offerLink: (address: string) => ClipOffer;
}

export type Clips = ReturnType<typeof createClips>;

export function createClips({ media, quota, probe, judge, makePoster, contentTypeOf, offerLink }: ClipsDeps) {
  /** What a whole file is, as a clip called `name`. @throws AppError clip_* for one that TikTok would refuse. */
  async function inspect(path: string, name: string, stored: StoredClip): Promise<Clip> {
    const facts = await probe(path);
    const [refusal] = judge(facts).refusals;
    if (refusal) throw new AppError(refusal.code, refusal.facts);
    await makePoster(path, stored.mediaId, facts);
    const { container, sizeBytes: _counted, ...picture } = facts;
    return { ...stored, name, contentType: contentTypeOf(container), ...picture };
  }

  return {
    inspect,
    offerLink,

    /** @throws AppError clip_*, `clip_quota_full` or `storage_full`; nothing of the clip is kept then. */
    async receive({ id }: User, offer: ClipOffer): Promise<Clip> {
      const deadline = AbortSignal.timeout(RECEIVE_DEADLINE_MS);
      const room = await quota.take(id, offer.sizeBytes);
      try {
        let clip = null as Clip | null;
        await media.receive(await offer.open(deadline), {
          deadlineMs: RECEIVE_DEADLINE_MS,
          limitBytes: room.bytes,
          ...(offer.sizeBytes !== null && { reserveBytes: offer.sizeBytes }),
          async inspect(path, stored) {
            clip = await inspect(path, offer.name, stored);
          },
        });
        if (!clip) throw new AppError('unknown');
        return clip;
      } catch (error) {
        throw isAppError(error, 'clip_too_large') ? (room.explain(error) ?? error) : error;
      } finally {
        room.release();
      }
    },
  };
}
