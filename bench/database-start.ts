// A process that opens the embedded database of a folder, uses it a little, and prints how long the start took and what memory it
// needs beyond what the same process needed before.

import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbeddedMongodb } from '@clipcue/embedded-mongodb';
import { mongo } from 'mongoose';

const CALLS = 2_000;
const SETTLE_MS = 300;
const [dataDir = ''] = process.argv.slice(2);

// Ends with the process that started it, however that ends; and is not kept alive by waiting for it.
process.stdin.once('end', () => process.exit(1)).resume();
(process.stdin as Socket).unref();

await delay(SETTLE_MS);
const idleBytes = process.memoryUsage.rss();
const startedAt = performance.now();
const server = await startEmbeddedMongodb({ dataDir });
const startMs = performance.now() - startedAt;
const client = await mongo.MongoClient.connect(server.uri('bench'));
for (const { name } of await client.db().listCollections().toArray())
  for (let n = 0; n < CALLS; n++)
    await client
      .db()
      .collection<mongo.Document & { _id: string }>(name)
      .findOne({ _id: `document-${String(n).padStart(8, '0')}` });
await delay(SETTLE_MS);
const memoryMb = (process.memoryUsage.rss() - idleBytes) / 1e6;
await client.close();
await server.stop();
process.stdout.write(`${JSON.stringify({ startMs, memoryMb })}\n`);
