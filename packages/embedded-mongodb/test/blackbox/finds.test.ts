/**
 * Differences that were ours: found by the fuzzer or by reading MongoDB's own tests, each named with what decides it.
 * The last group is of those in which the other server differs from MongoDB's source.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decimal128, type Document, Double, Int32, Long, Timestamp } from 'mongodb';
import { startTarget } from '../target.ts';

const { db, isEmbedded } = await startTarget();
const source = { skip: !isEmbedded && 'the other server is not MongoDB here' };
const things = db.collection<Document & { _id: unknown }>('things');

async function store(...documents: Document[]): Promise<void> {
  await things.deleteMany({});
  if (documents.length > 0) await things.insertMany(documents as never);
}

/** The document that an upsert makes, or the code of its error. */
async function upserted(filter: Document, update: Document): Promise<Document | number> {
  await store();
  const { writeErrors } = await db.command({ update: 'things', updates: [{ q: filter, u: update, upsert: true }] });
  if (writeErrors) return Number(writeErrors[0].code);
  return (await things.findOne({}, { projection: { _id: 0 } })) as Document;
}

// jstests/core/upsert_fields.js
describe('an upsert starts from what its filter says must be equal', () => {
  const set = { $set: { a: 1 } };
  const CASES: [string, Document, Document, Document | number][] = [
    ['the same field twice', { $and: [{ x: 1 }, { x: 1 }] }, set, 54],
    ['the same field twice, by $all', { x: { $all: [1, 1.5] } }, set, 54],
    ['a field and one inside it', { x: {}, 'x.x': 1 }, set, 54],
    ['one value', { x: { $all: [1] }, y: { $in: [2] } }, set, { x: 1, y: 2, a: 1 }],
    ['one of several', { x: { $in: [1, 2] } }, set, { a: 1 }],
    ['a replacement takes nothing over', { $and: [{ x: 1 }, { x: 2 }] }, { a: 1 }, { a: 1 }],
    ['a replacement with an _id twice', { $and: [{ _id: 1 }, { _id: 1 }] }, { a: 1 }, 54],
    ['a regular expression', { x: /abc/ }, set, { a: 1 }],
    ['a regular expression as value', { x: { $eq: /abc/ } }, set, { x: /abc/, a: 1 }],
  ];
  for (const [what, filter, update, expected] of CASES) {
    it(what, async () => assert.deepEqual(await upserted(filter, update), expected));
  }
});

describe('numbers', () => {
  // SafeNum::getDecimal
  it('a double meets a decimal with 15 digits', async () => {
    await store({ _id: 1, a: new Double(1) });
    await things.updateOne({}, { $inc: { a: Decimal128.fromString('1.5') } });
    assert.equal(String((await things.findOne())?.a), '2.50000000000000');
  });
});

describe('projections', () => {
  // Manual, $elemMatch (projection): "returns the field after the other existing field inclusions".
  it('what $elemMatch found follows the included fields', async () => {
    await store({ _id: 1, a: [1, 2], b: 3 });
    const [found] = await things.find({}, { projection: { b: 1, a: { $elemMatch: { $gt: 1 } } } }).toArray();
    assert.deepEqual(Object.entries(found ?? {}), Object.entries({ _id: 1, b: 3, a: [2] }));
  });
});

