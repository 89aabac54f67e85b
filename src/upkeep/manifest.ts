// What a backup's folder holds, in its file `backup.json`: written last, so that a folder without it is no backup.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing } from './files.ts';
import { Refusal } from './refusal.ts';

export const DATABASE_FILE = 'database.sqlite';
export const KEY_FILE = 'token-keys.sealed';
export const CLIPS_FOLDER = 'clips';
const MANIFEST_FILE = 'backup.json';
const FORMAT = 1;

const file = z.object({ sizeBytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  clipcueVersion: z.string(),
  madeAt: z.iso.datetime(),
  database: file,
  // Ids become file names, so nothing but an id may pass.
  clips: z.array(file.extend({ mediaId: z.string().regex(/^[\w-]{16}$/) })),
  /** A known text, sealed with the key that the tokens are sealed with: whether a key at hand opens them. */
  keyCheck: z.string(),
  holdsKey: z.boolean(),
});

export type Manifest = z.output<typeof manifestSchema>;

/** What `keyCheck` says, and the place that its seal is bound to. */
export const KEY_CHECK = {
  text: 'these keys open this backup',
  place: { collection: 'backup', id: 'manifest', field: 'keyCheck' },
} as const;

export const makeManifest = (facts: Omit<Manifest, 'format'>): Manifest => ({ format: FORMAT, ...facts });

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(join(folder, MANIFEST_FILE), text, { flag: 'wx', mode: 0o600, flush: true });
}

/** @throws Refusal where the folder is no backup, or one of a newer version. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch(error => {
    if (!isMissing(error)) throw error;
    throw new Refusal(`${folder} is no backup: it has no ${MANIFEST_FILE}.`);
  });
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Refusal(
    `${folder} was written by another version of Clipcue, or changed: its ${MANIFEST_FILE} cannot be read.`,
  );
}
