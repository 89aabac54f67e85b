/** One collection: its documents in a table by row id, each index in a table of its own, changed together. */
import type { SQLInputValue } from 'node:sqlite';
import { identicalValues } from '../codec/compare.ts';
import { decodeDocument } from '../codec/decode.ts';
import { displayValue } from '../codec/display.ts';
import { encodeDocument } from '../codec/encode.ts';
import { type Document, doc, type Value } from '../codec/values.ts';
import type { IndexDefinition } from '../indexes/definition.ts';
import { type IndexEntries, indexEntries, tupleOfKeys } from '../indexes/keys.ts';
import { CommandError } from '../server/errors.ts';
import type { StorageFile } from './file.ts';

export type Index = {
  readonly id: number;
  readonly definition: IndexDefinition;
  readonly table: string;
  /** For each field whether a stored document leads through an array there. */
  readonly multikey: boolean[];
  /** Whoever still reads from it ends (`checkPresent`). */
  isDropped: boolean;
};

/** To be called after a pause, before what is read from. @throws CommandError 175 when it was dropped meanwhile */
export function checkPresent(thing: { readonly isDropped: boolean }): void {
  if (thing.isDropped) throw new CommandError(175, 'query plan killed :: what it reads from was dropped');
}

export type StoredDocument = { readonly rid: number; readonly bytes: Buffer };

export type Collection = ReturnType<typeof createCollection>;

type CollectionDeps = {
  file: StorageFile;
  id: number;
  database: string;
  name: string;
  options: Document;
  uuid: Buffer;
  indexes: Index[];
  /** Called when an index meets its first array, to record it. */
  onMultikey: (index: Index) => void;
};

/** A scan reads so much before it looks at its time budget. */
const CHUNK_DOCUMENTS = 256;
const CHUNK_BYTES = 1024 * 1024;

