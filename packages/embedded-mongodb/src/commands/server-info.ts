/** What a client asks about the server itself: hello, ping, buildInfo, serverStatus. */
import { hostname } from 'node:os';
import { type Document, date, doc, int } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { MAX_DOCUMENT_BYTES, MAX_MESSAGE_BYTES } from '../server/wire.ts';
import type { Command, CommandContext } from './context.ts';
import { requireAdmin } from './names.ts';
import { MAX_WRITES } from './write-checks.ts';

/** The MongoDB version whose behaviour is followed; 21 is its wire version. */
const VERSION = '7.0.0';
const VERSION_PARTS = [7, 0, 0, 0];

const OK: Command = () => doc({});

/** A standalone server: no setName, so drivers send neither transactions nor retryable writes. */
function hello({ nowMs, connectionId, name, command }: CommandContext): Document {
  return doc({
    helloOk: command.has('helloOk') ? true : undefined,
    [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
    maxBsonObjectSize: int(MAX_DOCUMENT_BYTES),
    maxMessageSizeBytes: int(MAX_MESSAGE_BYTES),
    maxWriteBatchSize: int(MAX_WRITES),
    localTime: date(nowMs),
    logicalSessionTimeoutMinutes: int(30),
    connectionId: int(connectionId),
    minWireVersion: int(0),
    maxWireVersion: int(21),
    readOnly: false,
  });
}

function buildInfo(): Document {
  return doc({
    version: VERSION,
    gitVersion: 'embedded',
    modules: [],
    sysInfo: 'deprecated',
    versionArray: VERSION_PARTS.map(int),
    bits: int(64),
    debug: false,
    maxBsonObjectSize: int(MAX_DOCUMENT_BYTES),
    javascriptEngine: 'none',
    openssl: doc({ running: 'disabled', compiled: 'disabled' }),
    storageEngines: ['sqlite'],
  });
}

function serverStatus({ server, nowMs }: CommandContext): Document {
  const uptimeMs = nowMs - server.startedAtMs;
  const { catalog } = server;
  const collectionCount = catalog.databaseNames().reduce((sum, name) => sum + catalog.collections(name).length, 0);
  return doc({
    host: hostname(),
    version: VERSION,
    process: 'embedded-mongodb',
    pid: BigInt(process.pid),
    uptime: uptimeMs / 1000,
    uptimeMillis: BigInt(uptimeMs),
    localTime: date(nowMs),
    catalogStats: doc({
      collections: int(collectionCount),
      capped: int(0),
      timeseries: int(0),
      views: int(0),
      internalCollections: int(0),
      internalViews: int(0),
    }),
    connections: doc({
      current: int(server.connectionCount()),
      available: int(MAX_CONNECTIONS - server.connectionCount()),
    }),
    metrics: doc({ cursor: doc({ open: doc({ total: BigInt(server.cursors.count()) }) }) }),
    storageEngine: doc({ name: 'sqlite', supportsCommittedReads: true, persistent: true, readOnly: false }),
  });
}

export const MAX_CONNECTIONS = 200;

function refusing(code: number, message: string): Command {
  return () => {
    throw new CommandError(code, message);
  };
}

export const SERVER_INFO: Record<string, Command> = {
  hello: hello,
  ismaster: hello,
  isMaster: hello,
  ping: OK,
  buildInfo: buildInfo,
  buildinfo: buildInfo,
  serverStatus: serverStatus,
  logout: OK,
  fsync: context => {
    requireAdmin(context);
    const { server } = context;
    server.file.commit();
    server.file.sync();
    server.file.checkpoint();
    return doc({ numFiles: int(1) });
  },
  saslStart: refusing(
    18,
    'Authentication failed: this server has no users; leave name and password out of the address.',
  ),
  authenticate: refusing(
    18,
    'Authentication failed: this server has no users; leave name and password out of the address.',
  ),
  replSetGetStatus: refusing(76, 'not running with --replSet'),
};
