// At start: data that an earlier version wrote is brought to this one's, after a copy of it was made; by one process at a time.

import { randomBytes } from 'node:crypto';
import type { Log } from '../log.ts';
import type { Database } from '../stores/database.ts';
import { createMarkStore } from '../stores/marks.ts';
import { createMigrator, MIGRATIONS, type Migration } from '../stores/migrations.ts';

/** Copies the database under a name, and gives the copy's place. */
export type CopyBefore = (name: string) => Promise<string>;

/**
 * Runs pending migrations on the embedded database, after `copyBefore`. Another MongoDB, where `copyBefore` is null, is its
 * operator's to back up, so there the command to run is named instead.
 * @throws Error with a sentence for the operator.
 */
export async function bringUpToDate(
  { connection }: Database,
  copyBefore: CopyBefore | null,
  log: Pick<Log, 'info'>,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const migrator = createMigrator(connection, createMarkStore(connection), migrations);
  if (await migrator.isUnused()) return migrator.markNew();
  const { version, known, pending } = await migrator.read();
  if (version > known)
    throw new Error(
      `The data was written by a newer version of Clipcue (data version ${version}, this one knows ${known}). Update Clipcue, or restore a backup from before.`,
    );
  if (pending.length === 0) return;
  if (!copyBefore)
    throw new Error(
      `The database must be brought from data version ${version} to ${known} first. Back it up (mongodump), stop every other Clipcue, then run: npm run migrate`,
    );
  const copy = await copyBefore(`before-version-${known}-from-${version}-${randomBytes(4).toString('hex')}.sqlite`);
  log.info({ copy }, 'a copy of the database was made before it is migrated');
  const isDone = await migrator.run(randomBytes(8).toString('hex'), ({ to, about }) =>
    log.info({ to, about }, 'migrating'),
  );
  if (!isDone) throw new Error('Another process is migrating the database. Start again once it is done.');
}
