/** `createIndexes`, `dropIndexes`, `listIndexes`, and the part of `collMod` that changes an index. */
import { compareValues } from '../codec/compare.ts';
import { displayValue } from '../codec/display.ts';
import { toDouble } from '../codec/numbers.ts';
import { type Document, doc, int, isNumber, typeName, type Value } from '../codec/values.ts';
import { type IndexDefinition, sameIndex, sameSignature } from '../indexes/definition.ts';
import { parseIndex } from '../indexes/specification.ts';
import { CommandError } from '../server/errors.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { checkArguments, required } from './arguments.ts';
import { checkCollation } from './collation.ts';
import { listReply } from './collections.ts';
import type { CommandContext, Running } from './context.ts';
import { checkCollectionName, checkWritableName, readableName } from './names.ts';

const MAX_INDEXES = 64;
const MAX_EXPIRY_SECONDS = 2_147_483_647;

export function createIndexes(context: CommandContext): Document {
  const { command, database, server } = context;
  checkArguments(command, 'createIndexes', {
    createIndexes: 'collection',
    indexes: 'array',
    ignoreUnknownIndexOptions: 'bool',
    commitQuorum: 'any',
  });
  const name = checkCollectionName(database, command.get('createIndexes'));
  checkWritableName(database, name);
  const entries = required(command, 'indexes', 'createIndexes') as Value[];
  if (entries.length === 0) throw new CommandError(2, 'Must specify at least one index to create');
  const definitions = entries.map((entry, position) => {
    if (!(entry instanceof Map)) {
      throw new CommandError(
        14,
        `BSON field 'createIndexes.indexes.${position}' is the wrong type '${typeName(entry)}', expected type 'object'`,
      );
    }
    const definition = parseIndex(entry);
    const collation = entry.get('collation');
    if (collation instanceof Map) checkIndexCollation(collation);
    return definition;
  });
  const existing = server.catalog.find(database, name);
  const collection = existing ?? server.catalog.create(database, name);
  const before = collection.indexes.length;
  const added: Index[] = [];
  try {
    for (const definition of definitions) {
      if (isPresent(collection, definition)) continue;
      if (collection.indexes.length >= MAX_INDEXES) {
        throw new CommandError(
          67,
          `add index fails, too many indexes for ${collection.namespace} key:${displayValue(definition.specification.get('key'))}`,
        );
      }
      server.catalog.addIndex(collection, definition);
      added.push(collection.indexes.at(-1) as Index);
    }
  } catch (error) {
    for (const index of added) server.catalog.dropIndex(collection, index);
    if (!existing) server.catalog.drop(collection);
    throw error;
  }
  const after = collection.indexes.length;
  const note = added.length === 0 && definitions.length > 0 ? 'all indexes already exist' : undefined;
  return doc({
    numIndexesBefore: int(before),
    numIndexesAfter: int(after),
    createdCollectionAutomatically: !existing,
    note,
  });
}

function checkIndexCollation(collation: Document): void {
  if (collation.size === 0) throw new CommandError(2, "The field 'collation' cannot be an empty object.");
  checkCollation(collation);
}

