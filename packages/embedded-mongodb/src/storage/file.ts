/** The database file: opened exclusively, checked for format version, damage and write access. */
import { closeSync, existsSync, fdatasyncSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { EmbeddedMongodbError } from '../errors.ts';
import { AUTOCHECKPOINT_PAGES, createCopier, takeIn } from './copy.ts';

/** "CqDb" in ASCII: says in the file's header whose it is. */
const APPLICATION_ID = 0x43714462;
/** Raised when an older version of this package could no longer read the file. */
export const FORMAT_VERSION = 1;
const LOCK_WAIT_MS = 250;

export type StorageFile = ReturnType<typeof openStorageFile>;

/** Whether an error comes from SQLite; its `errcode` is extended, the low byte is the primary code. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

function openError(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  const because = { cause: error };
  switch (code) {
    case null:
      return error;
    case 5:
    case 6:
      return new EmbeddedMongodbError(
        'locked',
        `${path} is in use by another process. Stop that process first, or choose another data folder.`,
        because,
      );
    case 8:
      return new EmbeddedMongodbError(
        'read-only',
        `${path} cannot be written. Give this user write access to the file and its folder.`,
        because,
      );
    case 11:
    case 26:
      return new EmbeddedMongodbError(
        'damaged',
        `${path} is damaged or no database of this program. Put it aside and restore a backup.`,
        because,
      );
    case 10:
    case 13:
      return new EmbeddedMongodbError(
        'disk-full',
        `${path} cannot be written: the disk is full or failing. Free some space and start again.`,
        because,
      );
    default:
      return new EmbeddedMongodbError('cannot-open', `${path} cannot be opened: ${(error as Error).message}`, because);
  }
}

/**
 * Opens (or creates) the file and takes its lock, which the operating system drops when the process dies.
 * No other code of this process may open the file itself: closing such a handle would drop the lock (POSIX locks).
 */
export function openStorageFile(dataDir: string, { maxPages }: { maxPages?: number | undefined } = {}) {
  const path = join(dataDir, 'database.sqlite');
  let database: DatabaseSync;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
  } catch (error) {
    const system = (error as NodeJS.ErrnoException).code;
    if (system === 'EACCES' || system === 'EROFS' || system === 'EPERM') {
      throw new EmbeddedMongodbError(
        'read-only',
        `${dataDir} cannot be written. Give this user write access to the folder.`,
        { cause: error },
      );
    }
    if (system === 'ENOSPC') {
      throw new EmbeddedMongodbError('disk-full', `${dataDir} has no space left. Free some and start again.`, {
        cause: error,
      });
    }
    throw openError(error, path);
  }
  try {
    prepareFile(database, path);
    if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`);
  } catch (error) {
    database.close();
    throw openError(error, path);
  }
  return createFile(database, path);
}

function prepareFile(database: DatabaseSync, path: string): void {
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA cache_size = -16384');
  database.exec('PRAGMA temp_store = MEMORY');
  database.exec(`PRAGMA wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
  database.exec('PRAGMA journal_size_limit = 67108864');
  database.exec('BEGIN IMMEDIATE');
  checkOwner(database, path);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
  database.exec('COMMIT');
}

/** @throws EmbeddedMongodbError `foreign-file`, `newer-format` */
function checkOwner(database: DatabaseSync, path: string): void {
  const owner = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const tables = Number(Object.values(database.prepare('SELECT count(*) FROM sqlite_schema').get() ?? {})[0]);
  if (tables > 0 && owner !== APPLICATION_ID) {
    throw new EmbeddedMongodbError('foreign-file', `${path} belongs to another program. Choose another data folder.`);
  }
  if (version > FORMAT_VERSION) {
    throw new EmbeddedMongodbError(
      'newer-format',
      `${path} was written by a newer version of this program (format ${version}, this one knows ${FORMAT_VERSION}). Update the program.`,
    );
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

function createFile(database: DatabaseSync, path: string) {
  /** Statements not in use right now, by their text: one that is being iterated must not be started again. */
  const idle = new Map<string, StatementSync[]>();
  let inTransaction = false;
  let wal: number | null = null;
  let writes = 0;
  const copier = createCopier(database, path);
  const statements = { begin: database.prepare('BEGIN IMMEDIATE'), commit: database.prepare('COMMIT') };

  function borrow(sql: string): StatementSync {
    const statement = idle.get(sql)?.pop();
    if (statement) return statement;
    const prepared = database.prepare(sql);
    prepared.setReturnArrays(true);
    return prepared;
  }

  function giveBack(sql: string, statement: StatementSync): void {
    const list = idle.get(sql);
    if (list) list.push(statement);
    else {
      if (idle.size > 500) idle.clear();
      idle.set(sql, [statement]);
    }
  }

  function rows(sql: string, ...parameters: SQLInputValue[]): SQLInputValue[][] {
    const statement = borrow(sql);
    try {
      return statement.all(...parameters) as unknown as SQLInputValue[][];
    } finally {
      giveBack(sql, statement);
    }
  }

  function row(sql: string, ...parameters: SQLInputValue[]): SQLInputValue[] | undefined {
    const statement = borrow(sql);
    try {
      return statement.get(...parameters) as unknown as SQLInputValue[] | undefined;
    } finally {
      giveBack(sql, statement);
    }
  }

  /** Every change goes through here, so that a transaction is open around it. */
  function write(sql: string, ...parameters: SQLInputValue[]): { changes: number; lastRowId: number } {
    begin();
    writes += 1;
    const statement = borrow(sql);
    try {
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { changes: Number(changes), lastRowId: Number(lastInsertRowid) };
    } finally {
      giveBack(sql, statement);
    }
  }

  /** Rows one by one; closing the iteration early (break, return) frees the statement. No write may come between. */
  function* iterate(sql: string, parameters: SQLInputValue[]): Generator<SQLInputValue[], void> {
    const statement = borrow(sql);
    try {
      yield* statement.iterate(...parameters) as unknown as Iterable<SQLInputValue[]>;
    } finally {
      giveBack(sql, statement);
    }
  }

  function begin(): void {
    if (inTransaction) return;
    statements.begin.run();
    inTransaction = true;
  }

  /** Makes everything since the last commit permanent against a crash of the process. */
  function commit(): void {
    if (!inTransaction) return;
    statements.commit.run();
    inTransaction = false;
  }

  /** Nothing since the last commit happened. A full disk may already have made SQLite roll back. */
  function rollback(): void {
    inTransaction = false;
    idle.clear();
    if (database.isTransaction) database.exec('ROLLBACK');
  }

  /** Makes what is committed permanent against a power cut: forces the write-ahead log to the disk. */
  function sync(): void {
    if (wal === null) {
      wal = openSync(`${path}-wal`, 'r');
      const folder = openSync(dirname(path), 'r');
      fsyncSync(folder);
      closeSync(folder);
    }
    fdatasyncSync(wal);
  }

  /** Moves the write-ahead log into the file, both forced to the disk. */
  function checkpoint(): void {
    if (!inTransaction && !copier.isBusy()) database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** DDL: statements prepared before it must not outlive the tables they name. */
  function define(sql: string): void {
    begin();
    writes += 1;
    idle.clear();
    database.exec(sql);
  }

  function close(): void {
    commit();
    if (wal !== null) closeSync(wal);
    database.close();
    copier.close();
  }

  /** See `takeIn`. Everything in memory that mirrors the file must be read again afterwards. */
  function replaceContent(source: string): void {
    commit();
    writes += 1;
    idle.clear();
    try {
      takeIn(database, source, checkOwner);
    } catch (error) {
      throw openError(error, source);
    }
  }

  function sizeBytes(): number {
    return pragma(database, 'page_count') * pragma(database, 'page_size');
  }

  return {
    path,
    rows,
    row,
    write,
    iterate,
    define,
    commit,
    rollback,
    sync,
    checkpoint,
    close,
    /** See `createCopier`. */
    copy: copier.copy,
    endCopies: copier.end,
    replaceContent,
    sizeBytes,
    /** Goes up with every change: tells whether a command has written. */
    writeCount: () => writes,
  };
}
