/** What the server does by the clock: expired documents, idle cursors, time limits. The clock is the test's. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { doc, type Value } from '../../src/codec/values.ts';
import type { ServerState } from '../../src/commands/context.ts';
import { CURSOR_TIMEOUT_MS, createCursors, NO_CONTROL } from '../../src/commands/cursors.ts';
import { parseIndex } from '../../src/indexes/specification.ts';
import { removeExpired } from '../../src/server/expiry.ts';
import { createCatalog } from '../../src/storage/catalog.ts';
import { openStorageFile } from '../../src/storage/file.ts';

const folder = mkdtempSync(join(tmpdir(), 'embedded-mongodb-expiry-'));
const file = openStorageFile(folder);
const catalog = createCatalog(file);
after(() => {
  file.close();
  rmSync(folder, { recursive: true });
});

const at = (ms: number): Value => ({ kind: 'date', ms });

it('TTL indexes remove what is older, nothing that is no date, nothing outside a partial filter', () => {
  const collection = catalog.create('test', 'sessions');
  const filter = doc({ keep: doc({ $exists: true }) });
  const entry = doc({ key: doc({ at: 1 }), name: 'ttl', expireAfterSeconds: 60, partialFilterExpression: filter });
  catalog.addIndex(collection, parseIndex(entry));
  const stored: [Value, boolean][] = [
    [at(0), true],
    [at(39_999), true],
    [at(40_001), true],
    ['text', true],
    [[at(90_000), at(1)], true],
    [at(0), false],
  ];
  stored.forEach(([value, inFilter], id) => {
    collection.insert(doc({ _id: id, at: value, keep: inFilter ? 1 : undefined }));
  });
  const server = { file, catalog, slice: { isUsedUp: () => false } } as Partial<ServerState> as ServerState;
  const context = { server, command: new Map(), name: '', database: 'admin', connectionId: 0, nowMs: 100_000 };
  const run = removeExpired(context);
  while (!run.next().done);
  const left = collection.readAfter(0).map(({ rid }) => rid - 1);
  assert.deepEqual(left, [2, 3, 5]);
});

it('cursors are forgotten after ten idle minutes, and their scans ended', () => {
  let ended = false;
  const results = (function* () {
    try {
      yield Buffer.alloc(5);
    } finally {
      ended = true;
    }
  })();
  results.next();
  const cursors = createCursors(() => 5n);
  const { id } = cursors.add('test.c', results, NO_CONTROL(), null, 1000);
  cursors.closeIdle(1000 + CURSOR_TIMEOUT_MS);
  assert.ok(cursors.get(id));
  cursors.closeIdle(1001 + CURSOR_TIMEOUT_MS);
  assert.equal(cursors.get(id), undefined);
  assert.equal(ended, true);
});
