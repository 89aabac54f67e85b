/** Collections and databases: create, drop, rename, list, and figures about them. */
import { encodeDocument } from '../codec/encode.ts';
import { type Document, doc, int, type Value } from '../codec/values.ts';
import { BUILT_IN_SCOPE } from '../query/expressions/expression.ts';
import { createMatcher } from '../query/match/evaluate.ts';
import { parseFilter } from '../query/match/parse.ts';
import { CommandError } from '../server/errors.ts';
import type { Collection } from '../storage/collection.ts';
import { checkArguments, optionalBatchSize, optionalBoolean, optionalDocument } from './arguments.ts';
import { type CommandContext, type Running, variablesOf } from './context.ts';
import { firstBatchReply, NO_CONTROL, type Results } from './cursors.ts';
import { checkCollectionName, checkDatabaseName, checkWritableName, requireAdmin } from './names.ts';

const CREATE_UNSUPPORTED = [
  'capped',
  'timeseries',
  'viewOn',
  'pipeline',
  'validator',
  'clusteredIndex',
  'collation',
  'encryptedFields',
  'expireAfterSeconds',
  'changeStreamPreAndPostImages',
];

export function create(context: CommandContext): Document {
  const { command, database, server } = context;
  checkArguments(command, 'create', {
    create: 'collection',
    capped: 'bool',
    size: 'number',
    max: 'number',
    autoIndexId: 'bool',
    idIndex: 'object',
    storageEngine: 'object',
    validator: 'object',
    validationLevel: 'string',
    validationAction: 'string',
    indexOptionDefaults: 'object',
    viewOn: 'string',
    pipeline: 'array',
    collation: 'object',
    timeseries: 'object',
    clusteredIndex: 'any',
    expireAfterSeconds: 'any',
    encryptedFields: 'object',
    changeStreamPreAndPostImages: 'object',
    flags: 'number',
    temp: 'bool',
  });
  const name = checkCollectionName(database, command.get('create'));
  checkWritableName(database, name);
  checkCreateOptions(command);
  for (const option of CREATE_UNSUPPORTED) {
    const value = command.get(option);
    if (value === undefined || value === false || (value instanceof Map && value.size === 0)) continue;
    throw new CommandError(238, `'${option}' is not supported by this server`);
  }
  if (server.catalog.find(database, name)) {
    throw new CommandError(48, `Collection ${database}.${name} already exists.`);
  }
  server.catalog.create(database, name);
  return doc({});
}

const LEVELS: Readonly<Record<string, readonly string[]>> = {
  validationLevel: ['off', 'strict', 'moderate'],
  validationAction: ['error', 'warn', 'errorAndLog'],
};

/** What MongoDB refuses of options that belong together, before what is not built is refused. */
function checkCreateOptions(command: Document): void {
  for (const [field, allowed] of Object.entries(LEVELS)) {
    const value = command.get(field);
    if (value === undefined || allowed.includes(value as string)) continue;
    throw new CommandError(2, `Enumeration value '${value}' for field 'create.${field}' is not a valid value.`);
  }
  if (command.has('pipeline') && !command.has('viewOn')) {
    throw new CommandError(72, "'pipeline' requires 'viewOn' to also be specified");
  }
  const isCapped = optionalBoolean(command, 'capped');
  if (isCapped && !command.has('size'))
    throw new CommandError(72, "the 'size' field is required when 'capped' is true");
  if (!isCapped && (command.has('size') || command.has('max'))) {
    throw new CommandError(
      72,
      "The 'capped' field needs to be true when either the 'size' or 'max' fields are present",
    );
  }
  if (command.has('autoIndexId') && !optionalBoolean(command, 'autoIndexId')) {
    throw new CommandError(72, "The field 'autoIndexId' must be true");
  }
  const idIndex = command.get('idIndex');
  if (idIndex instanceof Map && !idIndex.has('key')) {
    throw new CommandError(9, "The field 'key' is a required property of an index specification");
  }
}

export function drop(context: CommandContext): Document {
  const { command, database, server } = context;
  checkArguments(command, 'drop', { drop: 'collection', collectionUUID: 'any' });
  const name = checkCollectionName(database, command.get('drop'));
  const collection = server.catalog.find(database, name);
  if (!collection) return doc({});
  const indexCount = collection.indexes.length;
  removeCollection(context, collection);
  return doc({ nIndexesWas: int(indexCount), ns: collection.namespace });
}

function removeCollection(context: CommandContext, collection: Collection): void {
  context.server.catalog.drop(collection);
  context.server.cursors.closeNamespace(namespace => namespace === collection.namespace);
}

