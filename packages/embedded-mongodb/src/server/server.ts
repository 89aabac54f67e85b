/** The server: file, catalog, scheduler and connections put together, and the clockwork of the storage. */
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { ServerState } from '../commands/context.ts';
import { createCursors } from '../commands/cursors.ts';
import { MAX_CONNECTIONS } from '../commands/server-info.ts';
import { createCatalog } from '../storage/catalog.ts';
import { removeForgottenCopies } from '../storage/copy.ts';
import { openStorageFile } from '../storage/file.ts';
import { serveConnection } from './connection.ts';
import { removeExpired } from './expiry.ts';
import { type Address, type ListenOptions, listen } from './listen.ts';
import { createScheduler, createTimeSlice } from './scheduler.ts';

export type Notice = { level: 'info' | 'warn' | 'error'; message: string };

export type ServerOptions = {
  dataDir: string;
  listen?: ListenOptions | undefined;
  now: () => number;
  onNotice: (notice: Notice) => void;
  /** The file may not grow beyond this: lets tests have a full disk. */
  maxPages?: number;
};

/** A power cut loses at most the commits of this long (unless they asked for `j: true`). */
const CHECKPOINT_MS = 1000;
const SWEEP_MS = 60_000;

/** @throws EmbeddedMongodbError */
export async function startServer(options: ServerOptions): Promise<{ address: Address; stop: () => Promise<void> }> {
  const { dataDir, now, onNotice } = options;
  const file = openStorageFile(dataDir, { maxPages: options.maxPages });
  removeForgottenCopies(dataDir);
  const catalog = createCatalog(file);
  const cursors = createCursors(() => randomBytes(8).readBigUInt64LE());
  const slice = createTimeSlice();
  const sockets = new Set<Socket>();
  const onWarning = (message: string) => onNotice({ level: 'warn', message });
  const scheduler = createScheduler({
    file,
    slice,
    onWarning,
    onRollback: () => {
      cursors.closeNamespace(() => true);
      catalog.load();
    },
  });
  const state: ServerState = {
    file,
    catalog,
    cursors,
    slice,
    startedAtMs: now(),
    connectionCount: () => sockets.size,
    endStarted: scheduler.endStarted,
  };
  let connectionId = 0;
  const server = createServer(socket => {
    connectionId += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveConnection({ socket, id: connectionId, server: state, scheduler, now, onWarning });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', () => onWarning(`More than ${MAX_CONNECTIONS} connections: one was refused`));
  const { address, remove } = await listen(server, dataDir, options.listen).catch((error: unknown) => {
    file.close();
    throw error;
  });

  let checkpointed = file.writeCount();
  const checkpoints = setInterval(() => {
    if (file.writeCount() === checkpointed) return;
    checkpointed = file.writeCount();
    file.checkpoint();
  }, CHECKPOINT_MS);
  const sweeps = setInterval(() => {
    cursors.closeIdle(now());
    const prepared = { run: removeExpired, name: 'removeExpired', database: 'admin', maxTimeMs: 0, needsSync: false };
    const context = { server: state, command: new Map(), name: '', database: 'admin', connectionId: 0, nowMs: now() };
    scheduler.submit({ prepared, context, reply: () => {} });
  }, SWEEP_MS);

  async function stop(): Promise<void> {
    clearInterval(checkpoints);
    clearInterval(sweeps);
    const closed = new Promise<void>(settle => server.close(() => settle()));
    for (const socket of sockets) socket.destroy();
    await closed;
    // Commands that were cancelled with their connections end in the next turn.
    await new Promise(settle => setImmediate(() => setImmediate(settle)));
    await file.endCopies();
    file.close();
    remove();
  }

  return { address, stop };
}
