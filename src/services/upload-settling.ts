// What becomes of an upload whose every byte is there: the clip is looked at, kept, and put on its draft, or refused with words for the
// page. Each step may be found done by an earlier try that crashed; nobody is asked to upload again.

import { AppError, type ErrorCode, isAppError } from '../domain/errors.ts';
import type { Clip } from '../domain/post-record.ts';
import type { ChosenFile, Upload } from '../domain/upload.ts';
import type { MediaStore } from '../media/store.ts';
import type { UploadStore } from '../stores/uploads.ts';
import type { Clips } from './clips.ts';

export interface SettlingDeps {
  readonly uploads: UploadStore;
  readonly media: MediaStore;
  readonly clips: Pick<Clips, 'inspect'>;
  /** Puts the clip on its draft, and owes the person the news. */
  readonly deliver: (upload: Upload, clip: Clip) => Promise<void>;
  readonly clock: () => number;
  readonly log: { warn(facts: object, message: string): void };
}

/** The right to look at a whole clip, renewed meanwhile: moving 4 GB takes minutes. After a crash somebody waits this long. */
const SETTLE_LEASE_MS = 20_000;
const RENEW_EVERY_MS = 5_000;

export function createSettling(deps: SettlingDeps) {
  const { uploads, media, clips, clock } = deps;
  const running = new Set<Promise<void>>();

  /** Refused for good, with words on the page; the link stays good for another file. */
  async function reject({ id, mediaId }: Upload, problem: { code: ErrorCode; facts: AppError['facts'] } | null) {
    if (!mediaId) return;
    await uploads.reject(id, mediaId, problem);
    await media.parts.abandon(mediaId);
  }

  /** Looks at a whole clip, keeps it, and puts it on its draft. Every step may be found done by an earlier try. */
  async function settle(upload: Upload): Promise<void> {
    const { id, mediaId, file } = upload;
    const until = () => new Date(clock() + SETTLE_LEASE_MS);
    const claimed = await uploads.claim(id, new Date(clock()), until());
    if (!claimed || !mediaId || !file) return;
    // One renewal that fails is followed by others before the claim runs out.
    const renew = () => uploads.renew(id, until()).catch(() => undefined);
    const renewing = setInterval(renew, RENEW_EVERY_MS).unref();
    try {
      await deps.deliver(upload, claimed.clip ? await keepAgain(claimed.clip) : await keep(upload, mediaId, file));
      await uploads.settle(id);
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'user') throw error;
      await reject(upload, { code: error.code, facts: error.facts });
      // Kept already, where the draft went away meanwhile.
      await media.remove(mediaId);
    } finally {
      clearInterval(renewing);
    }
  }

  async function keep(upload: Upload, mediaId: string, { name }: ChosenFile): Promise<Clip> {
    let clip = null as Clip | null;
    await media.parts.finish(mediaId, async (path, stored) => {
      clip = await clips.inspect(path, name, stored);
      await uploads.keepClip(upload.id, clip);
    });
    if (!clip) throw new AppError('unknown');
    return clip;
  }

  /** After a crash the bytes are in the store, or still here. */
  async function keepAgain(clip: Clip): Promise<Clip> {
    try {
      await media.size(clip.mediaId);
    } catch (error) {
      if (!isAppError(error, 'clip_gone')) throw error;
      await media.parts.finish(clip.mediaId, async () => undefined);
    }
    return clip;
  }

  function settleSoon(upload: Upload): void {
    const task = settle(upload)
      // The sweep tries again once the claim has run out.
      .catch(error => deps.log.warn({ err: error, uploadId: upload.id }, 'an uploaded clip could not be kept yet'))
      .finally(() => running.delete(task));
    running.add(task);
  }

  return {
    reject,
    settleSoon,
    async stop(): Promise<void> {
      await Promise.allSettled(running);
    },
  };
}
