// `npm run chaos -- --posts N --kills N --workers N --seed N`: one round on the embedded database, or on the server that MONGODB_URI
// names. Prints one line of JSON; what broke the promise is told beside it. Exits with 1 unless the promise was held.

import { parseArgs } from 'node:util';
import { makePlan } from './plan.ts';
import { playRound } from './round.ts';

/** Enough to see what is wrong; the rest is alike. */
const BREACHES_SHOWN = 20;

const { values } = parseArgs({
  options: {
    posts: { type: 'string', default: '200' },
    kills: { type: 'string', default: '20' },
    workers: { type: 'string', default: '4' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const number = (name: keyof typeof values): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < (name === 'workers' || name === 'posts' ? 1 : 0))
    throw new Error(`--${name} must be a whole number, not “${values[name]}”`);
  return value;
};
const size = { posts: number('posts'), kills: number('kills'), workers: number('workers'), seed: number('seed') };
const tell = (line: string) => process.stderr.write(`${line}\n`);

tell(`seed ${size.seed}`);
const { breaches, deaths, tookMs, kills, double, lost, early, undecided, unconfirmed } = await playRound(
  makePlan(size),
  tell,
);
for (const [line, count] of [...deaths].toSorted()) tell(`${String(count).padStart(4)} killed ${line}`);
const kindOf = (breach: string) => breach.replace(/^[^:]+: /, '').split('\n')[0] ?? '';
for (const [kind, same] of Map.groupBy(breaches, kindOf)) tell(`${String(same.length).padStart(4)} times ${kind}`);
for (const breach of breaches.slice(0, BREACHES_SHOWN)) tell(`BROKEN ${breach}`);
tell(
  `${breaches.length === 0 ? 'the promise was held' : `${breaches.length} breaches`}, in ${Math.round(tookMs / 1000)} s`,
);
process.stdout.write(
  `${JSON.stringify({ posts: size.posts, kills, double, lost, early, undecided, unconfirmed, seed: size.seed })}\n`,
);
process.exitCode = breaches.length === 0 ? 0 : 1;