export function createCollection(deps: CollectionDeps) {
  const { file, id, indexes, onMultikey } = deps;
  const table = `documents_${id}`;
  const presence = { isDropped: false };

  function conflict(index: Index, keys: readonly Buffer[], rid: number | null): boolean {
    const where = keys.map((_, position) => `k${position} = ?`).join(' AND ');
    const found = file.row(`SELECT rid FROM ${index.table} WHERE ${where}`, ...keys);
    return found !== undefined && found[0] !== rid;
  }

  function checkUnique(index: Index, entries: IndexEntries, document: Document, rid: number | null): void {
    if (!index.definition.unique) return;
    for (const keys of entries.tuples) {
      if (!conflict(index, keys, rid)) continue;
      const values = tupleOfKeys(index.definition, document, keys);
      throw duplicateKey(`${deps.database}.${deps.name}`, index.definition, values);
    }
  }

  function addEntries(index: Index, entries: IndexEntries, rid: number): void {
    if (entries.tuples.length === 0) return;
    const marks = index.definition.fields.map(() => '?').join(', ');
    for (const keys of entries.tuples) file.write(`INSERT INTO ${index.table} VALUES (${marks}, ?)`, ...keys, rid);
    let isNew = false;
    entries.multikey.forEach((isMultikey, field) => {
      if (!isMultikey || index.multikey[field]) return;
      index.multikey[field] = true;
      isNew = true;
    });
    if (isNew) onMultikey(index);
  }

  function removeEntries(index: Index, tuples: IndexEntries['tuples'], rid: number): void {
    const where = index.definition.fields.map((_, position) => `k${position} = ?`).join(' AND ');
    for (const keys of tuples) file.write(`DELETE FROM ${index.table} WHERE ${where} AND rid = ?`, ...keys, rid);
  }

  /** @throws CommandError 11000 when a unique index has the key; then nothing is written. */
  function insert(document: Document): number {
    const entries = indexes.map(index => indexEntries(index.definition, document));
    indexes.forEach((index, position) => {
      checkUnique(index, entries[position] as IndexEntries, document, null);
    });
    const bytes = encodeDocument(document);
    const rid = file.write(`INSERT INTO ${table} (bytes) VALUES (?)`, bytes).lastRowId;
    indexes.forEach((index, position) => {
      addEntries(index, entries[position] as IndexEntries, rid);
    });
    return rid;
  }

  /** @throws CommandError 11000; then nothing is written. */
  function replace(rid: number, before: Document, after: Document, bytes: Buffer): void {
    const concerned = indexes.filter(({ definition }) =>
      definition.roots.some(root => !identicalValues(before.get(root), after.get(root))),
    );
    const changes = concerned.map(index => {
      const old = indexEntries(index.definition, before);
      const next = indexEntries(index.definition, after);
      return { index, removed: difference(old, next), added: { ...next, tuples: difference(next, old) } };
    });
    for (const { index, added } of changes) checkUnique(index, added, after, rid);
    file.write(`UPDATE ${table} SET bytes = ? WHERE rid = ?`, bytes, rid);
    for (const { index, removed } of changes) removeEntries(index, removed, rid);
    for (const { index, added } of changes) addEntries(index, added, rid);
  }

  function remove(rid: number, document: Document): void {
    for (const index of indexes) removeEntries(index, indexEntries(index.definition, document).tuples, rid);
    file.write(`DELETE FROM ${table} WHERE rid = ?`, rid);
  }

  function markDropped(): void {
    presence.isDropped = true;
  }

  function read(rid: number): Buffer | null {
    checkPresent(presence);
    const found = file.row(`SELECT bytes FROM ${table} WHERE rid = ?`, rid);
    return found ? asBuffer(found[0]) : null;
  }

  /** The document whose row id is what `sql` selects. */
  function readWhere(sql: string, parameters: readonly SQLInputValue[]): StoredDocument | null {
    checkPresent(presence);
    const found = file.row(`SELECT rid, bytes FROM ${table} WHERE rid = (${sql})`, ...parameters);
    return found ? { rid: found[0] as number, bytes: asBuffer(found[1]) } : null;
  }

  /** The next documents after `rid` in the order of insertion; empty at the end. */
  function readAfter(rid: number, backwards = false): StoredDocument[] {
    checkPresent(presence);
    const chunk: StoredDocument[] = [];
    let bytes = 0;
    const sql = backwards
      ? `SELECT rid, bytes FROM ${table} WHERE rid < ? ORDER BY rid DESC`
      : `SELECT rid, bytes FROM ${table} WHERE rid > ? ORDER BY rid`;
    for (const found of file.iterate(sql, [rid])) {
      const document = { rid: found[0] as number, bytes: asBuffer(found[1]) };
      chunk.push(document);
      bytes += document.bytes.length;
      if (chunk.length >= CHUNK_DOCUMENTS || bytes >= CHUNK_BYTES) break;
    }
    return chunk;
  }

  /** How many of a document's entries the index lacks. */
  function missingEntries(index: Index, entries: IndexEntries, rid: number): number {
    checkPresent(index);
    const where = index.definition.fields.map((_, position) => `k${position} = ?`).join(' AND ');
    const sql = `SELECT 1 FROM ${index.table} WHERE ${where} AND rid = ?`;
    return entries.tuples.filter(keys => file.row(sql, ...keys, rid) === undefined).length;
  }

  function countEntries(index: Index): number {
    checkPresent(index);
    return Number(file.row(`SELECT count(*) FROM ${index.table}`)?.[0] ?? 0);
  }

  function count(): number {
    return Number(file.row(`SELECT count(*) FROM ${table}`)?.[0] ?? 0);
  }

  function sizeBytes(): number {
    return Number(file.row(`SELECT coalesce(sum(length(bytes)), 0) FROM ${table}`)?.[0] ?? 0);
  }

  /** The documents' entries of a new index. @throws CommandError 11000 */
  function buildIndex(index: Index): void {
    let last = 0;
    for (let chunk = readAfter(last); chunk.length > 0; chunk = readAfter(last)) {
      for (const { rid, bytes } of chunk) {
        const document = decodeDocument(bytes);
        const entries = indexEntries(index.definition, document);
        checkUnique(index, entries, document, rid);
        addEntries(index, entries, rid);
        last = rid;
      }
    }
  }

  return {
    id,
    database: deps.database,
    name: deps.name,
    options: deps.options,
    uuid: deps.uuid,
    namespace: `${deps.database}.${deps.name}`,
    table,
    indexes,
    insert,
    replace,
    remove,
    markDropped,
    read,
    readWhere,
    readAfter,
    missingEntries,
    countEntries,
    count,
    sizeBytes,
    buildIndex,
  };
}

export function asBuffer(value: SQLInputValue | undefined): Buffer {
  const bytes = value as Uint8Array;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function difference(left: IndexEntries, right: IndexEntries): (readonly Buffer[])[] {
  return left.tuples.filter(
    tuple => !right.tuples.some(other => tuple.every((key, position) => key.equals(other[position] as Buffer))),
  );
}

function duplicateKey(namespace: string, definition: IndexDefinition, values: readonly Value[]): CommandError {
  const keyValue: Document = new Map(
    definition.fields.map((field, index): [string, Value] => [field.name, values[index] as Value]),
  );
  const shown = [...keyValue].map(([field, value]) => `${field}: ${displayValue(value)}`).join(', ');
  return new CommandError(
    11000,
    `E11000 duplicate key error collection: ${namespace} index: ${definition.name} dup key: { ${shown} }`,
    doc({ keyPattern: definition.specification.get('key') as Value, keyValue }),
  );
}

export function tableOfIndex(id: number): string {
  return `index_${id}`;
}
