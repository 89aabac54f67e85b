/** Figures about collections and databases. */
import { toInt64 } from '../codec/numbers.ts';
import { type Document, doc, int, isNumber } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { checkCollectionName } from './names.ts';

/** By what sizes are divided, a fraction cut off. @throws CommandError 2 for what is not positive */
function scaleOf(command: Document): number {
  const scale = command.get('scale') ?? null;
  if (scale === null) return 1;
  const factor = isNumber(scale) ? toInt64(scale) : null;
  if (factor === null || factor < 1n) throw new CommandError(2, 'Scale factor must be greater than zero');
  return Number(factor);
}

export function collStats(context: CommandContext): Document {
  const { command, database, server } = context;
  checkArguments(command, 'collStats', { collStats: 'collection', scale: 'number' });
  const name = checkCollectionName(database, command.get('collStats'));
  const scale = scaleOf(command);
  const collection = server.catalog.find(database, name);
  const count = collection?.count() ?? 0;
  const size = collection?.sizeBytes() ?? 0;
  return doc({
    ns: `${database}.${name}`,
    size: int(Math.floor(size / scale)),
    count: int(count),
    avgObjSize: count > 0 ? int(Math.floor(size / count)) : undefined,
    storageSize: int(Math.floor(size / scale)),
    freeStorageSize: int(0),
    capped: false,
    nindexes: int(collection?.indexes.length ?? 0),
    indexBuilds: [],
    totalIndexSize: int(0),
    totalSize: int(Math.floor(size / scale)),
    indexSizes: doc(Object.fromEntries((collection?.indexes ?? []).map(index => [index.definition.name, int(0)]))),
    scaleFactor: int(scale),
  });
}

export function dbStats(context: CommandContext): Document {
  const { command, database, server } = context;
  checkArguments(command, 'dbStats', { dbStats: 'any', dbstats: 'any', scale: 'number', freeStorage: 'number' });
  const scale = scaleOf(command);
  const collections = server.catalog.collections(database);
  const size = collections.reduce((sum, collection) => sum + collection.sizeBytes(), 0);
  const objects = collections.reduce((sum, collection) => sum + collection.count(), 0);
  return doc({
    db: database,
    collections: BigInt(collections.length),
    views: 0n,
    objects: BigInt(objects),
    avgObjSize: objects > 0 ? size / objects : 0,
    dataSize: size / scale,
    storageSize: size / scale,
    indexes: BigInt(collections.reduce((sum, collection) => sum + collection.indexes.length, 0)),
    indexSize: 0,
    totalSize: size / scale,
    scaleFactor: BigInt(scale),
    fsUsedSize: server.file.sizeBytes() / scale,
    fsTotalSize: 0,
  });
}
