/** The file: its lock, its version, and what happens when it is damaged, read-only, or the disk is full. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import { EmbeddedMongodbError, type Notice, startEmbeddedMongodb } from '../../src/index.ts';
import { uriOf } from '../../src/server/listen.ts';
import { startServer } from '../../src/server/server.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-mongodb-storage-'));
  folders.push(folder);
  return folder;
}

const withCode = (code: string) => (error: unknown) => error instanceof EmbeddedMongodbError && error.code === code;

/** Runs `work` with a client of a server on the folder. */
async function withServer<T>(dataDir: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const server = await startEmbeddedMongodb({ dataDir });
  const client = new MongoClient(server.uri('test'));
  try {
    return await work(client);
  } finally {
    await client.close();
    await server.stop();
    await server.closed;
  }
}

describe('the lock', () => {
  it('refuses a second server on the same folder, in this process and in another', async () => {
    const dataDir = newFolder();
    await withServer(dataDir, async () => {
      await assert.rejects(startEmbeddedMongodb({ dataDir }), withCode('locked'));
      const script = join(import.meta.dirname, '../../../../scripts/database.ts');
      const child = spawn(process.execPath, [script, '--port', '0', '--data', dataDir], { stdio: 'pipe' });
      let message = '';
      child.stderr.on('data', chunk => {
        message += chunk;
      });
      const [code] = await once(child, 'close');
      assert.equal(code, 1);
      assert.match(message, /in use by another process/);
    });
    await withServer(dataDir, async client => client.db().command({ ping: 1 }));
  });
});

describe('the socket', () => {
  it('is for this user only and gone afterwards', async () => {
    const dataDir = newFolder();
    const path = join(dataDir, 'database.sock');
    await withServer(dataDir, async () => assert.equal(statSync(path).mode & 0o777, 0o600));
    assert.equal(existsSync(path), false);
  });

  it('moves to the temporary folder when its path is too long', async () => {
    const dataDir = join(newFolder(), 'x'.repeat(100));
    await withServer(dataDir, async client => assert.equal((await client.db().command({ ping: 1 })).ok, 1));
  });
});

describe('a data folder', () => {
  it('keeps its documents and indexes over a restart', async () => {
    const dataDir = newFolder();
    await withServer(dataDir, async client => {
      const c = client.db().collection('c');
      await c.createIndex({ tags: 1 });
      await c.insertMany([{ tags: ['a', 'b'] }, { tags: ['b'] }]);
    });
    await withServer(dataDir, async client => {
      const c = client.db().collection('c');
      assert.equal(await c.countDocuments({ tags: 'b' }), 2);
      assert.equal((await c.indexes()).length, 2);
    });
  });

  it('of a newer version is refused', async () => {
    const dataDir = newFolder();
    await withServer(dataDir, async () => {});
    const file = new DatabaseSync(join(dataDir, 'database.sqlite'));
    file.exec('PRAGMA user_version = 99');
    file.close();
    await assert.rejects(startEmbeddedMongodb({ dataDir }), withCode('newer-format'));
  });

  it('with the file of another program is refused and left alone', async () => {
    const dataDir = newFolder();
    const path = join(dataDir, 'database.sqlite');
    const file = new DatabaseSync(path);
    file.exec('CREATE TABLE other (a)');
    file.close();
    await assert.rejects(startEmbeddedMongodb({ dataDir }), withCode('foreign-file'));
    const again = new DatabaseSync(path);
    assert.deepEqual(
      again
        .prepare('SELECT name FROM sqlite_schema')
        .all()
        .map(row => row.name),
      ['other'],
    );
    again.close();
  });

  it('that may not be written is refused', {
    skip: process.getuid?.() === 0 && 'root may write everything',
  }, async () => {
    const dataDir = newFolder();
    await withServer(dataDir, async client => client.db().collection('c').insertOne({}));
    chmodSync(join(dataDir, 'database.sqlite'), 0o400);
    await assert.rejects(startEmbeddedMongodb({ dataDir }), withCode('read-only'));
  });

  it('with a damaged file is refused', async () => {
    const dataDir = newFolder();
    await withServer(dataDir, async client => client.db().collection('c').insertOne({ a: 1 }));
    const path = join(dataDir, 'database.sqlite');
    const bytes = readFileSync(path);
    bytes.fill(0x55, 0, 200);
    writeFileSync(path, bytes);
    await assert.rejects(startEmbeddedMongodb({ dataDir }), withCode('damaged'));
  });
});

describe('a full disk', () => {
  it('refuses writes with OutOfDiskSpace, keeps what is there, goes on when there is room', async () => {
    const notices: Notice[] = [];
    // SQLite's own limit stands for the disk's: it fails in the same place with the same code.
    const server = await startServer({
      dataDir: newFolder(),
      now: Date.now,
      onNotice: notice => notices.push(notice),
      maxPages: 60,
    });
    const client = new MongoClient(uriOf(server.address, 'test'));
    try {
      const c = client.db().collection('c');
      await c.createIndex({ big: 1 });
      await c.insertOne({ _id: 1 as never });
      await assert.rejects(c.insertOne({ big: 'x'.repeat(300_000) }), { code: 14031 });
      assert.equal(await c.countDocuments(), 1);
      assert.equal(await c.countDocuments({ big: { $gte: '' } }), 0);
      await c.insertOne({ small: 1 });
      assert.equal(await c.countDocuments(), 2);
      assert.ok(notices.some(({ message }) => message.includes('disk is full')));
    } finally {
      await client.close();
      await server.stop();
    }
  });
});
