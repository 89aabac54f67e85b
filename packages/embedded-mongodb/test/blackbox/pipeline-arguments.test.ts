/**
 * What MongoDB refuses in the stages of a pipeline and in filters, each with its code.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Document } from 'mongodb';
import { startRefusals } from '../refusals.ts';

const { strict, refusal } = await startRefusals();

const STAGES: [Document, number][] = [
  [{ $match: 1 }, 15959],
  [{ $match: { $nope: 1 } }, 2],
  [{ $limit: 0 }, 15958],
  [{ $limit: -1 }, 5107201],
  [{ $skip: -1 }, 5107200],
  [{ $skip: 'x' }, 5107200],
  [{ $sort: 1 }, 15973],
  [{ $sort: {} }, 15976],
  [{ $sort: { a: 2 } }, 15975],
  [{ $sort: { a: 'x' } }, 15974],
  [{ $group: 1 }, 15947],
  [{ $group: {} }, 15955],
  [{ $group: { _id: 1, a: 1 } }, 40234],
  [{ $group: { _id: 1, a: { $nope: 1 } } }, 15952],
  [{ $group: { _id: 1, a: { $sum: 1, $avg: 1 } } }, 40238],
  [{ $group: { _id: 1, 'a.b': { $sum: 1 } } }, 40235],
  [{ $group: { _id: 1, $a: { $sum: 1 } } }, 40236],
  [{ $project: 1 }, 15969],
  [{ $project: {} }, 51272],
  [{ $project: { a: 1, b: 0 } }, 31254],
  [{ $project: { a: 0, b: 1 } }, 31253],
  [{ $project: { '': 1 } }, 40352],
  [{ $project: { 'a.': 1 } }, 40353],
  [{ $project: { $a: 1 } }, 16410],
  [{ $project: { a: {} } }, 51270],
  [{ $addFields: 1 }, 40272],
  [{ $addFields: {} }, 51272],
  [{ $set: 1 }, 40272],
  [{ $unset: 1 }, 31002],
  [{ $unset: [] }, 31119],
  [{ $unset: [1] }, 31120],
  [{ $unset: '' }, 40352],
  [{ $unwind: 1 }, 15981],
  [{ $unwind: 'a' }, 28818],
  [{ $unwind: {} }, 28812],
  [{ $unwind: { path: 1 } }, 28808],
  [{ $unwind: { path: '$a', nope: 1 } }, 28811],
  [{ $unwind: { path: '$a', preserveNullAndEmptyArrays: 1 } }, 28809],
  [{ $unwind: { path: '$a', includeArrayIndex: 1 } }, 28810],
  [{ $unwind: { path: '$a', includeArrayIndex: '' } }, 28810],
  [{ $unwind: { path: '$a', includeArrayIndex: '$x' } }, 28822],
  [{ $count: 1 }, 40156],
  [{ $count: '' }, 40157],
  [{ $count: '$a' }, 40158],
  [{ $count: 'a.b' }, 40160],
  [{ $lookup: {} }, 9],
  [{ $lookup: { from: 'x' } }, 9],
  [{ $lookup: { from: 1, as: 'a', localField: 'a', foreignField: 'b' } }, 9],
  [{ $lookup: { from: 'x', as: 'a', nope: 1 } }, 9],
  [{ $replaceRoot: 1 }, 40229],
  [{ $replaceRoot: { newRoot: 1 } }, 40228],
  [{ $replaceRoot: { nope: 1 } }, 40415],
  [{ $replaceWith: 1 }, 40228],
  [{ $sortByCount: 1 }, 40149],
  [{ $sortByCount: 'a' }, 40148],
  [{ $sortByCount: {} }, 40147],
  [{ $facet: 1 }, 40169],
  [{ $facet: {} }, 40169],
  [{ $facet: { a: 1 } }, 40170],
  [{ $facet: { a: [{ $facet: { b: [] } }] } }, 40600],
  [{}, 40323],
  [{ $nope: 1 }, 40324],
  [{ $project: { a: { $add: ['x', 1] } } }, 14],
  [{ $project: { a: { $divide: [1] } } }, 16020],
  [{ $project: { a: { $divide: [1, 0] } } }, 2],
  [{ $project: { a: { $cond: [1] } } }, 16020],
  [{ $project: { a: { $cond: { if: 1 } } } }, 17081],
  [{ $project: { a: '$$nope' } }, 17276],
  [{ $project: { a: { $map: 1 } } }, 16878],
  [{ $project: { a: { $map: {} } } }, 16880],
  [{ $project: { a: { $filter: {} } } }, 28648],
  [{ $project: { a: { $let: {} } } }, 16876],
  [{ $project: { a: { $switch: {} } } }, 40068],
  [{ $project: { a: { $substr: ['a'] } } }, 16020],
  [{ $project: { a: { $dateToString: {} } } }, 18628],
  [{ $project: { a: { $arrayElemAt: [1, 2] } } }, 28689],
  [{ $project: { a: { $size: 1 } } }, 17124],
  [{ $project: { a: { $toInt: 'x' } } }, 241],
  [{ $project: { a: { $convert: {} } } }, 9],
];

const FILTERS: [Document, number][] = [
  [{ $and: 1 }, 2],
  [{ $and: [] }, 2],
  [{ $or: [1] }, 2],
  [{ a: { $in: 1 } }, 2],
  [{ a: { $size: -1 } }, 2],
  [{ a: { $size: 'x' } }, 2],
  [{ a: { $mod: 1 } }, 2],
  [{ a: { $mod: [0, 1] } }, 2],
  [{ a: { $mod: [1] } }, 2],
  [{ a: { $mod: [1, 2, 3] } }, 2],
  [{ a: { $type: 'nope' } }, 2],
  [{ a: { $type: 99 } }, 2],
  [{ a: { $type: [] } }, 9],
  [{ a: { $regex: 1 } }, 2],
  [{ a: { $regex: '(' } }, 51091],
  [{ a: { $options: 'i' } }, 2],
  [{ a: { $regex: 'a', $options: 'q' } }, 51108],
  [{ a: { $elemMatch: 1 } }, 2],
  [{ a: { $all: 1 } }, 2],
  [{ a: { $not: 1 } }, 2],
  [{ a: { $not: {} } }, 2],
  [{ a: { $not: { $nope: 1 } } }, 2],
  [{ a: { $bitsAllSet: -1 } }, 9],
  [{ $expr: { $nope: 1 } }, 168],
  [{ a: { $gt: /x/ } }, 2],
  [{ a: { $ne: /x/ } }, 2],
  [{ a: { $in: [{ $gt: 1 }] } }, 2],
];

describe('refused', strict, () => {
  it('stages', async () => {
    for (const [stage, code] of STAGES) {
      assert.equal(await refusal({ aggregate: 'c', pipeline: [stage], cursor: {} }), code, JSON.stringify(stage));
    }
  });

  it('filters', async () => {
    for (const [filter, code] of FILTERS) {
      assert.equal(await refusal({ find: 'c', filter }), code, JSON.stringify(filter));
    }
  });
});