describe("by MongoDB's source", source, () => {
  // jstests/core/query/project/projection_semantics.js
  it('what is computed inside an array takes the place of its scalars', async () => {
    const b = 'new';
    await store({ _id: 1, a: ['scalar', { b: 1, c: 1 }, []] }, { _id: 2, a: [[[1, 2], { c: 1 }]] });
    assert.deepEqual(await things.find({}, { projection: { 'a.b': b } }).toArray(), [
      { _id: 1, a: [{ b }, { b }, []] },
      { _id: 2, a: [[[{ b }, { b }], { b }]] },
    ]);
  });

  // jstests/core/query/elemmatch/elemmatch_projection.js
  it('references are found by their fields', async () => {
    const x = [
      { $ref: 'one', $id: 1 },
      { $ref: 'two', $id: 2, $db: 'd' },
    ];
    await db.command({ delete: 'things', deletes: [{ q: {}, limit: 0 }] });
    await db.command({ insert: 'things', documents: [{ _id: 1, x }] });
    for (const condition of [{ $id: 2 }, { $ref: 'two' }, { $db: 'd' }]) {
      const reply = await db.command({
        find: 'things',
        projection: { _id: 0, y: { $size: '$x' }, x: { $elemMatch: condition } },
      });
      assert.equal(reply.cursor.firstBatch[0].x[0].oid ?? reply.cursor.firstBatch[0].x[0].$id, 2);
      assert.equal(await things.countDocuments({ x: { $elemMatch: condition } }), 1);
    }
    await assert.rejects(things.findOne({ $id: 1 } as never), { code: 2 });
  });

  // jstests/aggregation/sources/lookup/lookup_equijoin_semantics_lib.js
  it('$lookup takes every value at the path, null for none, and regular expressions as values', async () => {
    const LOCAL: [Document, number[]][] = [
      [{ a: [] }, [1, 2]],
      [{ a: [{ b: [] }] }, [1, 2]],
      [{ a: [{ b: [5, 6] }, { b: 7 }] }, [3, 4]],
      [{ a: { b: [[5]] } }, []],
      [{ a: { b: /x/ } }, [5]],
    ];
    await store(
      { _id: 1, c: null },
      { _id: 2 },
      { _id: 3, c: 5 },
      { _id: 4, c: [7] },
      { _id: 5, c: /x/ },
      { _id: 6, c: 'x' },
    );
    const local = db.collection('local');
    for (const [document, expected] of LOCAL) {
      await local.deleteMany({});
      await local.insertOne(document);
      const $lookup = { from: 'things', localField: 'a.b', foreignField: 'c', as: 'found' };
      const [found] = await local.aggregate([{ $lookup }]).toArray();
      assert.deepEqual(
        found?.found.map((one: Document) => one._id),
        expected,
        JSON.stringify(document),
      );
    }
  });

  // sort_key_generator.cpp, btree_key_generator_test.cpp
  it('fields of one array are sorted by together', async () => {
    await store(
      {
        _id: 1,
        a: [
          { x: 1, y: 9 },
          { x: 2, y: 0 },
        ],
      },
      { _id: 2, a: [{ x: 1, y: 5 }] },
      { _id: 3, a: [] },
    );
    const found = await things.find({}).sort({ 'a.x': 1, 'a.y': 1 }).toArray();
    assert.deepEqual(
      found.map(({ _id }) => _id),
      [3, 2, 1],
    );
  });

  it('a number in the path of a sort takes one element, and leaves it whole', async () => {
    await store({ _id: 1, a: [{ x: 1 }] }, { _id: 2, a: [[1, 5]] }, { _id: 3, a: [7] });
    const found = await things.find({}).sort({ 'a.0': 1 }).toArray();
    assert.deepEqual(
      found.map(({ _id }) => _id),
      [3, 1, 2],
    );
  });

  it('parallel arrays are not sorted by', async () => {
    await store({ _id: 1, a: [1], b: [2] });
    await assert.rejects(things.find({}).sort({ a: 1, b: 1 }).toArray(), { code: 2 });
  });

  it('arrays inside what $push sorts are compared as they are', async () => {
    await store({ _id: 1, a: [{ x: [1, 9] }, { x: 5 }] });
    await things.updateOne({}, { $push: { a: { $each: [], $sort: { x: 1 } } } } as never);
    assert.deepEqual((await things.findOne())?.a, [{ x: 5 }, { x: [1, 9] }]);
  });

  it('a duplicate key names the element that was there', async () => {
    await store();
    await things.createIndex({ tags: 1 }, { unique: true });
    await things.insertOne({ _id: 1, tags: ['b'] });
    const expected = { code: 11000, keyPattern: { tags: 1 }, keyValue: { tags: 'b' } };
    await assert.rejects(things.insertOne({ _id: 2, tags: ['a', 'b'] }), expected);
    await things.dropIndexes();
  });

  it('one array copied into another field is parallel to it', async () => {
    await store({ _id: 1, a: [1] });
    await things.createIndex({ a: 1, b: 1 }, { name: 'both' });
    await assert.rejects(things.updateOne({}, [{ $set: { b: '$a' } }]), { code: 171 });
    await things.dropIndex('both');
  });

  // jstests/core/projection_expr_mod.js
  it('the remainder of a whole double is an integer, of a fraction a double, of a decimal exact', async () => {
    await store({ _id: 1 });
    const pairs = [
      [new Int32(8), new Double(3)],
      [Long.fromInt(8), new Double(3)],
      [Long.fromInt(8), new Double(3.25)],
      [new Double(138.5), Long.fromInt(3)],
      [Decimal128.fromString('1.50'), Decimal128.fromString('0.4')],
      [new Int32(1), Decimal128.fromString('1E-6000')],
    ];
    const found = [];
    for (const $mod of pairs) {
      const [only] = await things
        .aggregate([{ $project: { _id: 0, type: { $type: { $mod } }, text: { $toString: { $mod } } } }])
        .toArray();
      found.push(`${only?.type} ${only?.text}`);
    }
    assert.deepEqual(found, ['int 2', 'long 2', 'double 1.5', 'double 0.5', 'decimal 0.30', 'decimal 0E-6000']);
  });

  // timestamp.cpp, time_support.cpp
  it('a timestamp is text to $toLower as ctime writes it', async () => {
    await store({ _id: 1, at: new Timestamp({ t: 5, i: 1 }) });
    const [found] = await things.aggregate([{ $project: { text: { $toLower: '$at' } } }]).toArray();
    assert.equal(found?.text, 'jan  1 00:00:05:1');
  });

  it('validate counts the entries of each index', async () => {
    await store({ _id: 1, a: [1, 2] }, { _id: 2, a: 3 }, { _id: 3 });
    await things.createIndex({ a: 1 }, { sparse: true });
    const { valid, nrecords, nIndexes, keysPerIndex } = await db.command({ validate: 'things' });
    assert.deepEqual(
      { valid, nrecords, nIndexes, keysPerIndex },
      {
        valid: true,
        nrecords: 3,
        nIndexes: 2,
        keysPerIndex: { _id_: 3, a_1: 3 },
      },
    );
  });
});
