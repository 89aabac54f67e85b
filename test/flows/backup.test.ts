// Backup and restore: a copy restored elsewhere posts nothing while the old bot may still run; then nothing is posted twice, nothing is
// forgotten, and the person is asked about each post of which nobody here knows what became.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type SimulatorProcess, startProcess, startSimulatorProcess } from '#test/support/processes.ts';
import { type JournalEntry, type Stand, schedulePost, startHeadlessStand } from '#test/support/stand.ts';
import { backUp } from '#upkeep/backup.ts';
import { openEmbedded } from '#upkeep/embedded.ts';
import { restore } from '#upkeep/restore.ts';

const PASSPHRASE = 'correct horse battery staple';
/** An upload of the clip lasts four minutes: longer than a backup on any machine. */
const SLOW_BYTES_PER_SECOND = 2_000;
/** Some sweeps: what a bot that acted would have done something in. */
const QUIET_MS = 2_500;

// Another server is backed up with its own tools.
describe('a bot restored elsewhere', { skip: Boolean(process.env.TEST_MONGODB_URI) }, () => {
  let folder: string;
  let simulator: SimulatorProcess;
  const stands: Stand[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-backup-'));
    simulator = await startSimulatorProcess(join(folder, 'simulator'), { moderationDelayMs: 50 });
  });
  after(async () => {
    for (const stand of stands) await stand.stop();
    await simulator.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A bot on a folder of its own, whose key lies there too. */
  async function startBot(name: string): Promise<Stand> {
    const stand = await startHeadlessStand({
      dataDir: join(folder, name),
      env: simulator.env,
    });
    stands.push(stand);
    return stand;
  }

  async function journal(kind: string): Promise<JournalEntry[]> {
    const { entries } = (await simulator.call('GET', `journal?kind=${kind}&limit=1000`)) as { entries: JournalEntry[] };
    return entries;
  }

  async function until(what: string, check: () => Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + 20_000;
    while (!(await check())) {
      assert.ok(performance.now() < giveUpAt, `waited in vain for ${what}`);
      await delay(25);
    }
  }

  /** A command as its owner types it. */
  async function run(command: string, args: string[], dataDir: string, input?: string): Promise<string> {
    const child = startProcess('src/upkeep/main.ts', { args: [command, ...args], env: { DATA_DIR: dataDir } });
    if (input !== undefined) child.tell(input);
    await child.ended;
    return child.lines.join('\n');
  }

  it('posts nothing before its owner says so; then TikTok is asked, or the person', async () => {
    const old = await startBot('old');
    const clara = old.person('Clara');
    await clara.command('settings', { zone: 'UTC' });
    await old.connect(clara);
    await schedulePost(clara, { when: 'in 3 hours', caption: 'far away' });
    await schedulePost(clara, { when: 'in 2 hours', caption: 'soon due' });
    await simulator.call('POST', 'faults', { kind: 'slow', route: 'upload', bytesPerSecond: SLOW_BYTES_PER_SECOND });
    await schedulePost(clara, { when: 'in 1 second', caption: 'half way up' });
    await until('an upload under way', async () => (await journal('init')).length === 1);

    const dataDir = join(folder, 'old');
    const told = await run('backup', [join(folder, 'copy'), '--with-key'], dataDir, PASSPHRASE);
    assert.match(told, /Backed up the running bot: .* 3 clips/);
    assert.equal((await readdir(join(folder, 'copy', 'clips'))).length, 3);

    // The old bot goes on: both are posted there. (A slow request stays slow, so the bot is started anew.)
    await simulator.call('DELETE', 'faults');
    await old.restart();
    const posts = old.app.database.connection.collection('posts');
    const due = new Date();
    await posts.updateOne({ caption: 'soon due' }, { $set: { 'due.at': due, wakeAt: due } });
    await until('two videos', async () => (await journal('published')).length === 2);
    await old.app.stop();

    const restored = await run('restore', [join(folder, 'copy'), '--with-key'], join(folder, 'new'), PASSPHRASE);
    assert.match(restored, /with 3 clips[\s\S]*token keys of the backup are in place/);
    const bot = await startBot('new');
    assert.equal(bot.app.standby, 'restored');
    const claraThere = bot.person('Clara');
    await claraThere.command('posts');
    assert.match(claraThere.read(), /restored from a backup and does nothing at TikTok yet/);
    // In the copy its time comes only now.
    const copies = bot.app.database.connection.collection('posts');
    await copies.updateOne({ caption: 'soon due' }, { $set: { 'due.at': due, wakeAt: due } });
    const asked = (await journal('status')).length;
    await delay(QUIET_MS);
    assert.equal((await journal('init')).length, 2, 'nothing was begun');
    assert.equal((await journal('status')).length, asked, 'nothing was even asked');

    const activated = await run('restore', ['--activate'], join(folder, 'new'));
    assert.match(activated, /This bot works now[\s\S]*asked what became of 1 post that[\s\S]*One post is held/);
    await claraThere.waitFor(/Live on TikTok[\s\S]*half way up/);
    await claraThere.waitFor(/Held[\s\S]*soon due[\s\S]*may already be on TikTok/);
    await claraThere.press('It is on TikTok');
    const states = await copies.find({}, { projection: { caption: 1, state: 1 } }).toArray();
    assert.deepEqual(Object.fromEntries(states.map(({ caption, state }) => [caption, state])), {
      'far away': 'scheduled',
      'soon due': 'cancelled',
      'half way up': 'published',
    });
    assert.equal((await journal('init')).length, 2, 'no third upload');
    assert.equal((await journal('published')).length, 2, 'each video once');
    await claraThere.command('posts');
    assert.doesNotMatch(claraThere.read(), /restored from a backup/);
  });

  it('can be put in the place of what a running bot has, which is kept; not by mistake, and not what is damaged', async () => {
    const bot = stands.at(-1) as Stand;
    const dataDir = join(folder, 'new');
    const ids = { newId: () => 'unused', clock: Date.now };
    const again = { from: join(folder, 'copy'), dataDir, keyring: null, passphrase: null, withoutKey: false, ...ids };
    await assert.rejects(restore({ ...again, replaces: false }), /holds data already/);
    await restore({ ...again, replaces: true });
    const posts = bot.app.database.connection.collection('posts');
    assert.equal(await posts.countDocuments({ state: 'cancelled' }), 0, 'the running bot sees the backup');
    const kept = (await readdir(join(dataDir, 'database'))).filter(name => name.startsWith('before-restore-'));
    assert.equal(kept.length, 1);
    await bot.person('Clara').command('posts');
    assert.match(bot.person('Clara').read(), /restored from a backup/);

    await assert.rejects(
      restore({ ...again, dataDir: join(folder, 'other'), replaces: false }),
      /No key here opens the tokens of this backup/,
    );
    await assert.rejects(
      restore({ ...again, dataDir: join(folder, 'other'), passphrase: 'wrong', replaces: false }),
      /passphrase does not open/,
    );
    await writeFile(join(folder, 'copy', 'database.sqlite'), 'x', { flag: 'a' });
    await assert.rejects(restore({ ...again, replaces: true }), /The backup is damaged/);
  });

  it('is backed up while it is off, too, without its keys unless they are asked for', async () => {
    const dataDir = join(folder, 'old');
    const to = join(folder, 'cold');
    const keyring = { activeKeyId: 'k1', keys: new Map([['k1', Buffer.alloc(32, 'k')]]) };
    const options = { dataDir, keyring, holdsClips: true, version: 'test', to, passphrase: null, clock: Date.now };
    const report = await backUp(options);
    assert.equal(report.wasRunning, false);
    assert.deepEqual((await readdir(to)).toSorted(), ['backup.json', 'clips', 'database.sqlite']);
    await assert.rejects(backUp(options), /is there already/);
    const source = await openEmbedded(dataDir);
    assert.equal(await source.database.connection.collection('marks').countDocuments({ _id: 'standby' as never }), 0);
    await source.close();
  });
});
