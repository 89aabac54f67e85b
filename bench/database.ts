// The embedded database at 100,000 documents: each call against its floor, which is the same driver call answered with a constant plus
// the bare SQLite statement, measured in turns in the same run; and what must stay small whatever the machine.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { startEmbeddedMongodb } from '@clipcue/embedded-mongodb';
import { mongo } from 'mongoose';
import { startProcess } from '#test/support/processes.ts';
import type { ConstantServerInput } from './constant-server.ts';
import { median, percentile, round } from './statistics.ts';

type Print = (result: object) => void;
type Stored = mongo.Document & { _id: string };
type Collection = mongo.Collection<Stored>;

const DOCUMENTS = 100_000;
const IN_FLIGHT = 16;
const ROUNDS = 7;
const CALLS = 4_000;
const GOALS = { ratio: 0.6, pollMs: 1, startMs: 150, memoryMb: 110, delayMs: 20 };

/** About 330 bytes, as a post without its caption has. */
const makeDocument = (n: number) => ({
  _id: `document-${String(n).padStart(8, '0')}`,
  key: `key-${String(n).padStart(8, '0')}`,
  ownerId: `owner-${n % 1000}`,
  state: 'scheduled',
  dueAt: new Date(1.8e12 + n * 1000),
  tries: { prepare: 0, initiate: 0, upload: 0, status: 0 },
  text: 'x'.repeat(120),
  version: 1,
});

interface Operation {
  readonly name: string;
  /** What the constant server answers. */
  readonly answer: object;
  call(collection: Collection, n: number): Promise<unknown>;
  /** The bare statement, on the same number of rows. */
  readonly statement: string;
  parameters(n: number, bytes: Uint8Array): (string | Uint8Array)[];
}

const keyOf = (n: number): string => `key-${String(n % DOCUMENTS).padStart(8, '0')}`;

const OPERATIONS: readonly Operation[] = [
  {
    name: 'insertOne',
    answer: { n: 1, ok: 1 },
    call: (collection, n) => collection.insertOne(makeDocument(DOCUMENTS + n)),
    statement: 'INSERT INTO documents (key, bytes) VALUES (?, ?)',
    parameters: (n, bytes) => [`key-${String(DOCUMENTS + n).padStart(8, '0')}`, bytes],
  },
  {
    name: 'findOne',
    answer: { cursor: { firstBatch: [makeDocument(1)], id: mongo.BSON.Long.ZERO, ns: 'bench.documents' }, ok: 1 },
    call: (collection, n) => collection.findOne({ key: keyOf(n * 7919) }),
    statement: 'SELECT bytes FROM documents WHERE key = ?',
    parameters: n => [keyOf(n * 7919)],
  },
  {
    name: 'updateOne',
    answer: { n: 1, nModified: 1, ok: 1 },
    call: (collection, n) => collection.updateOne({ key: keyOf(n * 7919) }, { $inc: { version: 1 } }),
    statement: 'UPDATE documents SET bytes = ? WHERE key = ?',
    parameters: (n, bytes) => [bytes, keyOf(n * 7919)],
  },
];

/** Calls a second with `IN_FLIGHT` under way. */
async function rateOf(call: (n: number) => Promise<unknown>, from: number): Promise<number> {
  let next = from;
  const end = from + CALLS;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < end) await call(next++);
    }),
  );
  return CALLS / ((performance.now() - startedAt) / 1000);
}

async function startConstantServer(folder: string, { name, answer }: Operation, hello: object) {
  const path = join(folder, `${name}.sock`);
  const serialize = (document: object) => mongo.BSON.serialize(document);
  const workerData: ConstantServerInput = { path, hello: serialize(hello), answer: serialize(answer) };
  const worker = new Worker(new URL('./constant-server.ts', import.meta.url), { workerData });
  await new Promise<void>((settle, reject) => worker.once('message', () => settle()).once('error', reject));
  const client = await mongo.MongoClient.connect(`mongodb://${encodeURIComponent(path)}/bench`, {
    maxPoolSize: IN_FLIGHT,
  });
  return {
    collection: client.db().collection<Stored>('documents'),
    async stop() {
      await client.close();
      await worker.terminate();
    },
  };
}

