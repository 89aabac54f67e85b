// The version of the data, and the steps from one to the next. Migrations only add and can be run again after a break, so an older
// version of the bot still reads what a newer one has written.

import type { Connection } from 'mongoose';
import type { MarkStore } from './marks.ts';

export interface Migration {
  /** The version of the data once it has run. */
  readonly to: number;
  readonly about: string;
  run(connection: Connection): Promise<void>;
}

/** In order. The first release's data has version 1. */
export const MIGRATIONS: readonly Migration[] = [];

const FIRST_VERSION = 1;
const VERSION_MARK = 'data version';
const LEASE_MARK = 'migrating';
/** Longer than any one migration takes; whoever died in the middle is followed after it. */
const LEASE_MS = 10 * 60_000;

export interface MigrationState {
  readonly version: number;
  /** The newest version that this program knows. */
  readonly known: number;
  readonly pending: readonly Migration[];
}

export type Migrator = ReturnType<typeof createMigrator>;

export function createMigrator(
  connection: Connection,
  marks: MarkStore,
  migrations: readonly Migration[] = MIGRATIONS,
) {
  const known = migrations.at(-1)?.to ?? FIRST_VERSION;

  async function read(): Promise<MigrationState> {
    const version = Number((await marks.read(VERSION_MARK)) ?? FIRST_VERSION);
    return { version, known, pending: migrations.filter(({ to }) => to > version) };
  }

  return {
    read,

    /** A database that nobody has used is made as this version makes it: there is nothing to migrate. */
    async isUnused(): Promise<boolean> {
      return (await connection.listCollections()).length === 0;
    },

    /** Says that the data is as this version makes it. */
    markNew: (): Promise<void> => marks.write(VERSION_MARK, String(known)),

    /**
     * Runs what is pending, one process at a time, under the name `owner`. False where another process is at it.
     * @throws whatever a migration throws; those before it are done and need not run again.
     */
    async run(owner: string, onStep: (migration: Migration) => void): Promise<boolean> {
      for (;;) {
        if (!(await marks.lease(LEASE_MARK, owner, LEASE_MS))) return false;
        // Read under the lease: the process that had it before may have done this one.
        const [next] = (await read()).pending;
        if (!next) break;
        onStep(next);
        await next.run(connection);
        await marks.write(VERSION_MARK, String(next.to));
      }
      await marks.remove(LEASE_MARK);
      return true;
    },
  };
}
