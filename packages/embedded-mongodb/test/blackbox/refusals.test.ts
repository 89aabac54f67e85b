/** What is refused, with the codes that third-party suites expect. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Document } from 'mongodb';
import { errorCode, startTarget } from '../target.ts';

const { db, client, isEmbedded } = await startTarget();
const strict = { skip: !isEmbedded && "the other server's argument checks are loose" };

const REFUSED: [string, Document, number][] = [
  ['an unknown command', { nope: 1 }, 59],
  ['an unknown field', { find: 'c', nope: 1 }, 40415],
  ['a filter that is no document', { find: 'c', filter: 1 }, 14],
  ['a limit that is no number', { find: 'c', limit: 'x' }, 14],
  ['a negative skip', { find: 'c', skip: -1 }, 51024],
  ['a new collection name with $', { create: 'a$b' }, 73],
  ['an empty collection name', { insert: '', documents: [{}] }, 73],
  ['a collection name of another type', { find: 1 }, 73],
  ['an insert without documents', { insert: 'c' }, 40414],
  ['an empty batch', { insert: 'c', documents: [] }, 16],
  ['an update without q', { update: 'c', updates: [{ u: {} }] }, 40414],
  ['a delete limit of 2', { delete: 'c', deletes: [{ q: {}, limit: 2 }] }, 9],
  ['a pipeline without cursor', { aggregate: 'c', pipeline: [] }, 9],
  ['an unknown stage', { aggregate: 'c', pipeline: [{ $nope: 1 }], cursor: {} }, 40324],
  ['a stage with two fields', { aggregate: 'c', pipeline: [{ $limit: 1, $skip: 1 }], cursor: {} }, 40323],
  ['an unknown expression', { aggregate: 'c', pipeline: [{ $set: { a: { $nope: 1 } } }], cursor: {} }, 168],
  ['an unknown query operator', { find: 'c', filter: { a: { $nope: 1 } } }, 2],
  ['a cursor that is not there', { getMore: 1n, collection: 'c' }, 43],
  ['renaming outside admin', { renameCollection: 'a.b', to: 'a.c' }, 13],
  ['w of several servers', { insert: 'c', documents: [{}], writeConcern: { w: 3 } }, 2],
  ['a cursor option that is none', { aggregate: 'c', pipeline: [], cursor: { nope: 1 } }, 40415],
  ['a cursor option that is none, of a list', { listCollections: 1, cursor: { nope: 1 } }, 40415],
  ['nothing to explain', { explain: null }, 14],
  ['an unknown collMod field', { collMod: 'c', nope: 1 }, 40415],
  ['a list of indexes of no collection', { listIndexes: 'missing' }, 26],
  ['dropping an index of no collection', { dropIndexes: 'missing', index: 'a_1' }, 26],
  ['changing no collection', { collMod: 'missing', index: { name: 'a_1', hidden: true } }, 26],
  ['documents that are no list', { insert: 'c', documents: {} }, 14],
  ['updates that are no list', { update: 'c', updates: 1 }, 14],
  ['deletes that are no list', { delete: 'c', deletes: 'x' }, 14],
  ['a write concern that is none', { insert: 'c', documents: [{}], writeConcern: 1 }, 14],
  ['an unknown write concern field', { insert: 'c', documents: [{}], writeConcern: { nope: 1 } }, 40415],
  ['a time limit that is negative', { find: 'c', maxTimeMS: -1 }, 2],
  ['a cursor id of another type', { getMore: 'x', collection: 'c' }, 14],
  ['cursors that are no list', { killCursors: 'c', cursors: 1 }, 14],
  ['a new name in no database', { renameCollection: 'x', to: 'y' }, 13],
  ['an update for all as replacement', { update: 'c', updates: [{ q: {}, u: { a: 1 }, multi: true }] }, 9],
];

describe('refused commands', strict, () => {
  for (const [what, command, code] of REFUSED) {
    it(`${what}: ${code}`, async () => {
      const reply = await db.command(command).catch((error: unknown) => error);
      const found = (reply as Document).writeErrors?.[0]?.code ?? (reply as Document).code;
      assert.equal(found, code);
    });
  }
});

describe('a field that no command knows', strict, () => {
  const COMMANDS: Document[] = [
    { find: 'c' },
    { insert: 'c', documents: [{}] },
    { update: 'c', updates: [{ q: {}, u: { $set: { a: 1 } } }] },
    { delete: 'c', deletes: [{ q: {}, limit: 1 }] },
    { findAndModify: 'c', remove: true },
    { aggregate: 'c', pipeline: [], cursor: {} },
    { count: 'c' },
    { distinct: 'c', key: 'a' },
    { create: 'c' },
    { drop: 'c' },
    { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a_1' }] },
    { dropIndexes: 'c', index: 'a_1' },
    { listIndexes: 'c' },
    { listCollections: 1 },
    { collStats: 'c' },
    { dbStats: 1 },
    { dropDatabase: 1 },
    { getMore: 1n, collection: 'c' },
    { killCursors: 'c', cursors: [1n] },
    { explain: { find: 'c' } },
  ];
  for (const command of COMMANDS) {
    it(`of ${Object.keys(command)[0]}: 40415`, async () => {
      assert.equal(await errorCode(db.command({ ...command, nopeField: 1 })), 40415);
    });
  }
});

describe('a standalone server', () => {
  it('presents itself as one', async () => {
    const hello = await db.admin().command({ hello: 1 });
    assert.equal(hello.isWritablePrimary, true);
    assert.equal(hello.setName, undefined);
    assert.equal(hello.maxWireVersion, 21);
  });

  it('refuses transactions', strict, async () => {
    const session = client.startSession();
    try {
      session.startTransaction();
      // The driver recognizes a standalone's answer (code 20) and words it itself.
      const refused = { message: /does not support retryable writes|Transaction numbers are only allowed/ };
      await assert.rejects(db.collection('c').insertOne({}, { session }), refused);
      await session.abortTransaction().catch(() => {});
    } finally {
      await session.endSession();
    }
  });

  it('refuses change streams', strict, async () => {
    const stream = db.collection('c').watch();
    assert.equal(await errorCode(stream.next()), 40573);
    await stream.close();
  });

  it('refuses retryable writes', strict, async () => {
    assert.equal(await errorCode(db.command({ insert: 'c', documents: [{}], txnNumber: 1n })), 20);
  });
});

describe('collections', () => {
  it('are made, listed and dropped', async () => {
    await db.createCollection('explicit');
    if (isEmbedded) assert.equal(await errorCode(db.createCollection('explicit')), 48);
    const listed = await db.listCollections({ name: 'explicit' }).toArray();
    assert.deepEqual(
      listed.map(({ name, type }) => [name, type]),
      [['explicit', 'collection']],
    );
    await db.collection('explicit').drop();
    assert.deepEqual(await db.listCollections({ name: 'explicit' }).toArray(), []);
  });
});
