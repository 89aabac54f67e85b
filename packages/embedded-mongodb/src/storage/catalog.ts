/** Which databases, collections and indexes there are: kept in two tables, mirrored in memory. */
import { randomBytes } from 'node:crypto';
import { decodeDocument } from '../codec/decode.ts';
import { encodeDocument } from '../codec/encode.ts';
import type { Document } from '../codec/values.ts';
import { type IndexDefinition, idIndex, loadIndex } from '../indexes/definition.ts';
import { asBuffer, type Collection, createCollection, type Index, tableOfIndex } from './collection.ts';
import type { StorageFile } from './file.ts';

export type Catalog = ReturnType<typeof createCatalog>;

export function createCatalog(file: StorageFile) {
  const databases = new Map<string, Map<string, Collection>>();
  /** Goes up with every change of collections or indexes: what plans are cached under. */
  let version = 0;

  file.define(`
    CREATE TABLE IF NOT EXISTS collections (
      id INTEGER PRIMARY KEY AUTOINCREMENT, database TEXT NOT NULL, name TEXT NOT NULL,
      options BLOB NOT NULL, uuid BLOB NOT NULL, UNIQUE (database, name));
    CREATE TABLE IF NOT EXISTS indexes (
      id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL,
      specification BLOB NOT NULL, multikey TEXT NOT NULL);`);
  file.commit();
  load();

  /** Reads the tables again: at the start, and after a rollback. */
  function load(): void {
    databases.clear();
    version += 1;
    const indexes = file.rows('SELECT id, collection, specification, multikey FROM indexes ORDER BY id');
    for (const [id, database, name, options, uuid] of file.rows(
      'SELECT id, database, name, options, uuid FROM collections',
    )) {
      const own = indexes
        .filter(([, collection]) => collection === id)
        .map(([indexId, , specification, multikey]): Index => {
          const definition = loadIndex(decodeDocument(asBuffer(specification)));
          return {
            id: indexId as number,
            definition,
            table: tableOfIndex(indexId as number),
            multikey: [...(multikey as string)].map(flag => flag === '1'),
            isDropped: false,
          };
        });
      register(
        id as number,
        database as string,
        name as string,
        decodeDocument(asBuffer(options)),
        Buffer.from(asBuffer(uuid)),
        own,
      );
    }
  }

  function register(
    id: number,
    database: string,
    name: string,
    options: Document,
    uuid: Buffer,
    indexes: Index[],
  ): Collection {
    const collection = createCollection({
      file,
      id,
      database,
      name,
      options,
      uuid,
      indexes,
      onMultikey: recordMultikey,
    });
    let collections = databases.get(database);
    if (!collections) {
      collections = new Map();
      databases.set(database, collections);
    }
    collections.set(name, collection);
    version += 1;
    return collection;
  }

  function recordMultikey(index: Index): void {
    const flags = index.multikey.map(Number).join('');
    file.write('UPDATE indexes SET multikey = ? WHERE id = ?', flags, index.id);
    version += 1;
  }

  function find(database: string, name: string): Collection | undefined {
    return databases.get(database)?.get(name);
  }

  function create(database: string, name: string, options: Document = new Map()): Collection {
    const uuid = randomBytes(16);
    uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
    uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
    const { lastRowId } = file.write(
      'INSERT INTO collections (database, name, options, uuid) VALUES (?, ?, ?, ?)',
      database,
      name,
      encodeDocument(options),
      uuid,
    );
    file.define(`CREATE TABLE documents_${lastRowId} (rid INTEGER PRIMARY KEY, bytes BLOB NOT NULL)`);
    const collection = register(lastRowId, database, name, options, uuid, []);
    addIndex(collection, idIndex());
    return collection;
  }

  /** Creates the index's table and fills it. On an error the caller drops it again. @throws CommandError 11000 */
  function addIndex(collection: Collection, definition: IndexDefinition): void {
    const multikey = definition.fields.map(() => false);
    const { lastRowId } = file.write(
      'INSERT INTO indexes (collection, specification, multikey) VALUES (?, ?, ?)',
      collection.id,
      encodeDocument(definition.specification),
      multikey.map(Number).join(''),
    );
    const index: Index = { id: lastRowId, definition, table: tableOfIndex(lastRowId), multikey, isDropped: false };
    const columns = definition.fields.map((_, position) => `k${position} BLOB NOT NULL`).join(', ');
    const key = definition.fields.map((field, position) => `k${position}${field.direction === 1 ? '' : ' DESC'}`);
    if (!definition.unique) key.push('rid');
    file.define(
      `CREATE TABLE ${index.table} (${columns}, rid INTEGER NOT NULL, PRIMARY KEY (${key.join(', ')})) WITHOUT ROWID`,
    );
    collection.indexes.push(index);
    version += 1;
    try {
      collection.buildIndex(index);
    } catch (error) {
      dropIndex(collection, index);
      throw error;
    }
  }

  function dropIndex(collection: Collection, index: Index): void {
    file.write('DELETE FROM indexes WHERE id = ?', index.id);
    file.define(`DROP TABLE ${index.table}`);
    index.isDropped = true;
    collection.indexes.splice(collection.indexes.indexOf(index), 1);
    version += 1;
  }

  /** Stores a changed specification (`collMod`). */
  function changeIndex(collection: Collection, index: Index, specification: Document): void {
    file.write('UPDATE indexes SET specification = ? WHERE id = ?', encodeDocument(specification), index.id);
    const changed: Index = { ...index, definition: loadIndex(specification) };
    collection.indexes.splice(collection.indexes.indexOf(index), 1, changed);
    version += 1;
  }

  function drop(collection: Collection): void {
    for (const index of [...collection.indexes]) dropIndex(collection, index);
    file.define(`DROP TABLE ${collection.table}`);
    collection.markDropped();
    file.write('DELETE FROM collections WHERE id = ?', collection.id);
    forget(collection);
  }

  function forget(collection: Collection): void {
    const collections = databases.get(collection.database);
    collections?.delete(collection.name);
    if (collections?.size === 0) databases.delete(collection.database);
    version += 1;
  }

  function rename(collection: Collection, database: string, name: string): void {
    file.write('UPDATE collections SET database = ?, name = ? WHERE id = ?', database, name, collection.id);
    forget(collection);
    register(collection.id, database, name, collection.options, collection.uuid, collection.indexes);
  }

  return {
    load,
    find,
    create,
    drop,
    rename,
    addIndex,
    dropIndex,
    changeIndex,
    databaseNames: () => [...databases.keys()].sort(),
    collections: (database: string) => [...(databases.get(database)?.values() ?? [])],
    version: () => version,
  };
}
