// The database and the stores on it.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { createStandby, type Standby } from '../services/standby.ts';
import { createAccountStore } from '../stores/accounts.ts';
import { createBackupPosts } from '../stores/backup-posts.ts';
import { connectDatabase, type Database } from '../stores/database.ts';
import { createIncidentStore } from '../stores/incidents.ts';
import { createInviteStore } from '../stores/invites.ts';
import { createKeptEventStore } from '../stores/kept-events.ts';
import { createLinkAttemptStore } from '../stores/link-attempts.ts';
import { createMarkStore } from '../stores/marks.ts';
import { createMemoStore } from '../stores/memos.ts';
import { createPauseStore } from '../stores/pauses.ts';
import { createPendingQuestionStore } from '../stores/pending-questions.ts';
import { createPlaygroundMessageStore } from '../stores/playground-messages.ts';
import { createPostStore } from '../stores/posts.ts';
import { createSeenEventStore } from '../stores/seen-events.ts';
import { createStandbyStore } from '../stores/standby.ts';
import { createUploadStore } from '../stores/uploads.ts';
import { createUserStore } from '../stores/users.ts';
import type { Closers } from './closers.ts';
import { bringUpToDate } from './migration.ts';

export const DATABASE_NAME = 'clipcue';
/** In the data folder: where the embedded database lies. */
export const DATABASE_FOLDER = 'database';

/** MongoDB where it is configured; the embedded database, otherwise not even loaded, where it is not. */
export async function openDatabase(config: Config, log: Log, closers: Closers): Promise<Database> {
  const folder = join(config.dataDir, DATABASE_FOLDER);
  let uri = config.mongodbUri;
  if (uri === null) {
    const { startEmbeddedMongodb } = await import('@clipcue/embedded-mongodb');
    const embedded = await startEmbeddedMongodb({
      dataDir: folder,
      onNotice: ({ level, message }) => log[level](message),
    });
    closers.push(embedded.stop);
    uri = embedded.uri(DATABASE_NAME);
  }
  const database = await connectDatabase(uri);
  closers.push(database.close);
  const copyBefore = config.mongodbUri === null ? (name: string) => keepCopy(database, folder, name) : null;
  await bringUpToDate(database, copyBefore, log);
  return database;
}

/** Lets the embedded database copy its file, and keeps the copy beside it. */
async function keepCopy({ connection }: Database, folder: string, name: string): Promise<string> {
  const { path } = await connection.getClient().db('admin').command({ backup: 1 });
  const kept = join(folder, name);
  await rename(String(path), kept);
  return kept;
}

/** Whether this database may be worked on: not while it is a copy of one that another process may still use. */
export const openStandby = ({ marks, posts }: Pick<Stores, 'marks' | 'posts'>, clock: () => number): Standby =>
  createStandby({ mark: createStandbyStore(marks), posts, backupPosts: createBackupPosts(posts), clock });

export type Stores = Awaited<ReturnType<typeof openStores>>;

export async function openStores({ connection }: Database, clock: () => number) {
  const stores = {
    users: createUserStore(connection),
    accounts: createAccountStore(connection),
    incidents: createIncidentStore(connection),
    invites: createInviteStore(connection),
    keptEvents: createKeptEventStore(connection, clock),
    linkAttempts: createLinkAttemptStore(connection),
    marks: createMarkStore(connection),
    memos: createMemoStore(connection, clock),
    pauses: createPauseStore(connection),
    posts: createPostStore(connection),
    playgroundMessages: createPlaygroundMessageStore(connection),
    pendingQuestions: createPendingQuestionStore(connection),
    uploads: createUploadStore(connection),
    seenEvents: createSeenEventStore(connection, clock),
  };
  // Unique indexes carry promises (one owner for an account, one post for an event), so nothing starts before they stand.
  await Promise.all(Object.values(stores).map(({ model }) => model.createIndexes()));
  return stores;
}
