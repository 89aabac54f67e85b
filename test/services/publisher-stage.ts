// Where the publisher is tested: the real stores, client, tokens and disk on one database, the TikTok simulator, and as many runners
// as a test wants. Posts are put straight into the database, each with an account of its own unless told otherwise.

import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_LATENESS_MS } from '#domain/lateness.ts';
import type { Clip, Post } from '#domain/post-record.ts';
import { makeId } from '#domain/secrets.ts';
import type { User } from '#domain/user.ts';
import { createDiskStore } from '#media/disk-store.ts';
import { createAccessTokens } from '#services/access-tokens.ts';
import { createAppPause } from '#services/app-pause.ts';
import { createCallLimits } from '#services/call-limits.ts';
import { createPosts } from '#services/posts.ts';
import { advance } from '#services/publisher/advance.ts';
import { createRunner, type Runner, type RunnerDeps } from '#services/publisher/runner.ts';
import type { PublisherDeps, PublisherTiming, StepOutcome, Work } from '#services/publisher/work.ts';
import { type FaultInput, type SettingsPatch, SIMULATOR_CLIENT, startSimulator } from '#simulator/simulator.ts';
import { createAccountStore } from '#stores/accounts.ts';
import { connectDatabase } from '#stores/database.ts';
import { createPauseStore } from '#stores/pauses.ts';
import { createPostStore } from '#stores/posts.ts';
import { createTokenBox } from '#stores/token-box.ts';
import { connectAccount, makeScheduledPost } from '#test/support/publishable.ts';
import { startTestDatabase } from '#test/support/test-database.ts';
import { createTikTokClient } from '#tiktok/client.ts';
import { chunkRange, nextChunk, planUpload } from '#tiktok/upload-plan.ts';

const OWNER_ID = 'owner-0000000000';
const CLARA: User = {
  id: OWNER_ID,
  identities: [],
  role: 'owner',
  zone: 'UTC',
  defaultAccountId: null,
  notices: 'each',
  latenessMs: 0,
};
const WAIT_MS = 15_000;

