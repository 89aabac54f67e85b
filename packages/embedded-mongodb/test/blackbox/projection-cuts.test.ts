/** `$slice` and `field.$` of find; decided by jstests/core/query/project and MongoDB's projection_parser.cpp. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Document } from 'mongodb';
import { startTarget } from '../target.ts';

const { db, isEmbedded } = await startTarget();
const source = { skip: !isEmbedded && 'the other server is not MongoDB here' };
const things = db.collection<Document & { _id: number }>('things');

/** The document without its _id, or the code of the error. */
async function projected(document: Document, filter: Document, projection: Document): Promise<Document | number> {
  await things.deleteMany({});
  await things.insertOne({ _id: 1, ...document });
  try {
    const { _id, ...rest } = (await things.findOne(filter, { projection })) as Document;
    return rest;
  } catch (error) {
    return (error as Document).code;
  }
}

describe('$ keeps', source, () => {
  const LISTS = { a: [1, 2, 3], b: [4, 5, 6], c: [7, 8, 9] };
  const NESTED = { x: { y: { z: [0, 1, 2] } } };
  const CASES: [string, Document, Document, Document, Document | number][] = [
    ['nothing of what is not there', { x: [1] }, {}, { 'g.$': 1 }, {}],
    ['what is no array, whatever matched', { x: 1, a: 2 }, { x: 1 }, { 'a.$': 1 }, { a: 2 }],
    ['what is there of the path', { x: [1], a: { b: { d: [1] }, e: 1 } }, { x: 1 }, { 'a.b.c.$': 1 }, { a: { b: {} } }],
    [
      'an element of the first array on the path, whole but for the path',
      { ...NESTED, a: [{ b: { c: [1] } }, { b: { c: [4, 5], d: 1 } }] },
      { 'x.y.z': 1 },
      { 'a.b.c.$': 1 },
      { a: [{ b: { c: [4, 5] } }] },
    ],
    [
      'an element of an array inside',
      { ...NESTED, a: { b: [{ c: [1] }, { c: [4, 5] }] } },
      { 'x.y.z': 1 },
      { 'a.b.c.$': 1 },
      { a: { b: [{ c: [4, 5] }] } },
    ],
    ['what the last condition matched', LISTS, { $and: [{ a: 1 }, { a: 3 }] }, { 'b.$': 1 }, { b: [6] }],
    ['what one of several values matched', LISTS, { $or: [{ a: 2 }, { a: 3 }] }, { 'b.$': 1 }, { b: [5] }],
    ['no element by alternatives of several fields', LISTS, { $or: [{ a: 1 }, { b: 5 }] }, { 'a.$': 1 }, 51246],
    ['no element without an array in the filter', LISTS, {}, { 'a.$': 1 }, 51246],
    ['no element beyond the end', { a: [1, 2], b: [3] }, { a: 2 }, { 'b.$': 1 }, 51247],
  ];
  for (const [what, document, filter, projection, expected] of CASES) {
    it(what, async () => assert.deepEqual(await projected(document, filter, projection), expected));
  }

  it('or is refused', async () => {
    for (const [projection, code] of [
      [{ 'a.$': { $slice: 1 } }, 31271],
      [{ 'a.$': 'x' }, 31308],
      [{ 'a.$': 0 }, 16410],
      [{ 'a.$': 1, 'b.$': 1 }, 31276],
      [{ 'a.$.b': 1 }, 31394],
      [{ '.$': 1 }, 5392900],
      [{ 'a.$': 1, b: { $elemMatch: { c: 1 } } }, 31255],
      [{ b: { $elemMatch: { c: 1 } }, 'a.$': 1 }, 31256],
    ] as [Document, number][]) {
      assert.equal(await projected(LISTS, { a: 1 }, projection), code, JSON.stringify(projection));
    }
    const cursor = things.aggregate([{ $project: { 'a.$': 1 } }]);
    await assert.rejects(cursor.toArray(), { code: 31324 });
  });

  it('nothing of a document that findAndModify changed', async () => {
    await projected(LISTS, {}, {});
    const options = { projection: { 'a.$': 1 }, returnDocument: 'after' } as const;
    await assert.rejects(things.findOneAndUpdate({ a: 2 }, { $set: { d: 1 } }, options), { code: 2 });
    const before = await things.findOneAndUpdate({ a: 2 }, { $set: { d: 1 } }, { projection: { 'a.$': 1 } });
    assert.deepEqual(before, { _id: 1, a: [2] });
  });
});

describe('$slice cuts', source, () => {
  const deep = [[{ b: [1, 2, 3] }], { b: [1, 2, 3] }, 1, null, {}];
  const CASES: [string, Document, Document, Document][] = [
    [
      'in documents of an array, but not in arrays of it',
      { a: deep },
      { 'a.b': { $slice: [1, 1] } },
      { a: [[{ b: [1, 2, 3] }], { b: [2] }, 1, null, {}] },
    ],
    [
      'after the rest of an inclusion, which reaches into all arrays',
      { a: [[{ b: [1, 2], c: 1 }], { b: [1, 2], c: 1 }], d: 1, e: 1 },
      { d: 1, 'a.b': { $slice: 1 } },
      { a: [[{ b: [1, 2] }], { b: [1] }], d: 1 },
    ],
    [
      'besides what is left out',
      { a: [{ b: [1, 2], c: 1 }], d: 1, e: 1 },
      { d: 0, 'a.c': 0, 'a.b': { $slice: -1 } },
      { a: [{ b: [2] }], e: 1 },
    ],
    [
      'besides what is computed',
      { a: { b: [1, 2], c: 1 }, e: 1 },
      { a: { b: { $slice: -1 }, c: { $add: [1, '$e'] } } },
      { a: { b: [2], c: 2 } },
    ],
    ['nothing that is no array', { a: { c: 1 }, d: 1 }, { a: { $slice: 1 }, d: 1 }, { a: { c: 1 }, d: 1 }],
  ];
  for (const [what, document, projection, expected] of CASES) {
    it(what, async () => assert.deepEqual(await projected(document, {}, projection), expected));
  }
});