/** The same index again is fine; another one of that name, or one that means the same, is not. */
function isPresent(collection: Collection, wanted: IndexDefinition): boolean {
  for (const { definition } of collection.indexes) {
    const isNamesake = definition.name === wanted.name;
    const isEquivalent = sameSignature(definition, wanted);
    if (!isNamesake && !isEquivalent) continue;
    if (isNamesake && sameIndex(definition, wanted)) return true;
    const both = `Requested index: ${displayValue(wanted.specification)}, existing index: ${displayValue(definition.specification)}`;
    if (!isEquivalent) {
      throw new CommandError(
        86,
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. ${both}`,
      );
    }
    if (isNamesake) {
      throw new CommandError(
        85,
        `An equivalent index already exists with the same name but different options. ${both}`,
      );
    }
    if (sameIndex(definition, wanted)) {
      throw new CommandError(85, `Index already exists with a different name: ${definition.name}`);
    }
    throw new CommandError(85, `An equivalent index already exists with a different name and options. ${both}`);
  }
  return false;
}

export function dropIndexes(context: CommandContext): Document {
  const { command, database, server, name: commandName } = context;
  checkArguments(command, 'dropIndexes', { [commandName]: 'collection', index: 'any' });
  const name = checkCollectionName(database, command.get(commandName));
  const wanted = required(command, 'index', 'dropIndexes');
  const collection = server.catalog.find(database, name);
  if (!collection) throw new CommandError(26, `ns not found ${database}.${name}`);
  const before = collection.indexes.length;
  if (wanted === '*') {
    for (const index of collection.indexes.filter(({ definition }) => definition.name !== '_id_')) {
      server.catalog.dropIndex(collection, index);
    }
    return doc({ nIndexesWas: int(before), msg: 'non-_id indexes dropped for collection' });
  }
  const found = (Array.isArray(wanted) ? wanted : [wanted]).map(entry => findIndex(collection, entry));
  for (const index of found) server.catalog.dropIndex(collection, index);
  return doc({ nIndexesWas: int(before) });
}

function findIndex(collection: Collection, wanted: Value): Index {
  const index = findAnyIndex(collection, wanted);
  if (index.definition.name === '_id_') throw new CommandError(72, 'cannot drop _id index');
  return index;
}

function findAnyIndex(collection: Collection, wanted: Value): Index {
  if (typeof wanted !== 'string' && !(wanted instanceof Map)) {
    throw new CommandError(
      14,
      `BSON field 'dropIndexes.index' is the wrong type '${typeName(wanted)}', expected types '[string, object]'`,
    );
  }
  const index = collection.indexes.find(({ definition }) =>
    typeof wanted === 'string'
      ? definition.name === wanted
      : compareValues(definition.specification.get('key') as Value, wanted) === 0,
  );
  if (!index) {
    throw new CommandError(
      27,
      typeof wanted === 'string'
        ? `index not found with name [${wanted}]`
        : `can't find index with key: ${displayValue(wanted)}`,
    );
  }
  return index;
}

export function* listIndexes(context: CommandContext): Running {
  const { command, database, server } = context;
  checkArguments(command, 'listIndexes', {
    listIndexes: 'collection',
    cursor: 'object',
    includeBuildUUIDs: 'bool',
    includeIndexBuildInfo: 'bool',
  });
  const name = readableName(context, command.get('listIndexes'));
  const collection = server.catalog.find(database, name);
  if (!collection) throw new CommandError(26, `ns does not exist: ${database}.${name}`);
  return yield* listReply(
    context,
    collection.namespace,
    collection.indexes.map(({ definition }) => definition.specification),
  );
}

/** @throws CommandError 72 for what cannot be changed, 2 for hiding the index of `_id`, 27 */
function indexToChange(collection: Collection, change: Document): Index {
  const wanted = change.get('name') ?? change.get('keyPattern');
  if (wanted === undefined) throw new CommandError(72, 'Must specify either index name or key pattern');
  if (change.has('name') && change.has('keyPattern')) {
    throw new CommandError(72, 'Cannot specify both key pattern and name.');
  }
  const seconds = change.get('expireAfterSeconds');
  if (seconds === undefined && !change.has('hidden')) {
    throw new CommandError(72, 'no expireAfterSeconds or hidden field');
  }
  if (isNumber(seconds) && !(toDouble(seconds) >= 0 && toDouble(seconds) <= MAX_EXPIRY_SECONDS)) {
    throw new CommandError(
      72,
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different value than ${displayValue(seconds)}`,
    );
  }
  const index = findAnyIndex(collection, wanted);
  if (index.definition.name === '_id_' && change.has('hidden')) throw new CommandError(2, "can't hide _id index");
  if (index.definition.name === '_id_') throw new CommandError(72, 'the _id field does not support TTL indexes');
  return index;
}

/** Known to MongoDB, so no unknown fields; of collections that are not built here. */
const COLL_MOD_UNBUILT = {
  validator: 'object',
  validationLevel: 'string',
  validationAction: 'string',
  viewOn: 'string',
  pipeline: 'array',
  expireAfterSeconds: 'any',
  changeStreamPreAndPostImages: 'object',
} as const;

export function collMod(context: CommandContext): Document {
  const { command, database, server } = context;
  checkArguments(command, 'collMod', { collMod: 'collection', index: 'object', ...COLL_MOD_UNBUILT });
  const name = checkCollectionName(database, command.get('collMod'));
  const collection = server.catalog.find(database, name);
  if (!collection) throw new CommandError(26, `ns does not exist: ${database}.${name}`);
  const unbuilt = Object.keys(COLL_MOD_UNBUILT).find(field => command.has(field));
  if (unbuilt) throw new CommandError(238, `collMod: '${unbuilt}' is not supported`);
  const change = command.get('index') as Document | undefined;
  if (!change) return doc({});
  checkArguments(
    change,
    'collMod.index',
    { name: 'string', keyPattern: 'object', expireAfterSeconds: 'number', hidden: 'bool' },
    false,
  );
  const index = indexToChange(collection, change);
  const specification = new Map(index.definition.specification);
  const reply = doc({});
  for (const option of ['expireAfterSeconds', 'hidden']) {
    const value = change.get(option);
    if (value === undefined) continue;
    reply.set(`${option}_old`, specification.get(option) ?? (option === 'hidden' ? false : null));
    if (value === false) specification.delete(option);
    else specification.set(option, isNumber(value) ? value : true);
    reply.set(`${option}_new`, value);
  }
  server.catalog.changeIndex(collection, index, specification);
  return reply;
}
