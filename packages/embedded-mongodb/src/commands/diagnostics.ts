/** What tools ask about the machine, the connection and the settings of the server. */
import os from 'node:os';
import { type Document, date, doc, int, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, optionalBoolean, required } from './arguments.ts';
import type { Command, CommandContext } from './context.ts';
import { requireAdmin } from './names.ts';

const BYTES_PER_MB = 1024 * 1024;
const PAGE_BYTES = 4096;

function hostInfo({ nowMs }: CommandContext): Document {
  const cores = os.cpus().length;
  const memoryMb = Math.floor(os.totalmem() / BYTES_PER_MB);
  const limitMb = Math.floor(process.constrainedMemory() / BYTES_PER_MB);
  const isLinux = os.platform() === 'linux';
  const kernel = isLinux ? { libcVersion: 'unknown', kernelVersion: os.release() } : {};
  return doc({
    system: doc({
      currentTime: date(nowMs),
      hostname: os.hostname(),
      cpuAddrSize: int(64),
      memSizeMB: BigInt(memoryMb),
      memLimitMB: BigInt(limitMb > 0 ? Math.min(limitMb, memoryMb) : memoryMb),
      numCores: int(cores),
      numCoresAvailableToProcess: int(os.availableParallelism()),
      numPhysicalCores: int(cores),
      numCpuSockets: int(1),
      cpuArch: os.machine(),
      numaEnabled: false,
      numNumaNodes: int(1),
    }),
    os: doc({ type: os.type(), name: os.version(), version: os.release() }),
    extra: doc({ versionString: os.version(), ...kernel, pageSize: int(PAGE_BYTES) }),
  });
}

function connectionStatus({ command, connectionId }: CommandContext): Document {
  checkArguments(command, 'connectionStatus', { connectionStatus: 'any', showPrivileges: 'bool' });
  const privileges = optionalBoolean(command, 'showPrivileges') ? { authenticatedUserPrivileges: [] } : {};
  const uuid = Buffer.alloc(16);
  uuid.writeUInt32BE(connectionId, 12);
  return doc({
    authInfo: doc({ authenticatedUsers: [], authenticatedUserRoles: [], ...privileges }),
    uuid: { kind: 'binData', subtype: 4, bytes: uuid },
  });
}

const LOGS: readonly Value[] = ['global', 'startupWarnings'];

/** The logs of a server, of which this one keeps none. */
function getLog(context: CommandContext): Document {
  requireAdmin(context);
  checkArguments(context.command, 'getLog', { getLog: 'string' });
  const log = required(context.command, 'getLog', 'getLog');
  if (log === '*') return doc({ names: [...LOGS] });
  if (!LOGS.includes(log)) throw new CommandError(96, `no RamLog named: ${log}`);
  return doc({ totalLinesWritten: int(0), log: [] });
}

const PARAMETERS: Readonly<Record<string, Value>> = {
  authenticationMechanisms: [],
  featureCompatibilityVersion: doc({ version: '7.0' }),
  quiet: false,
};

function getParameter(context: CommandContext): Document {
  requireAdmin(context);
  const { command } = context;
  const wanted = command.get('getParameter');
  const options = wanted instanceof Map ? wanted : new Map<string, Value>();
  checkArguments(options, 'getParameter', { allParameters: 'bool', showDetails: 'bool', setAt: 'string' }, false);
  const isAll = wanted === '*' || optionalBoolean(options, 'allParameters');
  const found = Object.entries(PARAMETERS).filter(([name]) => isAll || command.has(name));
  if (found.length === 0) throw new CommandError(72, 'no option found to get');
  if (!optionalBoolean(options, 'showDetails')) return doc(Object.fromEntries(found));
  const shown = found.map(([name, value]) => [
    name,
    doc({ value, settableAtRuntime: false, settableAtStartup: false }),
  ]);
  return doc(Object.fromEntries(shown));
}

function getCmdLineOpts(context: CommandContext): Document {
  requireAdmin(context);
  return doc({ argv: [], parsed: doc({}) });
}

export const DIAGNOSTICS: Record<string, Command> = {
  hostInfo,
  connectionStatus,
  getLog,
  getParameter,
  getCmdLineOpts,
  whatsmyuri: ({ connectionId }) => doc({ you: `connection:${connectionId}` }),
};
