// How long after its time a post's init reaches TikTok, for many posts due at once, one account a post, in a database that holds many
// others; beside bare Agenda running an empty job on the same database. Whole apps run, each in a process of its own, on MONGODB_URI
// or on the embedded database; TikTok is the simulator, whose journal gives the instants.
//
//   npm run bench -- lateness 1000 10000 10000/60 --workers 1,4 --background 100000 --no-agenda
//
// A case is a number of posts due in the same second; `/60` spreads them over so many seconds.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { JournalEntry } from '#simulator/simulator.ts';
import { connectDatabase, type Database } from '#stores/database.ts';
import { type SimulatorProcess, START_FLAGS, startProcess, startSimulatorProcess } from '#test/support/processes.ts';
import { findFreePort } from '#test/support/stand.ts';
import { AGENDA_SETTINGS, type AgendaSettings, runAgenda } from './agenda.ts';
import { type Crowd, openCrowd } from './crowd.ts';
import { percentile, round } from './statistics.ts';

const DEFAULT_CASES = ['1', '1000', '10000', '10000/60'];
/** Posts are scheduled long before their time, so the bot looks at them in the minute before it. */
const LEAD_MS = 65_000;
/** To write the posts before they are due. */
const LEAD_PER_POST_MS = 0.7;
const SETTLE_MS = 300_000;
const JOURNAL_PAGE = 10_000;

interface Case {
  readonly posts: number;
  readonly overMs: number;
}

interface Rig {
  readonly uri: string;
  readonly database: Database;
  readonly simulator: SimulatorProcess;
  readonly crowd: Crowd;
  readonly env: Record<string, string>;
  readonly background: number;
}

