/** Long commands let others run, can be limited in time, and cursors hold nothing that a write would meet. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { errorCode, startTarget } from '../target.ts';

const { db, isEmbedded } = await startTarget();
const many = db.collection<{ _id: number; n: number }>('many');
for (let part = 0; part < 4; part += 1) {
  await many.insertMany(
    Array.from({ length: 10_000 }, (_, i) => ({ _id: part * 10_000 + i, n: i, text: 'x'.repeat(50) })),
  );
}
const slow = { $expr: { $eq: [{ $mod: ['$n', 7] }, { $add: ['$n', 1] }] } };

it('a full scan does not hold up a short command', async () => {
  let scanDone = false;
  const scan = many.countDocuments(slow).then(count => {
    scanDone = true;
    return count;
  });
  await db.command({ ping: 1 });
  assert.equal(scanDone, false, 'the ping should be answered while the scan runs');
  assert.equal(await scan, 0);
});

it('maxTimeMS ends a command', { skip: !isEmbedded && 'the other server is faster' }, async () => {
  assert.equal(await errorCode(many.countDocuments(slow, { maxTimeMS: 1 })), 50);
});

it('a cursor goes on through writes, updates and the drop of an index', {
  skip: !isEmbedded && 'no snapshot there',
}, async () => {
  await many.createIndex({ n: 1 });
  const cursor = many.find({ n: { $lt: 200 } }, { batchSize: 50, projection: { n: 1 } });
  const seen = new Set<number>();
  for await (const { _id } of cursor) {
    assert.ok(!seen.has(_id), `document ${_id} came twice`);
    seen.add(_id);
    if (seen.size === 60) await many.updateMany({ n: { $lt: 100 } }, { $inc: { n: 100_000 } });
    if (seen.size === 120) await many.dropIndex('n_1');
  }
  assert.ok(seen.size >= 400 && seen.size <= 800, `expected most of 800 documents, saw ${seen.size}`);
});

it('a cursor does not show what has ceased to match', { skip: !isEmbedded && 'a snapshot there' }, async () => {
  const changing = db.collection<{ _id: number; n: number }>('changing');
  await changing.createIndex({ n: 1 });
  await changing.insertMany(Array.from({ length: 10 }, (_, n) => ({ _id: n, n })));
  const cursor = changing.find({ n: { $lt: 10 } }, { batchSize: 3 });
  const seen = [(await cursor.next())?._id];
  await changing.updateMany({ _id: { $gte: 5 } }, { $inc: { n: 100 } });
  for await (const { _id } of cursor) seen.push(_id);
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
});

it('a cursor on a dropped collection says so', { skip: !isEmbedded && 'loose there' }, async () => {
  const gone = db.collection('gone');
  await gone.insertMany(Array.from({ length: 500 }, (_, i) => ({ i })));
  const cursor = gone.find({}, { batchSize: 10 });
  await cursor.next();
  await gone.drop();
  assert.equal(await errorCode(cursor.toArray()), 43);
});

it('a scan of what is dropped meanwhile ends, and no other command', {
  skip: !isEmbedded && 'loose there',
}, async () => {
  const doomed = db.collection('doomed');
  await doomed.insertMany(Array.from({ length: 20_000 }, (_, n) => ({ n })));
  const ended = errorCode(doomed.countDocuments(slow));
  const other = many.countDocuments(slow);
  await db.command({ ping: 1 });
  await doomed.drop();
  assert.equal(await ended, 175);
  assert.equal(await other, 0);
});
