/** What tools ask of a server, and the types in which it answers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Binary, BSON, type Document, Double } from 'mongodb';
import { BOOLEANS, NUMBERS, withWrongTypes } from '../bson-types.ts';
import { startRefusals } from '../refusals.ts';

const { strict, refusal, db } = await startRefusals();
const admin = db.admin();

/** A field by its dotted path, unconverted. */
async function fields(command: Document, paths: readonly string[], database = db) {
  const reply = await database.command(command, { promoteValues: false });
  return paths.map(path => path.split('.').reduce((value, name) => value?.[name], reply)?._bsontype);
}

async function adminRefusal(command: Document): Promise<number | undefined> {
  const reply = await admin.command(command).catch((error: unknown) => error as Document);
  return reply.code;
}

describe('diagnostic commands', strict, () => {
  it('answer with the types of MongoDB', async () => {
    const sizes = ['avgObjSize', 'dataSize', 'storageSize', 'indexSize', 'totalSize', 'fsUsedSize', 'fsTotalSize'];
    assert.deepEqual(
      await fields({ dbStats: 1 }, sizes),
      sizes.map(() => 'Double'),
    );
    const counts = ['collections', 'views', 'objects', 'indexes', 'scaleFactor'];
    assert.deepEqual(
      await fields({ dbStats: 1 }, counts),
      counts.map(() => 'Long'),
    );
    const host = ['system.cpuAddrSize', 'system.numCores', 'system.numPhysicalCores', 'extra.pageSize'];
    assert.deepEqual(
      await fields({ hostInfo: 1 }, host),
      host.map(() => 'Int32'),
    );
    assert.deepEqual(await fields({ hostInfo: 1 }, ['system.memSizeMB', 'system.memLimitMB']), ['Long', 'Long']);
    const found = ['nInvalidDocuments', 'nNonCompliantDocuments', 'nrecords', 'nIndexes', 'keysPerIndex.a_1'];
    assert.deepEqual(
      await fields({ validate: 'c' }, found),
      found.map(() => 'Int32'),
    );
    assert.deepEqual(await fields({ buildInfo: 1 }, ['bits', 'maxBsonObjectSize']), ['Int32', 'Int32']);
  });

  it('of the admin database are refused elsewhere', async () => {
    const commands = [{ getLog: 'global' }, { getParameter: '*' }, { getCmdLineOpts: 1 }, { listDatabases: 1 }];
    for (const command of commands) {
      assert.equal(await refusal(command), 13);
      assert.equal(await adminRefusal(command), undefined);
    }
  });

  it('check their arguments', async () => {
    assert.equal(await adminRefusal({ getLog: 'nope' }), 96);
    assert.equal(await adminRefusal({ getLog: 'global', nope: 1 }), 40415);
    assert.equal(await adminRefusal({ getLog: 1 }), 14);
    assert.equal(await adminRefusal({ getParameter: 1 }), 72);
    assert.equal(await adminRefusal({ getParameter: 1, nope: 1 }), 72);
    for (const command of withWrongTypes({ connectionStatus: 1 }, 'showPrivileges', [...BOOLEANS, 'null'])) {
      assert.equal(await refusal(command), 14);
    }
    for (const command of withWrongTypes({ dbStats: 1 }, 'scale', [...NUMBERS, 'null'])) {
      assert.equal(await refusal(command), 14);
    }
    for (const scale of [0, -1, 0.5, BSON.Decimal128.fromString('-5')])
      assert.equal(await refusal({ dbStats: 1, scale }), 2);
    assert.deepEqual((await db.command({ dbStats: 1, scale: new Double(2.5) })).scaleFactor, 2);
  });

  it('that validate take no contradictions', async () => {
    for (const other of ['full', 'checkBSONConformance', 'background', 'repair']) {
      assert.equal(await refusal({ validate: 'c', metadata: true, [other]: true }), 72);
    }
    for (const background of [true, 1, 'yes']) assert.equal(await refusal({ validate: 'c', background }), 115);
    const quick = await db.command({ validate: 'c', metadata: true });
    assert.deepEqual([quick.valid, quick.repairMode, quick.nrecords], [true, 'None', undefined]);
  });

  it('that explain tell an unknown command from one that cannot be explained', async () => {
    assert.equal(await refusal({ explain: { insert: 'c', documents: [{}] } }), 20);
    assert.equal(await refusal({ explain: { nope: 1 } }), 59);
    assert.equal(await refusal({ explain: {} }), 59);
  });
});

describe('cursors', strict, () => {
  const open = async () => (await db.command({ find: 'many', batchSize: 2 }, { promoteValues: false })).cursor.id;

  it('are killed once, whatever the collection is called', async () => {
    await db.collection('many').insertMany([1, 2, 3, 4, 5].map(_id => ({ _id }) as never));
    const id = await open();
    const reply = await db.command({ killCursors: 'other', cursors: [id, id] }, { promoteValues: false });
    assert.deepEqual([reply.cursorsKilled, reply.cursorsNotFound], [[id], [id]]);
  });

  it('that do not wait have no time limit of their own', async () => {
    const id = await open();
    for (const maxTimeMS of [0, 100]) assert.equal(await refusal({ getMore: id, collection: 'many', maxTimeMS }), 2);
    assert.equal(await refusal({ getMore: id, collection: 'many', maxTimeMS: null }), undefined);
  });
});

describe('names of collections', strict, () => {
  it('are free where one is read', async () => {
    for (const name of ['$x', 'x.', 'x y', '0', 'a'.repeat(10_000)]) {
      assert.equal((await db.command({ count: name })).n, 0);
      assert.deepEqual((await db.command({ distinct: name, key: 'a' })).values, []);
    }
    for (const name of ['', '.x', 'x\0y']) assert.equal(await refusal({ count: name }), 73);
  });

  it('are listed with what is being dropped or without, which is the same here', async () => {
    for (const includePendingDrops of [1, true, false]) {
      assert.equal(await refusal({ listCollections: 1, includePendingDrops }), undefined);
    }
    assert.equal(await refusal({ listCollections: 1, includePendingDrops: 'x' }), 14);
  });

  it('can be their UUIDs', async () => {
    const [{ info }] = (await db.listCollections({ name: 'c' }).toArray()) as unknown as [{ info: Document }];
    assert.equal((await db.command({ count: info.uuid })).n, 1);
    assert.deepEqual((await db.command({ distinct: info.uuid, key: 'a' })).values, [1]);
    assert.equal(await refusal({ count: new Binary(Buffer.alloc(16), 4) }), 26);
    assert.equal(await refusal({ count: new Binary(Buffer.alloc(3), 4) }), 207);
    assert.equal(await refusal({ count: new Binary(Buffer.alloc(16), 0) }), 73);
  });
});
