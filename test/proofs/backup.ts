// Backups of a bot in the middle of its work, each restored elsewhere after the old one went on to its end: no video twice, no post
// forgotten, and of each post of which the copy cannot know what became, TikTok or its person is asked.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clip } from '#domain/post-record.ts';
import { makeId } from '#domain/secrets.ts';
import { createDiskStore } from '#media/disk-store.ts';
import { type JournalEntry, SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { createAccountStore } from '#stores/accounts.ts';
import type { StoredPost } from '#stores/post-schema.ts';
import { createPostStore } from '#stores/posts.ts';
import { createTokenBox } from '#stores/token-box.ts';
import { createUserStore } from '#stores/users.ts';
import { startProcess, startSimulatorProcess } from '#test/support/processes.ts';
import { connectAccount, makeScheduledPost, type TokenReply } from '#test/support/publishable.ts';
import { type Stand, startHeadlessStand } from '#test/support/stand.ts';
import { openEmbedded } from '#upkeep/embedded.ts';

const WORLD = `key:${SIMULATOR_CLIENT.key}` as const;
const LEAD_MS = 2_000;
/** Uploads last a while, so that every backup meets some in the middle. */
const UPLOAD_MS = 700;
const FAR_AWAY = 5;
const FAR_MS = 3 * 3_600_000;
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 100;

export async function proveBackup(
  print: (line: string) => void,
  { posts = 120, overMs = 8_000, backups = 4 } = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-backups-'));
  const settings = { checkMedia: false, crowd: 1_000, processingDelayMs: 200, moderationDelayMs: 200 };
  const simulator = await startSimulatorProcess(join(folder, 'simulator'), settings);
  const key = randomBytes(32);
  const env = {
    TOKEN_KEYS: `proof:${key.toString('base64')}`,
    ...simulator.env,
  };
  const startBot = (name: string) => startHeadlessStand({ dataDir: join(folder, name), env });
  const journal = async (kind: string) =>
    ((await simulator.call('GET', `journal?kind=${kind}&limit=10000`)) as { entries: JournalEntry[] }).entries;
  let bot: Stand | null = null;
  try {
    bot = await startBot('old');
    await simulator.call('POST', 'faults', { kind: 'slow', route: 'upload', delayMs: UPLOAD_MS });
    const grant = async (username: string) => (await simulator.call('POST', 'grants', { username })) as TokenReply;
    await fillOldBot(join(folder, 'old'), { key, grant, posts, overMs });
    const copies = Array.from({ length: backups }, (_, index) => join(folder, `backup-${index}`));
    for (const copy of copies) {
      await delay(overMs / backups);
      await upkeep('backup', [copy], join(folder, 'old'), env);
    }
    await until('the old bot to publish everything', async () => (await journal('published')).length === posts);
    await bot.stop();

    for (const [index, copy] of copies.entries()) {
      const dataDir = join(folder, `new-${index}`);
      await upkeep('restore', [copy], dataDir, env);
      bot = await startBot(`new-${index}`);
      const facts = await judgeRestored(bot, () => upkeep('restore', ['--activate'], dataDir, env));
      await bot.stop();
      print(JSON.stringify({ backup: index + 1, ...facts }));
      assert.equal(facts.published + facts.asked, posts, 'every post is accounted for');
      assert.equal((await journal('init')).length, posts, 'no restored bot began an upload');
    }
    bot = null;
    const ids = (await journal('published')).map(({ publishId }) => publishId);
    assert.deepEqual([ids.length, new Set(ids).size], [posts, posts], 'every video once');
  } finally {
    await bot?.stop();
    await simulator.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Posts of as many accounts, all Clara's, due one after the other; and some that are due in hours. */
async function fillOldBot(
  dataDir: string,
  load: { key: Buffer; grant(username: string): Promise<TokenReply>; posts: number; overMs: number },
): Promise<void> {
  const newId = () => makeId(randomBytes);
  const embedded = await openEmbedded(dataDir);
  const { connection } = embedded.database;
  const accounts = createAccountStore(connection);
  const posts = createPostStore(connection);
  const tokenBox = createTokenBox({ activeKeyId: 'proof', keys: new Map([['proof', load.key]]) });
  const clara = { platform: 'headless', personId: 'clara', chatId: 'chat-clara', name: 'Clara' };
  const { id: ownerId } = await createUserStore(connection).recognise(clara, newId(), new Date());
  const dir = join(dataDir, 'clips');
  const media = await createDiskStore({ dir, clock: Date.now, newId, maxBytes: 1e9, minFreeRatio: 0 });
  const keepClip = async (): Promise<Clip> => {
    const bytes = [randomBytes(60_000)];
    const kept = await media.receive(
      (async function* () {
        yield* bytes;
      })(),
      { deadlineMs: 10_000 },
    );
    const looks = { width: 720, height: 1280, frameRate: 30, durationMs: 1_000 };
    return { ...kept, ...looks, name: 'clip.mp4', contentType: 'video/mp4' };
  };
  const ready = [];
  for (let number = 0; number < load.posts + FAR_AWAY; number++) {
    const username = `creator-${number + 1}`;
    const place = { accounts, tokenBox, id: newId(), ownerId, world: WORLD };
    const account = await connectAccount(place, username, await load.grant(username));
    ready.push({ accountId: account.id, clip: await keepClip() });
  }
  const dueMs = Date.now() + LEAD_MS;
  for (const [index, facts] of ready.entries()) {
    const at = new Date(index < load.posts ? dueMs + (index * load.overMs) / load.posts : dueMs + FAR_MS);
    const due = { at, delayMs: null, zone: 'UTC', words: 'then' };
    const card = { platform: clara.platform, chatId: clara.chatId, messageRef: null };
    const id = newId();
    const post = makeScheduledPost({ id, ownerId, world: WORLD, ...facts }, { due, card, wakeAt: at, caption: id });
    await posts.insert(post, `proof:${id}`);
  }
  await embedded.close();
}

/** Activates a restored bot while it runs, and waits until nothing is in doubt any more. */
async function judgeRestored(bot: Stand, activate: () => Promise<string>) {
  assert.equal(bot.app.standby, 'restored');
  const posts = bot.app.database.connection.collection<StoredPost>('posts');
  const clara = bot.person('Clara');
  const knownBefore = await posts.countDocuments({ state: 'published' });
  const told = await activate();
  const now = new Date();
  const open = { $or: [{ state: 'publishing' as const }, { state: 'scheduled' as const, 'due.at': { $lte: now } }] };
  const isTold = (caption: string) => clara.messages.some(message => clara.read(message).includes(caption));
  await until('nothing in doubt', async () => (await posts.countDocuments(open)) === 0);
  const held = await posts.find({ state: 'held' }).toArray();
  await until('a message about each post that is held', async () => held.every(({ caption }) => isTold(caption ?? '')));
  assert.ok(held.every(({ problem }) => problem?.code === 'post_maybe_published'));
  const published = await posts.countDocuments({ state: 'published' });
  const waiting = await posts.countDocuments({ state: 'scheduled' });
  assert.equal(waiting, FAR_AWAY, 'what is due in hours still waits');
  return { knownBefore, published, asked: held.length, told: told.split('\n').slice(1).join(' ') };
}

/** A command as its owner types it. @throws Error with what it printed where it fails. */
async function upkeep(command: string, args: string[], dataDir: string, env: Record<string, string>): Promise<string> {
  const child = startProcess('src/upkeep/main.ts', { args: [command, ...args], env: { ...env, DATA_DIR: dataDir } });
  const code = await child.ended;
  assert.equal(code, 0, `${command} ended with ${code}: ${child.lines.join('\n')}`);
  return child.lines.join('\n');
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + WAIT_MS;
  while (!(await check())) {
    assert.ok(performance.now() < giveUpAt, `waited in vain for ${what}`);
    await delay(LOOK_EVERY_MS);
  }
}
