// Many posts at once, written straight into the database as scheduling leaves them: those that are due in a case, with an account and
// an alarm each, and the many others, finished or far away, that lie beside them in a database that is in use.

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { nextWakeOf } from '#domain/early-look.ts';
import type { Clip, Post } from '#domain/post-record.ts';
import { makeId } from '#domain/secrets.ts';
import { createAlarms } from '#jobs/alarms.ts';
import { createDiskStore } from '#media/disk-store.ts';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { createAccountStore } from '#stores/accounts.ts';
import type { Database } from '#stores/database.ts';
import { createPostStore } from '#stores/posts.ts';
import { createTokenBox } from '#stores/token-box.ts';
import type { SimulatorProcess } from '#test/support/processes.ts';
import { connectAccount, makeScheduledPost, type TokenReply } from '#test/support/publishable.ts';

const WORLD = `key:${SIMULATOR_CLIENT.key}` as const;
/** Whose accounts they are, in turn. */
const OWNERS = 100;
const ownerOf = (number: number): string => `bench-owner-${String(number % OWNERS).padStart(4, '0')}`;
const CLIP_BYTES = 100_000;
const BATCH = 1_000;
const WRITERS = 16;
const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 1_000;
const JOBS = 'jobs';

interface Place {
  readonly accountId: string;
  readonly ownerId: string;
}

export type Crowd = Awaited<ReturnType<typeof openCrowd>>;

export async function openCrowd(database: Database, simulator: SimulatorProcess, dataDir: string, key: Buffer) {
  const newId = () => makeId(randomBytes);
  const { connection } = database;
  const { db } = connection;
  if (!db) throw new Error('the database is not open');
  const [posts, accounts] = [createPostStore(connection), createAccountStore(connection)];
  await Promise.all([posts, accounts].map(({ model }) => model.createIndexes()));
  const tokenBox = createTokenBox({ activeKeyId: 'bench', keys: new Map([['bench', key]]) });
  const alarms = await createAlarms({ connection, wake: async () => {}, log: { warn: () => {} } });
  const dir = `${dataDir}/clips`;
  const media = await createDiskStore({ dir, clock: Date.now, newId, maxBytes: 1e9, minFreeRatio: 0 });
  const source = (async function* () {
    yield randomBytes(CLIP_BYTES);
  })();
  const clip: Clip = {
    ...(await media.receive(source, { deadlineMs: 10_000 })),
    ...{ width: 720, height: 1280, frameRate: 30, durationMs: 1_000, name: 'clip.mp4', contentType: 'video/mp4' },
  };
  const connected: Place[] = [];

  const makePost = (place: Place, at: Date, change: Partial<Post> = {}): Post => {
    const id = newId();
    const due = { at, delayMs: null, zone: 'UTC', words: 'then' };
    const facts = { id, ...place, world: WORLD, clip };
    return makeScheduledPost(facts, { due, wakeAt: nextWakeOf(id, at, Date.now()), caption: id, ...change });
  };

  async function writePosts(made: readonly Post[]): Promise<void> {
    const documents = made.map(({ id, ...rest }) => ({ _id: id, schemaVersion: 1, source: `bench:${id}`, ...rest }));
    for (let first = 0; first < documents.length; first += BATCH)
      await posts.model.collection.insertMany(documents.slice(first, first + BATCH) as object[]);
  }

  /** Agenda's jobs for posts, copied from one that was set in the usual way. */
  async function writeAlarms(made: readonly Post[]): Promise<void> {
    const [first] = made;
    if (!first) return;
    await alarms.set(first);
    const jobs = db?.collection(JOBS);
    const [pattern] = (await jobs?.find({ 'data.postId': first.id }).toArray()) ?? [];
    const { _id, ...like } = pattern ?? {};
    const copies = made
      .slice(1)
      .map(({ id, due }) => ({ ...like, nextRunAt: due?.at, data: { postId: id, version: 1 } }));
    for (let from = 0; from < copies.length; from += BATCH) await jobs?.insertMany(copies.slice(from, from + BATCH));
  }

  async function addAccount(number: number): Promise<Place> {
    const username = `creator-${number}`;
    const reply = (await simulator.call('POST', 'grants', { username })) as TokenReply;
    const ownerId = ownerOf(number);
    const { id } = await connectAccount({ accounts, tokenBox, id: newId(), ownerId, world: WORLD }, username, reply);
    return { accountId: id, ownerId };
  }

  return {
    /** Makes sure of so many connected accounts. */
    async connect(count: number): Promise<void> {
      while (connected.length < count) {
        const adding = Math.min(WRITERS, count - connected.length);
        const first = connected.length + 1;
        connected.push(...(await Promise.all(Array.from({ length: adding }, (_, more) => addAccount(first + more)))));
      }
    },

    /** So many posts that are done, and as many that are due in days, with their alarms. */
    async fill(count: number): Promise<void> {
      const finished = { state: 'published', wakeAt: null, version: 9, fence: 3 } as const;
      const now = Date.now();
      for (let made = 0; made < count; made += BATCH) {
        const size = Math.min(BATCH, count - made);
        const some = (at: (index: number) => Date, change?: Partial<Post>) =>
          Array.from({ length: size }, (_, index) => {
            const number = made + index;
            return makePost({ accountId: `account-${number}`, ownerId: ownerOf(number) }, at(number), change);
          });
        await writePosts(
          some(index => new Date(now - DAY_MS - index * 1_000), {
            ...finished,
            publication: {
              publishedAt: new Date(now - DAY_MS),
              deliveredAt: null,
              postIds: ['7'],
              liveAt: new Date(now),
            },
          }),
        );
        const future = some(index => new Date(now + DAY_MS + index * 1_000));
        await writePosts(future);
        await writeAlarms(future);
      }
    },

    /** `count` posts, each with an account of its own, due from `dueMs` on over `overMs`. Gives each post's due time. */
    async schedule(count: number, dueMs: number, overMs: number): Promise<Map<string, number>> {
      const made = connected
        .slice(0, count)
        .map((place, index) => makePost(place, new Date(dueMs + Math.floor((index * overMs) / count))));
      await writePosts(made);
      await writeAlarms(made);
      if (Date.now() > dueMs) throw new Error(`${count} posts could not be written before they were due`);
      return new Map(made.map(({ id, due }) => [id, due?.at?.getTime() ?? 0]));
    },

    /** Waits until nothing is left to do for any post but the far ones: the next case begins on a quiet machine. */
    async settle(giveUpMs: number): Promise<void> {
      const giveUpAt = Date.now() + giveUpMs;
      for (;;) {
        const soon = new Date(Date.now() + DAY_MS / 2);
        // One entry of an index: looking must not be work that the case is measured with.
        const left = await posts.model.findOne({ wakeAt: { $type: 'date', $lt: soon } }, { state: 1, step: 1 }).lean();
        if (!left) return;
        if (Date.now() > giveUpAt) throw new Error(`not all posts were published, one is ${left.state} ${left.step}`);
        await delay(LOOK_EVERY_MS);
      }
    },
  };
}
