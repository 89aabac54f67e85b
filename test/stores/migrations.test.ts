// Migrations: run once, in order, by one process at a time; the embedded database is copied first, another one is its operator's.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { bringUpToDate } from '#app/migration.ts';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createMarkStore, type MarkStore } from '#stores/marks.ts';
import { createMigrator, type Migration } from '#stores/migrations.ts';
import { startTestDatabase } from '#test/support/test-database.ts';

const quiet = { info: () => {} };

describe('migrations', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startTestDatabase>>;
  let database: Database;
  let marks: MarkStore;
  let ran: number[];
  let copies: string[];

  const migration = (to: number): Migration => ({
    to,
    about: `step ${to}`,
    async run() {
      ran.push(to);
    },
  });
  const copyBefore = async (name: string) => {
    copies.push(name);
    return name;
  };
  const versionNow = async () => (await createMigrator(database.connection, marks).read()).version;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-migrations-'));
    server = await startTestDatabase(join(folder, 'database'));
    database = await connectDatabase(server.uri);
    marks = createMarkStore(database.connection);
  });
  beforeEach(async () => {
    await database.drop();
    [ran, copies] = [[], []];
  });
  after(async () => {
    await database.drop();
    await database.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** As the first release left it. */
  const useDatabase = () => database.connection.collection('users').insertOne({ name: 'Clara' });

  it('an unused database needs none', async () => {
    await bringUpToDate(database, null, quiet, [migration(2)]);
    assert.deepEqual([ran, copies], [[], []]);
    assert.equal(await versionNow(), 2);
  });

  it('run in order, once, after a copy was made', async () => {
    await useDatabase();
    await bringUpToDate(database, copyBefore, quiet, [migration(2), migration(3)]);
    assert.deepEqual(ran, [2, 3]);
    assert.equal(copies.length, 1);
    assert.match(copies[0] ?? '', /^before-version-3-from-1-\w+\.sqlite$/);
    await bringUpToDate(database, copyBefore, quiet, [migration(2), migration(3)]);
    assert.deepEqual([ran, copies.length], [[2, 3], 1]);
    await bringUpToDate(database, copyBefore, quiet, [migration(2), migration(3), migration(4)]);
    assert.deepEqual([ran, copies.length], [[2, 3, 4], 2]);
  });

  it('go on after one that failed, from that one', async () => {
    await useDatabase();
    const broken: Migration = { to: 3, about: 'breaks', run: () => Promise.reject(new Error('broken')) };
    await assert.rejects(bringUpToDate(database, copyBefore, quiet, [migration(2), broken]), /broken/);
    assert.equal(await versionNow(), 2);
    // The process that failed still has the lease: the same name takes it again, another waits until it ran out.
    await marks.remove('migrating');
    await bringUpToDate(database, copyBefore, quiet, [migration(2), migration(3)]);
    assert.deepEqual(ran, [2, 3]);
  });

  it('on another MongoDB: start names the command to run, and data of a newer version is refused', async () => {
    await useDatabase();
    await assert.rejects(bringUpToDate(database, null, quiet, [migration(2)]), /npm run migrate/);
    assert.deepEqual(ran, []);
    await bringUpToDate(database, copyBefore, quiet, [migration(2), migration(3)]);
    await assert.rejects(bringUpToDate(database, copyBefore, quiet, [migration(2)]), /newer version of Clipcue/);
  });

  it('one process at a time', async () => {
    await useDatabase();
    const migrators = [1, 2, 3, 4].map(() => createMigrator(database.connection, marks, [migration(2), migration(3)]));
    const outcomes = await Promise.all(migrators.map((migrator, index) => migrator.run(`process ${index}`, () => {})));
    assert.ok(outcomes.includes(true));
    assert.deepEqual(ran, [2, 3], 'each once');
    assert.ok(await marks.lease('other', 'one', 60_000));
    assert.ok(!(await marks.lease('other', 'two', 60_000)));
    assert.ok(await marks.lease('other', 'one', -1), 'prolonged by its owner');
    assert.ok(await marks.lease('other', 'two', 60_000), 'and free once it ran out');
  });
});
