// Moving to a MongoDB: every document there as it was here, down to its bytes, after a break too; the folder that it came from then
// stands by. The other server is the one at TEST_MONGODB_URI, or another embedded one.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { mongo } from 'mongoose';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createMarkStore } from '#stores/marks.ts';
import { createStandbyStore } from '#stores/standby.ts';
import { startProcess } from '#test/support/processes.ts';
import { startTestDatabase } from '#test/support/test-database.ts';
import { openEmbedded } from '#upkeep/embedded.ts';
import { endMove, moveAll } from '#upkeep/move.ts';

const { Binary, Decimal128, Double, Int32, Long, ObjectId } = mongo.BSON;
const MANY = 1_234;

describe('moving to a MongoDB', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startTestDatabase>>;
  let target: Database;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-move-'));
    server = await startTestDatabase(join(folder, 'other'));
    target = await connectDatabase(server.uri);
    const source = await openEmbedded(folder);
    const { connection } = source.database;
    await connection.collection('users').insertMany([
      { _id: 'clara' as never, int: new Int32(5), double: new Double(5), long: Long.fromNumber(5), none: null },
      {
        _id: 'dave' as never,
        at: new Date(0),
        price: Decimal128.fromString('1.50'),
        bytes: new Binary(Buffer.from('x')),
      },
    ]);
    await connection
      .collection('posts')
      .insertMany(Array.from({ length: MANY }, (_, n) => ({ _id: new ObjectId(), n })));
    await connection.collection('posts').createIndex({ n: -1, 'due.at': 1 }, { unique: true, name: 'by n' });
    await connection
      .collection('posts')
      .createIndex({ wakeAt: 1 }, { partialFilterExpression: { wakeAt: { $type: 'date' } } });
    await connection.createCollection('empty');
    await source.close();
  });
  after(async () => {
    await target.drop();
    await target.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const move = async () => {
    const source = await openEmbedded(folder);
    try {
      const { db } = source.database.connection;
      assert.ok(db && target.connection.db);
      const moved = await moveAll(db, target.connection.db, { print: () => {} });
      await endMove(target.connection.db);
      return moved;
    } finally {
      await source.close();
    }
  };

  it('refuses a database that holds something else', async () => {
    await target.connection.collection('theirs').insertOne({ a: 1 });
    await assert.rejects(move(), /is not empty/);
    assert.equal(await target.connection.collection('theirs').countDocuments(), 1);
    await target.drop();
  });

  it('goes on after a break: what is missing comes, what is stale changes, what is gone here goes', async () => {
    const there = target.connection;
    await there.collection('clipcueMove').insertOne({ at: 'work' });
    await there.collection('posts').insertMany([{ n: 5_000 }, { n: 5_001 }]);
    await there.collection('users').insertOne({ _id: 'clara' as never, int: 'stale' });
    await there.collection('dropped').insertOne({ n: 1 });
    const moved = await move();
    assert.deepEqual(moved, [
      { name: 'empty', documents: 0 },
      { name: 'posts', documents: MANY },
      { name: 'users', documents: 2 },
    ]);
    assert.equal(await there.collection('posts').countDocuments({ n: { $gte: 5_000 } }), 0);
    const clara = await there.collection('users').findOne({ _id: 'clara' as never }, { promoteValues: false });
    assert.deepEqual(
      [clara?.int._bsontype, clara?.double._bsontype, clara?.long._bsontype],
      ['Int32', 'Double', 'Long'],
    );
    const names = (await there.listCollections()).map(({ name }) => name).toSorted();
    assert.deepEqual(names, ['empty', 'posts', 'users']);
    const [, byN, waking] = await there.collection('posts').indexes();
    assert.deepEqual([byN?.name, byN?.unique, byN?.key], ['by n', true, { n: -1, 'due.at': 1 }]);
    assert.deepEqual(waking?.partialFilterExpression, { wakeAt: { $type: 'date' } });
    await target.drop();
  });

  async function runCommand(): Promise<string> {
    const child = startProcess('src/upkeep/main.ts', {
      args: ['migrate', '--to', server.uri],
      env: { DATA_DIR: folder },
    });
    await child.ended;
    return child.lines.join('\n');
  }

  async function whyOnStandby(): Promise<string | undefined> {
    const source = await openEmbedded(folder);
    const standby = await createStandbyStore(createMarkStore(source.database.connection)).read();
    await source.close();
    return standby?.reason;
  }

  it('as a command: says what to set, and leaves the folder on standby; it can be run again', async () => {
    for (const _run of [1, 2]) {
      await target.drop();
      assert.match(await runCommand(), /posts: 1234 documents[\s\S]*compared byte for byte[\s\S]*MONGODB_URI/);
      assert.equal(await createStandbyStore(createMarkStore(target.connection)).read(), null, 'the moved data works');
      assert.equal(await whyOnStandby(), 'moved');
    }
  });

  it('leaves the folder on standby when it is run once too often', async () => {
    assert.match(await runCommand(), /is not empty/);
    assert.equal(await whyOnStandby(), 'moved');
  });
});