/** Bare statements a second: the rows in one table, as many to a transaction as calls are under way. */
function openBareTable(folder: string) {
  const database = new DatabaseSync(join(folder, 'bare.sqlite'));
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE documents (rid INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL)');
  const bytes = mongo.BSON.serialize(makeDocument(1));
  const fill = database.prepare('INSERT INTO documents (key, bytes) VALUES (?, ?)');
  database.exec('BEGIN');
  for (let n = 0; n < DOCUMENTS; n++) fill.run(keyOf(n), bytes);
  database.exec('COMMIT');
  return {
    rate({ statement, parameters }: Operation, from: number): number {
      const prepared = database.prepare(statement);
      const startedAt = performance.now();
      for (let n = from; n < from + CALLS; n += IN_FLIGHT) {
        database.exec('BEGIN');
        for (let i = n; i < Math.min(n + IN_FLIGHT, from + CALLS); i++) prepared.all(...parameters(i, bytes));
        database.exec('COMMIT');
      }
      return CALLS / ((performance.now() - startedAt) / 1000);
    },
    close: () => database.close(),
  };
}

async function benchOperation(
  folder: string,
  collection: Collection,
  operation: Operation,
  print: Print,
): Promise<void> {
  const hello = await collection.db.admin().command({ hello: 1 });
  const constant = await startConstantServer(folder, operation, hello);
  const bare = openBareTable(folder);
  const rates = { real: [] as number[], constant: [] as number[], bare: [] as number[], ratio: [] as number[] };
  // The first round warms all three up and is not counted.
  for (let turn = 0; turn <= ROUNDS; turn++) {
    const from = turn * CALLS;
    const constantRate = await rateOf(n => operation.call(constant.collection, n), from);
    const bareRate = bare.rate(operation, from);
    const realRate = await rateOf(n => operation.call(collection, n), from);
    if (turn === 0) continue;
    rates.constant.push(constantRate);
    rates.bare.push(bareRate);
    rates.real.push(realRate);
    rates.ratio.push(realRate * (1 / constantRate + 1 / bareRate));
  }
  bare.close();
  await rm(join(folder, 'bare.sqlite'));
  await constant.stop();
  const floorPerSecond = 1 / (1 / median(rates.constant) + 1 / median(rates.bare));
  print({
    operation: operation.name,
    perSecond: round(median(rates.real)),
    floorPerSecond: round(floorPerSecond),
    ratio: round(median(rates.ratio), 2),
    goal: GOALS.ratio,
  });
}

async function medianMs(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return round(median(times), 2);
}

