// Clips of any size through a page in the browser: a private link tied to one draft, opened once; then bytes in parts, over broken
// connections, sleeps and restarts; and at the end the clip on its draft. The upload in the database is the truth, the bytes so
// far are the file.

import { AppError, isAppError } from '../domain/errors.ts';
import type { Post } from '../domain/post-record.ts';
import { hashSecret, makeId, makeSecret, type RandomBytes } from '../domain/secrets.ts';
import type { ChosenFile, Upload, UploadPlace } from '../domain/upload.ts';
import type { User } from '../domain/user.ts';
import type { Quota } from './quota.ts';
import { createSettling, type SettlingDeps } from './upload-settling.ts';

export interface UploadsDeps extends SettlingDeps {
  readonly quota: Quota;
  readonly publicUrl: string;
  readonly limitBytes: number;
  /** Whether the people of a platform reach pages only from the machine that Clipcue runs on. */
  readonly isHereOnly: (platform: string) => boolean;
  readonly random: RandomBytes;
}

const HOUR_MS = 3_600_000;
/** The link in the chat. */
const OPEN_WITHIN_MS = 30 * 60_000;
/** From the last byte, or from opening. */
const GO_ON_WITHIN_MS = 24 * HOUR_MS;
/** Not after each part: while the database writes, a quick line would stand still. */
const PROLONG_EVERY_MS = 60_000;
const KEEP_EXPIRED_MS = 24 * HOUR_MS;
const LINKS_PER_HOUR = 20;
const AT_ONCE = 20;

export interface BegunUpload {
  readonly url: string;
  /** The most that a clip may have. */
  readonly limitBytes: number;
  readonly isHereOnly: boolean;
}

/** What the page shows. */
export interface UploadView {
  readonly upload: Upload;
  readonly arrivedBytes: number;
}

export type Uploads = ReturnType<typeof createUploads>;

