/**
 * Replays rounds of the differential fuzzer: the answers must be those of the run that was compared with another
 * server. `node packages/embedded-mongodb/test/recorded.test.ts --record` writes them anew, after such a run.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Collection } from 'mongodb';
import { KEPT_TYPES } from './fuzz/cases.ts';
import { show } from './fuzz/compare.ts';
import { runRound } from './fuzz/round.ts';
import { startTarget } from './target.ts';

const FILE = join(import.meta.dirname, 'recorded', 'rounds.json');
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

/** For each seed one short digest for each case, of its answer and of the documents after it. */
type Recorded = Record<string, string[]>;

const { db, isEmbedded } = await startTarget(KEPT_TYPES);

async function replay(seed: number): Promise<{ digests: string[]; shown: string[] }> {
  const digests: string[] = [];
  const shown: string[] = [];
  for await (const { case: example, outcomes, after } of runRound(seed, [collection()], () => false)) {
    const text = [...outcomes, ...(after ?? [])].map(outcome => outcome.text).join('\n');
    digests.push(createHash('sha256').update(text).digest('base64url').slice(0, 8));
    shown.push(`${example.kind} ${show(example.shown)} answered\n${text}`);
  }
  return { digests, shown };
}

function collection(): Collection {
  return db.collection('recorded', KEPT_TYPES);
}

if (process.argv.includes('--record')) {
  const recorded: Recorded = {};
  for (const seed of SEEDS) recorded[seed] = (await replay(seed)).digests;
  writeFileSync(FILE, `${JSON.stringify(recorded, null, 1)}\n`);
  process.exit();
} else {
  const recorded = JSON.parse(readFileSync(FILE, 'utf8')) as Recorded;
  const options = { skip: !isEmbedded && 'fuzz.ts compares with the other server' };
  it('answers as in the run that was compared with another server', options, async () => {
    for (const seed of SEEDS) {
      const { digests, shown } = await replay(seed);
      digests.forEach((digest, index) => {
        assert.equal(digest, recorded[seed]?.[index], `seed ${seed}, case ${index}: ${shown[index]}`);
      });
    }
  });
}
