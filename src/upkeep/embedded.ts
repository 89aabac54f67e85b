// The embedded database of a data folder, for commands beside the bot: asked over its socket where a process has it open, opened here
// where none has.

import { join } from 'node:path';
import { EmbeddedMongodbError, findRunningMongodb, startEmbeddedMongodb } from '@clipcue/embedded-mongodb';
import { DATABASE_FOLDER, DATABASE_NAME } from '../app/database.ts';
import { connectDatabase, type Database } from '../stores/database.ts';
import { Refusal } from './refusal.ts';

export interface EmbeddedDatabase {
  readonly database: Database;
  /** Where its file lies. */
  readonly folder: string;
  /** Whether another process has it open. */
  readonly isRunning: boolean;
  /** Runs one of the database's own commands. */
  admin(command: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** @throws Refusal where the database cannot be opened. */
export async function openEmbedded(dataDir: string): Promise<EmbeddedDatabase> {
  return openFolder(join(dataDir, DATABASE_FOLDER));
}

/** The same for a database's own folder. */
export async function openFolder(folder: string): Promise<EmbeddedDatabase> {
  const running = await findRunningMongodb(folder, DATABASE_NAME);
  const own = running === null ? await startEmbeddedMongodb({ dataDir: folder }).catch(refuse) : null;
  const database = await connectDatabase(running ?? (own?.uri(DATABASE_NAME) as string));
  return {
    database,
    folder,
    isRunning: own === null,
    async admin(command) {
      return (await database.connection.getClient().db('admin').command(command)) as Record<string, unknown>;
    },
    async close() {
      await database.close();
      await own?.stop();
    },
  };
}

function refuse(error: unknown): never {
  if (error instanceof EmbeddedMongodbError) throw new Refusal(error.message);
  throw error;
}
