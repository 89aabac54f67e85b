// What is asked at once goes to the database together, and each asker gets its own answer.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Model, Schema } from 'mongoose';
import { connectDatabase, type Database } from '#stores/database.ts';
import { gather, gatherReads, gatherWrites } from '#stores/gathering.ts';
import { startTestDatabase } from '#test/support/test-database.ts';

interface Counter {
  readonly _id: string;
  readonly count: number;
}

let folder: string;
let server: Awaited<ReturnType<typeof startTestDatabase>>;
let database: Database;
let model: Model<Counter>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipcue-gathering-'));
  server = await startTestDatabase(folder);
  database = await connectDatabase(server.uri);
  model = database.connection.model<Counter>('Counter', new Schema<Counter>({ _id: String, count: Number }));
  await model.insertMany(Array.from({ length: 5 }, (_, index) => ({ _id: `c${index}`, count: index })));
});
after(async () => {
  await database.drop();
  await database.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the first goes at once, what comes meanwhile goes together, at most a hundred; each gets its own answer', async () => {
  const sizes: number[] = [];
  const double = gather(async (items: readonly number[]) => {
    sizes.push(items.length);
    await new Promise(resolve => setTimeout(resolve, 5));
    return items.map(item => item * 2);
  });
  const first = double(1);
  await new Promise(resolve => setImmediate(resolve));
  const rest = Array.from({ length: 350 }, (_, index) => double(index));
  assert.equal(await first, 2);
  assert.deepEqual(
    await Promise.all(rest),
    Array.from({ length: 350 }, (_, index) => index * 2),
  );
  assert.deepEqual(sizes, [1, 100, 100, 100, 50]);
});

test('a command that fails fails for all who were in it, and the next ones go on', async () => {
  let isDown = true;
  const ask = gather(async (items: readonly number[]) => {
    if (isDown) throw new Error('down');
    return items;
  });
  const outcomes = await Promise.allSettled([ask(1), ask(2)]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  isDown = false;
  assert.equal(await ask(3), 3);
});

const increase = [{ $set: { count: { $add: ['$count', 10] } } }];

test('a write by itself and several together give the documents as they stand afterwards', async () => {
  const writes = gatherWrites(model);
  assert.equal((await writes.change({ _id: 'c0' }, increase))?.count, 10);
  const together = [
    writes.change({ _id: 'c1' }, increase),
    writes.change({ _id: 'c2', count: 99 }, increase),
    writes.change({ _id: 'c9' }, increase),
  ];
  const [changed, unmatched, missing] = await Promise.all(together);
  assert.equal(changed?.count, 11);
  assert.equal(unmatched?.count, 2, 'the filter did not match: the document as it is');
  assert.equal(missing, null);
  assert.equal((await writes.change({ _id: 'c2', count: 99 }, increase))?.count, 2, 'the same for a write by itself');
});

test('a write that nobody reads says whether it was written, also together with others and where one was not', async () => {
  const writes = gatherWrites(model);
  const hasTen = (least: number) => (stored: Counter) => stored.count >= least;
  assert.equal(await writes.changeUnread({ _id: 'c4', count: 4 }, increase, hasTen(14)), true, 'by itself');
  assert.equal(await writes.changeUnread({ _id: 'c4', count: 4 }, increase, hasTen(24)), false, 'by itself, unmatched');
  const together = await Promise.all([
    writes.changeUnread({ _id: 'c4', count: 14 }, increase, hasTen(24)),
    writes.changeUnread({ _id: 'c4', count: 4 }, increase, hasTen(34)),
    writes.change({ _id: 'c4' }, [{ $set: { count: '$count' } }]).then(stored => stored?.count),
    writes.changeUnread({ _id: 'c9' }, increase, hasTen(0)),
  ]);
  assert.deepEqual(together, [true, false, 24, false]);
});

test('two writes to one document in one command both happen', async () => {
  const writes = gatherWrites(model);
  const both = await Promise.all([writes.change({ _id: 'c3' }, increase), writes.change({ _id: 'c3' }, increase)]);
  assert.deepEqual(
    both.map(stored => stored?.count),
    [23, 23],
  );
});

test('reads give each its own document, or null', async () => {
  const read = gatherReads<Counter, Pick<Counter, '_id'>>(model, { _id: 1 });
  assert.deepEqual(await Promise.all([read('c4'), read('c9'), read('c0')]), [{ _id: 'c4' }, null, { _id: 'c0' }]);
});
