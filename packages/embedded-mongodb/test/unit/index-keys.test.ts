/** The entries that a document has in an index. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { encodeKey } from '../../src/codec/keys.ts';
import { type Document, doc, int, UNDEFINED, type Value } from '../../src/codec/values.ts';
import { loadIndex } from '../../src/indexes/definition.ts';
import { indexEntries } from '../../src/indexes/keys.ts';
import { CommandError } from '../../src/server/errors.ts';

function entries(key: Record<string, number>, document: Document, options: Record<string, Value> = {}) {
  const pattern = doc(Object.fromEntries(Object.entries(key).map(([name, order]) => [name, int(order)])));
  return indexEntries(loadIndex(doc({ v: int(2), key: pattern, name: 'x', ...options })), document);
}

function expectTuples(found: ReturnType<typeof entries>, expected: Value[][]): void {
  const shown = (tuples: readonly (readonly Buffer[])[]) =>
    tuples.map(tuple => tuple.map(key => key.toString('hex'))).sort();
  assert.deepEqual(shown(found.tuples), shown(expected.map(tuple => tuple.map(encodeKey))));
}

it('one for a plain document, null where a field is missing', () => {
  expectTuples(entries({ a: 1, b: 1 }, doc({ a: int(1) })), [[int(1), null]]);
});

it('one for each distinct element, undefined for an empty array', () => {
  expectTuples(entries({ a: 1 }, doc({ a: [int(1), int(2), 1] })), [[int(1)], [int(2)]]);
  expectTuples(entries({ a: 1 }, doc({ a: [] })), [[UNDEFINED]]);
  expectTuples(entries({ a: 1 }, doc({ a: [[int(1)]] })), [[[int(1)]]]);
});

it('pairs the fields of the same element', () => {
  const document = doc({ a: [doc({ x: int(1), y: int(2) }), doc({ x: int(3) }), int(5)] });
  const found = entries({ 'a.x': 1, 'a.y': 1 }, document);
  expectTuples(found, [
    [int(1), int(2)],
    [int(3), null],
    [null, null],
  ]);
  assert.deepEqual(found.multikey, [true, true]);
});

it('refuses two arrays side by side', () => {
  const parallel = doc({ a: [int(1)], b: [int(2)] });
  assert.throws(
    () => entries({ a: 1, b: 1 }, parallel),
    (error: unknown) => error instanceof CommandError && error.code === 171,
  );
});

it('none for what a sparse or partial index leaves out', () => {
  expectTuples(entries({ a: 1, b: 1 }, doc({ c: int(1) }), { sparse: true }), []);
  expectTuples(entries({ a: 1, b: 1 }, doc({ b: int(1) }), { sparse: true }), [[null, int(1)]]);
  const partialFilterExpression = doc({ live: true });
  expectTuples(entries({ a: 1 }, doc({ a: int(1) }), { partialFilterExpression }), []);
  expectTuples(entries({ a: 1 }, doc({ a: int(1), live: true }), { partialFilterExpression }), [[int(1)]]);
});
