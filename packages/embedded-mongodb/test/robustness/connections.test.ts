/** A hundred connections at once: each is served, none is left behind. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongodb } from '../../src/index.ts';

const CONNECTIONS = 100;
/** The driver opens them one after the other, in its own time. */
const LOOK_EVERY_MS = 50;

it('a hundred connections are served at once', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-mongodb-connections-'));
  const server = await startEmbeddedMongodb({ dataDir });
  const watcher = new MongoClient(server.uri('test'));
  const crowd = new MongoClient(server.uri('test'), { maxPoolSize: CONNECTIONS, minPoolSize: CONNECTIONS });
  const currentCount = async (): Promise<number> =>
    (await watcher.db('admin').command({ serverStatus: 1 })).connections.current;
  try {
    await crowd.connect();
    while ((await currentCount()) < CONNECTIONS) await delay(LOOK_EVERY_MS);
    const items = crowd.db().collection('items');
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => items.insertOne({ n })));
    assert.equal(await items.countDocuments(), CONNECTIONS);
    await crowd.close();
    while ((await currentCount()) > CONNECTIONS / 2) await delay(LOOK_EVERY_MS);
  } finally {
    await crowd.close();
    await watcher.close();
    await server.stop();
    rmSync(dataDir, { recursive: true });
  }
});
