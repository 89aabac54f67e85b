// What the stores share about files: names that are nothing but ids, the errors of a file system, and the sweep over what nobody
// knows.

import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { IsKnown } from './store.ts';

const MEDIA_ID = /^[\w-]{16}$/;
/** Follows the id in the name of a file that is not whole yet. */
export const INCOMING_SUFFIX = '.incoming';
/** Follows the id in the name of the clip's picture. */
export const POSTER_SUFFIX = '.poster';
/** How many ids one question to `isKnown` holds. */
const SWEEP_BATCH = 500;

/** Ids come from buttons and links too; anything but a plain id could name a file outside the folder. */
export function requireMediaId(mediaId: string): string {
  if (!MEDIA_ID.test(mediaId)) throw new AppError('clip_gone');
  return mediaId;
}

/** The clip that a file or object belongs to by its name, or null for what is not ours. */
export function readMediaId(name: string): string | null {
  const suffix = [INCOMING_SUFFIX, POSTER_SUFFIX].find(one => name.endsWith(one)) ?? '';
  const mediaId = name.slice(0, name.length - suffix.length);
  return MEDIA_ID.test(mediaId) ? mediaId : null;
}

export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

export function asClipGone(error: unknown): never {
  if (hasCode(error, 'ENOENT')) throw new AppError('clip_gone');
  throw error;
}

export interface FoundFile {
  readonly mediaId: string;
  readonly path: string;
}

/** The clips in a folder that were last written before `bornBefore`, whole ones and others, and their pictures. */
export async function* findOldClips(dir: string, bornBefore: number): AsyncGenerator<FoundFile> {
  for await (const { name } of await opendir(dir)) {
    const mediaId = readMediaId(name);
    const path = join(dir, name);
    if (mediaId !== null && (await isOlder(path, bornBefore))) yield { mediaId, path };
  }
}

/** Hands over what nobody knows, asking in batches. Returns how many that were. */
export async function removeUnknown<Found extends { readonly mediaId: string }>(
  found: AsyncIterable<Found>,
  isKnown: IsKnown,
  remove: (one: Found) => Promise<void>,
): Promise<number> {
  let removed = 0;
  let batch: Found[] = [];
  const settle = async () => {
    const known = batch.length > 0 ? await isKnown(batch.map(({ mediaId }) => mediaId)) : new Set<string>();
    for (const one of batch.filter(({ mediaId }) => !known.has(mediaId))) {
      await remove(one);
      removed += 1;
    }
    batch = [];
  };
  for await (const one of found) if (batch.push(one) === SWEEP_BATCH) await settle();
  await settle();
  return removed;
}

/** False for a file that went away meanwhile. */
async function isOlder(path: string, bornBefore: number): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < bornBefore;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
