// Addresses as people paste them: found wherever they stand, read once, and never mistaken for other words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPastedAddress } from '#domain/pasted-address.ts';

const STATE = `${'Zk3-_'.repeat(8)}abc`;
const CODE = 'AbC-_9*1!6431.u1';
const ENCODED = encodeURIComponent(CODE).replaceAll('*', '%2A').replaceAll('!', '%21');
const QUERY = `code=${ENCODED}&scopes=user.info.basic%2Cvideo.upload&state=${STATE}`;
const ADDRESS = `http://localhost:3000/oauth/tiktok/callback?${QUERY}`;

test('is read whatever stands around it', () => {
  const pasted = [
    ADDRESS,
    `<${ADDRESS}>`,
    `(${ADDRESS})`,
    `“${ADDRESS}”`,
    `here: ${ADDRESS}, ok?`,
    `line\n${ADDRESS}\nline`,
    ADDRESS.replace('http://', ''),
    ADDRESS.replace('localhost:3000', 'clips.example.com'),
    `/oauth/tiktok/callback?${QUERY}`,
    `${ADDRESS}#_=_`,
    `?${QUERY}`,
    QUERY,
    `http://localhost:3000/oauth/tiktok/callback?code=${CODE}&state=${STATE}`,
  ];
  for (const text of pasted) assert.deepEqual(readPastedAddress(text), { state: STATE, code: CODE, error: null }, text);
});

test('decodes once', () => {
  const twice = ADDRESS.replace(ENCODED, encodeURIComponent(ENCODED));
  assert.equal(readPastedAddress(twice)?.code, ENCODED);
});

test('leaves out what is missing, doubled, cut or made up', () => {
  const read = (query: string) => readPastedAddress(`http://localhost:3000/oauth/tiktok/callback${query}`);
  const nothing = { state: null, code: null, error: null };
  assert.deepEqual(read(''), nothing);
  assert.deepEqual(read('?'), nothing);
  assert.deepEqual(read(`?state=${STATE}`), { ...nothing, state: STATE });
  assert.deepEqual(read(`?code=x&state=${STATE.slice(1)}`), { ...nothing, code: 'x' });
  assert.deepEqual(read(`?code=x&state=${STATE}&state=${STATE}`), { ...nothing, code: 'x' });
  assert.deepEqual(read(`?code=${'x'.repeat(2001)}&state=${STATE}`), { ...nothing, state: STATE });
  assert.deepEqual(read(`?error=access_denied&state=${STATE}`), { state: STATE, code: null, error: 'access_denied' });
  assert.equal(read(`?error=<script>&state=${STATE}`)?.error, null);
});

test('is not seen in other words', () => {
  const others = ['', 'hello', 'K7WQ-4MPD', 'fri 18:30', 'code=5', 'https://example.com/?state=ny', '/connect code:x'];
  for (const text of others) assert.equal(readPastedAddress(text), null, text);
});

test('takes any text, quickly', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 500 }), text => void readPastedAddress(text)));
  const startedAt = performance.now();
  for (const hostile of [
    'code='.repeat(20_000),
    '?'.repeat(100_000),
    `code=${'&'.repeat(100_000)}`,
    '&state='.repeat(15_000),
  ])
    readPastedAddress(hostile);
  assert.ok(performance.now() - startedAt < 1000, 'long messages should not take long');
});
