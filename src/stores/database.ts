// The connection to MongoDB, or to anything that speaks its protocol, and the database's own clock.

import mongoose, { type Connection } from 'mongoose';
import { AppError } from '../domain/errors.ts';

export interface Database {
  readonly connection: Connection;
  /** The instant on the database's clock, ms since the epoch: what `$$NOW` would say. */
  now(): Promise<number>;
  ping(): Promise<void>;
  /** Whether the server answers. */
  isThere(): Promise<boolean>;
  /** Drops everything. For databases made to be thrown away. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

const SELECT_TIMEOUT_MS = 5_000;
/** More would only wait at the database instead of here, and several workers must fit into the embedded one's 200. */
const CONNECTIONS_AT_MOST = 32;

/** The driver waits for a free connection for ever unless told otherwise, and a step that waits for ever holds its place. */
const CONNECTION_WAIT_MS = 30_000;

/**
 * Connects, with writes acknowledged by a majority.
 * @throws AppError `database_unavailable` where nothing answers within 5 s.
 */
export async function connectDatabase(uri: string): Promise<Database> {
  const connection = mongoose.createConnection(uri, {
    autoIndex: false,
    autoCreate: false,
    serverSelectionTimeoutMS: SELECT_TIMEOUT_MS,
    maxPoolSize: CONNECTIONS_AT_MOST,
    waitQueueTimeoutMS: CONNECTION_WAIT_MS,
    writeConcern: { w: 'majority' },
  });
  try {
    await connection.asPromise();
  } catch (error) {
    await connection.close();
    throw new AppError('database_unavailable', {}, { cause: error });
  }
  const database = () => {
    if (!connection.db) throw new AppError('database_unavailable');
    return connection.db;
  };
  return {
    connection,
    async now() {
      const { localTime } = await database().command({ hello: 1 });
      return (localTime as Date).getTime();
    },
    async ping() {
      await database().command({ ping: 1 });
    },
    async isThere() {
      try {
        await database().command({ ping: 1 });
        return true;
      } catch (error) {
        if (error instanceof mongoose.mongo.MongoError) return false;
        throw error;
      }
    },
    async drop() {
      await connection.dropDatabase();
    },
    async close() {
      await connection.close();
    },
  };
}

/** MongoDB's code for a value that a unique index holds already. */
export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 11000;