/** Agenda's look for a job, with every job under one name and none due; and our own look for posts that wake. */
async function benchPolls(db: mongo.Db, print: Print): Promise<void> {
  const inAYear = Date.now() + 365 * 86_400_000;
  const jobs = db.collection('jobs');
  // As src/jobs/alarms.ts has it, beside Agenda's own: each branch of its question has an index to read from.
  await jobs.createIndex({ name: 1, lockedAt: 1 });
  await jobs.createIndex({ name: 1, nextRunAt: 1, priority: -1, lockedAt: 1, disabled: 1 });
  const posts = db.collection<Stored>('posts');
  await posts.createIndex({ wakeAt: 1 }, { partialFilterExpression: { wakeAt: { $type: 'date' } } });
  for (let n = 0; n < DOCUMENTS; n += 1000) {
    const batch = Array.from({ length: 1000 }, (_, i) => new Date(inAYear + (n + i) * 1000));
    await jobs.insertMany(
      batch.map((nextRunAt, i) => ({
        name: 'publish-post',
        nextRunAt,
        priority: 0,
        lockedAt: null,
        data: { n: n + i },
      })),
    );
    await posts.insertMany(batch.map((wakeAt, i) => ({ ...makeDocument(n + i), wakeAt, world: 'tiktok:key' })));
  }
  const now = () => new Date();
  const lock = () =>
    jobs.findOneAndUpdate(
      {
        name: 'publish-post',
        disabled: { $ne: true },
        $or: [
          { lockedAt: { $eq: null }, nextRunAt: { $lte: now() } },
          { lockedAt: { $lte: new Date(Date.now() - 10_000) } },
        ],
      },
      { $set: { lockedAt: now() } },
      { sort: { nextRunAt: 1, priority: -1 }, returnDocument: 'after' },
    );
  const wake = () =>
    posts
      .find({ wakeAt: { $lte: now() }, world: { $ne: 'simulator' } }, { projection: { wakeAt: 1, version: 1 } })
      .sort({ wakeAt: 1 })
      .limit(400)
      .toArray();
  print({ operation: 'empty lock poll', ms: await medianMs(300, lock), goalMs: GOALS.pollMs });
  print({ operation: 'wakeAt poll', ms: await medianMs(300, wake), goalMs: GOALS.pollMs });
}

/** How late the main thread's timers are while the worker reads every document. */
async function benchScan(collection: Collection, print: Print): Promise<void> {
  const scan = () => collection.countDocuments({ $expr: { $eq: [{ $strLenCP: '$text' }, 7] } });
  await scan();
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const startedAt = performance.now();
  await scan();
  delays.disable();
  // The histogram counts the timer's own 5 ms.
  const delayP99Ms = round(delays.percentile(99) / 1e6 - 5, 1);
  print({ operation: 'full scan', ms: round(performance.now() - startedAt), delayP99Ms, goalDelayMs: GOALS.delayMs });
}

/** Starts on a full folder in a fresh process, which prints how long it took and how much memory it needs. */
async function benchStart(dataDir: string, print: Print): Promise<void> {
  const runs: { startMs: number; memoryMb: number }[] = [];
  for (let n = 0; n < 6; n++) {
    const child = startProcess('bench/database-start.ts', { args: [dataDir] });
    const [line] = await child.waitForLine(/^\{.*\}$/);
    runs.push(JSON.parse(line));
    await child.ended;
  }
  const later = runs.slice(1);
  print({ operation: 'start', ms: round(median(later.map(({ startMs }) => startMs))), goalMs: GOALS.startMs });
  const memoryMb = round(
    percentile(
      later.map(one => one.memoryMb),
      1,
    ),
  );
  print({ operation: 'memory above idle', memoryMb, goalMb: GOALS.memoryMb });
}

export async function benchDatabase(print: Print, cases: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-bench-'));
  const dataDir = join(folder, 'database');
  const isWanted = (name: string) => cases.length === 0 || cases.includes(name);
  const server = await startEmbeddedMongodb({ dataDir });
  const client = await mongo.MongoClient.connect(server.uri('bench'), { maxPoolSize: IN_FLIGHT });
  try {
    for (const operation of OPERATIONS.filter(({ name }) => isWanted(name))) {
      const collection = client.db().collection<Stored>(operation.name);
      await collection.createIndex({ key: 1 }, { unique: true });
      for (let n = 0; n < DOCUMENTS; n += 1000)
        await collection.insertMany(Array.from({ length: 1000 }, (_, i) => makeDocument(n + i)));
      await benchOperation(folder, collection, operation, print);
      if (operation.name === 'findOne' && isWanted('scan')) await benchScan(collection, print);
    }
    if (isWanted('polls')) await benchPolls(client.db(), print);
  } finally {
    await client.close();
    await server.stop();
    if (isWanted('start')) await benchStart(dataDir, print);
    await rm(folder, { recursive: true, force: true });
  }
}
