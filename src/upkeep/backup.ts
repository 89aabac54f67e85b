// `npm run backup`: the database as it is now, the clips of unfinished posts, and the token keys under a passphrase, in a new folder.
// The bot may run meanwhile. The copy of the database is marked as one on standby, so that whoever starts it does not publish what
// the bot publishes too.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createBackupPosts } from '../stores/backup-posts.ts';
import { createMarkStore } from '../stores/marks.ts';
import { sealUnderPassphrase } from '../stores/passphrase-box.ts';
import { createPostStore } from '../stores/posts.ts';
import { createStandbyStore } from '../stores/standby.ts';
import { createTokenBox, type Keyring } from '../stores/token-box.ts';
import { openEmbedded, openFolder } from './embedded.ts';
import { copyHashed, type FileFacts, hashFile, isMissing } from './files.ts';
import {
  CLIPS_FOLDER,
  DATABASE_FILE,
  KEY_CHECK,
  KEY_FILE,
  type Manifest,
  makeManifest,
  writeManifest,
} from './manifest.ts';
import { Refusal } from './refusal.ts';

export interface BackupOptions {
  readonly dataDir: string;
  /** Whether clips lie in the data folder; those in a bucket stay there. */
  readonly holdsClips: boolean;
  readonly keyring: Keyring;
  readonly version: string;
  /** The folder to make. */
  readonly to: string;
  /** Null leaves the keys out. */
  readonly passphrase: string | null;
  readonly clock: () => number;
}

export interface BackupReport {
  readonly folder: string;
  readonly wasRunning: boolean;
  readonly databaseBytes: number;
  readonly clips: number;
  readonly clipBytes: number;
  /** Clips that posts name and that were not there any more. */
  readonly missingClips: number;
}

/** @throws Refusal where the folder is there already, or the database cannot be opened. Nothing half made is left behind. */
export async function backUp(options: BackupOptions): Promise<BackupReport> {
  const { to } = options;
  if (existsSync(to)) throw new Refusal(`${to} is there already. Name a folder that is not.`);
  const draft = `${to}.partial`;
  await mkdir(dirname(to), { recursive: true });
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  try {
    const report = await fillFolder(draft, options);
    await rename(draft, to);
    return report;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function fillFolder(draft: string, options: BackupOptions): Promise<BackupReport> {
  const { dataDir, keyring, version, to, passphrase, clock } = options;
  const madeAt = new Date(clock());
  const wasRunning = await fetchDatabase(dataDir, draft);
  const clips = await markAndListClips(draft, madeAt, options.holdsClips);
  const kept = await copyClips(join(dataDir, CLIPS_FOLDER), join(draft, CLIPS_FOLDER), clips);
  if (passphrase !== null)
    await writeFile(join(draft, KEY_FILE), sealUnderPassphrase(writeKeys(keyring), passphrase), {
      mode: 0o600,
      flush: true,
    });
  const database = await hashFile(join(draft, DATABASE_FILE));
  const manifest = makeManifest({
    clipcueVersion: version,
    madeAt: madeAt.toISOString(),
    database,
    clips: kept,
    keyCheck: createTokenBox(keyring).seal(KEY_CHECK.text, KEY_CHECK.place),
    holdsKey: passphrase !== null,
  });
  await writeManifest(draft, manifest);
  return {
    folder: to,
    wasRunning,
    databaseBytes: database.sizeBytes,
    clips: kept.length,
    clipBytes: kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    missingClips: clips.size - kept.length,
  };
}

/** Lets the database's server copy its file, and takes the copy. */
async function fetchDatabase(dataDir: string, draft: string): Promise<boolean> {
  const source = await openEmbedded(dataDir);
  try {
    const { path } = await source.admin({ backup: 1 });
    await copyHashed(String(path), join(draft, DATABASE_FILE));
    await rm(String(path));
    return source.isRunning;
  } finally {
    await source.close();
  }
}

/** Opens the copy, which shows that it can be opened, and marks it. Gives what the posts say of their clips. */
async function markAndListClips(draft: string, madeAt: Date, holdsClips: boolean): Promise<Map<string, FileFacts>> {
  const copy = await openFolder(draft);
  try {
    const { connection } = copy.database;
    await createStandbyStore(createMarkStore(connection)).write({ reason: 'restored', at: madeAt });
    const clips = new Map<string, FileFacts>();
    if (!holdsClips) return clips;
    for await (const clip of createBackupPosts(createPostStore(connection)).listUnfinishedClips())
      clips.set(clip.mediaId, clip);
    return clips;
  } finally {
    await copy.close();
  }
}

async function copyClips(from: string, to: string, clips: ReadonlyMap<string, FileFacts>): Promise<Manifest['clips']> {
  await mkdir(to, { mode: 0o700 });
  const kept: Manifest['clips'] = [];
  for (const [mediaId, expected] of clips) {
    try {
      const facts = await copyHashed(join(from, mediaId), join(to, mediaId));
      if (facts.sha256 !== expected.sha256)
        throw new Refusal(`The clip ${mediaId} is damaged; the disk may be failing.`);
      kept.push({ mediaId, ...facts });
    } catch (error) {
      // Gone since the copy of the database was made: its post ended, or its person left.
      if (!isMissing(error)) throw error;
      await rm(join(to, mediaId), { force: true });
    }
  }
  return kept;
}

const writeKeys = ({ keys }: Keyring): string =>
  [...keys].map(([id, key]) => `${id}:${Buffer.from(key).toString('base64')}`).join(',');
