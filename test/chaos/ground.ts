// What a round stands on: the simulator and the database, each in a process of its own, a cable to the database for every worker, the
// chat server, and accounts and clips for people to post with.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '#domain/account.ts';
import type { Clip } from '#domain/post-record.ts';
import { makeId } from '#domain/secrets.ts';
import type { User } from '#domain/user.ts';
import { createDiskStore } from '#media/disk-store.ts';
import { type JournalEntry, SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { createAccountStore } from '#stores/accounts.ts';
import { connectDatabase } from '#stores/database.ts';
import { createPostStore } from '#stores/posts.ts';
import { createTokenBox } from '#stores/token-box.ts';
import { createUserStore } from '#stores/users.ts';
import { startProcess, startSimulatorProcess } from '#test/support/processes.ts';
import { connectAccount, type TokenReply } from '#test/support/publishable.ts';
import { startChatServer } from './chat-server.ts';
import { startProxy } from './proxy.ts';

export const WORLD = `key:${SIMULATOR_CLIENT.key}` as const;
const SMALL_BYTES = 60_000;
/** Just above what goes up in one piece. */
const LARGE_BYTES = 66_000_000;
const ACCOUNTS_PER_PERSON = 4;
const JOURNAL_PAGE = 10_000;

export interface Creator {
  readonly user: User;
  readonly account: Account;
}

export type Ground = Awaited<ReturnType<typeof openGround>>;

export async function openGround({ workers, seed }: { workers: number; seed: number }) {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-chaos-'));
  const simulator = await startSimulatorProcess(
    join(folder, 'simulator'),
    { checkMedia: false, crowd: 1_000_000, processingDelayMs: 200, moderationDelayMs: 300 },
    { seed },
  );
  const server = await startDatabase(folder);
  const database = await connectDatabase(server.uri);
  const chat = await startChatServer();
  const { hostname, port } = new URL(server.uri);
  const proxies = await Promise.all(
    Array.from({ length: workers }, () => startProxy({ host: hostname, port: Number(port || 27_017) })),
  );
  const { connection } = database;
  const posts = createPostStore(connection);
  const accounts = createAccountStore(connection);
  const users = createUserStore(connection);
  await Promise.all([posts, accounts, users].map(({ model }) => model.createIndexes()));
  const newId = () => makeId(randomBytes);
  const key = randomBytes(32);
  const tokenBox = createTokenBox({ activeKeyId: 'chaos', keys: new Map([['chaos', key]]) });
  const dataDir = join(folder, 'data');
  const media = await createDiskStore({
    dir: join(dataDir, 'clips'),
    clock: Date.now,
    newId,
    maxBytes: LARGE_BYTES,
    minFreeRatio: 0,
  });

  async function keepClip(sizeBytes: number): Promise<Clip> {
    const bytes = randomBytes(sizeBytes);
    const kept = await media.receive(
      (async function* () {
        yield bytes;
      })(),
      { deadlineMs: 60_000 },
    );
    const looks = { width: 720, height: 1280, frameRate: 30, durationMs: 1_000 };
    return { ...kept, ...looks, name: 'clip.mp4', contentType: 'video/mp4' };
  }

  /** Every other person is on the platform that drops repeated messages. */
  async function addPerson(number: number): Promise<User> {
    const platform = number % 2 === 0 ? 'dedup' : 'plain';
    const id = `person-${number}`;
    return users.recognise({ platform, personId: id, chatId: id, name: id }, newId(), new Date());
  }

  async function addAccount(user: User, number: number): Promise<Creator> {
    const username = `creator-${number + 1}`;
    const reply = (await simulator.call('POST', 'grants', { username })) as TokenReply;
    const place = { accounts, tokenBox, id: newId(), ownerId: user.id, world: WORLD };
    return { user, account: await connectAccount(place, username, reply) };
  }

  return {
    simulator,
    chat,
    posts,
    proxies,
    newId,

    async addCreators(count: number): Promise<Creator[]> {
      const people = Array.from({ length: Math.ceil(count / ACCOUNTS_PER_PERSON) }, (_, number) => addPerson(number));
      const creators: Creator[] = [];
      for (const [number, adding] of people.entries()) {
        const user = await adding;
        const first = number * ACCOUNTS_PER_PERSON;
        const own = Math.min(ACCOUNTS_PER_PERSON, count - first);
        creators.push(
          ...(await Promise.all(Array.from({ length: own }, (_, index) => addAccount(user, first + index)))),
        );
      }
      return creators;
    },

    keepClip: (isLarge: boolean) => keepClip(isLarge ? LARGE_BYTES : SMALL_BYTES),

    /** What a worker needs in its environment to be one of this ground's. */
    envOf(index: number): Record<string, string> {
      const uri = new URL(server.uri);
      uri.hostname = '127.0.0.1';
      uri.port = String(proxies[index]?.port);
      return {
        DATA_DIR: dataDir,
        MONGODB_URI: uri.href,
        TOKEN_KEYS: `chaos:${key.toString('base64')}`,
        ...simulator.env,
      };
    },

    async journal(): Promise<JournalEntry[]> {
      const entries: JournalEntry[] = [];
      for (;;) {
        const path = `journal?after=${entries.at(-1)?.seq ?? 0}&limit=${JOURNAL_PAGE}`;
        const page = (await simulator.call('GET', path)) as { entries: JournalEntry[] };
        entries.push(...page.entries);
        if (page.entries.length < JOURNAL_PAGE) return entries;
      }
    },

    async leave(): Promise<void> {
      await Promise.all(proxies.map(proxy => proxy.stop()));
      await database.drop();
      await database.close();
      await chat.stop();
      await server.stop();
      await simulator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server that MONGODB_URI (in the tests TEST_MONGODB_URI) names, or the embedded one in a process of its own. */
async function startDatabase(folder: string): Promise<{ uri: string; stop(): Promise<void> }> {
  const named = process.env.MONGODB_URI ?? process.env.TEST_MONGODB_URI;
  if (named) {
    const url = new URL(named);
    url.pathname = `/clipcue-chaos-${randomBytes(6).toString('hex')}`;
    return { uri: url.href, stop: async () => {} };
  }
  const child = startProcess('scripts/database.ts', { args: ['--port', '0', '--data', join(folder, 'database')] });
  const [uri] = await child.waitForLine(/^mongodb:\S+$/);
  return { uri, stop: () => child.kill('SIGTERM') };
}
