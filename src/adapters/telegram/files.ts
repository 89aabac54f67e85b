// A clip's bytes from Telegram: where they are, how far they have come, and what it means where there are none.

import type { Readable } from 'node:stream';
import type { Message } from 'grammy/types';
import { AppError, isAppError } from '../../domain/errors.ts';
import { describeFailure, isTimeout, isTooBig, readFailure, type TelegramApi } from './client.ts';
import type { OpenFile, RemoteFile } from './clips.ts';
import { type DownloadTiming, openDownload } from './download.ts';
import { type Messenger, patiently } from './messenger.ts';
import { type ProgressPlaces, type ProgressTiming, showProgress } from './progress.ts';

/** What the cloud hands to bots (core.telegram.org/bots/api#getfile); a server of one's own has no bound. */
export const CLOUD_FILE_LIMIT_BYTES = 20 * 1024 * 1024;

export interface FilesDeps {
  readonly api: TelegramApi;
  readonly apiRoot: string;
  readonly token: string;
  readonly messenger: Pick<Messenger, 'show' | 'remove'>;
  readonly progressPlaces: ProgressPlaces;
  readonly timing: DownloadTiming & ProgressTiming;
  /** The bot stops. What is cut off by that ends with the signal's reason, an AppError, and is fetched anew after the next start. */
  readonly stopping: AbortSignal;
  readonly log: { warn(facts: object, message: string): void };
}

/** Creates the opening of files. It throws, or its stream does, AppError clip_* or `aborted`. */
export function createFiles(deps: FilesDeps): OpenFile {
  const { api, apiRoot, token, messenger, progressPlaces, timing, stopping, log } = deps;

  /**
   * A server of one's own answers when it has fetched the file itself, minutes later for a large one: a call that timed out is
   * repeated, and finds it further on.
   */
  async function getFile(fileId: string, signal: AbortSignal) {
    for (;;)
      try {
        // grammY asks for the type of its own polyfill, which has fewer members than Node's.
        return await patiently(() => api.getFile(fileId, signal as Parameters<TelegramApi['getFile']>[1]), signal);
      } catch (error) {
        if (signal.aborted || !isTimeout(error)) throw error;
      }
  }

  async function findPath({ fileId, sizeBytes }: RemoteFile, signal: AbortSignal): Promise<string> {
    try {
      const { file_path: path } = await getFile(fileId, signal);
      if (path !== undefined) return path;
      throw new AppError('clip_fetch_failed', { reason: 'no path' });
    } catch (error) {
      stopping.throwIfAborted();
      if (signal.aborted) throw new AppError('clip_fetch_failed', { reason: 'deadline' });
      // Messages do not always state a size, and a server of one's own may keep the cloud's bounds (without --local).
      if (isTooBig(error))
        throw new AppError('clip_too_large_here', {
          limitBytes: CLOUD_FILE_LIMIT_BYTES,
          ...(sizeBytes !== null && { sizeBytes }),
        });
      if (isAppError(error, 'clip_fetch_failed')) throw error;
      throw new AppError('clip_fetch_failed', { reason: readFailure(error).kind });
    }
  }

  return async (file: RemoteFile, message: Message, deadline: AbortSignal): Promise<Readable> => {
    const signal = AbortSignal.any([deadline, stopping]);
    const progress = await showProgress(String(message.chat.id), file.sizeBytes, {
      ...timing,
      messenger,
      places: progressPlaces,
      onFailure: error => log.warn(describeFailure(error), 'the progress of a clip could not be shown'),
    });
    try {
      const path = await findPath(file, signal);
      const bytes = openDownload(path, file.sizeBytes, { ...timing, apiRoot, token, onBytes: progress.add, signal });
      return bytes.once('close', progress.end);
    } catch (error) {
      await progress.end();
      throw error;
    }
  };
}
