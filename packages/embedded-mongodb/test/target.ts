/** The server under test: the embedded one, or the one at TEST_MONGODB_URI, in a database of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import { startEmbeddedMongodb } from '../src/index.ts';

export type Target = {
  readonly uri: string;
  readonly isEmbedded: boolean;
  readonly client: MongoClient;
  readonly db: Db;
};

/** Starts it, and takes everything down again after the tests of the file. */
export async function startTarget(options: MongoClientOptions = {}): Promise<Target> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const given = process.env.TEST_MONGODB_URI;
  const started = given ? null : await startOwn();
  const uri = started ? started.uri(name) : withDatabase(given as string, name);
  const client = new MongoClient(uri, options);
  await client.connect();
  after(async () => {
    await client.db(name).dropDatabase();
    await client.close();
    await started?.stop();
  });
  return { uri, isEmbedded: started !== null, client, db: client.db(name) };
}

async function startOwn() {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-mongodb-test-'));
  const server = await startEmbeddedMongodb({ dataDir });
  return {
    uri: server.uri,
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
}

function withDatabase(uri: string, name: string): string {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.href;
}

/** The code of the error that a promise rejects with; fails the test when it does not. */
export async function errorCode(promise: Promise<unknown>): Promise<number> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) throw new Error('the server was expected to refuse this');
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return Number(error.code);
}
