/** mongoose and Agenda, unmodified. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import mongoose from 'mongoose';
import { startTarget } from '../target.ts';

// Registered first, since hooks run in order: a client that outlives its server may wait for ever to say goodbye.
after(() => connection.close());
const { uri, db } = await startTarget();
const connection = await mongoose.createConnection(uri).asPromise();

type ThingFields = {
  owner?: mongoose.Types.ObjectId;
  tags: string[];
  parts: mongoose.Types.DocumentArray<{ n: number }>;
  left?: mongoose.Types.Map<number>;
  createdAt: Date;
  updatedAt: Date;
};

it('mongoose: indexes, timestamps, versioned saves, arrays, populate', async () => {
  const person = connection.model('Person', new mongoose.Schema({ name: { type: String, unique: true } }));
  const schema = new mongoose.Schema(
    {
      owner: { type: mongoose.Schema.Types.ObjectId, ref: 'Person' },
      tags: [String],
      parts: [{ n: Number }],
      left: { type: Map, of: Number },
    },
    { timestamps: true, optimisticConcurrency: true },
  );
  const thing = connection.model<ThingFields>('Thing', schema);
  await Promise.all([person.init(), thing.init()]);
  const owner = await person.create({ name: 'Ada' });
  await assert.rejects(person.create({ name: 'Ada' }), { code: 11000 });
  const made = await thing.create({ owner: owner._id, tags: ['a'], parts: [{ n: 1 }], left: { x: 1 } });
  const stale = await thing.findById(made._id);
  made.tags.push('b');
  made.parts[0]?.set('n', 2);
  made.left?.set('y', 2);
  await made.save();
  assert.ok(stale);
  stale.tags.push('c');
  await assert.rejects(stale.save(), { name: 'VersionError' });
  const found = await thing
    .findOne({ tags: { $all: ['a', 'b'] }, 'parts.n': 2, 'left.y': 2 })
    .populate<{ owner: { name: string } }>('owner');
  assert.equal(found?.owner.name, 'Ada');
  assert.ok(found?.updatedAt && found.createdAt && found.updatedAt >= found.createdAt);
  assert.equal((await thing.updateMany({}, { $pull: { tags: 'a' } })).modifiedCount, 1);
  await thing.bulkWrite([
    { insertOne: { document: { tags: ['z'] } } },
    { updateOne: { filter: { tags: 'z' }, update: { $set: { 'left.z': 3 } } } },
    { deleteOne: { filter: { tags: 'b' } } },
  ]);
  assert.deepEqual(
    (await thing.find().lean()).map(each => each.tags),
    [['z']],
  );
});

it('Agenda: runs a job at its time, a repeated one again and again, and cancels', { timeout: 20_000 }, async () => {
  const agenda = new Agenda({ backend: new MongoBackend({ mongo: db }), processEvery: 100, defaultLockLifetime: 1000 });
  const ran: string[] = [];
  agenda.define('once', async job => {
    ran.push(String((job.attrs.data as { id: number }).id));
  });
  agenda.define('often', async () => {
    ran.push('often');
  });
  await agenda.start();
  try {
    await agenda.schedule(new Date(Date.now() + 200), 'once', { id: 7 });
    await agenda.schedule(new Date(Date.now() + 3_600_000), 'once', { id: 8 });
    await agenda.every('1 second', 'often');
    while (!ran.includes('7') || ran.filter(name => name === 'often').length < 2) {
      await new Promise(settle => setTimeout(settle, 20));
    }
    assert.equal(await agenda.cancel({ name: 'often' }), 1);
    const { jobs } = await agenda.queryJobs({ name: 'once' });
    assert.equal(jobs.length, 2);
  } finally {
    await agenda.stop();
  }
  assert.ok(!ran.includes('8'));
});
