/** What databases and collections may be called (73), and collections that are called by their UUID. */
import { isKind, typeName, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import type { CommandContext } from './context.ts';

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
export function checkDatabaseName(name: string): void {
  if (name === '' || Buffer.byteLength(name) > 63 || /[/\\. "$*<>:|?\0]/.test(name)) {
    throw new CommandError(73, `Invalid database name: '${name}'`);
  }
}

/** Any name can be read, even of a collection that could not be made. */
export function checkCollectionName(database: string, value: Value | undefined): string {
  if (typeof value !== 'string') {
    throw new CommandError(73, `collection name has invalid type ${value === undefined ? 'missing' : typeName(value)}`);
  }
  if (value === '') throw new CommandError(73, `Invalid namespace specified '${database}.'`);
  if (value.includes('\0')) throw new CommandError(73, 'namespaces cannot have embedded null characters');
  if (value.startsWith('.')) throw new CommandError(73, `Collection names cannot start with '.': ${value}`);
  return value;
}

const MAX_NAMESPACE_BYTES = 255;

/** What a collection that is to be made may be called. */
export function checkWritableName(database: string, name: string): void {
  const namespace = `${database}.${name}`;
  if (name.startsWith('system.')) throw new CommandError(73, `Invalid system namespace: ${namespace}`);
  if (name.includes('$') || name.endsWith('.')) throw new CommandError(73, `Invalid collection name: ${name}`);
  if (Buffer.byteLength(namespace) > MAX_NAMESPACE_BYTES) {
    throw new CommandError(
      73,
      `Fully qualified namespace is too long. Namespace: ${namespace} Max: ${MAX_NAMESPACE_BYTES}`,
    );
  }
}

/** @throws CommandError 13 in any other database */
export function requireAdmin({ database, name }: CommandContext): void {
  if (database !== 'admin') throw new CommandError(13, `${name} may only be run against the admin database.`);
}

const UUID_SUBTYPE = 4;
const UUID_BYTES = 16;

/** The name of a collection to be read, which may be given as its UUID. @throws CommandError 26 when no collection has that UUID, 73, 207 */
export function readableName({ server, database }: CommandContext, value: Value | undefined): string {
  if (!isKind(value, 'binData') || value.subtype !== UUID_SUBTYPE) return checkCollectionName(database, value);
  if (value.bytes.length !== UUID_BYTES) {
    throw new CommandError(207, 'uuid must be a 16-byte binary field with UUID (4) subtype');
  }
  const collection = server.catalog.collections(database).find(({ uuid }) => uuid.equals(value.bytes));
  if (!collection) throw new CommandError(26, `Unable to resolve ${value.bytes.toString('hex')}`);
  return collection.name;
}
