/** Reads and writes as a driver sends them, with the reply types that strict clients compare. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Double, Int32, Long, MongoServerError, ObjectId } from 'mongodb';
import { errorCode, startTarget } from '../target.ts';

const { db, isEmbedded } = await startTarget();
const raw = { promoteValues: false } as const;

describe('insert', () => {
  it('answers with a double ok and a 32-bit count', async () => {
    const reply = await db.command({ insert: 'types', documents: [{ a: 1 }, { a: 2 }] }, raw);
    assert.deepEqual(reply.ok, new Double(1));
    assert.deepEqual(reply.n, new Int32(2));
  });

  it('makes an _id and puts it first', async () => {
    await db.command({ insert: 'ids', documents: [{ a: 1 }, { a: 2, _id: 7 }] });
    const [made, given] = await db.collection('ids').find().sort({ a: 1 }).toArray();
    assert.ok(made?._id instanceof ObjectId);
    assert.deepEqual(Object.keys(made ?? {}), ['_id', 'a']);
    assert.deepEqual(given, { _id: 7, a: 2 } as never);
  });

  it('keeps number types', async () => {
    const document = { _id: 1, int: new Int32(1), long: Long.fromNumber(1), double: new Double(1) };
    const numbers = db.collection('numbers', raw);
    await numbers.insertOne(document as never);
    await numbers.updateOne({}, { $set: { other: 'x' } });
    assert.deepEqual(await numbers.findOne({}, { projection: { _id: 0, other: 0 } }), {
      int: new Int32(1),
      long: Long.fromNumber(1),
      double: new Double(1),
    });
  });

  it('stops at the first duplicate when ordered, goes on when not', async () => {
    const documents = [{ _id: 1 }, { _id: 1 }, { _id: 2 }];
    const ordered = await db.command({ insert: 'ordered', documents });
    assert.equal(ordered.n, 1);
    assert.equal(ordered.writeErrors[0].index, 1);
    assert.equal(ordered.writeErrors[0].code, 11000);
    const unordered = await db.command({ insert: 'unordered', documents, ordered: false });
    assert.equal(unordered.n, 2);
  });

  it('says which key was there already', { skip: !isEmbedded && 'the other server has another text' }, async () => {
    const users = db.collection('users');
    await users.createIndex({ mail: 1, place: -1 }, { unique: true });
    await users.insertOne({ mail: 'a', place: 1 });
    const error = await users.insertOne({ mail: 'a', place: 1 }).catch((reason: unknown) => reason);
    assert.ok(error instanceof MongoServerError);
    assert.equal(error.code, 11000);
    assert.deepEqual(error.keyPattern, { mail: 1, place: -1 });
    assert.deepEqual(error.keyValue, { mail: 'a', place: 1 });
    assert.match(error.message, /^E11000 duplicate key error collection: \w+\.users index: mail_1_place_-1 dup key: /);
  });

  it('refuses an array or a regex as _id', async () => {
    assert.equal(await errorCode(db.collection('ids').insertOne({ _id: [1] } as never)), 2);
    assert.equal(await errorCode(db.collection('ids').insertOne({ _id: /x/ } as never)), 2);
  });
});

describe('find', () => {
  it('reads on through getMore and ends with cursor 0', async () => {
    const many = db.collection('many');
    await many.insertMany(Array.from({ length: 1000 }, (_, index) => ({ _id: index as never, half: index % 2 })));
    const first = await db.command({ find: 'many', batchSize: 10 }, raw);
    assert.ok(first.cursor.id instanceof Long);
    assert.equal(first.cursor.firstBatch.length, 10);
    const more = await db.command({ getMore: first.cursor.id, collection: 'many', batchSize: 5000 }, raw);
    assert.equal(more.cursor.nextBatch.length, 990);
    assert.deepEqual(more.cursor.id, Long.fromNumber(0));
    assert.equal(await errorCode(db.command({ getMore: first.cursor.id, collection: 'many' })), 43);
    assert.equal((await many.find({ half: 1 }).batchSize(7).toArray()).length, 500);
  });

  it('sorts, skips and limits', async () => {
    const found = await db.collection('many').find({}).sort({ half: -1, _id: -1 }).skip(1).limit(3).toArray();
    assert.deepEqual(
      found.map(({ _id }) => Number(_id)),
      [997, 995, 993],
    );
  });

  it('shows a collection that is not there as empty', async () => {
    assert.deepEqual(await db.collection('nothing').find().toArray(), []);
    assert.equal(await db.collection('nothing').countDocuments(), 0);
    assert.deepEqual(await db.collection('nothing').distinct('a'), []);
  });
});

describe('update', () => {
  it('counts what it matched and what it changed', async () => {
    const items = db.collection<{ _id: number; n: number }>('items');
    await items.insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 2 },
    ]);
    const reply = await db.command({ update: 'items', updates: [{ q: {}, u: { $set: { n: 2 } }, multi: true }] }, raw);
    assert.deepEqual([reply.n, reply.nModified, reply.ok], [new Int32(2), new Int32(1), new Double(1)]);
  });

  it('upserts once, whoever asks how often', async () => {
    const locks = db.collection('locks');
    const results = await Promise.all(
      Array.from({ length: 20 }, () => locks.updateOne({ key: 'k' }, { $inc: { n: 1 } }, { upsert: true })),
    );
    assert.equal(results.filter(result => result.upsertedCount === 1).length >= 1, true);
    if (isEmbedded) assert.equal(await locks.countDocuments(), 1);
  });

  it('takes pipelines with $$NOW', async () => {
    const posts = db.collection('posts');
    await posts.insertOne({ _id: 1 as never, dueAt: new Date(0), tries: [1, 2, 3] });
    const before = Date.now();
    const { modifiedCount } = await posts.updateOne({ $expr: { $lte: ['$dueAt', '$$NOW'] } }, [
      {
        $set: {
          leaseUntil: { $dateAdd: { startDate: '$$NOW', unit: 'second', amount: 15 } },
          tries: { $filter: { input: '$tries', as: 't', cond: { $gt: ['$$t', 1] } } },
          // biome-ignore lint/suspicious/noThenProperty: the operator's own field name
          state: { $switch: { branches: [{ case: { $gt: [{ $size: '$tries' }, 2] }, then: 'many' }], default: 'few' } },
          old: { $cond: [{ $lt: ['$dueAt', '$$NOW'] }, true, false] },
        },
      },
      { $unset: 'dueAt' },
    ]);
    assert.equal(modifiedCount, 1);
    const post = await posts.findOne({});
    assert.deepEqual([post?.tries, post?.state, post?.old, post?.dueAt], [[2, 3], 'many', true, undefined]);
    assert.ok(post?.leaseUntil >= new Date(before + 14_000) && post?.leaseUntil <= new Date(Date.now() + 16_000));
  });

  it('refuses what would change the _id, and unknown operators', async () => {
    assert.equal(await errorCode(db.collection('items').updateOne({ _id: 1 } as never, { $set: { _id: 9 } })), 66);
    assert.equal(await errorCode(db.collection('items').updateOne({ _id: 1 } as never, { $nope: { n: 1 } })), 9);
    assert.equal(
      await errorCode(db.collection('items').updateOne({ _id: 1 } as never, { $set: { n: 1 }, $inc: { n: 1 } })),
      40,
    );
  });
});

describe('findAndModify', () => {
  it('honours the sort and returns before or after', async () => {
    const queue = db.collection<{ _id: number; at: number; taken?: boolean }>('queue');
    await queue.insertMany([
      { _id: 1, at: 5 },
      { _id: 2, at: 1 },
    ]);
    const taken = { $set: { taken: true } };
    assert.deepEqual(await queue.findOneAndUpdate({}, taken, { sort: { at: 1 } }), { _id: 2, at: 1 });
    const after = await queue.findOneAndUpdate({ taken: { $ne: true } }, taken, { returnDocument: 'after' });
    assert.deepEqual(after, { _id: 1, at: 5, taken: true });
    assert.equal(await queue.findOneAndUpdate({ at: 99 }, taken), null);
  });

  it('reports an upsert and a removal', async () => {
    const reply = await db.command({
      findAndModify: 'fam',
      query: { _id: 5 },
      update: { $set: { a: 1 } },
      upsert: true,
    });
    assert.deepEqual([reply.value, reply.lastErrorObject], [null, { n: 1, updatedExisting: false, upserted: 5 }]);
    const removed = await db.command({ findAndModify: 'fam', query: { _id: 5 }, remove: true });
    assert.deepEqual([removed.value, removed.lastErrorObject], [{ _id: 5, a: 1 }, { n: 1 }]);
    assert.equal(await errorCode(db.command({ findAndModify: 'fam', query: {}, remove: true, new: true })), 9);
  });
});

describe('delete', () => {
  it('removes one or all', async () => {
    const old = db.collection('old');
    await old.insertMany([{ a: 1 }, { a: 1 }, { a: 2 }]);
    assert.equal((await old.deleteOne({ a: 1 })).deletedCount, 1);
    assert.equal((await old.deleteMany({})).deletedCount, 2);
  });
});
