/**
 * The simulator's memory: one SQLite file in its data folder. Every change is committed before the reply that reports
 * it leaves, so that a kill at any moment forgets nothing that anybody was told.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

// WAL with synchronous=NORMAL survives the death of the process (not of the machine) without one fsync per commit.
const SCHEMA = `
  PRAGMA busy_timeout = 300;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 10000;
  PRAGMA user_version = 1;

  CREATE TABLE IF NOT EXISTS settings (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY AUTOINCREMENT, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS sessions (hash TEXT PRIMARY KEY, username TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS journal_kind ON journal (kind, seq);

  CREATE TABLE IF NOT EXISTS codes (
    hash TEXT PRIMARY KEY, client_key TEXT NOT NULL, username TEXT NOT NULL, scopes TEXT NOT NULL,
    redirect_uri TEXT NOT NULL, challenge TEXT, expires_at INTEGER NOT NULL, used_at INTEGER);
  CREATE TABLE IF NOT EXISTS grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_key TEXT NOT NULL, username TEXT NOT NULL, open_id TEXT NOT NULL,
    scopes TEXT NOT NULL, created_at INTEGER NOT NULL, ended_at INTEGER);
  CREATE INDEX IF NOT EXISTS grants_user ON grants (username, client_key);
  CREATE TABLE IF NOT EXISTS tokens (
    hash TEXT PRIMARY KEY, kind TEXT NOT NULL, grant_id INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    replaced_at INTEGER) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rate_hits (grant_id INTEGER NOT NULL, bucket TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS rate_hits_window ON rate_hits (grant_id, bucket, at);

  CREATE TABLE IF NOT EXISTS publishes (
    no INTEGER PRIMARY KEY AUTOINCREMENT, publish_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    client_key TEXT NOT NULL, username TEXT NOT NULL, open_id TEXT NOT NULL,
    post_info TEXT NOT NULL, content_type TEXT, video_size INTEGER NOT NULL, chunk_size INTEGER NOT NULL,
    chunk_count INTEGER NOT NULL, received_bytes INTEGER NOT NULL DEFAULT 0, upload_hash TEXT NOT NULL UNIQUE,
    upload_expires_at INTEGER NOT NULL, state TEXT NOT NULL, next_event_at INTEGER, fail_reason TEXT, sha256 TEXT,
    created_at INTEGER NOT NULL, completed_at INTEGER, published_at INTEGER, post_id TEXT UNIQUE, public_at INTEGER,
    forgotten INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX IF NOT EXISTS publishes_due ON publishes (next_event_at) WHERE next_event_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS publishes_user ON publishes (username, kind, created_at);
  CREATE INDEX IF NOT EXISTS publishes_client ON publishes (client_key, completed_at);

  CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_key TEXT NOT NULL, body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER);
  CREATE INDEX IF NOT EXISTS webhooks_due ON webhooks (next_at) WHERE next_at IS NOT NULL;
`;

/** Opens (or makes) the file. Throws a clear error where another process already has it. */
export function openDatabase(dataDir: string): DatabaseSync {
  mkdirSync(join(dataDir, 'videos'), { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'simulator.sqlite');
  const db = new DatabaseSync(file);
  try {
    db.exec(SCHEMA);
  } catch (error) {
    db.close();
    if (error instanceof Error && error.message.includes('locked')) {
      throw new Error(`Another TikTok simulator is running on ${dataDir}. Stop it, or name another data folder.`);
    }
    throw error;
  }
  return db;
}

/** The commit of what is being written in this turn of the event loop, of all requests together. */
const commits = new WeakMap<DatabaseSync, Promise<void>>();

/** Runs `work` as a whole or not at all, in the transaction of this turn of the event loop: thousands of requests share few commits. */
export function atomically<T>(db: DatabaseSync, work: () => T): T {
  if (!commits.has(db)) commits.set(db, beginTurn(db));
  db.exec('SAVEPOINT work');
  try {
    const result = work();
    db.exec('RELEASE work');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK TO work; RELEASE work');
    throw error;
  }
}

function beginTurn(db: DatabaseSync): Promise<void> {
  db.exec('BEGIN IMMEDIATE');
  const commit = new Promise<void>((resolve, reject) =>
    setImmediate(() => {
      commits.delete(db);
      try {
        db.exec('COMMIT');
        resolve();
      } catch (error) {
        // A full disk has ended it already.
        if (db.isTransaction) db.exec('ROLLBACK');
        reject(error);
      }
    }),
  );
  // Whoever waits for it hears of a failure; there may be nobody.
  commit.catch(() => {});
  return commit;
}

/** Resolves once everything written so far is in the file. @throws what the commit does, a full disk say. */
export const committed = (db: DatabaseSync): Promise<void> => commits.get(db) ?? Promise.resolve();
