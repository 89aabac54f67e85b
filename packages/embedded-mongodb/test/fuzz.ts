/**
 * Differential fuzzing: random documents, filters, sorts, projections, updates and expressions, run on the embedded
 * server and on the server at TEST_MONGODB_URI; every difference that no rule explains is printed with its seed.
 *
 *   TEST_MONGODB_URI=mongodb://127.0.0.1:27117/ node packages/embedded-mongodb/test/fuzz.ts --cases 2000 --seed 1
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Collection, MongoClient, MongoNetworkError, MongoServerSelectionError } from 'mongodb';
import { startEmbeddedMongodb } from '../src/index.ts';
import { type Case, KEPT_TYPES } from './fuzz/cases.ts';
import { type Outcome, outcomeOf, show } from './fuzz/compare.ts';
import { explain } from './fuzz/explained.ts';
import { type Result, runRound, stored } from './fuzz/round.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    /** How many differences are printed. */
    show: { type: 'string', default: '20' },
    /** Print with them the documents that they met. */
    documents: { type: 'boolean', default: false },
  },
});
const target = process.env.TEST_MONGODB_URI;
if (!target) throw new Error('TEST_MONGODB_URI must name the server to compare with.');

const dataDir = mkdtempSync(join(tmpdir(), 'embedded-mongodb-fuzz-'));
const embedded = await startEmbeddedMongodb({ dataDir });
/** What is asked again after the other server came back would find it empty. */
const ONCE = { ...KEPT_TYPES, retryReads: false, retryWrites: false };
const clients = [new MongoClient(embedded.uri('fuzz'), KEPT_TYPES), new MongoClient(target, ONCE)] as const;
/** Of this run alone: another one may be under way on the same server. */
const database = `fuzz_${process.pid}`;
const collections = clients.map(client => client.db(database).collection('cases', KEPT_TYPES)) as [
  Collection,
  Collection,
];
const empty = clients[0].db(database).collection('empty', KEPT_TYPES);
const reasons = new Map<string, number>();
let differences = 0;
let done = 0;

async function judge(seed: number, { case: example, before }: Result, [ours, theirs]: Outcome[]): Promise<void> {
  if (!ours || !theirs || ours.text === theirs.text) return;
  const isRefused = ours.text.includes('error');
  const reason = explain({
    kind: example.kind,
    shown: show(example.shown),
    ours,
    theirs,
    before,
    after: await Promise.all(collections.map(async each => (await stored(each)).text)),
    failsWithoutDocuments: isRefused && (await outcomeOf(() => example.run(empty), false)).text === ours.text,
  });
  if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  else report(seed, example, ours, theirs, before);
}

function report(seed: number, { kind, shown }: Case, ours: Outcome, theirs: Outcome, before: string): void {
  differences += 1;
  if (differences > Number(values.show)) return;
  const left = ours.text.split('\n');
  const right = theirs.text.split('\n');
  const only = (a: string[], b: string[]) =>
    a
      .filter(line => !b.includes(line))
      .slice(0, 3)
      .join('\n           ') || a.slice(0, 3).join(' | ');
  process.stdout.write(
    `#${differences} ${kind} (seed ${seed}) ${show(shown)}\n` +
      `   ours:   ${only(left, right)} ${ours.message}\n   theirs: ${only(right, left)} ${theirs.message}\n` +
      (values.documents ? `   documents: ${before}\n` : ''),
  );
}

const isDifferent = ([ours, theirs]: Outcome[]) => ours?.text !== theirs?.text;
async function fuzzRound(seed: number): Promise<void> {
  for await (const result of runRound(seed, collections, isDifferent)) {
    done += 1;
    await judge(seed, result, result.outcomes);
    if (result.after && !isDifferent(result.outcomes)) await judge(seed, result, result.after);
  }
}

for (let seed = Number(values.seed); done < Number(values.cases); seed += 1) {
  try {
    await fuzzRound(seed);
  } catch (error) {
    // Some cases end the other server; whoever started it starts it again, and until then nothing can be compared.
    if (!(error instanceof MongoNetworkError || error instanceof MongoServerSelectionError)) throw error;
    process.stdout.write(
      `seed ${seed}: the other server broke off (${error.message}); the rest of the round is left out\n`,
    );
    await clients[1].db(database).command({ ping: 1 });
  }
}
const explained = [...reasons].map(([reason, count]) => `\n  ${count} x ${reason}`).join('');
process.stdout.write(`${done} cases, ${differences} unexplained differences; explained:${explained}\n`);
for (const client of clients) {
  await client.db(database).dropDatabase();
  await client.close();
}
await embedded.stop();
rmSync(dataDir, { recursive: true });
process.exitCode = differences > 0 ? 1 : 0;
