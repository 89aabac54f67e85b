/**
 * Random writes against a server that is killed with SIGKILL again and again. A model in this process records what was
 * acknowledged; after each restart the documents must be the model's (of writes without an answer either side may be
 * right), and every index must find exactly what a scan finds.
 *
 *   node packages/embedded-mongodb/test/robustness/crash.ts --kills 100 --operations 10000 --seed 1
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Collection, MongoClient } from 'mongodb';
import { createRandom, type Random } from '../fuzz/random.ts';

type Item = { _id: number; n: number; tags: string[]; live?: boolean };
/** What a document may be: more than one possibility while a write had no answer. */
type Model = Map<number, (Item | null)[]>;

const IDS = 60;
const IN_FLIGHT = 8;
const TAGS = ['a', 'b', 'c', 'd'];
/** What still waits for a server when it was killed, or for a connection to it, waits this long: none will come. */
const NO_RETRY = { retryWrites: false, serverSelectionTimeoutMS: 500, waitQueueTimeoutMS: 2_000 };

async function startChild(dataDir: string): Promise<{ child: ChildProcess; uri: string }> {
  const script = join(import.meta.dirname, 'crash-child.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { stdout } = child;
  assert.ok(stdout);
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the server ended with ${code} while it started`);
  });
  const [line] = (await Promise.race([once(stdout, 'data'), died])) as [Buffer];
  died.catch(() => {});
  return { child, uri: line.toString().trim() };
}

/**
 * The server listens by now; a slow machine may need several tries to get through to it, each with a client of its own: one that failed
 * to connect stays closed.
 */
async function connect(uri: string): Promise<MongoClient> {
  for (let tries = 1; ; tries += 1) {
    const client = new MongoClient(uri, NO_RETRY);
    try {
      await client.db('crash').command({ ping: 1 });
      return client;
    } catch (error) {
      await client.close();
      if (tries === 60) throw error;
    }
  }
}

type Write = {
  id: number;
  next: (before: Item | null) => Item | null;
  run: (items: Collection<Item>) => Promise<unknown>;
};

function makeWrite(random: Random, id: number): Write {
  switch (random.below(5)) {
    case 0: {
      const item: Item = { _id: id, n: random.below(20), tags: random.times(0, 3, () => random.pick(TAGS)) };
      return { id, next: () => item, run: c => c.replaceOne({ _id: id }, item, { upsert: true }) };
    }
    case 1:
      return { id, next: () => null, run: c => c.deleteOne({ _id: id }) };
    case 2: {
      const live = random.chance(0.5);
      return { id, next: b => b && { ...b, live }, run: c => c.updateOne({ _id: id }, { $set: { live } }) };
    }
    case 3: {
      const tag = random.pick(TAGS);
      const run = (c: Collection<Item>) => c.updateOne({ _id: id }, { $push: { tags: tag } });
      return { id, next: b => b && { ...b, tags: [...b.tags, tag] }, run };
    }
    default:
      return {
        id,
        next: b => b && { ...b, n: b.n + 1 },
        run: c => c.findOneAndUpdate({ _id: id }, { $inc: { n: 1 } }),
      };
  }
}

/**
 * Writes until the server dies or the operations are done; several ids at once, one write at a time for each. `onAnswer` is told how
 * many were acknowledged so far.
 */
async function writeUntilKilled(
  items: Collection<Item>,
  model: Model,
  random: Random,
  operations: number,
  isDead: () => boolean,
  onAnswer: (acknowledged: number) => void,
): Promise<number> {
  let left = operations;
  let acknowledged = 0;
  const lane = async (lane: number) => {
    // Until a write fails: a client that has not noticed would say goodbye to the dead server, and the driver (7.8) then waits for ever.
    while (left > 0 || isDead()) {
      left -= 1;
      const id = Math.floor(random.below(IDS) / IN_FLIGHT) * IN_FLIGHT + lane;
      const write = makeWrite(random, id);
      const [before = null] = model.get(id) ?? [];
      const wanted = write.next(before);
      const isAnswered = await write.run(items).then(
        () => true,
        () => false,
      );
      if (isAnswered) onAnswer(++acknowledged);
      model.set(id, isAnswered ? [wanted] : [wanted, before]);
      if (!isAnswered) return;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => lane(index)));
  return acknowledged;
}

async function verify(items: Collection<Item>, model: Model): Promise<void> {
  const stored = new Map((await items.find().hint({ $natural: 1 }).toArray()).map(item => [item._id, item]));
  for (const [id, possible] of model) {
    const found = stored.get(id) ?? null;
    const match = possible.find(each => JSON.stringify(canonical(each)) === JSON.stringify(canonical(found)));
    assert.ok(
      match !== undefined,
      `document ${id} is ${JSON.stringify(found)}, not one of ${JSON.stringify(possible)}`,
    );
    model.set(id, [match]);
  }
  for (const id of stored.keys()) assert.ok(model.has(id), `document ${id} came from nowhere`);
  const all = [...stored.values()];
  const ids = (list: Item[]) => list.map(({ _id }) => _id).sort((a, b) => a - b);
  const byIndex = async (filter: object, hint: object | string) =>
    ids(
      await items
        .find(filter)
        .hint(hint as never)
        .toArray(),
    );
  for (const tag of TAGS) {
    const expected = ids(all.filter(({ tags }) => tags.includes(tag)));
    assert.deepEqual(await byIndex({ tags: tag }, { tags: 1 }), expected, `index on tags for ${tag}`);
  }
  for (let n = 0; n < 25; n += 1) {
    assert.deepEqual(
      await byIndex({ n }, { n: 1, live: -1 }),
      ids(all.filter(each => each.n === n)),
      `index on n for ${n}`,
    );
  }
  const live = ids(all.filter(each => each.live === true));
  assert.deepEqual(await byIndex({ live: true, n: { $gte: 0 } }, 'live'), live, 'partial index on live documents');
  assert.equal(await items.countDocuments({ n: { $gte: 0 } }), all.length, 'count by index');
}

function canonical(item: Item | null): unknown {
  return item && [item._id, item.n, item.tags, item.live ?? null];
}

/** Returns how many writes were acknowledged, all of which were found again. */
export async function runCrashes({ kills, operations, seed }: { kills: number; operations: number; seed: number }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-mongodb-crash-'));
  const random = createRandom(seed);
  // Of its own: how much the writes take of theirs depends on which of them come first.
  const moments = createRandom(seed);
  const model: Model = new Map();
  let acknowledged = 0;
  for (let round = 0; round <= kills; round += 1) {
    const { child, uri } = await startChild(dataDir);
    const exited = once(child, 'exit');
    const client = await connect(uri);
    const items = client.db('crash').collection<Item>('items');
    try {
      await items.createIndex({ tags: 1 });
      await items.createIndex({ n: 1, live: -1 });
      await items.createIndex({ n: 1 }, { name: 'live', partialFilterExpression: { live: true } });
      await verify(items, model);
      if (round === kills) break;
      let isDead = false;
      // Counted in writes, not in time: the same on every machine.
      const lastWrite = 1 + moments.below(operations);
      const kill = (answered: number) => {
        if (answered < lastWrite || isDead) return;
        isDead = true;
        child.kill('SIGKILL');
      };
      acknowledged += await writeUntilKilled(items, model, random, operations, () => isDead, kill);
    } finally {
      child.kill('SIGKILL');
      await exited;
      await client.close();
    }
  }
  rmSync(dataDir, { recursive: true });
  return { acknowledged };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      operations: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [kills, operations, seed] = [values.kills, values.operations, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  const { acknowledged } = await runCrashes({ kills, operations, seed });
  process.stdout.write(`${kills} kills, ${acknowledged} acknowledged writes, none lost, indexes equal to documents\n`);
}
