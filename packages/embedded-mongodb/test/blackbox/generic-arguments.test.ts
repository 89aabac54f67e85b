/** Arguments that any command takes, as the functional tests of MongoDB-compatible servers send them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BSON, Decimal128, type Document, Double, Long } from 'mongodb';
import { BOOLEANS, NUMBERS, VALUES, withWrongTypes } from '../bson-types.ts';
import { startRefusals } from '../refusals.ts';

const { strict, refusal, db } = await startRefusals();

const decimal = (text: string) => Decimal128.fromString(text);
const UNLIMITED = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(value => new Double(value));
const UNLIMITED_DECIMALS = ['NaN', 'Infinity', '-Infinity'].map(decimal);

const READS: Document[] = [
  { find: 'c' },
  { aggregate: 'c', pipeline: [], cursor: {} },
  { count: 'c' },
  { distinct: 'c', key: 'a' },
];
const WRITES: Document[] = [
  { insert: 'c', documents: [{}] },
  { update: 'c', updates: [{ q: { _id: 99 }, u: { $set: { a: 1 } } }] },
  { delete: 'c', deletes: [{ q: { _id: 99 }, limit: 1 }] },
  { findAndModify: 'c', query: { _id: 99 }, update: { $set: { a: 1 } } },
  { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a_1' }] },
  { drop: 'missing' },
];

async function refusesAll(commands: Document[], code: number | undefined): Promise<void> {
  for (const command of commands) assert.equal(await refusal(command), code, BSON.EJSON.stringify(command));
}

const each = (commands: Document[], field: string, values: unknown[]) =>
  commands.flatMap(command => values.map(value => ({ ...command, [field]: value })));

describe('maxTimeMS', strict, () => {
  const all = [...READS, ...WRITES];
  it('is a whole number of 32 bits', async () => {
    await refusesAll(each(all, 'maxTimeMS', [-1, 2147483648, Long.fromNumber(2147483648)]), 2);
    await refusesAll(each(all, 'maxTimeMS', [1.5, decimal('1.5'), ...UNLIMITED, ...UNLIMITED_DECIMALS]), 9);
    for (const command of all) await refusesAll(withWrongTypes(command, 'maxTimeMS', [...NUMBERS, 'null']), 14);
    await refusesAll(each(READS, 'maxTimeMS', [null, 0, 2147483647, new Double(-0), decimal('1E+2')]), undefined);
  });
});

describe('readConcern', strict, () => {
  it('is a document with a level that a standalone server knows', async () => {
    for (const command of READS) await refusesAll(withWrongTypes(command, 'readConcern', ['object', 'null']), 14);
    const levels = Object.entries(VALUES).filter(([type]) => type !== 'string' && type !== 'null');
    await refusesAll(
      each(
        READS,
        'readConcern',
        levels.map(([, level]) => ({ level })),
      ),
      14,
    );
    await refusesAll(
      each(
        READS,
        'readConcern',
        ['', 'LOCAL', 'x', 'local\0'].map(level => ({ level })),
      ),
      2,
    );
    await refusesAll(each(READS, 'readConcern', [{ nope: 1 }, { level: 'local', nope: 1 }]), 40415);
    const fine = [null, {}, { level: null }, { level: 'local' }, { level: 'available' }, { level: 'majority' }];
    await refusesAll(
      each([...READS, ...WRITES], 'readConcern', [...fine, { provenance: 'clientSupplied' }]),
      undefined,
    );
  });

  it('of a snapshot needs a replica set', async () => {
    const [find, aggregate, count, distinct] = READS as [Document, Document, Document, Document];
    await refusesAll(each([find, aggregate, distinct], 'readConcern', [{ level: 'snapshot' }]), 123);
    await refusesAll(each([count], 'readConcern', [{ level: 'snapshot' }]), 72);
  });
});

describe('writeConcern', strict, () => {
  it('is a document', async () => {
    for (const command of WRITES) await refusesAll(withWrongTypes(command, 'writeConcern', ['object', 'null']), 14);
    await refusesAll(each(WRITES, 'writeConcern', [{ w: 1, nope: 1 }]), 40415);
    await refusesAll(each([...READS.slice(2), { ping: 1 }], 'writeConcern', [{}, { w: 1 }, { j: true }]), 72);
  });

  it('waits for one server', async () => {
    const types = withWrongTypes({}, 'w', ['string', 'object', 'null', ...NUMBERS]);
    const far = [-1, 51, Long.MAX_VALUE, Long.MIN_VALUE, ...UNLIMITED, ...UNLIMITED_DECIMALS].map(w => ({ w }));
    const tags = [{}, { dc: 'x' }, { dc: { a: 1 } }].map(w => ({ w }));
    await refusesAll(each(WRITES, 'writeConcern', [...types, ...far, ...tags]), 9);
    await refusesAll(
      each(
        WRITES,
        'writeConcern',
        [null, 2, '', 'Majority', 'x'].map(w => ({ w })),
      ),
      2,
    );
    const fine = [1, 1.5, 0.5, decimal('1.0'), decimal('-0'), Long.fromInt(1), 'majority', { dc: 1 }].map(w => ({ w }));
    await refusesAll(each(WRITES, 'writeConcern', [{}, ...fine]), undefined);
  });

  it('waits for the journal', async () => {
    await refusesAll(each(WRITES, 'writeConcern', withWrongTypes({ w: 1 }, 'j', [...BOOLEANS, 'null'])), 14);
    await refusesAll(
      each(WRITES, 'writeConcern', [
        { j: true, fsync: true },
        { j: 1, fsync: Number.NaN },
      ]),
      9,
    );
    await refusesAll(each(WRITES, 'writeConcern', [{ j: null }, { j: 3.14 }, { j: 0, fsync: 1 }]), undefined);
  });

  it('ends in 32 bits of milliseconds, and takes anything else for no limit', async () => {
    const late = [Long.fromNumber(2147483648), decimal('2147483648'), new Double(Number.POSITIVE_INFINITY)];
    await refusesAll(
      each(
        WRITES,
        'writeConcern',
        late.map(wtimeout => ({ wtimeout })),
      ),
      9,
    );
    const fine = [...Object.values(VALUES), -1, Number.NaN, 2147483647].map(wtimeout => ({ wtimeout }));
    await refusesAll(each(WRITES, 'writeConcern', fine), undefined);
  });
});

describe('the API version', strict, () => {
  it('is 1, and strict about commands outside it', async () => {
    await refusesAll(
      [
        { ping: 1, apiVersion: '2' },
        { ping: 1, apiVersion: '' },
      ],
      322,
    );
    await refusesAll(
      [
        { ping: 1, apiStrict: true },
        { ping: 1, apiDeprecationErrors: true },
      ],
      4886600,
    );
    await refusesAll([{ startSession: 1, apiVersion: '1', apiStrict: true }], 323);
    await refusesAll([{ distinct: 'c', key: 'a', apiVersion: '1', apiStrict: true }], 323);
    await refusesAll(
      [
        { ping: 1, apiVersion: '1', apiStrict: true },
        { find: 'c', apiVersion: '1' },
      ],
      undefined,
    );
  });
});

describe('sessions', strict, () => {
  it('are started with an id of their own', async () => {
    const [first, second] = [await db.command({ startSession: 1 }), await db.command({ startSession: 'x' })];
    assert.equal(first.timeoutMinutes, 30);
    assert.equal(first.id.id.sub_type, 4);
    assert.notDeepEqual(first.id.id.buffer, second.id.id.buffer);
  });

  it('are named by UUIDs', async () => {
    const { id } = (await db.command({ startSession: 1 })).id;
    const short = BSON.Binary.createFromHexString('00', 4);
    for (const name of ['endSessions', 'killSessions', 'refreshSessions']) {
      await refusesAll(withWrongTypes({}, name, ['array', 'null']), 14);
      await refusesAll([{ [name]: [1] }, { [name]: [{ id: 'x' }] }, { [name]: [{ id: VALUES.binData }] }], 14);
      await refusesAll([{ [name]: null }, { [name]: [{}] }, { [name]: [{ id: null }] }], 40414);
      await refusesAll([{ [name]: [{ nope: 1 }] }, { [name]: [{ id, nope: 1 }] }, { [name]: [], nope: 1 }], 40415);
      await refusesAll([{ [name]: [{ id: short }] }], 207);
      await refusesAll([{ [name]: [] }, { [name]: [{ id }, { id }] }], undefined);
    }
  });

  it('have no transactions', async () => {
    await refusesAll([{ find: 'c', txnNumber: 1 }], 14);
    await refusesAll([{ find: 'c', txnNumber: Long.fromInt(1) }], 20);
    await refusesAll(
      [
        { find: 'c', autocommit: false },
        { find: 'c', startTransaction: true },
      ],
      72,
    );
    // The driver adds a number to these two.
    await refusesAll([{ commitTransaction: 1 }, { abortTransaction: 1 }], 20);
  });
});