const parseCase = (text: string): Case => {
  const [, posts, seconds = '0'] = /^(\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  if (!posts) throw new Error(`“${text}” is no case: say 1000, or 1000/60 for a minute`);
  return { posts: Number(posts), overMs: Number(seconds) * 1_000 };
};

export async function benchLateness(print: (result: object) => void, args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      workers: { type: 'string', default: '1,4' },
      background: { type: 'string', default: '100000' },
      'no-agenda': { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const cases = (positionals.length > 0 ? positionals : DEFAULT_CASES).map(parseCase);
  const workers = values.workers.split(',').map(Number);
  const rig = await openRig(Math.max(...cases.map(({ posts }) => posts)), Number(values.background), values.profile);
  try {
    for (const one of cases)
      for (const count of workers) {
        const ours = await measure(rig, one, count, values.profile);
        const theirs = values['no-agenda'] ? {} : await measureAgenda(rig, one, count);
        print({ ...one, workers: count, ...ours, ...theirs });
      }
  } finally {
    await rig.close();
  }
}

async function openRig(accounts: number, background: number, profile: string | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-lateness-'));
  const settings = { crowd: accounts, checkMedia: false, caps: { directPostsPerDay: 1_000 } };
  const simulator = await startSimulatorProcess(join(folder, 'simulator'), settings, {
    nodeArgs: profileArgs(profile, 'simulator'),
  });
  const server = await startDatabase(folder, profile);
  const database = await connectDatabase(server.uri);
  const key = randomBytes(32);
  const dataDir = join(folder, 'data');
  const crowd = await openCrowd(database, simulator, dataDir, key);
  await crowd.connect(accounts);
  await crowd.fill(background);
  const env = {
    DATA_DIR: dataDir,
    TOKEN_KEYS: `bench:${key.toString('base64')}`,
    MONGODB_URI: server.uri,
    ...simulator.env,
  };
  return {
    ...{ uri: server.uri, database, simulator, crowd, env, background },
    async close() {
      await database.drop();
      await database.close();
      await server.stop();
      await simulator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startDatabase(
  folder: string,
  profile: string | undefined,
): Promise<{ uri: string; stop(): Promise<void> }> {
  if (process.env.MONGODB_URI) {
    const url = new URL(process.env.MONGODB_URI);
    url.pathname = `/clipcue-bench-${randomBytes(6).toString('hex')}`;
    return { uri: url.href, stop: async () => {} };
  }
  const child = startProcess('scripts/database.ts', {
    args: ['--port', '0', '--data', join(folder, 'database')],
    nodeArgs: profileArgs(profile, 'database'),
  });
  const [uri] = await child.waitForLine(/^mongodb:\S+$/);
  return { uri, stop: () => child.kill('SIGTERM') };
}

/** With `--profile DIR` each process leaves a CPU profile there. */
const profileArgs = (dir: string | undefined, name: string): string[] =>
  dir ? ['--cpu-prof', `--cpu-prof-dir=${dir}/${name}`] : [];

async function measure(rig: Rig, { posts, overMs }: Case, workers: number, profile?: string): Promise<object> {
  const children = await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const child = startProcess('bench/lateness-worker.ts', {
        env: { ...rig.env, PORT: String(await findFreePort()) },
        nodeArgs: [...START_FLAGS, ...profileArgs(profile, `worker-${index}`)],
      });
      await child.waitForLine(/^ready$/);
      return child;
    }),
  );
  try {
    const after = await lastEntry(rig.simulator);
    const dueMs = Date.now() + LEAD_MS + posts * LEAD_PER_POST_MS;
    const dueTimes = await rig.crowd.schedule(posts, dueMs, overMs);
    await delay(Math.max(0, dueMs + overMs - Date.now()));
    await rig.crowd.settle(SETTLE_MS);
    const inits = await readInits(rig.simulator, after);
    const lateMs = inits.flatMap(({ at, postInfo }) => {
      const due = dueTimes.get((postInfo as { title: string }).title);
      return due === undefined ? [] : [at - due];
    });
    return {
      ...figuresOf(lateMs),
      perSecond: round(posts / (Math.max(...inits.map(({ at }) => at - dueMs)) / 1_000)),
      early: lateMs.filter(late => late < 0).length,
      inits: lateMs.length,
    };
  } finally {
    await Promise.all(children.map(child => child.kill('SIGTERM')));
  }
}

const figuresOf = (lateMs: readonly number[]) => ({
  p50Ms: round(percentile(lateMs, 0.5)),
  p99Ms: round(percentile(lateMs, 0.99)),
});

/** Only where all are due together does the time until the last one began say what a runner can do. */
async function measureAgenda(rig: Rig, { posts, overMs }: Case, workers: number): Promise<object> {
  const figures: Record<string, object> = {};
  const { uri, database, background } = rig;
  for (const settings of Object.keys(AGENDA_SETTINGS) as AgendaSettings[]) {
    const { lateMs, lastMs } = await runAgenda(database, { uri, settings, jobs: posts, overMs, workers, background });
    figures[settings] = { ...figuresOf(lateMs), perSecond: round(posts / ((lastMs + overMs) / 1_000)) };
  }
  return { agenda: figures };
}

async function lastEntry(simulator: SimulatorProcess): Promise<number> {
  let after = 0;
  for (;;) {
    const { entries, next } = await readJournal(simulator, `after=${after}`);
    after = next;
    if (entries.length < JOURNAL_PAGE) return after;
  }
}

async function readInits(simulator: SimulatorProcess, from: number): Promise<JournalEntry[]> {
  const inits: JournalEntry[] = [];
  for (let after = from; ; ) {
    const { entries, next } = await readJournal(simulator, `kind=init&after=${after}`);
    inits.push(...entries);
    after = next;
    if (entries.length < JOURNAL_PAGE) return inits;
  }
}

const readJournal = (simulator: SimulatorProcess, query: string) =>
  simulator.call('GET', `journal?${query}&limit=${JOURNAL_PAGE}`) as Promise<{ entries: JournalEntry[]; next: number }>;
