/** What every write shares: checks on documents to be stored, collections made on the way, one error entry per statement. */
import { randomBytes } from 'node:crypto';
import { type Document, doc, isKind, typeName, UNDEFINED, type Value } from '../codec/values.ts';
import { CommandError, writeError } from '../server/errors.ts';
import { MAX_DOCUMENT_BYTES } from '../server/wire.ts';
import type { Collection } from '../storage/collection.ts';
import type { CommandContext } from './context.ts';
import { checkWritableName } from './names.ts';

export const MAX_WRITES = 100_000;

/** Levels of nesting that MongoDB stores. */
const MAX_DEPTH = 100;

export function collectionForWrite(context: CommandContext, name: string): Collection {
  const { catalog } = context.server;
  const found = catalog.find(context.database, name);
  if (found) return found;
  checkWritableName(context.database, name);
  return catalog.create(context.database, name);
}

let counter = randomBytes(3).readUIntBE(0, 3);
const PROCESS_PART = randomBytes(5).toString('hex');

export function newObjectId(nowMs: number): Value {
  counter = (counter + 1) & 0xffffff;
  const seconds = (Math.floor(nowMs / 1000) >>> 0).toString(16).padStart(8, '0');
  return { kind: 'objectId', hex: `${seconds}${PROCESS_PART}${counter.toString(16).padStart(6, '0')}` };
}

/** Inserts answer with BadValue (fixDocumentForInsert in MongoDB's source), updates with InvalidIdField. */
export function checkId(id: Value, isInsert: boolean): void {
  const kind = Array.isArray(id) ? 'array' : isKind(id, 'regex') ? 'regex' : id === UNDEFINED ? 'undefined' : null;
  if (kind && isInsert) throw new CommandError(2, `can't use ${kind === 'regex' ? 'a' : 'an'} ${kind} for _id`);
  if (kind) throw new CommandError(53, `The '_id' value cannot be of type ${kind}`);
  if (!(id instanceof Map)) return;
  for (const name of id.keys()) {
    if (!name.startsWith('$')) continue;
    throw new CommandError(52, `_id fields may not contain '$'-prefixed fields: ${name} is not valid for storage.`);
  }
}

/** `_id` comes first; a missing one is made. */
export function withId(document: Document, nowMs: number): Document {
  const id = document.get('_id');
  if (id === undefined) return new Map([['_id', newObjectId(nowMs)], ...document]);
  if (document.keys().next().value === '_id') return document;
  return new Map([['_id', id], ...[...document].filter(([name]) => name !== '_id')]);
}

export function checkSize(bytes: number, code: number, what: string): void {
  if (bytes > MAX_DOCUMENT_BYTES)
    throw new CommandError(code, `${what} is larger than ${MAX_DOCUMENT_BYTES}: ${bytes} bytes`);
}

export function checkDepth(value: Value, depth = 0): void {
  if (depth > MAX_DEPTH) throw new CommandError(15, `Document exceeds maximum nested object depth of ${MAX_DEPTH}`);
  if (value instanceof Map) for (const inner of value.values()) checkDepth(inner, depth + 1);
  else if (Array.isArray(value)) for (const inner of value) checkDepth(inner, depth + 1);
}

export function statementList(command: Document, field: string, name: string): Document[] {
  const value = command.get(field);
  if (value === undefined)
    throw new CommandError(40414, `BSON field '${name}.${field}' is missing but a required field`);
  if (!Array.isArray(value)) {
    throw new CommandError(
      14,
      `BSON field '${name}.${field}' is the wrong type '${typeName(value)}', expected type 'array'`,
    );
  }
  if (value.length === 0 || value.length > MAX_WRITES) {
    throw new CommandError(
      16,
      `Write batch sizes must be between 1 and ${MAX_WRITES}. Got ${value.length} operations.`,
    );
  }
  value.forEach((entry, index) => {
    if (!(entry instanceof Map)) {
      throw new CommandError(
        14,
        `BSON field '${name}.${field}.${index}' is the wrong type '${typeName(entry)}', expected type 'object'`,
      );
    }
  });
  return value as Document[];
}

/** Runs the statements in order; an error ends the batch when it is `ordered`. */
export function* runStatements(
  statements: readonly Document[],
  ordered: boolean,
  run: (statement: Document, index: number) => Generator<null, void>,
): Generator<null, Value[]> {
  const errors: Value[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      yield* run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push(writeError(index, error));
      if (ordered) break;
    }
  }
  return errors;
}

export function writeReply(fields: Record<string, Value | undefined>, errors: Value[]): Document {
  const reply = doc(fields);
  if (errors.length > 0) reply.set('writeErrors', errors);
  return reply;
}
