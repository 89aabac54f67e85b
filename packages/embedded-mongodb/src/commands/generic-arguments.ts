/** The arguments that any command takes: time limit, read and write concern, session, API version. */
import { compareNumbers, toInt64 } from '../codec/numbers.ts';
import { type Document, isKind, isNumber, typeName, type Value } from '../codec/values.ts';
import { isTruthy } from '../query/expressions/expression.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, checkType, required } from './arguments.ts';

export type GenericArguments = {
  readonly maxTimeMs: number;
  /** The answer may only be sent when the change is on the disk. */
  readonly needsSync: boolean;
};

export function checkGenericArguments(command: Document, name: string): GenericArguments {
  checkApiVersion(command, name);
  checkSession(command, name);
  checkReadConcern(command.get('readConcern'), name);
  return {
    maxTimeMs: maxTime(command.get('maxTimeMS'), name),
    needsSync: checkWriteConcern(command.get('writeConcern'), name),
  };
}

/** https://www.mongodb.com/docs/manual/reference/stable-api/#stable-api-commands */
const API_VERSION_1 = new Set(
  `abortTransaction aggregate authenticate bulkWrite collMod commitTransaction count create createIndexes delete drop
  dropDatabase dropIndexes endSessions explain find findAndModify getMore hello insert killCursors listCollections
  listDatabases listIndexes ping refreshSessions update`.split(/\s+/),
);

function checkApiVersion(command: Document, name: string): void {
  const version = command.get('apiVersion') ?? null;
  const isStrict = command.get('apiStrict') ?? null;
  const refusesDeprecated = command.get('apiDeprecationErrors') ?? null;
  if (version === null && isStrict === null && refusesDeprecated === null) return;
  if (version === null) {
    throw new CommandError(4886600, 'Provided apiStrict and/or apiDeprecationErrors without passing apiVersion');
  }
  checkType(version, 'string', `${name}.apiVersion`);
  if (version !== '1') throw new CommandError(322, 'API version must be "1"');
  if (isTruthy(isStrict) && !API_VERSION_1.has(name)) {
    throw new CommandError(323, `Provided apiStrict:true, but the command ${name} is not in API Version 1.`);
  }
}

const TRANSACTIONS = 'Transaction numbers are only allowed on a replica set member or mongos';

/** A standalone MongoDB accepts sessions and nothing that needs an oplog. */
function checkSession(command: Document, name: string): void {
  const id = command.get('lsid') ?? null;
  if (id !== null) checkSessionId(id, `${name}.lsid`);
  const number = command.get('txnNumber') ?? null;
  if (number !== null) {
    if (typeof number !== 'bigint') {
      throw new CommandError(
        14,
        `BSON field '${name}.txnNumber' is the wrong type '${typeName(number)}', expected type 'long'`,
      );
    }
    if (id === null) throw new CommandError(72, 'Transaction number requires a session ID to also be specified');
    throw new CommandError(20, TRANSACTIONS);
  }
  for (const field of ['autocommit', 'startTransaction']) {
    if ((command.get(field) ?? null) === null) continue;
    throw new CommandError(72, `'${field}' field requires a transaction number to also be specified`);
  }
}

/** @throws CommandError 14, 207, 40414, 40415 for what is no `{ id: UUID }` */
export function checkSessionId(value: Value, field: string): void {
  checkType(value, 'object', field);
  const session = value as Document;
  checkArguments(session, field, { id: 'any', uid: 'any', txnNumber: 'any', txnUUID: 'any' }, false);
  const id = required(session, 'id', field);
  if (!isKind(id, 'binData') || id.subtype !== 4) {
    throw new CommandError(
      14,
      `BSON field '${field}.id' is the wrong binData type '${typeName(id)}', expected type 'UUID'`,
    );
  }
  if (id.bytes.length !== 16) throw new CommandError(207, 'uuid must be a 16-byte binary field with UUID (4) subtype');
}

const LEVELS: readonly Value[] = ['local', 'available', 'majority', 'linearizable', 'snapshot'];

