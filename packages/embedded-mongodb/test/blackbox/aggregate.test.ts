/** Aggregation pipelines. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startTarget } from '../target.ts';

const { db } = await startTarget();
const sales = db.collection<{ _id: number; shop: string; sum: number; tags?: string[] }>('sales');
await sales.insertMany([
  { _id: 1, shop: 'a', sum: 10, tags: ['x', 'y'] },
  { _id: 2, shop: 'b', sum: 5, tags: [] },
  { _id: 3, shop: 'a', sum: 7, tags: ['y'] },
  { _id: 4, shop: 'b', sum: 1 },
]);
await db.collection('shops').insertMany([
  { _id: 'a' as never, city: 'Rome' },
  { _id: 'b' as never, city: 'Oslo' },
]);

it('$group with its accumulators', async () => {
  const found = await sales
    .aggregate([
      { $match: { sum: { $gt: 1 } } },
      {
        $group: {
          _id: '$shop',
          n: { $sum: 1 },
          total: { $sum: '$sum' },
          mean: { $avg: '$sum' },
          most: { $max: '$sum' },
          all: { $push: '$_id' },
        },
      },
      { $sort: { _id: 1 } },
    ])
    .toArray();
  assert.deepEqual(found, [
    { _id: 'a', n: 2, total: 17, mean: 8.5, most: 10, all: [1, 3] },
    { _id: 'b', n: 1, total: 5, mean: 5, most: 5, all: [2] },
  ]);
});

it('$unwind drops what has no elements unless asked to keep it', async () => {
  const count = async (path: unknown) => (await sales.aggregate([{ $unwind: path }]).toArray()).length;
  assert.equal(await count('$tags'), 3);
  assert.equal(await count({ path: '$tags', preserveNullAndEmptyArrays: true }), 5);
});

it('$lookup by fields and by pipeline', async () => {
  const join = { from: 'shops', localField: 'shop', foreignField: '_id', as: 'at' };
  const [first] = await sales.aggregate([{ $match: { _id: 1 } }, { $lookup: join }]).toArray();
  assert.deepEqual(first?.at, [{ _id: 'a', city: 'Rome' }]);
  const pipeline = [{ $match: { $expr: { $eq: ['$_id', '$$shop'] } } }, { $project: { _id: 0 } }];
  const [second] = await sales
    .aggregate([{ $match: { _id: 2 } }, { $lookup: { from: 'shops', let: { shop: '$shop' }, pipeline, as: 'at' } }])
    .toArray();
  assert.deepEqual(second?.at, [{ city: 'Oslo' }]);
});

it('$facet, $count, $sortByCount, $skip and $limit', async () => {
  const [facets] = await sales
    .aggregate([{ $facet: { n: [{ $count: 'n' }], top: [{ $sort: { sum: -1 } }, { $skip: 1 }, { $limit: 1 }] } }])
    .toArray();
  assert.deepEqual(facets?.n, [{ n: 4 }]);
  assert.deepEqual(facets?.top[0]._id, 3);
  const counted = await sales.aggregate([{ $unwind: '$tags' }, { $sortByCount: '$tags' }]).toArray();
  assert.deepEqual(counted, [
    { _id: 'y', count: 2 },
    { _id: 'x', count: 1 },
  ]);
});

it('$set, $unset, $project and $replaceWith reshape documents', async () => {
  const [found] = await sales
    .aggregate([
      { $match: { _id: 1 } },
      { $set: { 'a.b': { $add: ['$sum', 1] }, late: { $gt: ['$$NOW', new Date(0)] } } },
      { $unset: 'tags' },
      { $project: { _id: 0, a: 1, late: 1, half: { $divide: ['$sum', 4] } } },
      { $replaceWith: { whole: '$$ROOT' } },
    ])
    .toArray();
  assert.deepEqual(found, { whole: { a: { b: 11 }, late: true, half: 2.5 } });
});

it('countDocuments counts, with and without an index', async () => {
  assert.equal(await sales.countDocuments({ shop: 'a' }), 2);
  await sales.createIndex({ shop: 1, sum: 1 });
  assert.equal(await sales.countDocuments({ shop: 'a', sum: { $lt: 10 } }), 1);
  assert.equal(await sales.estimatedDocumentCount(), 4);
});

it('$set computes what it sets: nothing inside an empty array, so nothing fails there', async () => {
  const items = db.collection<{ _id: number; a: unknown }>('inside');
  await items.insertMany([
    { _id: 1, a: [] },
    { _id: 2, a: [{}] },
  ]);
  const failing = { $set: { 'a.b': { $filter: { input: 1.5, cond: true } } } };
  const stage = [{ $match: { _id: 1 } }, failing];
  assert.deepEqual(await items.aggregate(stage).toArray(), [{ _id: 1, a: [] }]);
  await assert.rejects(items.aggregate([{ $match: { _id: 2 } }, failing]).toArray(), { code: 28651 });
});
