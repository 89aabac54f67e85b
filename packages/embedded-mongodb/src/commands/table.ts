/** The commands by name, and what is checked before any of them runs. */
import type { Document, Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { aggregate } from './aggregate.ts';
import { create, drop, dropDatabase, listCollections, listDatabases, renameCollection } from './collections.ts';
import type { Command } from './context.ts';
import { backup, restore } from './copies.ts';
import { getMore, killCursors } from './cursors.ts';
import { deleteDocuments } from './delete.ts';
import { DIAGNOSTICS } from './diagnostics.ts';
import { explain } from './explain.ts';
import { count, distinct, find } from './find.ts';
import { findAndModify } from './find-and-modify.ts';
import { checkGenericArguments, type GenericArguments } from './generic-arguments.ts';
import { collMod, createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { insert } from './insert.ts';
import { checkDatabaseName } from './names.ts';
import { SERVER_INFO } from './server-info.ts';
import { SESSIONS } from './sessions.ts';
import { collStats, dbStats } from './stats.ts';
import { update } from './update.ts';
import { validate } from './validate.ts';

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ...Object.entries(SERVER_INFO),
  ...Object.entries(SESSIONS),
  ...Object.entries(DIAGNOSTICS),
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

export type Prepared = GenericArguments & {
  readonly run: Command;
  readonly name: string;
  readonly database: string;
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
  if (run === explain) checkExplained(command.get('explain'));
  return { run, name, database, ...checkGenericArguments(command, name) };
}

function checkExplained(command: Value | undefined): void {
  if (!(command instanceof Map)) return;
  const name = command.keys().next().value ?? '';
  if (!COMMANDS.has(name)) throw new CommandError(59, `Explain failed due to unknown command: ${name}`);
}
