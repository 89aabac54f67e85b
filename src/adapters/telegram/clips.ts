// The clips in Telegram's messages: as a video, as a file, forwarded or in an album. What TikTok is no place for is declined in
// words, before a byte is fetched.

import type { Readable } from 'node:stream';
import type { Message } from 'grammy/types';
import type { ClipOffer } from '../../chat/invocation.ts';
import { AppError } from '../../domain/errors.ts';

export interface RemoteFile {
  readonly fileId: string;
  readonly name: string;
  readonly sizeBytes: number | null;
}

export type OpenFile = (file: RemoteFile, message: Message, signal: AbortSignal) => Promise<Readable>;

const VIDEO_NAME = /\.(mp4|m4v|mov|webm|mkv|avi|mpe?g|3gp)$/i;

/** Creates the reading of a message's clips. `limitBytes` is the most that the Bot API server hands out; null for any size. */
export function createClipOffers(limitBytes: number | null, open: OpenFile) {
  const offer = (file: RemoteFile, message: Message): ClipOffer => ({
    name: file.name,
    sizeBytes: file.sizeBytes,
    async open(signal) {
      if (limitBytes !== null && (file.sizeBytes ?? 0) > limitBytes)
        throw new AppError('clip_too_large_here', { sizeBytes: file.sizeBytes ?? 0, limitBytes });
      return open(file, message, signal);
    },
  });

  const decline = (name: string, code: 'clip_round' | 'clip_soundless'): ClipOffer => ({
    name,
    sizeBytes: null,
    async open() {
      throw new AppError(code);
    },
  });

  return (message: Message): ClipOffer[] => {
    const { video, video_note: round, animation, document } = message;
    const plain = `clip-${message.message_id}.mp4`;
    if (round) return [decline(plain, 'clip_round')];
    // A GIF has a document too; it comes first here.
    if (animation) return [decline(animation.file_name ?? plain, 'clip_soundless')];
    if (video)
      return [
        offer({ fileId: video.file_id, name: video.file_name ?? plain, sizeBytes: video.file_size ?? null }, message),
      ];
    const isVideo = document?.mime_type?.startsWith('video/') || VIDEO_NAME.test(document?.file_name ?? '');
    if (document && isVideo)
      return [
        offer(
          { fileId: document.file_id, name: document.file_name ?? plain, sizeBytes: document.file_size ?? null },
          message,
        ),
      ];
    return [];
  };
}

/** Telegram shrinks videos, never files. TikTok's full picture has 1080 pixels on its short side. */
export const mayBeShrunk = ({ video }: Message): boolean =>
  video !== undefined && Math.min(video.width, video.height) < 1080;
