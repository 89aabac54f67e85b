// `npm run restore`: a backup's folder into a data folder, under a running bot too, since its database takes copies in while it runs.
// Everything is checked before anything changes, clips come before the database that names them, and what was there is kept.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openStores } from '../app/database.ts';
import { isAppError } from '../domain/errors.ts';
import { type Keyring, parseKeyring } from '../stores/keyring.ts';
import { openWithPassphrase } from '../stores/passphrase-box.ts';
import { createTokenBox } from '../stores/token-box.ts';
import { type EmbeddedDatabase, openEmbedded } from './embedded.ts';
import { copyHashed, hashFile, isMissing } from './files.ts';
import { CLIPS_FOLDER, DATABASE_FILE, KEY_CHECK, KEY_FILE, type Manifest, readManifest } from './manifest.ts';
import { Refusal } from './refusal.ts';

export const KEYS_NAME = 'token-keys';

export interface RestoreOptions {
  /** The backup's folder. */
  readonly from: string;
  readonly dataDir: string;
  /** From the settings; null: the key file in the data folder. */
  readonly keyring: Keyring | null;
  /** Opens the keys in the backup. */
  readonly passphrase: string | null;
  /** Whether what the data folder holds may go. */
  readonly replaces: boolean;
  /** Whether a backup may be restored that no key here opens: its accounts must be connected again. */
  readonly withoutKey: boolean;
  readonly clock: () => number;
}

export interface RestoreReport {
  readonly madeAt: Date;
  readonly isRunning: boolean;
  readonly clips: number;
  readonly hasNewKeys: boolean;
  /** Where the data that was here before is kept; null where there was none. */
  readonly keptBefore: string | null;
}

/** @throws Refusal with a sentence; then nothing has changed. */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const { from, dataDir } = options;
  const manifest = await readManifest(from);
  await requireWhole(from, manifest);
  const keys = await chooseKeys(options, manifest);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const target = await openEmbedded(dataDir);
  try {
    const isEmpty = (await target.database.connection.collection('users').estimatedDocumentCount()) === 0;
    if (!isEmpty && !options.replaces)
      throw new Refusal(`${dataDir} holds data already. Add --replace to put the backup in its place; a copy is kept.`);
    const keptBefore = isEmpty ? null : await keepBefore(target, options.clock());
    await bringClips(join(from, CLIPS_FOLDER), join(dataDir, CLIPS_FOLDER), manifest);
    if (keys) await writeFile(join(dataDir, KEYS_NAME), `${keys}\n`, { flag: 'wx', mode: 0o600, flush: true });
    await takeIn(target, from);
    // The backup may be of an earlier version; a running bot made its indexes at its start.
    await openStores(target.database, options.clock);
    return {
      madeAt: new Date(manifest.madeAt),
      isRunning: target.isRunning,
      clips: manifest.clips.length,
      hasNewKeys: keys !== null,
      keptBefore,
    };
  } finally {
    await target.close();
  }
}

/** Every file as the backup wrote it. */
async function requireWhole(from: string, { database, clips }: Manifest): Promise<void> {
  const files = [
    { path: join(from, DATABASE_FILE), ...database },
    ...clips.map(({ mediaId, ...facts }) => ({ path: join(from, CLIPS_FOLDER, mediaId), ...facts })),
  ];
  for (const { path, sizeBytes, sha256 } of files) {
    const found = await hashFile(path).catch(error => {
      if (isMissing(error)) throw new Refusal(`The backup is not whole: ${path} is missing.`);
      throw error;
    });
    if (found.sizeBytes !== sizeBytes || found.sha256 !== sha256)
      throw new Refusal(`The backup is damaged: ${path} is not as it was written.`);
  }
}

/** The text of a key file to write; null where the keys at hand open the backup, or nobody minds that none does. */
async function chooseKeys(options: RestoreOptions, manifest: Manifest): Promise<string | null> {
  const { from, dataDir, passphrase } = options;
  const present = options.keyring ?? (await readKeyFile(join(dataDir, KEYS_NAME)));
  if (present && opens(present, manifest)) return null;
  if (passphrase === null || !manifest.holdsKey) {
    if (options.withoutKey) return null;
    throw new Refusal(
      manifest.holdsKey
        ? 'No key here opens the tokens of this backup. Add --with-key and give its passphrase, or --without-key to connect every account again.'
        : 'No key here opens the tokens of this backup. Set TOKEN_KEYS to the key that it was made with, or add --without-key to connect every account again.',
    );
  }
  const text = openKeys(await readFile(join(from, KEY_FILE), 'utf8'), passphrase);
  if (!present) return text;
  throw new Refusal(
    options.keyring
      ? 'TOKEN_KEYS holds another key than this backup. Leave TOKEN_KEYS out while you restore, or set it to the key of the backup.'
      : `${join(dataDir, KEYS_NAME)} holds another key than this backup. Move it away first.`,
  );
}

async function readKeyFile(path: string): Promise<Keyring | null> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (!isMissing(error)) throw error;
    return null;
  });
  if (text === null) return null;
  const parsed = parseKeyring(text.trim());
  if ('fault' in parsed) throw new Refusal(`The key file ${path} cannot be used: ${parsed.fault}`);
  return parsed.keyring;
}

function opens(keyring: Keyring, { keyCheck }: Manifest): boolean {
  try {
    return createTokenBox(keyring).open(keyCheck, KEY_CHECK.place) === KEY_CHECK.text;
  } catch (error) {
    if (isAppError(error, 'secret_unreadable')) return false;
    throw error;
  }
}

function openKeys(sealed: string, passphrase: string): string {
  try {
    return openWithPassphrase(sealed, passphrase);
  } catch (error) {
    if (isAppError(error, 'secret_unreadable'))
      throw new Refusal('That passphrase does not open the keys of this backup.');
    throw error;
  }
}

async function keepBefore(target: EmbeddedDatabase, now: number): Promise<string> {
  const { path } = await target.admin({ backup: 1 });
  const kept = join(target.folder, `before-restore-${fileStamp(now)}.sqlite`);
  await rename(String(path), kept);
  return kept;
}

/** A clip that is there already is left as it is: ids are random and never used twice. */
async function bringClips(from: string, to: string, { clips }: Manifest): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const { mediaId, sizeBytes } of clips) {
    const target = join(to, mediaId);
    if (existsSync(target) && (await stat(target)).size === sizeBytes) continue;
    const incoming = `${target}.incoming`;
    await rm(incoming, { force: true });
    await copyHashed(join(from, mediaId), incoming);
    await rename(incoming, target);
  }
}

async function takeIn(target: EmbeddedDatabase, from: string): Promise<void> {
  const copy = join(target.folder, `copy-${randomBytes(8).toString('hex')}.sqlite`);
  await copyHashed(join(from, DATABASE_FILE), copy);
  await target.admin({ restore: basename(copy) });
}

/** An instant as part of a file's name. */
export const fileStamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replaceAll(':', '-');
