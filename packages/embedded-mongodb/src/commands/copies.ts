/**
 * `backup` and `restore`, which MongoDB does not have: the file is locked for its server, so whoever wants a copy of it,
 * or wants one put in its place, asks the server. Copies lie beside the file under names that the server gives, so that
 * a client can neither write nor read any other file through it. Both are commands of the `admin` database.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Document, doc } from '../codec/values.ts';
import { EmbeddedMongodbError } from '../errors.ts';
import { CommandError } from '../server/errors.ts';
import { isCopyName, newCopyName, removeCopy } from '../storage/copy.ts';
import { checkArguments } from './arguments.ts';
import type { CommandContext, Running } from './context.ts';

function requireAdmin({ database, name }: CommandContext): void {
  if (database !== 'admin') throw new CommandError(13, `${name} may only be run against the admin database.`);
}

/** `{ backup: 1 }` answers `{ path, sizeBytes }`; the copy is the caller's to move or to remove. */
export function* backup(context: CommandContext): Running {
  checkArguments(context.command, 'backup', { backup: 'any' });
  requireAdmin(context);
  const { file } = context.server;
  const path = join(dirname(file.path), newCopyName());
  const copying = watch(file.copy(path));
  try {
    // The copying goes on in another thread, bit by bit; between two looks everybody else has their turn.
    while (!copying.outcome()) yield null;
  } finally {
    // The caller went away: nobody knows the copy's name.
    if (!copying.outcome()) copying.settled.then(() => removeCopy(path));
  }
  const failure = copying.outcome()?.error;
  if (failure) throw failure;
  return doc({ path, sizeBytes: BigInt(statSync(path).size) });
}

/** A promise that can be looked at. */
function watch(promise: Promise<void>) {
  let outcome: { readonly error?: unknown } | null = null;
  const settled = promise.then(
    () => {
      outcome = {};
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  return { settled, outcome: (): { readonly error?: unknown } | null => outcome };
}

/** `{ restore: <name of a copy beside the file> }`: everything in the database becomes what the copy holds. The copy goes. */
export function restore(context: CommandContext): Document {
  checkArguments(context.command, 'restore', { restore: 'string' });
  requireAdmin(context);
  const { file, catalog, cursors, endStarted } = context.server;
  const name = context.command.get('restore');
  if (!isCopyName(name))
    throw new CommandError(2, 'restore names a copy beside the file: copy-<16 hexadecimal digits>.sqlite');
  const path = join(dirname(file.path), name);
  if (!existsSync(path)) throw new CommandError(2, `There is no ${name} beside the file.`);
  cursors.closeNamespace(() => true);
  endStarted(new CommandError(175, 'the database was restored meanwhile'));
  try {
    file.replaceContent(path);
  } catch (error) {
    if (!(error instanceof EmbeddedMongodbError)) throw error;
    throw new CommandError(96, error.message);
  }
  catalog.load();
  file.sync();
  removeCopy(path);
  return doc({});
}
