/**
 * Copies of the whole file: one made while the database is in use, and one put in the place of everything it holds. The
 * file itself stays open and locked throughout, so no second process can come between.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, read, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { EmbeddedMongodbError } from '../errors.ts';

const COPY_NAME = /^copy-[0-9a-f]{16}\.sqlite$/;

export const newCopyName = (): string => `copy-${randomBytes(8).toString('hex')}.sqlite`;
export const isCopyName = (name: unknown): name is string => typeof name === 'string' && COPY_NAME.test(name);

/** Removes copies that nobody fetched before the server ended. */
export function removeForgottenCopies(folder: string): void {
  for (const name of readdirSync(folder)) if (isCopyName(name)) removeCopy(join(folder, name));
}

/** The write-ahead log is moved into the file when it has so many pages, besides once a second. */
export const AUTOCHECKPOINT_PAGES = 4000;
/** One read, one write: memory that a copy takes. */
const CHUNK_BYTES = 1024 * 1024;
const readFrom = promisify(read);

/**
 * Makes copies of the database's file, one after the other. Only checkpoints change the file itself, so while its bytes are
 * read there are none, and whoever writes meanwhile writes to the write-ahead log as always. (SQLite's own backup is no
 * way: Node runs it in another thread on this connection, whose errors then get mixed up.)
 */
export function createCopier(database: DatabaseSync, path: string) {
  let reader: number | null = null;
  let isEnding = false;
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();

  async function copyNow(target: string): Promise<void> {
    const [isBusy] = Object.values(database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {});
    if (isBusy !== 0) throw new Error('The write-ahead log is in use, so no copy could begin.');
    database.exec('PRAGMA wal_autocheckpoint = 0');
    reader ??= openSync(path, 'r');
    try {
      await copyBytes(reader, target, () => isEnding);
    } finally {
      database.exec(`PRAGMA wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
    }
  }

  return {
    isBusy: () => waiting > 0,

    /**
     * Copies what is committed to the new file `target`, readable by this user alone, and forces it to the disk. Nothing is
     * left behind where it throws. No transaction may be open.
     * @throws an error of the file system or of SQLite, EmbeddedMongodbError `stopped`
     */
    copy(target: string): Promise<void> {
      waiting += 1;
      const copying = last
        .then(() => copyNow(target))
        .finally(() => {
          waiting -= 1;
        });
      last = copying.catch(() => {});
      return copying;
    },

    /** Ends the copies that are being made, so that the database can be closed. */
    end(): Promise<void> {
      isEnding = true;
      return last;
    },

    /** To be called after the database is closed: closing any handle of the file drops the lock on it (POSIX locks). */
    close(): void {
      if (reader !== null) closeSync(reader);
    },
  };
}

/** Copies the bytes of the open file `source` to the new file `path`, until `isOver`. */
async function copyBytes(source: number, path: string, isOver: () => boolean): Promise<void> {
  const target = await open(path, 'wx', 0o600);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let position = 0; ; ) {
      if (isOver()) throw new EmbeddedMongodbError('stopped', 'The database ended before its copy was complete.');
      const { bytesRead } = await readFrom(source, chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) break;
      await target.write(chunk, 0, bytesRead, position);
      position += bytesRead;
    }
    await target.sync();
  } catch (error) {
    removeCopy(path);
    throw error;
  } finally {
    await target.close();
  }
}

/** Removes a copy and what SQLite keeps beside a file that is open. */
export function removeCopy(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

/** What a file must be to be taken in; `check` throws where it is another program's, or newer than this one. */
export type CopyCheck = (database: DatabaseSync, path: string) => void;

/** @throws EmbeddedMongodbError `damaged`, and what `check` throws */
function requireSound(path: string, check: CopyCheck): void {
  const database = new DatabaseSync(path);
  try {
    check(database, path);
    const [finding] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
    if (finding !== 'ok') throw new EmbeddedMongodbError('damaged', `${path} is damaged: ${finding}`);
  } finally {
    database.close();
  }
}

/**
 * Puts what the file `path` holds in the place of everything in `database`, in one transaction: after a crash it is
 * either the old or the new. No transaction may be open.
 * @throws EmbeddedMongodbError `damaged`, and what `check` throws; then nothing has changed
 */
export function takeIn(database: DatabaseSync, path: string, check: CopyCheck): void {
  requireSound(path, check);
  database.prepare('ATTACH ? AS copy').run(path);
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const { name } of tablesOf(database, 'main')) database.exec(`DROP TABLE main.${quote(name)}`);
    for (const { name, sql } of tablesOf(database, 'copy')) {
      database.exec(sql);
      database.exec(`INSERT INTO main.${quote(name)} SELECT * FROM copy.${quote(name)}`);
    }
    // SQLite's own table of the highest numbers given out: tables are named after them, so none may come twice.
    database.exec('DELETE FROM main.sqlite_sequence');
    database.exec('INSERT INTO main.sqlite_sequence SELECT * FROM copy.sqlite_sequence');
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  } finally {
    database.exec('DETACH copy');
  }
}

function tablesOf(database: DatabaseSync, schema: 'main' | 'copy'): { name: string; sql: string }[] {
  const listed = `SELECT name, sql FROM ${schema}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;
  return database.prepare(listed).all() as { name: string; sql: string }[];
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
