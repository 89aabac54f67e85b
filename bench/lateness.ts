// How long after its time a post's init reaches TikTok, for many posts due in the same second, one account a post. The whole app runs,
// on MONGODB_URI or an embedded database; TikTok is the simulator in a process of its own, whose journal gives the instants.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbeddedMongodb } from '@clipcue/embedded-mongodb';
import { startApp } from '#app.ts';
import { loadConfig } from '#config.ts';
import type { World } from '#domain/account.ts';
import type { Clip, Due } from '#domain/post-record.ts';
import { makeId } from '#domain/secrets.ts';
import { createAlarms } from '#jobs/alarms.ts';
import { createLog } from '#log.ts';
import { createDiskStore } from '#media/disk-store.ts';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { createAccountStore } from '#stores/accounts.ts';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createPostStore } from '#stores/posts.ts';
import { createTokenBox } from '#stores/token-box.ts';
import { type SimulatorProcess, startSimulatorProcess } from '#test/support/processes.ts';
import { connectAccount, makeScheduledPost, type TokenReply } from '#test/support/publishable.ts';
import { findFreePort, type JournalEntry } from '#test/support/stand.ts';
import { percentile, round } from './statistics.ts';

const DEFAULT_CASES = ['1', '100', '1000'];
const CLIP_BYTES = 100_000;
/** Time to write posts and alarms before they are due. */
const LEAD_MS = 4_000;
const LEAD_PER_POST_MS = 20;
const WRITERS = 10;
const OWNER_ID = 'owner-of-benches0';
const WORLD: World = `key:${SIMULATOR_CLIENT.key}`;
const GIVE_UP_MS = 120_000;

/** `cases` are numbers of posts due in the same second. */
export async function benchLateness(print: (result: object) => void, cases: readonly string[]): Promise<void> {
  const counts = (cases.length > 0 ? cases : DEFAULT_CASES).map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-lateness-'));
  const simulator = await startSimulatorProcess(join(folder, 'simulator'), {
    crowd: counts.reduce((sum, count) => sum + count, 0),
    checkMedia: false,
  });
  const server = await openServer(folder);
  const database = await connectDatabase(server.uri);
  const key = randomBytes(32);
  const config = loadConfig({
    DATA_DIR: join(folder, 'data'),
    PORT: String(await findFreePort()),
    TOKEN_KEYS: `bench:${key.toString('base64')}`,
    MONGODB_URI: server.uri,
    TIKTOK_CLIENT_KEY: SIMULATOR_CLIENT.key,
    TIKTOK_CLIENT_SECRET: SIMULATOR_CLIENT.secret,
    TIKTOK_API_URL: simulator.origin,
    TIKTOK_LOGIN_URL: simulator.origin,
    TIKTOK_MODE: 'direct',
    TIKTOK_AUDITED: 'yes',
  });
  const log = createLog({ level: 'warn', secrets: config.secrets });
  const app = await startApp({ config, log, version: 'bench', adapters: [] });
  try {
    const crowd = await openCrowd(database, simulator, config.dataDir, key);
    for (const count of counts) print(await measure(crowd, simulator, count));
  } finally {
    await app.stop();
    await database.drop();
    await database.close();
    await server.stop();
    await simulator.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openServer(folder: string): Promise<{ uri: string; stop(): Promise<void> }> {
  if (!process.env.MONGODB_URI) {
    const embedded = await startEmbeddedMongodb({ dataDir: join(folder, 'database') });
    return { uri: embedded.uri('clipcue'), stop: embedded.stop };
  }
  const url = new URL(process.env.MONGODB_URI);
  url.pathname = `/clipcue-bench-${randomBytes(6).toString('hex')}`;
  return { uri: url.href, stop: async () => {} };
}

/** Posts beside the running app, in its own database: what people would have scheduled. */
interface Crowd {
  /** So many posts, each with an account of its own, their alarms set. Throws where that took longer than until `dueAt`. */
  schedule(count: number, dueAt: Date): Promise<void>;
}

async function openCrowd(
  database: Database,
  simulator: SimulatorProcess,
  dataDir: string,
  key: Buffer,
): Promise<Crowd> {
  const newId = () => makeId(randomBytes);
  const { connection } = database;
  const [posts, accounts] = [createPostStore(connection), createAccountStore(connection)];
  const tokenBox = createTokenBox({ activeKeyId: 'bench', keys: new Map([['bench', key]]) });
  const quiet = { warn: () => {} };
  const alarms = await createAlarms({ connection, wake: () => {}, log: quiet });
  const dir = join(dataDir, 'clips');
  const media = await createDiskStore({ dir, clock: Date.now, newId, maxBytes: 1e9, minFreeRatio: 0 });
  const bytes = randomBytes(CLIP_BYTES);
  let creators = 0;

  async function keepClip(): Promise<Clip> {
    const source = (async function* () {
      yield bytes;
    })();
    const kept = await media.receive(source, { deadlineMs: 10_000 });
    const looks = { width: 720, height: 1280, frameRate: 30, durationMs: 1_000 };
    return { ...kept, ...looks, name: 'clip.mp4', contentType: 'video/mp4' };
  }

  async function scheduleOne(due: Due): Promise<void> {
    const username = `creator-${++creators}`;
    const reply = (await simulator.call('POST', 'grants', { username })) as TokenReply;
    const place = { accounts, tokenBox, id: newId(), ownerId: OWNER_ID, world: WORLD };
    const { id: accountId } = await connectAccount(place, username, reply);
    const facts = { id: newId(), ownerId: OWNER_ID, accountId, world: WORLD, clip: await keepClip() };
    const post = await posts.insert(makeScheduledPost(facts, { due }), `bench:${facts.id}`);
    await alarms.set(post);
  }

  return {
    async schedule(count, dueAt) {
      const due = { at: dueAt, delayMs: null, zone: 'UTC', words: 'then' };
      for (let made = 0; made < count; made += WRITERS)
        await Promise.all(Array.from({ length: Math.min(WRITERS, count - made) }, () => scheduleOne(due)));
      if (Date.now() > dueAt.getTime()) throw new Error(`${count} posts could not be written before they were due`);
    },
  };
}

async function measure(crowd: Crowd, simulator: SimulatorProcess, count: number): Promise<object> {
  const dueAt = new Date(Date.now() + LEAD_MS + count * LEAD_PER_POST_MS);
  await crowd.schedule(count, dueAt);
  const inits = await untilPublished(simulator, count, dueAt.getTime());
  const lateMs = inits.map(({ at }) => at - dueAt.getTime());
  return {
    posts: count,
    p50Ms: round(percentile(lateMs, 0.5)),
    p99Ms: round(percentile(lateMs, 0.99)),
    early: lateMs.filter(late => late < 0).length,
  };
}

/** The inits of this case, once all its videos are out: the next case begins on a quiet machine. */
async function untilPublished(simulator: SimulatorProcess, count: number, dueMs: number): Promise<JournalEntry[]> {
  const read = async (kind: string) => {
    const { entries } = (await simulator.call('GET', `journal?kind=${kind}&limit=10000`)) as {
      entries: JournalEntry[];
    };
    // Earlier cases ended before this one's posts were written.
    return entries.filter(({ at }) => at > dueMs - LEAD_MS - count * LEAD_PER_POST_MS);
  };
  while ((await read('public')).length < count) {
    if (Date.now() > dueMs + GIVE_UP_MS) throw new Error(`not all of ${count} posts were published`);
    await delay(500);
  }
  return read('init');
}