function checkReadConcern(concern: Value | undefined, name: string): void {
  if (concern === undefined || concern === null) return;
  checkType(concern, 'object', `${name}.readConcern`);
  checkArguments(
    concern as Document,
    'readConcern',
    {
      level: 'string',
      afterOpTime: 'object',
      afterClusterTime: 'any',
      atClusterTime: 'any',
      provenance: 'string',
    },
    false,
  );
  const level = (concern as Document).get('level') ?? null;
  if (level === null) return;
  if (!LEVELS.includes(level)) {
    throw new CommandError(2, `Enumeration value '${level}' for field 'readConcern.level' is not a valid value.`);
  }
  if (level === 'snapshot' && !['find', 'aggregate', 'distinct'].includes(name)) {
    throw new CommandError(72, `Command ${name} does not support { readConcern: { level: "snapshot" } }`);
  }
  if (level === 'snapshot' || level === 'linearizable') {
    throw new CommandError(123, `node needs to be a replica set member to use readConcern: ${level}`);
  }
}

function maxTime(value: Value | undefined, name: string): number {
  if (value === undefined || value === null) return 0;
  checkType(value, 'number', `${name}.maxTimeMS`);
  const ms = isNumber(value) ? toInt64(value) : null;
  if (ms === null || !isNumber(value) || compareNumbers(value, ms) !== 0) {
    throw new CommandError(9, 'maxTimeMS has non-integral value');
  }
  if (ms < 0n || ms > 2147483647n) {
    throw new CommandError(2, `${ms} value for maxTimeMS is out of range [0, 2147483647]`);
  }
  return Number(ms);
}

const WRITES = new Set(
  `abortTransaction aggregate collMod commitTransaction create createIndexes delete deleteIndexes drop dropDatabase
  dropIndexes findAndModify findandmodify insert renameCollection update`.split(/\s+/),
);

/** True for `j: true`. Several servers cannot be waited for where there is one. */
function checkWriteConcern(value: Value | undefined, name: string): boolean {
  if (value === undefined || value === null) return false;
  checkType(value, 'object', `${name}.writeConcern`);
  if (!WRITES.has(name)) throw new CommandError(72, 'Command does not support writeConcern');
  const concern = value as Document;
  checkArguments(
    concern,
    'writeConcern',
    { w: 'any', j: 'bool', fsync: 'bool', wtimeout: 'any', getLastError: 'any', provenance: 'string' },
    false,
  );
  if (concern.has('w')) checkServerCount(concern.get('w') as Value);
  const timeout = concern.get('wtimeout');
  if (isNumber(timeout) && compareNumbers(timeout, 2147483647n) > 0) {
    throw new CommandError(9, 'wtimeout must be a 32-bit integer');
  }
  const waitsForJournal = isTruthy(concern.get('j'));
  const waitsForFiles = isTruthy(concern.get('fsync'));
  if (waitsForJournal && waitsForFiles) throw new CommandError(9, 'fsync and j options cannot be used together');
  return waitsForJournal || waitsForFiles;
}

function checkServerCount(w: Value): void {
  if (isNumber(w)) {
    const servers = toInt64(w);
    const isInRange = compareNumbers(w, 0n) >= 0 && compareNumbers(w, 50n) <= 0;
    if (servers === null || !isInRange) {
      throw new CommandError(9, 'w has to be a non-negative number and not greater than 50');
    }
    if (servers > 1n) throw new CommandError(2, "cannot use 'w' > 1 when a host is not replicated");
  } else if (w instanceof Map) {
    if (w.size === 0) throw new CommandError(9, 'tagged write concern requires tags');
    if (![...w.values()].every(isNumber)) {
      throw new CommandError(9, 'tags must be a single level document with only number values');
    }
  } else if (typeof w === 'string' || w === null) {
    if (w === 'majority') return;
    throw new CommandError(2, `cannot use non-majority 'w' mode ${w} when a host is not a member of a replica set`);
  } else throw new CommandError(9, `w has to be a number, string, or object; found: ${typeName(w)}`);
}
