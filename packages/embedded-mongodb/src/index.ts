/** A MongoDB-compatible database in one SQLite file, for unmodified MongoDB drivers. See README.md for what it is for. */
import { Worker } from 'node:worker_threads';
import { EmbeddedMongodbError } from './errors.ts';
import { type Address, findAddress, type ListenOptions, uriOf } from './server/listen.ts';
import type { Notice } from './server/server.ts';
import type { WorkerInput, WorkerMessage } from './server/worker.ts';

export { EmbeddedMongodbError, type EmbeddedMongodbErrorCode } from './errors.ts';
export type { Notice } from './server/server.ts';

/** What the worker makes is short-lived: half of this is collected twice as often, of V8's own limit (48 MB) more lies idle. */
const YOUNG_GENERATION_MB = 32;

export type EmbeddedMongodbOptions = {
  /** Folder of the file `database.sqlite`; made with mode 0700 when it is not there. */
  dataDir: string;
  /** Loopback TCP. Without it: a unix socket, on Windows a free port of 127.0.0.1. */
  listen?: ListenOptions;
  onNotice?: (notice: Notice) => void;
};

export type EmbeddedMongodb = {
  uri: (databaseName: string) => string;
  /** Closes all connections and the file. May be called more than once. */
  stop: () => Promise<void>;
  /** Settles when the server has ended; rejects when nobody asked it to. */
  closed: Promise<void>;
};

/** The address of the server that has the folder open, in this process or another; null where none has. */
export async function findRunningMongodb(dataDir: string, databaseName: string): Promise<string | null> {
  const address = await findAddress(dataDir);
  return address && uriOf(address, databaseName);
}

/**
 * Starts the server in a worker thread.
 * @throws EmbeddedMongodbError with a code: `locked` when another process has the file, `port-in-use`, `newer-format`,
 *   `damaged`, `read-only`, `disk-full`, `foreign-file`, `cannot-open`, `cannot-listen`
 */
export async function startEmbeddedMongodb(options: EmbeddedMongodbOptions): Promise<EmbeddedMongodb> {
  const workerData: WorkerInput = { dataDir: options.dataDir, ...(options.listen && { listen: options.listen }) };
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  let isStopping = false;
  let failure: unknown = null;
  const exited = new Promise<void>(settle => worker.once('exit', () => settle()));
  worker.on('error', error => {
    failure = error;
  });
  const address = await new Promise<Address>((settle, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') settle(message.address);
      else if (message.kind === 'refused') reject(new EmbeddedMongodbError(message.code, message.message));
      else options.onNotice?.(message.notice);
    });
    exited.then(() => reject(failure ?? new EmbeddedMongodbError('stopped', 'The database ended while it started.')));
  });
  const closed = exited.then(() => {
    if (isStopping && !failure) return;
    throw new EmbeddedMongodbError('stopped', 'The database ended unexpectedly. What it acknowledged is in its file.', {
      cause: failure,
    });
  });
  // Whoever does not look at `closed` learns it from the failing driver: no second, unhandled error.
  closed.catch(() => {});
  return {
    uri: databaseName => uriOf(address, databaseName),
    async stop() {
      if (!isStopping) worker.postMessage('stop');
      isStopping = true;
      await exited;
    },
    closed,
  };
}
