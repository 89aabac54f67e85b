/** Where the server listens: a unix socket only this user can open, or loopback TCP. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EmbeddedMongodbError } from '../errors.ts';

export type ListenOptions = { port: number; host?: string };

export type Address = { kind: 'socket'; path: string } | { kind: 'tcp'; host: string; port: number };

/** What fits into sockaddr_un on Linux; drivers need the name to end in `.sock`. */
const MAX_SOCKET_PATH_BYTES = 107;
const SOCKET_NAME = 'database.sock';
/** Beside the database while it is open: where its server listens, for whoever has only the folder. */
const ADDRESS_NAME = 'database.address';

/** Listens, and leaves the address in the folder until `remove`. @throws EmbeddedMongodbError */
export async function listen(
  server: Server,
  dataDir: string,
  options: ListenOptions | undefined,
): Promise<{ address: Address; remove: () => void }> {
  const { address, remove } = await listenThere(server, dataDir, options);
  const note = join(dataDir, ADDRESS_NAME);
  writeFileSync(note, JSON.stringify(address), { mode: 0o600 });
  return {
    address,
    remove() {
      rmSync(note, { force: true });
      remove();
    },
  };
}

/** Where the server of a folder listens; null where none runs: the address may be left from one that was killed. */
export async function findAddress(dataDir: string): Promise<Address | null> {
  let address: Address;
  try {
    address = JSON.parse(readFileSync(join(dataDir, ADDRESS_NAME), 'utf8')) as Address;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return new Promise(settle => {
    const socket = address.kind === 'socket' ? connect(address.path) : connect(address.port, address.host);
    socket.once('connect', () => {
      socket.destroy();
      settle(address);
    });
    socket.once('error', () => settle(null));
  });
}

async function listenThere(
  server: Server,
  dataDir: string,
  options: ListenOptions | undefined,
): Promise<{ address: Address; remove: () => void }> {
  if (options) return { address: await listenTcp(server, options.host ?? '127.0.0.1', options.port), remove: () => {} };
  if (process.platform === 'win32') return { address: await listenTcp(server, '127.0.0.1', 0), remove: () => {} };
  const own = join(resolve(dataDir), SOCKET_NAME);
  const fits = Buffer.byteLength(own) <= MAX_SOCKET_PATH_BYTES;
  const path = fits ? own : join(mkdtempSync(join(tmpdir(), 'embedded-mongodb-')), SOCKET_NAME);
  // The file's lock is ours, so a socket that is still there belongs to a process that died.
  rmSync(path, { force: true });
  await listening(server, { path }, path);
  chmodSync(path, 0o600);
  const remove = () => {
    rmSync(path, { force: true });
    if (!fits) rmSync(dirname(path), { recursive: true, force: true });
  };
  return { address: { kind: 'socket', path }, remove };
}

async function listenTcp(server: Server, host: string, port: number): Promise<Address> {
  await listening(server, { host, port }, `${host}:${port}`);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address');
  return { kind: 'tcp', host, port: address.port };
}

function listening(
  server: Server,
  where: { path: string } | { host: string; port: number },
  shown: string,
): Promise<void> {
  return new Promise((settle, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(
        new EmbeddedMongodbError(
          isTaken ? 'port-in-use' : 'cannot-listen',
          isTaken ? `${shown} is already in use. Choose another port.` : `Cannot listen on ${shown}: ${error.message}`,
          { cause: error },
        ),
      );
    };
    server.once('error', onError);
    server.listen(where, () => {
      server.off('error', onError);
      settle();
    });
  });
}

export function uriOf(address: Address, databaseName: string): string {
  const database = encodeURIComponent(databaseName);
  if (address.kind === 'socket') return `mongodb://${encodeURIComponent(address.path)}/${database}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `mongodb://${host}:${address.port}/${database}?directConnection=true`;
}