export function createUploads(deps: UploadsDeps) {
  const { uploads, media, quota, random, clock } = deps;
  const now = () => new Date(clock());
  const { reject, settleSoon, stop } = createSettling(deps);

  const goodFor = (ms: number) => ({
    expiresAt: new Date(clock() + ms),
    purgeAt: new Date(clock() + ms + KEEP_EXPIRED_MS),
  });

  /** The upload of the browser that holds the cookie. @throws AppError `upload_other_browser`, `upload_link_expired`. */
  async function admit(id: string, cookie: string): Promise<Upload> {
    const upload = await uploads.findForBrowser(id, hashSecret(cookie));
    if (!upload) throw new AppError('upload_other_browser');
    const isOver = upload.state === 'expired' || (upload.state !== 'done' && upload.expiresAt <= now());
    if (isOver) throw new AppError('upload_link_expired');
    return upload;
  }

  async function find(id: string): Promise<Upload> {
    const upload = await uploads.find(id);
    if (!upload || upload.state === 'expired') throw new AppError('upload_link_expired');
    return upload;
  }

  async function findReceiving(id: string) {
    const upload = await find(id);
    const { mediaId, file } = upload;
    if (upload.state === 'done') throw new AppError('upload_ended');
    if (!mediaId || !file) throw new AppError('clip_gone');
    return { upload, mediaId, file };
  }

  async function arrived({ state, mediaId, file }: Upload): Promise<number> {
    if (state === 'received' || state === 'done') return file?.sizeBytes ?? 0;
    return mediaId ? media.parts.arrivedBytes(mediaId) : 0;
  }

  /** Every byte is there: the clip is looked at, and the page told when it asks. Null where that is under way or over already. */
  async function complete(id: string): Promise<Upload | null> {
    const upload = await uploads.find(id);
    const received = upload?.mediaId ? await uploads.complete(id, upload.mediaId) : null;
    if (received) settleSoon(received);
    return received;
  }

  return {
    /**
     * A private link for one draft, to be opened once within half an hour; an older one that was not opened is void.
     * @throws AppError `upload_too_many`
     */
    async begin(user: User, person: UploadPlace & { readonly name: string }, post: Post): Promise<BegunUpload> {
      if ((await uploads.countSince(user.id, new Date(clock() - HOUR_MS))) >= LINKS_PER_HOUR)
        throw new AppError('upload_too_many');
      await uploads.replaceIssued(user.id, post.id);
      const nonce = makeSecret(random);
      await uploads.insert({
        id: makeId(random),
        ownerId: user.id,
        postId: post.id,
        personName: person.name,
        place: { platform: person.platform, chatId: person.chatId },
        nonceHash: hashSecret(nonce),
        createdAt: now(),
        ...goodFor(OPEN_WITHIN_MS),
      });
      const url = `${deps.publicUrl}/upload/${nonce}`;
      return { url, limitBytes: deps.limitBytes, isHereOnly: deps.isHereOnly(person.platform) };
    },

    /** What the link's page shows. Changes nothing: chat programs fetch links to preview them. @throws AppError upload_*. */
    async look(nonce: string): Promise<Upload> {
      const upload = await uploads.findByNonceHash(hashSecret(nonce));
      if (upload?.state !== 'issued' || upload.expiresAt <= now()) throw whyNot(upload, now());
      return upload;
    },

    /** Uses the link up, for the browser that gets the cookie. @throws AppError upload_*. */
    async open(nonce: string): Promise<{ id: string; cookie: string }> {
      const nonceHash = hashSecret(nonce);
      const cookie = makeSecret(random);
      const upload = await uploads.open(nonceHash, now(), hashSecret(cookie), goodFor(GO_ON_WITHIN_MS));
      if (!upload) throw whyNot(await uploads.findByNonceHash(nonceHash), now());
      return { id: upload.id, cookie };
    },

    admit,

    /** What the browser that holds the cookie is shown. @throws AppError as `admit` */
    async view(id: string, cookie: string): Promise<UploadView> {
      const upload = await admit(id, cookie);
      const arrivedBytes = await arrived(upload);
      if (upload.state !== 'receiving' || arrivedBytes !== upload.file?.sizeBytes) return { upload, arrivedBytes };
      // The process ended between the last byte and its `complete`. A page that read "receiving" now would not ask again.
      return { upload: (await complete(id)) ?? (await admit(id, cookie)), arrivedBytes };
    },

    /**
     * The person chose a file: space is set aside for it.
     * @throws AppError `clip_too_large`, `clip_empty`, `clip_quota_full`, `storage_full`, `upload_ended`
     */
    async chooseFile(id: string, file: ChosenFile): Promise<void> {
      const upload = await find(id);
      if (upload.state === 'receiving') await reject(upload, null);
      const room = await quota.take(upload.ownerId, file.sizeBytes);
      try {
        const mediaId = await media.parts.begin(file.sizeBytes);
        if (await uploads.begin(id, now(), file, mediaId)) return;
        await media.parts.abandon(mediaId);
        throw new AppError('upload_ended');
      } finally {
        room.release();
      }
    },

    /** How far the file is. @throws AppError `clip_gone` where none is chosen, `upload_ended` */
    async progress(id: string): Promise<{ file: ChosenFile; arrivedBytes: number }> {
      const { upload, file } = await findReceiving(id);
      return { file, arrivedBytes: await arrived(upload) };
    },

    /** Writes bytes as they come; gives how many there are now. @throws AppError as `ClipParts.append` */
    async append(id: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<number> {
      const { upload, mediaId, file } = await findReceiving(id);
      try {
        return await media.parts.append(mediaId, { offset, sizeBytes: file.sizeBytes, bytes });
      } catch (error) {
        if (isAppError(error, 'storage_full')) await reject(upload, { code: error.code, facts: {} });
        throw error;
      } finally {
        if (upload.expiresAt.getTime() < clock() + GO_ON_WITHIN_MS)
          await uploads.prolong(id, goodFor(GO_ON_WITHIN_MS + PROLONG_EVERY_MS));
      }
    },

    complete,

    /** The person wants another file. */
    async restart(id: string): Promise<void> {
      const upload = await find(id);
      if (upload.state === 'receiving') await reject(upload, null);
    },

    /** Ends what nobody came back for, and goes on with what a crash left half done. */
    async sweep(): Promise<void> {
      for (const upload of await uploads.findExpired(now(), AT_ONCE)) {
        await uploads.expire(upload.id);
        if (upload.mediaId) await media.parts.abandon(upload.mediaId);
      }
      for (const upload of await uploads.findUnsettled(now(), AT_ONCE)) settleSoon(upload);
    },

    /** Removes the bytes of everything that a person has under way. */
    async forget(ownerId: string): Promise<void> {
      for (const mediaId of await uploads.findMediaOf(ownerId)) await media.parts.abandon(mediaId);
    },

    /** Waits for the clips that are being looked at. */
    stop,
  };
}

/** Why a link does not open. */
function whyNot(upload: Upload | null, now: Date): AppError {
  if (!upload) return new AppError('upload_link_unknown');
  if (upload.state === 'replaced') return new AppError('upload_link_replaced');
  if (upload.state === 'issued' && upload.expiresAt <= now) return new AppError('upload_link_expired');
  return new AppError(upload.state === 'expired' ? 'upload_link_expired' : 'upload_link_used');
}
