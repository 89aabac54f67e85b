/** The commands by name, and what is checked before any of them runs. */
import { compareNumbers, toInt64 } from '../codec/numbers.ts';
import { type Document, isNumber, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { aggregate } from './aggregate.ts';
import { checkDatabaseName } from './arguments.ts';
import {
  collStats,
  create,
  dbStats,
  drop,
  dropDatabase,
  listCollections,
  listDatabases,
  renameCollection,
} from './collections.ts';
import type { Command } from './context.ts';
import { backup, restore } from './copies.ts';
import { getMore, killCursors } from './cursors.ts';
import { deleteDocuments } from './delete.ts';
import { explain } from './explain.ts';
import { count, distinct, find } from './find.ts';
import { findAndModify } from './find-and-modify.ts';
import { collMod, createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { insert } from './insert.ts';
import { SERVER_INFO } from './server-info.ts';
import { update } from './update.ts';
import { validate } from './validate.ts';

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ...Object.entries(SERVER_INFO),
  ['aggregate', aggregate],
  ['backup', backup],
  ['collMod', collMod],
  ['collStats', collStats],
  ['count', count],
  ['create', create],
  ['createIndexes', createIndexes],
  ['dbStats', dbStats],
  ['dbstats', dbStats],
  ['delete', deleteDocuments],
  ['distinct', distinct],
  ['drop', drop],
  ['dropDatabase', dropDatabase],
  ['dropIndexes', dropIndexes],
  ['deleteIndexes', dropIndexes],
  ['explain', explain],
  ['find', find],
  ['findAndModify', findAndModify],
  ['findandmodify', findAndModify],
  ['getMore', getMore],
  ['insert', insert],
  ['killCursors', killCursors],
  ['listCollections', listCollections],
  ['listDatabases', listDatabases],
  ['listIndexes', listIndexes],
  ['renameCollection', renameCollection],
  ['restore', restore],
  ['update', update],
  ['validate', validate],
]);

export type Prepared = {
  readonly run: Command;
  readonly name: string;
  readonly database: string;
  readonly maxTimeMs: number;
  /** The answer may only be sent when the change is on the disk. */
  readonly needsSync: boolean;
};

/** @throws CommandError when the command is not even to be started */
export function prepareCommand(command: Document): Prepared {
  const name = command.keys().next().value;
  if (name === undefined) throw new CommandError(59, "no such command: ''");
  const database = command.get('$db');
  if (typeof database !== 'string')
    throw new CommandError(40414, "BSON field 'OP_MSG.$db' is missing but a required field");
  checkDatabaseName(database);
  const run = COMMANDS.get(name);
  if (!run) throw new CommandError(59, `no such command: '${name}'`);
  checkSession(command, name);
  return {
    run,
    name,
    database,
    maxTimeMs: maxTime(command.get('maxTimeMS')),
    needsSync: checkWriteConcern(command.get('writeConcern')),
  };
}

/** A standalone MongoDB accepts sessions and nothing that needs an oplog. */
function checkSession(command: Document, name: string): void {
  if (command.has('txnNumber') || command.has('autocommit') || command.has('startTransaction')) {
    throw new CommandError(20, 'Transaction numbers are only allowed on a replica set member or mongos');
  }
  const concern = command.get('readConcern');
  if (concern === undefined || name === 'explain') return;
  if (!(concern instanceof Map))
    throw new CommandError(14, "BSON field 'readConcern' is the wrong type, expected type 'object'");
  const level = concern.get('level');
  if (level === 'snapshot' || level === 'linearizable') {
    throw new CommandError(level === 'snapshot' ? 246 : 148, `readConcern level '${level}' needs a replica set`);
  }
}

function maxTime(value: Value | undefined): number {
  if (value === undefined) return 0;
  const ms = isNumber(value) ? toInt64(value) : null;
  if (!isNumber(value))
    throw new CommandError(
      14,
      "BSON field 'maxTimeMS' is the wrong type, expected types '[long, int, decimal, double]'",
    );
  if (compareNumbers(value, ms ?? 0n) !== 0) throw new CommandError(2, 'maxTimeMS has non-integral value');
  if (ms === null || ms < 0n || ms > 2147483647n) {
    throw new CommandError(2, `${ms} value for maxTimeMS is out of range [0, 2147483647]`);
  }
  return Number(ms);
}

/** True for `j: true`. Several servers cannot be waited for where there is one. */
function checkWriteConcern(value: Value | undefined): boolean {
  if (value === undefined) return false;
  if (!(value instanceof Map))
    throw new CommandError(14, "BSON field 'writeConcern' is the wrong type, expected type 'object'");
  for (const field of value.keys()) {
    if (!['w', 'j', 'wtimeout', 'wtimeoutMS', 'fsync', 'provenance'].includes(field)) {
      throw new CommandError(9, `unrecognized write concern field: ${field}`);
    }
  }
  const w = value.get('w');
  if (isNumber(w)) {
    const members = toInt64(w);
    if (members === null || members < 0n || members > 50n)
      throw new CommandError(9, 'w has to be a non-negative number and not greater than 50');
    if (members > 1n) throw new CommandError(2, "cannot use 'w' > 1 when a host is not replicated");
  } else if (typeof w === 'string' && w !== 'majority') {
    throw new CommandError(2, `cannot use non-majority 'w' mode ${w} when a host is not a member of a replica set`);
  }
  const journal = value.get('j') ?? value.get('fsync');
  return journal === true || (isNumber(journal) && toInt64(journal) !== 0n);
}
