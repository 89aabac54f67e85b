// `npm run migrate -- --to <uri>`: everything in the embedded database to a MongoDB. Each collection goes over in the order of its
// ids, batch after batch, and every batch makes the other side equal to this one, so that it can be run again after a break. In the
// end both sides are read once more and compared, byte for byte.

import { createHash } from 'node:crypto';
import type { mongo } from 'mongoose';
import { Refusal } from './refusal.ts';

type Db = mongo.Db;
type Stored = mongo.Document & { _id: mongo.BSON.Document[string] };
type Filter = mongo.Filter<Stored>;

const BATCH = 500;
/** In the target from the first write on: what is there was brought by an earlier run, and may be written over. */
const MOVE_MARK = 'clipcueMove';
/** Numbers and patterns stay what they are in the file, down to their types. */
const AS_STORED = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/** A document that belongs to the place it lies in, and stays there. */
export interface LeftOut {
  readonly collection: string;
  readonly id: string;
}

export interface MovedCollection {
  readonly name: string;
  readonly documents: number;
}

/**
 * Copies all collections with their indexes and compares both sides. The target stays marked as one that a move writes to, until
 * `endMove`.
 * @throws Refusal where the target holds something else, or the sides differ in the end.
 */
export async function moveAll(
  source: Db,
  target: Db,
  { print, leftOut = null }: { readonly print: (line: string) => void; readonly leftOut?: LeftOut | null },
): Promise<MovedCollection[]> {
  const filterOf = (name: string) => (leftOut?.collection === name ? { _id: { $ne: leftOut.id as never } } : {});
  await requireOurs(target);
  const moved: MovedCollection[] = [];
  const names = await listNames(source);
  for (const name of (await listNames(target)).filter(one => one !== MOVE_MARK && !names.includes(one)))
    await target.collection(name).drop();
  for (const name of names) {
    await copyIndexes(source, target, name);
    const documents = await copyDocuments(source, target, name, filterOf(name));
    moved.push({ name, documents });
    print(`${name}: ${documents} documents`);
  }
  for (const { name } of moved) await requireEqual(source, target, name, filterOf(name));
  return moved;
}

/** From here on what is in the target is nobody's to write over. */
export async function endMove(target: Db): Promise<void> {
  await target.collection(MOVE_MARK).drop();
}

const listNames = async (database: Db): Promise<string[]> =>
  (await database.listCollections({ type: 'collection' }, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter(name => !name.startsWith('system.'))
    .toSorted();

async function requireOurs(target: Db): Promise<void> {
  const present = await listNames(target);
  if (present.length > 0 && !present.includes(MOVE_MARK))
    throw new Refusal(`The database “${target.databaseName}” there is not empty. Name one that is: …/another-name`);
  await target.collection(MOVE_MARK).updateOne({ at: 'work' }, { $set: { at: 'work' } }, { upsert: true });
}

async function copyIndexes(source: Db, target: Db, name: string): Promise<void> {
  const indexes = await source.collection(name).indexes();
  // A collection of the target may be empty and still be there.
  const exists = (await target.listCollections({ name }).toArray()).length > 0;
  if (!exists) await target.createCollection(name);
  for (const { v: _version, ns: _namespace, key, ...options } of indexes)
    if (options.name !== '_id_') await target.collection(name).createIndex(key, options);
}

async function copyDocuments(source: Db, target: Db, name: string, filter: Filter): Promise<number> {
  const to = target.collection<Stored>(name);
  let count = 0;
  let span: object = {};
  for await (const batch of batchesOf(source.collection<Stored>(name), filter)) {
    const last = batch.at(-1)?._id;
    const ids = batch.map(({ _id }) => _id);
    // What an earlier run brought and is gone here since.
    await to.deleteMany({ _id: { ...span, $lte: last, $nin: ids } } as object);
    await to.bulkWrite(
      batch.map(document => ({
        replaceOne: { filter: { _id: document._id } as object, replacement: document, upsert: true },
      })),
      { ordered: false },
    );
    count += batch.length;
    span = { $gt: last };
  }
  await to.deleteMany(count === 0 ? {} : ({ _id: span } as object));
  return count;
}

async function* batchesOf(collection: mongo.Collection<Stored>, filter: Filter): AsyncGenerator<Stored[]> {
  let batch: Stored[] = [];
  for await (const document of collection.find(filter, AS_STORED).sort({ _id: 1 })) {
    batch.push(document as Stored);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function requireEqual(source: Db, target: Db, name: string, filter: Filter): Promise<void> {
  const [here, there] = await Promise.all([fingerprint(source, name, filter), fingerprint(target, name, {})]);
  if (here.documents !== there.documents)
    throw new Refusal(`${name} has ${here.documents} documents here and ${there.documents} there. Run it again.`);
  if (here.sha256 !== there.sha256)
    throw new Refusal(`${name} is not the same on both sides. Run it again, with nothing else writing to the target.`);
}

/** Of the documents' own bytes, in the order of their ids. */
async function fingerprint(database: Db, name: string, filter: Filter): Promise<{ documents: number; sha256: string }> {
  const hash = createHash('sha256');
  let documents = 0;
  for await (const raw of database.collection<Stored>(name).find(filter, { raw: true }).sort({ _id: 1 })) {
    hash.update(raw as unknown as Uint8Array);
    documents += 1;
  }
  return { documents, sha256: hash.digest('hex') };
}
