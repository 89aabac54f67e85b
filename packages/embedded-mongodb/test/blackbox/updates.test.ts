/** What updates refuse, in which order and in which words; each decided by MongoDB's source or a public suite's tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Document } from 'mongodb';
import { startRefusals } from '../refusals.ts';

const { strict, db } = await startRefusals();
const things = db.collection<Document & { _id: number }>('things');

async function updated(before: Document, update: Document | Document[], options: Document = {}): Promise<Document> {
  await things.deleteMany({});
  await things.insertOne({ _id: 1, ...before });
  const reply = await db.command({ update: 'things', updates: [{ q: { _id: 1 }, u: update, ...options }] });
  return reply.writeErrors?.[0] ?? ((await things.findOne()) as Document);
}

describe('updates', strict, () => {
  it('that $rename what is not there do nothing, even in an array', async () => {
    assert.deepEqual(await updated({ a: [1] }, { $rename: { 'a.5': 'b' } }), { _id: 1, a: [1] });
    assert.equal((await updated({ a: [1] }, { $rename: { 'a.0': 'b' } })).code, 2);
    assert.equal((await updated({ a: [1] }, { $rename: { 'a.x': 'b' } })).code, 28);
    assert.equal((await updated({ a: 1 }, { $rename: { 'a.x': 'b' } })).code, 28);
  });

  it('with $bit take null for no number', async () => {
    assert.equal((await updated({ a: null }, { $bit: { a: { or: 1 } } })).code, 2);
    assert.deepEqual(await updated({}, { $bit: { a: { or: 1 } } }), { _id: 1, a: 1 });
  });

  it('without q or u, or with the sort of a later version, are refused before the first is run', async () => {
    const first = { q: { _id: 1 }, u: { $set: { touched: true } } };
    for (const [statement, code] of [
      [{ u: {} }, 40414],
      [{ q: {} }, 40414],
      [{ q: null, u: {} }, 40414],
      [{ ...first, sort: { a: 1 } }, 40415],
      [{ q: {}, u: 1 }, 9],
      [{ q: {}, u: null }, 9],
    ] as [Document, number][]) {
      await updated({}, { $set: {} });
      const refused = db.command({ update: 'things', updates: [first, statement] });
      await assert.rejects(refused, { code });
      assert.deepEqual(await things.findOne(), { _id: 1 });
    }
  });

  // jstests/core/write/update/update_with_pipeline.js
  it('by a pipeline have constants, taken as they are, and no stages of reading', async () => {
    for (const value of ['text', '$a', [1, 2], { $add: [1, 2] }]) {
      const found = await updated({ a: 1 }, [{ $set: { b: '$$given' } }], { c: { given: value } });
      assert.deepEqual(found, { _id: 1, a: 1, b: value });
    }
    assert.equal((await updated({}, { $set: { a: 1 } }, { c: { given: 1 } })).code, 51198);
    assert.equal((await updated({}, { $set: { a: 1 } }, { c: {} })).code, 51198);
    for (const stage of ['$match', '$sort', '$facet', '$bucket', '$lookup', '$graphLookup', '$indexStats', '$merge']) {
      assert.equal((await updated({}, [{ [stage]: {} }])).code, 72, stage);
    }
  });

  // jstests/core/write/update/update_arrayFilters.js
  it('with filters for elements check them', async () => {
    const set = { $set: { 'a.$[i]': 5 } };
    for (const [arrayFilters, code] of [
      [['bad'], 14],
      [[{ i: 0, j: 0 }], 9],
      [[{ i: 0 }, { i: 1 }], 9],
      [[{ $alwaysTrue: 1 }], 9],
      [[{ $text: { $search: 'x' } }], 2],
      [[{ $or: [{ $where: 'x' }] }], 2],
      [[{ $expr: { $eq: ['$a', 1] } }], 224],
    ] as [unknown[], number][]) {
      assert.equal((await updated({}, set, { arrayFilters })).code, code, JSON.stringify(arrayFilters));
    }
    const unused = await updated({}, set, { arrayFilters: [{ i: 0 }, { j: 0 }] });
    const words = "The array filter for identifier 'j' was not used in the update { $set: { a.$[i]: 5 } }";
    assert.deepEqual([unused.code, unused.errmsg], [9, words]);
    assert.equal((await updated({}, [{ $set: { a: 1 } }], { arrayFilters: [{ i: 0 }] })).code, 9);
    assert.deepEqual(await updated({ a: 1 }, { b: 1 }, { arrayFilters: [{ i: 0 }] }), { _id: 1, b: 1 });
  });

  it('with filters for elements may not meet in one', async () => {
    const b = [{ y: 0, c: 0 }];
    const before = {
      a: [
        { x: 0, b },
        { x: 1, b },
      ],
    };
    const meeting = async (first: string, second: string, arrayFilters: Document[]) =>
      updated(before, { $set: { [first]: 1, [second]: 2 } }, { arrayFilters });
    const [k, j, m] = ['a.$[i].b.$[k].c', 'a.$[j].b.$[k].c', 'a.$[j].b.$[m].c'] as const;
    const same = await meeting(k, j, [{ 'i.x': 0 }, { 'j.x': 0 }, { 'k.y': 0 }]);
    assert.deepEqual([same.code, same.errmsg], [40, "Update created a conflict at 'a.0.b.$[k].c'"]);
    const inside = await meeting(k, m, [{ 'i.x': 0 }, { 'j.x': 0 }, { 'k.y': 0 }, { 'm.y': 0 }]);
    assert.deepEqual([inside.code, inside.errmsg], [40, "Update created a conflict at 'a.0.b.0.c'"]);
    const around = await meeting('a.$[i].b', k.replace('[i]', '[j]'), [{ 'i.x': 1 }, { 'j.x': 1 }, { 'k.y': 0 }]);
    assert.equal(around.code, 40);
    const apart = await meeting(k, j, [{ 'i.x': 0 }, { 'j.x': 1 }, { 'k.y': 0 }]);
    assert.deepEqual(apart.a, [
      { x: 0, b: [{ y: 0, c: 1 }] },
      { x: 1, b: [{ y: 0, c: 2 }] },
    ]);
    assert.equal((await updated({ a: [0] }, { $set: { 'a.$[i.j]': 1 } })).code, 28);
    assert.equal((await updated({}, { $set: { 'a.$[$i]': 1 } }, { arrayFilters: [{ $i: 0 }] })).code, 2);
  });

  it('that $rename to or from places in arrays name the side', async () => {
    const from = await updated({}, { $rename: { 'a.$[]': 'b' } });
    assert.equal(from.errmsg, 'The source field for $rename may not be dynamic: a.$[]');
    const to = await updated({}, { $rename: { a: 'b.$' } });
    assert.equal(to.errmsg, 'The destination field for $rename may not be dynamic: b.$');
  });

  it('of findAndModify say that they failed while they ran', async () => {
    await updated({ v: [{ foo: 1 }] }, { $set: {} });
    const run = (update: Document) => db.command({ findAndModify: 'things', update });
    const during = 'Plan executor error during findAndModify :: caused by :: ';
    await assert.rejects(run({ $set: { 'v.foo': 1 } }), {
      code: 28,
      errmsg: `${during}Cannot create field 'foo' in element {v: [ { foo: 1 } ]}`,
    });
    await assert.rejects(run({ $rename: { 'v.-1': 'f' } }), {
      code: 28,
      errmsg: `${during}cannot use the part (v of v.-1) to traverse the element ({v: [ { foo: 1 } ]})`,
    });
    await assert.rejects(run({ $inc: { v: 'x' } }), { errmsg: 'Cannot increment with non-numeric argument: {v: "x"}' });
  });
});

describe('words', strict, () => {
  const SAID: [Document, string][] = [
    [
      { find: 'c', limit: 'x' },
      "BSON field 'find.limit' is the wrong type 'string', expected types '[long, int, decimal, double']",
    ],
    [{ find: 'c', filter: 1 }, "BSON field 'find.filter' is the wrong type 'int', expected type 'object'"],
    [{ find: 'c', foo: 1 }, "BSON field 'find.foo' is an unknown field."],
    [{ find: 'c', skip: -1 }, "BSON field 'skip' value must be >= 0, actual value '-1'"],
    [{ find: 'c', sort: { a: 'x' } }, 'Illegal key in $sort specification: a: "x"'],
    [{ find: {} }, 'collection name has invalid type object'],
    [
      { aggregate: 'c', pipeline: [{ $skip: 'x' }], cursor: {} },
      'invalid argument to $skip stage: Expected a number in: $skip: "x"',
    ],
    [
      { aggregate: 'c', pipeline: [{ $project: { a: 1, b: 0 } }], cursor: {} },
      'Invalid $project :: caused by :: Cannot do exclusion on field b in inclusion projection',
    ],
    [
      { aggregate: 'c', pipeline: [{ $set: { a: { $x: 1 } } }], cursor: {} },
      "Invalid $set :: caused by :: Unrecognized expression '$x'",
    ],
  ];
  for (const [command, errmsg] of SAID) {
    it(errmsg, async () => assert.rejects(db.command(command), { errmsg }));
  }
});
