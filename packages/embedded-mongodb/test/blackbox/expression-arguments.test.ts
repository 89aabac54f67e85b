/** What the operators of expressions refuse, each with its code; decided by a public suite's tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decimal128, type Document, Double, Long } from 'mongodb';
import { NUMBERS, VALUES } from '../bson-types.ts';
import { startRefusals } from '../refusals.ts';

const { strict, db, refusal } = await startRefusals();

const at = new Date(0);
const fraction = new Double(1.5);

const NUMERIC: [Document, number][] = [
  [{ $log: [0, 10] }, 28758],
  [{ $log: [10, 1] }, 28759],
  [{ $round: [1, 'x'] }, 51081],
  [{ $round: [1, fraction] }, 51082],
  [{ $round: [1, 101] }, 51083],
];

const STRINGS: [Document, number][] = [
  [{ $indexOfCP: [1, 'x'] }, 40093],
  [{ $indexOfCP: ['x', 1] }, 40094],
  [{ $indexOfCP: ['x', 'y', -1] }, 40097],
  [{ $indexOfBytes: [1, 'x'] }, 40091],
  [{ $indexOfBytes: ['x', 'y', 0, -1] }, 40097],
  [{ $substrBytes: ['é', 1, 1] }, 28656],
  [{ $substrBytes: ['é', 0, 1] }, 28657],
  [{ $substrCP: ['abc', 'x', 1] }, 34450],
  [{ $substrCP: ['abc', fraction, 1] }, 34451],
  [{ $substrCP: ['abc', 0, 'x'] }, 34452],
  [{ $substrCP: ['abc', 0, fraction] }, 34453],
  [{ $substrCP: ['abc', 0, -1] }, 34454],
  [{ $substrCP: ['abc', -1, 1] }, 34455],
  [{ $trim: 'x' }, 50696],
  [{ $trim: {} }, 50695],
  [{ $trim: { input: 'x', nope: 1 } }, 50694],
  [{ $regexMatch: { regex: 'x' } }, 31022],
  [{ $regexMatch: { input: 'x' } }, 31023],
  [{ $regexMatch: { input: 'x', regex: 'x', nope: 1 } }, 31024],
  [{ $regexMatch: { input: 'x', regex: /x/i, options: 'm' } }, 51107],
  [{ $regexMatch: { input: 'x', regex: 'x\0' } }, 51109],
  [{ $regexMatch: { input: 'x', regex: 'x', options: '\0' } }, 51110],
  [{ $regexMatch: { input: 'x', regex: '(' } }, 51111],
  [{ $replaceOne: { find: 'x', replacement: 'y' } }, 51749],
  [{ $replaceOne: { input: 'x', replacement: 'y' } }, 51748],
  [{ $replaceOne: { input: 'x', find: 'y' } }, 51747],
  [{ $replaceOne: { input: 'x', find: 'y', replacement: 'z', nope: 1 } }, 51750],
  [{ $replaceOne: { input: 1, find: 'y', replacement: 'z' } }, 51746],
  [{ $replaceOne: { input: null, find: 1, replacement: 'z' } }, 51745],
  [{ $replaceAll: { input: 'x', find: 'y', replacement: 1 } }, 51744],
];

const COLLECTIONS: [Document, number][] = [
  [{ $arrayElemAt: [[1], 'x'] }, 28690],
  [{ $arrayElemAt: [[1], fraction] }, 28691],
  [{ $slice: [[1], 'x'] }, 28725],
  [{ $slice: [[1], fraction] }, 28726],
  [{ $slice: [[1], 1, 'x'] }, 28727],
  [{ $slice: [[1], 1, fraction] }, 28728],
  [{ $range: ['x', 1] }, 34443],
  [{ $range: [null, 1] }, 34443],
  [{ $range: [0, 'x'] }, 34445],
  [{ $range: [0, 1, 'x'] }, 34447],
  [{ $filter: { input: [1], cond: true, limit: 0 } }, 327392],
  [{ $filter: { input: [1], cond: true, limit: 'x' } }, 327391],
  [{ $indexOfArray: [[1], 1, -1] }, 40097],
  [{ $indexOfArray: [[1], 1, 'x'] }, 40096],
  [{ $sortArray: 1 }, 2942500],
  [{ $sortArray: { input: [], sortBy: 1, nope: 1 } }, 2942501],
  [{ $sortArray: { sortBy: 1 } }, 2942502],
  [{ $sortArray: { input: [] } }, 2942503],
  [{ $sortArray: { input: [], sortBy: { a: 2 } } }, 2942505],
  [{ $sortArray: { input: [], sortBy: 2 } }, 2942506],
  [{ $sortArray: { input: [], sortBy: 'a' } }, 2942507],
  [{ $setUnion: ['x'] }, 17043],
  [{ $setIntersection: ['x'] }, 17047],
  [{ $setDifference: ['x', []] }, 17048],
  [{ $setDifference: [[], 'x'] }, 17049],
  [{ $setEquals: [[1]] }, 17045],
  [{ $setEquals: [null, []] }, 5887502],
  [{ $setEquals: ['$nope', []] }, 17044],
  [{ $setIsSubset: [null, []] }, 17046],
  [{ $setIsSubset: [[], null] }, 17042],
];

const OBJECTS: [Document, number][] = [
  // biome-ignore lint/suspicious/noThenProperty: the operator's own field name
  [{ $switch: { branches: [{ case: false, then: 1 }] } }, 40069],
  // biome-ignore lint/suspicious/noThenProperty: the operator's own field name
  [{ $switch: { branches: [{ case: '$nope', then: 1 }] } }, 40066],
  [{ $getField: { field: 'a', input: {}, nope: 1 } }, 3041701],
  [{ $getField: { input: {} } }, 3041702],
  [{ $getField: { field: 'a' } }, 3041703],
  [{ $getField: 1 }, 3041704],
  [{ $getField: '$a' }, 3041704],
  [{ $setField: 1 }, 4161100],
  [{ $setField: { field: 'a', input: {}, value: 1, nope: 1 } }, 4161101],
  [{ $setField: { input: {}, value: 1 } }, 4161102],
  [{ $setField: { field: 'a', input: {} } }, 4161103],
  [{ $setField: { field: 'a', value: 1 } }, 4161109],
  [{ $setField: { field: { $concat: ['a', 'b'] }, input: {}, value: 1 } }, 4161106],
  [{ $setField: { field: 1, input: {}, value: 1 } }, 4161107],
  [{ $setField: { field: '$a', input: {}, value: 1 } }, 4161108],
];

const DATES: [Document, number][] = [
  [{ $year: { nope: 1 } }, 40535],
  [{ $year: { timezone: 'UTC' } }, 40539],
  [{ $year: [at, at] }, 40536],
  [{ $year: [] }, 40536],
  [{ $year: [{ date: at }] }, 16006],
  [{ $dateAdd: 1 }, 5166400],
  [{ $dateAdd: { startDate: at, unit: 'day', amount: 1, nope: 1 } }, 5166401],
  [{ $dateAdd: { unit: 'day', amount: 1 } }, 5166402],
  [{ $dateAdd: { startDate: 'x', unit: 'day', amount: 1 } }, 5166403],
  [{ $dateAdd: { startDate: at, unit: 'day', amount: fraction } }, 5166405],
  [{ $dateAdd: { startDate: at, unit: 'day', amount: 200_000_000 } }, 5166406],
  [{ $dateAdd: { startDate: at, unit: 'month', amount: Long.fromNumber(-3e10) } }, 5976500],
  [{ $dateSubtract: { startDate: at, unit: 'day', amount: Long.MIN_VALUE } }, 6045000],
  [{ $dateDiff: 1 }, 5166301],
  [{ $dateDiff: { startDate: at, endDate: at, unit: 'day', nope: 1 } }, 5166302],
  [{ $dateDiff: {} }, 5166303],
  [{ $dateDiff: { startDate: at, unit: 'day' } }, 5166304],
  [{ $dateDiff: { startDate: at, endDate: at } }, 5166305],
  [{ $dateDiff: { startDate: at, endDate: 'x', unit: 'day' } }, 5166307],
  [{ $dateTrunc: 1 }, 5439007],
  [{ $dateTrunc: { date: at, unit: 'day', nope: 1 } }, 5439008],
  [{ $dateTrunc: { unit: 'day' } }, 5439009],
  [{ $dateTrunc: { date: at } }, 5439010],
  [{ $dateTrunc: { date: 'x', unit: 'day' } }, 5166307],
  [{ $dateTrunc: { date: at, unit: 'week', startOfWeek: 1 } }, 5439015],
  [{ $dateTrunc: { date: at, unit: 'week', startOfWeek: 'x' } }, 5439016],
  [{ $dateTrunc: { date: at, unit: 'day', binSize: fraction } }, 5439017],
  [{ $dateTrunc: { date: at, unit: 'day', binSize: 0 } }, 5439018],
  [{ $dateTrunc: { date: at, unit: 'day', binSize: Long.fromNumber(1e12) } }, 5439005],
  [{ $dateTrunc: { date: at, unit: 'year', binSize: Long.fromNumber(1e12) } }, 5439006],
  [{ $dateTrunc: { date: at, unit: 'hour', binSize: Long.fromNumber(1e16) } }, 5439002],
  [{ $dateToString: { date: at, format: 1 } }, 18533],
  [{ $dateToString: { date: at, format: '%' } }, 18535],
  [{ $dateToString: { date: at, format: '%x' } }, 18536],
  [{ $dateToString: { date: { $toDate: Long.fromNumber(3e14) } } }, 18537],
  [{ $dateFromString: 1 }, 40540],
  [{ $dateFromString: { dateString: 'x', nope: 1 } }, 40541],
  [{ $dateFromString: {} }, 40542],
  [{ $dateFromString: { dateString: 'x' } }, 241],
  [{ $dateFromString: { dateString: '2024-01-01', format: 1 } }, 40684],
  [{ $dateFromString: { dateString: '2024-01-01', format: '%w' } }, 18536],
  [{ $dateFromString: { dateString: '2024-01-01', format: '%d-%m-%Y' } }, 241],
  [{ $dateFromString: { dateString: '31-02-2024', format: '%d-%m-%Y' } }, 241],
  [{ $dateFromString: { dateString: '2024-01-01T00:00:00Z', timezone: 'Europe/Paris' } }, 241],
];

const CONVERSIONS: [Document, number][] = [
  [{ $convert: { input: 1, to: fraction } }, 9],
  [{ $convert: { input: 1, to: 99 } }, 9],
  [{ $convert: { input: 1, to: true } }, 9],
  [{ $convert: { input: null, to: true } }, 9],
  [{ $convert: { input: 1, to: 'nope' } }, 2],
  [{ $convert: { input: 1, to: 'array' } }, 241],
  [{ $toInt: [1, 2] }, 50723],
  [{ $toString: { $toDate: Long.fromNumber(3e14) } }, 18537],
  ...['0x', '0x1p', '0b1', ' 1', '1e309', '1e-400', '1.5e', ''].map((text): [Document, number] => [
    { $toDouble: text },
    241,
  ]),
];

async function assertRefused(rows: [Document, number][]): Promise<void> {
  for (const [expression, code] of rows) {
    const pipeline = [{ $set: { r: expression } }];
    assert.equal(await refusal({ aggregate: 'c', pipeline, cursor: {} }), code, JSON.stringify(expression));
  }
}

async function computed(expression: unknown): Promise<unknown> {
  const [found] = await db
    .collection('c')
    .aggregate([{ $project: { _id: 0, r: expression } }])
    .toArray();
  return found?.r;
}

describe('refused', strict, () => {
  it('numbers', () => assertRefused(NUMERIC));
  it('strings', () => assertRefused(STRINGS));
  it('arrays and sets', () => assertRefused(COLLECTIONS));
  it('objects and branches', () => assertRefused(OBJECTS));
  it('dates', () => assertRefused(DATES));
  it('conversions', () => assertRefused(CONVERSIONS));

  it('time zones that are none, names in another case among them', async () => {
    const zones = ['', 'Z', '+100:00', 'America/Nowhere', 'america/new_york', 'AMERICA/NEW_YORK', 'america/New_York'];
    await assertRefused(zones.map(timezone => [{ $hour: { date: at, timezone } }, 40485]));
  });

  it('what is no unit, no zone and no amount, of every type', async () => {
    for (const [type, value] of Object.entries(VALUES)) {
      if (type === 'null') continue;
      const constant = { $literal: value };
      if (type !== 'string') {
        await assertRefused([
          [{ $dateAdd: { startDate: at, unit: constant, amount: 1 } }, 5439013],
          [{ $dateDiff: { startDate: at, endDate: at, unit: constant } }, 5439013],
          [{ $dateTrunc: { date: at, unit: constant } }, 5439013],
          [{ $hour: { date: at, timezone: constant } }, 40517],
          [{ $dateToString: { date: at, timezone: constant } }, 40517],
        ]);
      }
      if (NUMBERS.includes(type)) continue;
      await assertRefused([
        [{ $dateSubtract: { startDate: at, unit: 'day', amount: constant } }, 5166405],
        [{ $dateTrunc: { date: at, unit: 'day', binSize: constant } }, 5439017],
        [{ $log: [constant, 10] }, 28756],
        [{ $log: [10, constant] }, 28757],
      ]);
    }
  });
});

describe('computed', strict, () => {
  it('null from a zone, a format or a bin that is null or missing', async () => {
    for (const nothing of [null, '$nope']) {
      assert.equal(await computed({ $hour: { date: at, timezone: nothing } }), null);
      assert.equal(await computed({ $dateToString: { date: at, timezone: nothing } }), null);
      assert.equal(await computed({ $dateToString: { date: at, format: nothing } }), null);
      assert.equal(await computed({ $dateFromString: { dateString: '2024-01-01', timezone: nothing } }), null);
      assert.equal(await computed({ $dateAdd: { startDate: at, unit: 'day', amount: 1, timezone: nothing } }), null);
      assert.equal(await computed({ $dateTrunc: { date: at, unit: 'day', binSize: nothing } }), null);
    }
  });

  it('dates written in every letter of a format', async () => {
    const date = new Date('2024-06-15T10:30:45.123Z');
    const format = '%Y %m %d %H %M %S %L %j %u %w %% %G %V %U %b %B %z %Z';
    const expected = '2024 06 15 10 30 45 123 167 6 7 % 2024 24 23 Jun June +0000 0';
    assert.equal(await computed({ $dateToString: { date, format } }), expected);
    const zoned = { $dateToString: { date, timezone: 'America/New_York' } };
    assert.equal(await computed(zoned), '2024-06-15T06:30:45.123');
  });

  it('dates read by a format, and in a zone', async () => {
    for (const [dateString, format, expected] of [
      ['15-06-2018', '%d-%m-%Y', '2018-06-15'],
      ['jan 15 2020', '%b %d %Y', '2020-01-15'],
      ['january 15 2020', '%B %d %Y', '2020-01-15'],
      ['20170208', '%Y%m%d', '2017-02-08'],
      ['2024-W24-6', '%G-W%V-%u', '2024-06-15'],
      ['2024-06-15 +0530', '%Y-%m-%d %z', '2024-06-14T18:30:00Z'],
      ['2024-06-15 +330', '%Y-%m-%d %Z', '2024-06-14T18:30:00Z'],
      ['100% 2024-06-15 14:30:45.123', '100%% %Y-%m-%d %H:%M:%S.%L', '2024-06-15T14:30:45.123Z'],
    ] as const) {
      assert.deepEqual(await computed({ $dateFromString: { dateString, format } }), new Date(expected), format);
    }
    for (const [timezone, expected] of [
      ['America/New_York', '2024-06-15T16:00:00Z'],
      ['+05:30', '2024-06-15T06:30:00Z'],
      ['-03', '2024-06-15T15:00:00Z'],
      ['+05:70', '2024-06-15T05:50:00Z'],
    ] as const) {
      const expression = { $dateFromString: { dateString: '2024-06-15T12:00:00', timezone } };
      assert.deepEqual(await computed(expression), new Date(expected), timezone);
    }
    for (const text of ['\t2024-06-15  12:30:45 Z\n', '2024-06-15T12:30:45+00', '2024-06-15\t07:00:45 -0530']) {
      assert.deepEqual(await computed({ $toDate: text }), new Date('2024-06-15T12:30:45Z'), text);
    }
  });

  it('doubles from all that C reads, and what no conversion takes caught', async () => {
    for (const [text, expected] of [
      ['+1', 1],
      ['.5', 0.5],
      ['1E10', 1e10],
      ['-inf', Number.NEGATIVE_INFINITY],
      ['+Infinity', Number.POSITIVE_INFINITY],
      ['+0x1.8p1', 3],
      ['-0xff', -255],
    ] as const) {
      assert.equal(await computed({ $toDouble: text }), expected, text);
    }
    assert.equal(await computed({ $convert: { input: 1, to: 'array', onError: 'caught' } }), 'caught');
    const late = { $toDate: Long.fromNumber(3e14) };
    assert.equal(await computed({ $convert: { input: late, to: 'string', onError: 'caught' } }), 'caught');
  });

  it('logarithms, and a field named by an expression', async () => {
    assert.equal(await computed({ $log: [100, 10] }), 2);
    assert.equal(await computed({ $log: [null, 10] }), null);
    assert.deepEqual(await computed({ $log: [Decimal128.fromString('8'), 2] }), Decimal128.fromString('3'));
    assert.equal(await computed({ $getField: { field: { $concat: ['a', ''] }, input: { a: 5 } } }), 5);
    assert.equal(await computed({ $getField: '$s' }), undefined);
    assert.equal(await computed({ $substrBytes: ['hello', fraction, 3] }), 'ell');
  });
});
