/** A round: eight random documents and a few indexes, then forty cases on them. The same seed makes the same round. */
import { Int32 } from 'bson';
import type { Collection } from 'mongodb';
import { type Case, DOCUMENTS, makeCase } from './cases.ts';
import { type Outcome, outcomeOf } from './compare.ts';
import { createRandom, type Random } from './random.ts';
import { fields, path } from './values.ts';

export const CASES_PER_ROUND = 40;

export type Result = {
  readonly case: Case;
  /** One for each server. */
  readonly outcomes: Outcome[];
  /** The documents that a write left, where both servers should have the same. */
  readonly after: Outcome[] | null;
  /** The documents that the case met, one a line. */
  readonly before: string;
};

/**
 * `collections`: the same collection on each server; only the first one, the embedded server's, gets indexes, since an
 * index must not change what is found. `isDifferent` decides whether the documents are filled in anew after a write.
 */
export async function* runRound(
  seed: number,
  collections: readonly Collection[],
  isDifferent: (outcomes: Outcome[]) => boolean,
): AsyncGenerator<Result, void> {
  const random = createRandom(seed);
  const [embedded] = collections as [Collection];
  await embedded.drop();
  let documents = makeDocuments(random);
  for (const collection of collections) await fill(collection, documents);
  await addIndexes(random, embedded);
  let before: string | null = null;
  for (let left = CASES_PER_ROUND; left > 0; left -= 1) {
    const example = makeCase(random);
    before ??= (await stored(embedded)).text;
    const next = makeDocuments(random);
    const outcomes = await Promise.all(collections.map(each => outcomeOf(() => example.run(each), example.ordered)));
    const mayDiffer = isError(outcomes) || madeId(outcomes);
    const after = example.writes && !mayDiffer ? await Promise.all(collections.map(stored)) : null;
    yield { case: example, outcomes, after, before };
    if (!example.writes) continue;
    before = null;
    if (!(mayDiffer || isDifferent(outcomes) || (after && isDifferent(after)))) continue;
    documents = next;
    for (const collection of collections) await fill(collection, documents);
  }
}

/** Whatever order they lie in. */
export async function stored(collection: Collection): Promise<Outcome> {
  return outcomeOf(() => collection.find().toArray(), false);
}

/** A failed multi-update keeps what it did before (manual: an update is atomic for each document only). */
function isError(outcomes: Outcome[]): boolean {
  return outcomes.some(({ text }) => text.includes('error'));
}

/** An upsert without _id makes one of its own. */
function madeId(outcomes: Outcome[]): boolean {
  return outcomes.some(({ text }) => text.includes('"upserted":{'));
}

function makeDocuments(random: Random): Record<string, unknown>[] {
  return Array.from({ length: DOCUMENTS }, (_, index) => ({ _id: new Int32(index), ...fields(random) }));
}

async function fill(collection: Collection, documents: Record<string, unknown>[]): Promise<void> {
  await collection.deleteMany({});
  try {
    await collection.insertMany(documents as never);
  } catch (error) {
    // Two arrays under one compound index cannot be stored: then without indexes.
    if (Number((error as { code?: unknown }).code) !== 171) throw error;
    await collection.dropIndexes();
    await collection.deleteMany({});
    await collection.insertMany(documents as never);
  }
}

async function addIndexes(random: Random, collection: Collection): Promise<void> {
  for (let left = random.below(4); left > 0; left -= 1) {
    const key = Object.fromEntries(random.times(1, 3, () => [path(random), random.chance(0.7) ? 1 : -1]));
    const sparse = random.chance(0.2);
    const code = await collection.createIndex(key as never, { sparse }).then(
      () => 0,
      error => Number(error.code),
    );
    // Parallel arrays, or the same index again with another option.
    if (![0, 85, 86, 171].includes(code)) throw new Error(`createIndex failed with ${code}`);
  }
}