export function dropDatabase(context: CommandContext): Document {
  const { command, database, server } = context;
  checkArguments(command, 'dropDatabase', { dropDatabase: 'number' });
  const collections = server.catalog.collections(database);
  for (const collection of collections) removeCollection(context, collection);
  return collections.length > 0 ? doc({ dropped: database }) : doc({});
}

function splitNamespace(value: Value | undefined, field: string): [string, string] {
  if (typeof value !== 'string') throw new CommandError(14, `BSON field 'renameCollection.${field}' must be a string`);
  const dot = value.indexOf('.');
  if (dot <= 0 || dot === value.length - 1) throw new CommandError(73, `Invalid namespace specified '${value}'`);
  const database = value.slice(0, dot);
  checkDatabaseName(database);
  return [database, checkCollectionName(database, value.slice(dot + 1))];
}

export function renameCollection(context: CommandContext): Document {
  const { command, server } = context;
  checkArguments(command, 'renameCollection', {
    renameCollection: 'any',
    to: 'any',
    dropTarget: 'any',
    stayTemp: 'bool',
  });
  requireAdmin(context);
  const [fromDatabase, fromName] = splitNamespace(command.get('renameCollection'), 'from');
  const [toDatabase, toName] = splitNamespace(command.get('to'), 'to');
  checkWritableName(toDatabase, toName);
  if (fromDatabase === toDatabase && fromName === toName) {
    throw new CommandError(20, "Can't rename a collection to itself");
  }
  const collection = server.catalog.find(fromDatabase, fromName);
  if (!collection) throw new CommandError(26, `Source collection ${fromDatabase}.${fromName} does not exist`);
  const target = server.catalog.find(toDatabase, toName);
  if (target) {
    if (!optionalBoolean(command, 'dropTarget')) throw new CommandError(48, 'target namespace exists');
    removeCollection(context, target);
  }
  server.catalog.rename(collection, toDatabase, toName);
  server.cursors.closeNamespace(namespace => namespace === collection.namespace);
  return doc({});
}

export function* listCollections(context: CommandContext): Running {
  const { command, database, server } = context;
  checkArguments(command, 'listCollections', {
    listCollections: 'any',
    filter: 'object',
    nameOnly: 'bool',
    authorizedCollections: 'bool',
    includePendingDrops: 'bool',
    cursor: 'object',
  });
  const nameOnly = optionalBoolean(command, 'nameOnly');
  const matches = filterOf(context);
  const entries = server.catalog
    .collections(database)
    .map(collection => describe(collection, nameOnly))
    .filter(matches);
  return yield* listReply(context, `${database}.$cmd.listCollections`, entries);
}

function filterOf(context: CommandContext): (document: Document) => boolean {
  return createMatcher(
    parseFilter(optionalDocument(context.command, 'filter'), { scope: BUILT_IN_SCOPE }),
    variablesOf(context),
  );
}

function describe(collection: Collection, nameOnly: boolean): Document {
  if (nameOnly) return doc({ name: collection.name, type: 'collection' });
  return doc({
    name: collection.name,
    type: 'collection',
    options: collection.options,
    info: doc({ readOnly: false, uuid: { kind: 'binData', subtype: 4, bytes: collection.uuid } }),
    idIndex: doc({ v: int(2), key: doc({ _id: int(1) }), name: '_id_' }),
  });
}

/** The answer of a command that lists documents made on the spot. */
export function* listReply(context: CommandContext, namespace: string, entries: Document[]): Running {
  const batchSize = optionalBatchSize(context.command, context.name) ?? Number.POSITIVE_INFINITY;
  const results = (function* (): Results {
    for (const entry of entries) yield encodeDocument(entry);
  })();
  return yield* firstBatchReply(context, namespace, results, NO_CONTROL(), { batchSize, singleBatch: false });
}

export function listDatabases(context: CommandContext): Document {
  const { command, server } = context;
  checkArguments(command, 'listDatabases', {
    listDatabases: 'any',
    filter: 'object',
    nameOnly: 'bool',
    authorizedDatabases: 'bool',
  });
  requireAdmin(context);
  const nameOnly = optionalBoolean(command, 'nameOnly');
  let total = 0;
  const databases = server.catalog.databaseNames().map(name => {
    const size = server.catalog.collections(name).reduce((sum, collection) => sum + collection.sizeBytes(), 0);
    total += size;
    return nameOnly ? doc({ name }) : doc({ name, sizeOnDisk: BigInt(Math.max(size, 4096)), empty: false });
  });
  const shown = databases.filter(filterOf(context));
  return nameOnly
    ? doc({ databases: shown })
    : doc({ databases: shown, totalSize: BigInt(total), totalSizeMb: BigInt(Math.floor(total / 1048576)) });
}
