// Clips that Discord holds, as offers to the bot: streamed from Discord's own hosts and nowhere else, counted, broken off where they
// are more than announced.

import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { ClipOffer } from '../../chat/invocation.ts';
import { AppError } from '../../domain/errors.ts';

/** Where attachments lie (docs.discord.com, CDN). Anything else in an attachment's address is not Discord's. */
export const CDN_ORIGINS: ReadonlySet<string> = new Set(['https://cdn.discordapp.com', 'https://media.discordapp.net']);

/** What is needed of discord.js's attachments. */
export interface DiscordAttachment {
  readonly url: string;
  readonly name: string;
  readonly size: number;
  readonly contentType: string | null;
}

export interface AttachmentSource {
  readonly origins: ReadonlySet<string>;
  /** The most that this person may upload here, bytes; null where Discord does not say. */
  readonly limitBytes: number | null;
  /** Told of every piece that arrives. */
  readonly onBytes: (count: number) => void;
}

/** By content type, or by name where Discord gives none. What it really is, the bytes will tell. */
export const looksLikeVideo = ({ contentType, name }: DiscordAttachment): boolean =>
  contentType ? contentType.startsWith('video/') : /\.(mp4|mov|m4v|webm|mkv|avi|3gp)$/i.test(name);

export function offerAttachment({ url, name, size }: DiscordAttachment, source: AttachmentSource): ClipOffer {
  return {
    name,
    sizeBytes: size,
    /** @throws AppError `clip_too_large_here` for more than this person may upload, `clip_too_large`, `clip_fetch_failed`. */
    async open(signal) {
      const { origins, limitBytes } = source;
      if (limitBytes !== null && size > limitBytes)
        throw new AppError('clip_too_large_here', { sizeBytes: size, limitBytes });
      if (!URL.canParse(url) || !origins.has(new URL(url).origin))
        throw new AppError('clip_fetch_failed', { reason: 'not an address of Discord' });
      const body = await fetchBody(url, signal);
      const counted = countBytes(size, source.onBytes);
      // Either end of the pipe may break first; the reader hears of it at the end that it holds.
      body.once('error', error => counted.destroy(error));
      counted.once('close', () => body.destroy());
      return body.pipe(counted);
    },
  };
}

async function fetchBody(url: string, signal: AbortSignal): Promise<Readable> {
  // A redirect could lead anywhere, so none is followed.
  const answer = await fetch(url, { signal, redirect: 'error' }).catch(error => {
    // The error's cause may quote the address, which is a key to the file.
    throw new AppError(signal.aborted ? 'aborted' : 'clip_fetch_failed', { reason: error.name });
  });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    throw new AppError('clip_fetch_failed', { status: answer.status });
  }
  return Readable.fromWeb(answer.body as ReadableStream<Uint8Array>);
}

/** Passes at most `limitBytes` on. */
function countBytes(limitBytes: number, onBytes: (count: number) => void): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      sizeBytes += chunk.length;
      onBytes(chunk.length);
      if (sizeBytes > limitBytes) done(new AppError('clip_too_large', { sizeBytes, limitBytes }));
      else done(null, chunk);
    },
  });
}
