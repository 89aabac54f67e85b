// The proofs in short, so that every run of the tests sees whole processes killed and measured; `npm run prove` has the long ones.

import { test } from 'node:test';
import { proveKillBeforeDue, proveKillInUpload } from './crash.ts';
import { proveFullDisk, whyNoSmallDisk } from './full-disk.ts';
import { proveHostileClips } from './hostile-clips.ts';
import { proveUploadMemory } from './upload-memory.ts';

/** The smallest clips that go up in several chunks have more than 64,000,000 bytes. */
const SEVERAL_CHUNKS_BYTES = 66_000_000;

test('kill -9 between Schedule and the due time: published once', async t => {
  await proveKillBeforeDue(line => t.diagnostic(line), { dueInSeconds: 2, leaseMs: 1_000 });
});

test('kill -9 in the middle of an upload: the same upload goes on, published once', async t => {
  await proveKillInUpload(line => t.diagnostic(line), { sizeBytes: SEVERAL_CHUNKS_BYTES, leaseMs: 1_000 });
});

test('a clip in several chunks goes up without being held in memory', async t => {
  await proveUploadMemory(line => t.diagnostic(line), { sizeBytes: SEVERAL_CHUNKS_BYTES });
});

test('a file that is made to hurt costs no more than a second and 100 MB', async t => {
  await proveHostileClips(line => t.diagnostic(line), { isShort: true });
});

test('a disk that fills up in the middle: a clear refusal, no partial file', {
  skip: whyNoSmallDisk() ?? false,
}, async t => {
  await proveFullDisk(line => t.diagnostic(line));
});
