/**
 * Mutated messages: cut, flipped, with wrong lengths. The server may answer with an error or close that connection; it
 * may not die, hang, or disturb another connection.
 *
 *   node packages/embedded-mongodb/test/robustness/malformed.ts --messages 100000 --seed 1
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Document, serialize } from 'bson';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongodb } from '../../src/index.ts';
import { filter } from '../fuzz/filters.ts';
import { createRandom, type Random } from '../fuzz/random.ts';
import { update } from '../fuzz/updates.ts';
import { fields } from '../fuzz/values.ts';

/** So long that only a hang takes it, however slow the machine. */
const HANG_MS = 50_000;

function opMsg(command: Document): Buffer {
  const body = Buffer.from(serialize(command, { ignoreUndefined: true }));
  const head = Buffer.alloc(21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(1, 4);
  head.writeInt32LE(2013, 12);
  return Buffer.concat([head, body]);
}

function makeMessage(random: Random): Buffer {
  const $db = 'malformed';
  switch (random.below(7)) {
    case 0:
      return opMsg({ insert: 'c', documents: random.times(1, 3, () => fields(random)), $db });
    case 1:
      return opMsg({ update: 'c', updates: [{ q: filter(random), u: update(random), multi: true }], $db });
    case 2:
      return opMsg({ delete: 'c', deletes: [{ q: filter(random), limit: 1 }], $db });
    case 3:
      return opMsg({
        findAndModify: 'c',
        query: filter(random),
        update: update(random),
        upsert: random.chance(0.2),
        $db,
      });
    case 4:
      return opMsg({ aggregate: 'c', pipeline: [{ $match: filter(random) }, { $count: 'n' }], cursor: {}, $db });
    case 5:
      return opMsg({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a', expireAfterSeconds: 1e6 }], $db });
    default:
      return opMsg({ find: 'c', filter: filter(random), limit: 5, singleBatch: true, $db });
  }
}

function mutate(random: Random, message: Buffer): Buffer {
  const bytes = Buffer.from(message);
  for (let left = random.below(4); left > 0; left -= 1) {
    const at = random.chance(0.3) ? random.below(Math.min(64, bytes.length)) : random.below(bytes.length);
    bytes[at] = random.chance(0.5) ? random.below(256) : (bytes[at] as number) ^ (1 << random.below(8));
  }
  if (random.chance(0.1)) bytes.writeInt32LE(random.below(2 ** 31), random.below(Math.max(1, bytes.length - 4)));
  if (random.chance(0.05)) return bytes.subarray(0, random.below(bytes.length));
  return bytes;
}

/** Sends the messages on one connection and closes it; settles when the server closed its side too. */
function send(path: string, messages: Buffer[]): Promise<void> {
  return new Promise((settle, reject) => {
    const socket: Socket = connect(path);
    const timer = setTimeout(() => reject(new Error('the server neither answered nor closed the connection')), HANG_MS);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      settle();
    });
    socket.resume();
    socket.end(Buffer.concat(messages));
  });
}

export async function runMalformed({ messages, seed }: { messages: number; seed: number }): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-mongodb-malformed-'));
  const server = await startEmbeddedMongodb({ dataDir });
  const client = new MongoClient(server.uri('malformed'));
  const path = decodeURIComponent(/^mongodb:\/\/([^/]+)/.exec(server.uri('x'))?.[1] ?? '');
  const random = createRandom(seed);
  let sent = 0;
  try {
    while (sent < messages) {
      const batches = random.times(8, 8, () => random.times(1, 6, () => mutate(random, makeMessage(random))));
      await Promise.all(batches.map(batch => send(path, batch)));
      sent += batches.reduce((sum, batch) => sum + batch.length, 0);
      assert.equal((await client.db('malformed').command({ ping: 1 })).ok, 1);
      // What slipped through as valid must not pile up.
      if (random.chance(0.05)) await client.db('malformed').dropDatabase();
    }
    await client.db('malformed').dropDatabase();
  } finally {
    await client.close();
    await server.stop();
    rmSync(dataDir, { recursive: true });
  }
  return sent;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { messages: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  const sent = await runMalformed({ messages: Number(values.messages), seed: Number(values.seed) });
  process.stdout.write(`${sent} mutated messages: no crash, no hang\n`);
}