export const SHORT_TIMING: PublisherTiming = {
  leaseMs: 2_000,
  renewEveryMs: 100,
  chunkTimeoutMs: 5_000,
  retryBaseMs: 10,
};

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage(settings: SettingsPatch = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-publisher-'));
  const newId = () => makeId(randomBytes);
  const clock = Date.now;
  const server = await startTestDatabase(join(folder, 'database'));
  const database = await connectDatabase(server.uri);
  const { connection } = database;
  let tiktokAheadMs = 0;
  const simulator = await startSimulator({
    clock: () => Date.now() + tiktokAheadMs,
    dataDir: join(folder, 'simulator'),
    port: 0,
    settings: { checkMedia: false, crowd: 10_000, processingDelayMs: 20, moderationDelayMs: 20, ...settings },
  });
  const posts = createPostStore(connection);
  const accounts = createAccountStore(connection);
  await Promise.all([posts, accounts].map(({ model }) => model.createIndexes()));
  const pauses = createPauseStore(connection);
  const media = await createDiskStore({ dir: join(folder, 'clips'), clock, newId, maxBytes: 1e9, minFreeRatio: 0 });
  const tokenBox = createTokenBox({ activeKeyId: 'test', keys: new Map([['test', randomBytes(32)]]) });
  const { key: clientKey, secret: clientSecret } = SIMULATOR_CLIENT;
  const { origin } = simulator;
  const tiktok = createTikTokClient({
    ...{ apiOrigin: origin, authorizeOrigin: origin, clientKey, clientSecret, clock },
    breakers: { failures: 10, restMs: 300 },
  });
  const runners: Runner[] = [];
  const logged: { level: 'warn' | 'error'; message: string; facts: object }[] = [];
  let accountsMade = 0;

  const accessTokens = createAccessTokens({
    ...{ accounts, tokenBox, tiktok, clock, newId },
    requireNoStandby: async () => {},
  });
  const deps: PublisherDeps = {
    uploads: { execute: send => send() },
    mustBytesWait: () => false,
    posts,
    accounts,
    accessTokens,
    callLimits: createCallLimits(accounts, newId),
    appPause: createAppPause({ pauses, posts, clock, databaseNow: database.now, onMet: async () => {} }),
    tiktok,
    media,
    tokenBox,
    plan: { planUpload, chunkRange, nextChunk },
    world: 'simulator',
    findLateness: async () => DEFAULT_LATENESS_MS,
    clock,
    random: Math.random,
    timing: SHORT_TIMING,
  };

  async function control(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${simulator.origin}/simulator/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) throw new Error(`the simulator answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  const read = async (id: string): Promise<Post> => {
    const post = await posts.findForWork(id);
    if (!post) throw new Error(`no post ${id}`);
    return post;
  };

  /** Waits until `check` holds of the post, hastening every wait that is not a lease: stored instants are moved, never the clock. */
  async function waitFor(
    id: string,
    what: string,
    check: (post: Post) => boolean,
    { hasten = true }: { hasten?: boolean } = {},
  ): Promise<Post> {
    const giveUpAt = performance.now() + WAIT_MS;
    for (;;) {
      const post = await read(id);
      if (check(post)) return post;
      if (performance.now() > giveUpAt)
        throw new Error(
          `waited for ${what}; the post stands at ${post.state}/${post.step}: ${JSON.stringify(post.problem)}, log ${JSON.stringify(logged.slice(-3))}`,
        );
      if (hasten) await hastenWork(id);
      await delay(15);
    }
  }

  async function until(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
    const giveUpAt = performance.now() + WAIT_MS;
    while (!(await check())) {
      if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
      await delay(15);
    }
  }

  /** Not what waits for its person: that would only be a reminder. */
  const hastenWork = (id: string) =>
    posts.model.updateOne(
      { _id: id, lease: null, wakeAt: { $type: 'date' }, state: { $nin: ['held', 'unconfirmed'] } },
      { $set: { wakeAt: new Date(0) } },
    );

  const hurry = (id: string) =>
    posts.model.updateOne({ _id: id, lease: null, wakeAt: { $type: 'date' } }, { $set: { wakeAt: new Date(0) } });

  return {
    simulator,
    deps,
    posts,
    accounts,
    pauses,
    accessTokens,
    media,
    tokenBox,
    connection,
    databaseNow: database.now,
    newId,
    logged,
    read,
    waitFor,
    until,
    hurry,
    ownerId: OWNER_ID,
    /** What the owner of all posts does with them. */
    people: createPosts({ posts, media, clock, setAlarm: async () => {}, clipKeepMs: 86_400_000 }),
    clara: CLARA,

    fault: (fault: FaultInput) => control('POST', 'faults', fault),
    clearFaults: () => control('DELETE', 'faults'),
    change: (patch: SettingsPatch) => control('PATCH', 'settings', patch),

    /** Lets time pass at TikTok alone. */
    letTikTokAge(ms: number): void {
      tiktokAheadMs += ms;
    },

    /** What the simulator noted of one post's account, by kind. */
    journalOf: (username: string, kind: Parameters<typeof simulator.journal>[0] & object = {}) =>
      simulator.journal({ limit: 10_000, ...kind }).filter(entry => entry.username === username),

    async keepClip(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<Clip> {
      const bytes =
        source instanceof Uint8Array
          ? (async function* () {
              yield source;
            })()
          : source;
      const kept = await media.receive(bytes, { deadlineMs: 60_000 });
      return {
        ...kept,
        name: 'clip.mp4',
        contentType: 'video/mp4',
        width: 720,
        height: 1280,
        frameRate: 30,
        durationMs: 1000,
      };
    },
    keepFile(path: string): Promise<Clip> {
      return this.keepClip(createReadStream(path));
    },

    /** An account of the simulator's crowd, connected. */
    async addAccount(username = `creator-${++accountsMade}`) {
      const place = { accounts, tokenBox, id: newId(), ownerId: OWNER_ID, world: 'simulator' } as const;
      return { ...(await connectAccount(place, username, simulator.grant(username))), username };
    },

    /** TikTok will not know the access token that is stored; the refresh token stays good. */
    async spoilAccessToken(accountId: string): Promise<void> {
      const accessToken = tokenBox.seal('act.not-known-to-tiktok', {
        collection: 'accounts',
        id: accountId,
        field: 'accessToken',
      });
      await accounts.model.updateOne({ _id: accountId }, { $set: { 'grant.accessToken': accessToken } });
    },

    /** A scheduled post, due now unless `change` says otherwise. */
    addPost(clip: Clip, accountId: string, change: Partial<Post> = {}): Promise<Post> {
      const id = newId();
      const post = makeScheduledPost({ id, ownerId: OWNER_ID, accountId, world: 'simulator', clip }, change);
      return posts.insert(post, `test:${id}`);
    },

    startRunner(change: Partial<RunnerDeps> = {}, maxAtOnce = 64): Runner {
      const runner = createRunner({
        ...deps,
        databaseNow: database.now,
        isOnStandby: async () => false,
        newId,
        maxAtOnce,
        sweepEveryMs: 20,
        log: {
          warn: (facts, message) => logged.push({ level: 'warn', message, facts }),
          error: (facts, message) => logged.push({ level: 'error', message, facts }),
        },
        ...change,
      });
      runners.push(runner);
      runner.start();
      return runner;
    },

    /** One worker that does step after step when told to. Gives the post as each step left it. */
    async claimByHand(id: string, change: Partial<PublisherDeps> = {}) {
      const owner = newId();
      const claimed = await posts.claim(id, owner, SHORT_TIMING.leaseMs);
      if (!claimed) throw new Error(`post ${id} could not be claimed`);
      let isTakeover = claimed.state === 'publishing';
      let post: StepOutcome = claimed;
      const signal = new AbortController().signal;
      const work: Work = { deps: { ...deps, ...change }, owner, signal, turn: null };
      return {
        async step(): Promise<StepOutcome> {
          if (!post) throw new Error('nothing is left to do');
          post = await advance(work, post, { isTakeover });
          isTakeover = false;
          return post;
        },
      };
    },

    /** As if the worker had died some time ago: its lease and the account's turn run out. */
    async expireLease(id: string): Promise<void> {
      const past = new Date(0);
      await posts.model.updateOne({ _id: id, lease: { $ne: null } }, { $set: { wakeAt: past, 'lease.until': past } });
      const { accountId } = await read(id);
      await accounts.model.updateOne({ _id: accountId, turn: { $ne: null } }, { $set: { 'turn.until': past } });
    },

    async stopRunners(): Promise<void> {
      await Promise.all(runners.splice(0).map(runner => runner.stop()));
    },

    async close(): Promise<void> {
      await this.stopRunners();
      await tiktok.close();
      await simulator.stop();
      await database.drop();
      await database.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
