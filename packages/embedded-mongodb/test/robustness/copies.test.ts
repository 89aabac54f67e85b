/** `backup` and `restore`: a copy made under load holds what was acknowledged before, and everything can be put back. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongodb } from '../../src/index.ts';
import { errorCode } from '../target.ts';

const root = mkdtempSync(join(tmpdir(), 'embedded-mongodb-copies-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

async function startOn(dataDir: string) {
  const server = await startEmbeddedMongodb({ dataDir });
  const client = new MongoClient(server.uri('test'));
  return {
    db: client.db(),
    admin: client.db('admin'),
    async stop() {
      await client.close();
      await server.stop();
    },
  };
}

function newFolder(): string {
  folders += 1;
  const folder = join(root, String(folders));
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

describe('backup', () => {
  it('copies while others write, and holds all that was acknowledged before it was asked for', async () => {
    const dataDir = newFolder();
    const source = await startOn(dataDir);
    const items = source.db.collection<{ _id: number; text: string }>('items');
    await items.createIndex({ text: 1 });
    await items.insertMany(Array.from({ length: 3000 }, (_, n) => ({ _id: n, text: `${n}`.padStart(400, 'x') })));
    let isOver = false;
    let acknowledged = 3000;
    const load = (async () => {
      while (!isOver) {
        await items.insertOne({ _id: acknowledged, text: `${acknowledged}` });
        acknowledged += 1;
      }
    })();
    const before = acknowledged;
    const { path, sizeBytes } = await source.admin.command({ backup: 1 });
    isOver = true;
    await load;
    await source.stop();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(path).size, Number(sizeBytes));

    const elsewhere = newFolder();
    renameSync(path, join(elsewhere, 'database.sqlite'));
    const copy = await startOn(elsewhere);
    const count = await copy.db.collection('items').countDocuments();
    assert.ok(count >= before && count <= acknowledged, `${before} <= ${count} <= ${acknowledged}`);
    assert.equal(await copy.db.collection('items').countDocuments({ text: '2999'.padStart(400, 'x') }), 1);
    await copy.stop();
  });

  it('what nobody fetched goes at the next start', async () => {
    const dataDir = newFolder();
    const source = await startOn(dataDir);
    await source.db.collection('items').insertOne({ n: 1 });
    await source.admin.command({ backup: 1 });
    source.admin.command({ backup: 1 }).catch(() => {});
    await source.stop();
    const again = await startOn(dataDir);
    await again.stop();
    assert.deepEqual(readdirSync(dataDir), ['database.sqlite']);
  });
});

describe('restore', () => {
  it('puts everything back, indexes included, while clients are connected', async () => {
    const server = await startOn(newFolder());
    const { db, admin } = server;
    await db.collection('items').createIndex({ name: 1 }, { unique: true });
    await db.collection('items').insertMany([{ name: 'one' }, { name: 'two' }]);
    const { path } = await admin.command({ backup: 1 });
    await db.collection('items').deleteMany({});
    await db.collection('others').insertMany(Array.from({ length: 300 }, (_, n) => ({ n })));
    const cursor = db.collection('others').find();
    await cursor.next();

    await admin.command({ restore: basename(path) });
    assert.deepEqual(await db.collection('items').distinct('name'), ['one', 'two']);
    assert.equal(await errorCode(db.collection('items').insertOne({ name: 'one' })), 11000);
    assert.deepEqual(
      (await db.listCollections().toArray()).map(({ name }) => name),
      ['items'],
      'what came after the backup is gone',
    );
    assert.equal(await errorCode(cursor.toArray()), 43, 'a cursor on what was there before is gone');
    // Its tables must not meet those that were there before.
    await db.collection('third').insertOne({ n: 3 });
    assert.deepEqual(await db.collection('third').distinct('n'), [3]);
    await server.stop();
  });

  it('refuses what is no sound copy of its own, and changes nothing', async () => {
    const dataDir = newFolder();
    const server = await startOn(dataDir);
    await server.db.collection('items').insertOne({ name: 'kept' });
    const name = 'copy-00112233445566aa.sqlite';
    assert.equal(await errorCode(server.admin.command({ restore: '../database.sqlite' })), 2);
    assert.equal(await errorCode(server.admin.command({ restore: name })), 2);
    assert.equal(await errorCode(server.db.command({ backup: 1 })), 13);
    writeFileSync(join(dataDir, name), 'not a database at all'.repeat(1000));
    assert.equal(await errorCode(server.admin.command({ restore: name })), 96);
    assert.deepEqual(await server.db.collection('items').distinct('name'), ['kept']);
    await server.stop();
  });
});
