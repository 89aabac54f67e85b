/** Indexes: what they enforce, how they are listed and dropped, and which one a query uses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Document } from 'mongodb';
import { errorCode, startTarget } from '../target.ts';

const { db, isEmbedded } = await startTarget();

describe('unique indexes', () => {
  it('count a missing field as null', async () => {
    const c = db.collection('missing');
    await c.createIndex({ a: 1 }, { unique: true });
    await c.insertOne({});
    assert.equal(await errorCode(c.insertOne({ a: null })), 11000);
  });

  it('let a sparse one have many documents without the field', async () => {
    const c = db.collection('sparse');
    await c.createIndex({ a: 1 }, { unique: true, sparse: true });
    await c.insertMany([{}, {}, { a: 1 }]);
    assert.equal(await errorCode(c.insertOne({ a: 1 })), 11000);
    assert.equal((await c.find({ a: null }).toArray()).length, 2);
  });

  it('apply a partial one to its documents only', async () => {
    const c = db.collection('partial');
    await c.createIndex({ source: 1 }, { unique: true, partialFilterExpression: { live: true } });
    await c.insertMany([
      { _id: 1 as never, source: 's', live: false },
      { _id: 2 as never, source: 's', live: false },
      { _id: 3 as never, source: 's', live: true },
    ]);
    assert.equal(await errorCode(c.updateOne({ _id: 1 as never }, { $set: { live: true } })), 11000);
    await c.updateOne({ _id: 3 as never }, { $set: { live: false } });
    assert.equal((await c.updateOne({ _id: 1 as never }, { $set: { live: true } })).modifiedCount, 1);
    assert.equal(await c.countDocuments({ source: 's' }), 3);
  });

  it('look at each element of an array', async () => {
    const c = db.collection('elements');
    await c.createIndex({ tags: 1 }, { unique: true });
    await c.insertOne({ tags: ['a', 'b', 'a'] });
    assert.equal(await errorCode(c.insertOne({ tags: ['c', 'b'] })), 11000);
  });

  it('cannot be made where they are broken already', async () => {
    const c = db.collection('broken');
    await c.insertMany([{ a: 1 }, { a: 1 }]);
    assert.equal(await errorCode(c.createIndex({ a: 1 }, { unique: true })), 11000);
    assert.equal((await c.indexes()).length, 1);
  });
});

describe('createIndexes', () => {
  it('counts, and takes the same index twice', async () => {
    const indexes = [{ key: { a: 1, b: -1 }, name: 'ab' }];
    const first = await db.command({ createIndexes: 'made', indexes });
    assert.deepEqual(
      [first.numIndexesBefore, first.numIndexesAfter, first.createdCollectionAutomatically],
      [1, 2, true],
    );
    const second = await db.command({ createIndexes: 'made', indexes });
    assert.deepEqual([second.numIndexesBefore, second.numIndexesAfter], [2, 2]);
  });

  it('refuses the same name or key with another meaning', async () => {
    const create = (spec: Document) => db.command({ createIndexes: 'made', indexes: [spec] });
    assert.equal(await errorCode(create({ key: { c: 1 }, name: 'ab' })), 86);
    assert.equal(await errorCode(create({ key: { a: 1, b: -1 }, name: 'other' })), 85);
    assert.equal(await errorCode(create({ key: {}, name: 'empty' })), 67);
    assert.equal(await errorCode(create({ key: { a: 0 }, name: 'zero' })), 67);
  });

  it('refuses two arrays in one compound index', { skip: !isEmbedded && 'the other server takes them' }, async () => {
    assert.equal(await errorCode(db.collection('made').insertOne({ a: [1], b: [2] })), 171);
  });
});

describe('listIndexes and dropIndexes', () => {
  it('list what was asked for and drop by name, by key and all', async () => {
    const c = db.collection('listed');
    await c.createIndex({ at: 1 }, { expireAfterSeconds: 60, name: 'ttl' });
    await c.createIndex({ a: 1 });
    await c.createIndex({ b: 1 });
    const listed = await c.indexes();
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['_id_', 'ttl', 'a_1', 'b_1'],
    );
    assert.equal(listed[1]?.expireAfterSeconds, 60);
    await c.dropIndex('a_1');
    assert.equal(await errorCode(c.dropIndex('a_1')), 27);
    assert.equal(await errorCode(c.dropIndex('_id_')), 72);
    await c.dropIndexes();
    assert.equal((await c.indexes()).length, 1);
    assert.equal(await errorCode(db.command({ listIndexes: 'nowhere' })), 26);
  });
});

/** The index scans of a plan, in whatever stages they are. */
function scansOf(plan: Document): string[] {
  const inputs: Document[] = plan.inputStages ?? (plan.inputStage ? [plan.inputStage] : []);
  return plan.stage === 'IXSCAN' ? [plan.indexName] : inputs.flatMap(scansOf);
}

describe('explain', { skip: !isEmbedded && 'the other server has no explain' }, () => {
  const explain = async (filter: Document, sort: Document = {}) => {
    const reply = await db.collection('planned').find(filter).sort(sort).explain('executionStats');
    return { scans: scansOf(reply.queryPlanner.winningPlan), top: reply.queryPlanner.winningPlan.stage, reply };
  };

  it('shows which index answers what', async () => {
    const c = db.collection('planned');
    await c.createIndex({ a: 1, b: -1 });
    await c.createIndex({ c: 1 });
    await c.createIndex({ p: 1 }, { partialFilterExpression: { live: true } });
    await c.insertMany(Array.from({ length: 300 }, (_, i) => ({ a: i % 10, b: i, c: i % 7, p: i, live: i % 2 === 0 })));
    assert.deepEqual((await explain({ a: 3 })).scans, ['a_1_b_-1']);
    assert.deepEqual((await explain({ a: { $in: [1, 2] } })).scans, ['a_1_b_-1']);
    assert.deepEqual((await explain({ c: { $gte: 5 } })).scans, ['c_1']);
    assert.deepEqual((await explain({ $or: [{ a: 1 }, { c: 2 }] })).scans, ['a_1_b_-1', 'c_1']);
    assert.deepEqual((await explain({ p: 4 })).scans, []);
    assert.deepEqual((await explain({ p: 4, live: true })).scans, ['p_1']);
    await c.createIndex({ at: 1 }, { partialFilterExpression: { at: { $type: 'date' } } });
    assert.deepEqual((await explain({ at: { $type: 'date', $lte: new Date() } }, { at: 1 })).scans, ['at_1']);
    assert.deepEqual((await explain({ at: { $lte: 5 } })).scans, []);
    assert.equal((await explain({ a: 3 }, { b: 1 })).top, 'FETCH');
    assert.equal((await explain({ c: 3 }, { b: 1 })).top, 'SORT');
    assert.equal((await explain({ x: 1 })).top, 'COLLSCAN');
    const { reply } = await explain({ a: 3, b: { $gt: 200 } });
    assert.deepEqual([reply.executionStats.nReturned, reply.executionStats.totalDocsExamined], [10, 10]);
  });

  it('is obeyed by a hint', async () => {
    const c = db.collection('planned');
    const plan = await c.find({ a: 3, c: 1 }).hint({ c: 1 }).explain('queryPlanner');
    assert.deepEqual(scansOf(plan.queryPlanner.winningPlan), ['c_1']);
    assert.equal(await errorCode(c.find({}).hint('nope').toArray()), 2);
  });
});
