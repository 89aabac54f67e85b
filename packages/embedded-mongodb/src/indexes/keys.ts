/** The index entries of a document: one tuple of keys, or one for each element where a field leads through an array. */
import { encodeKey } from '../codec/keys.ts';
import type { Document, Value } from '../codec/values.ts';
import { eachTuple } from '../query/tuples.ts';
import type { IndexDefinition } from './definition.ts';

export type IndexEntries = {
  /** Distinct tuples; empty when the document is not in the index (sparse, partial). */
  readonly tuples: readonly (readonly Buffer[])[];
  /** For each field whether it led through an array. */
  readonly multikey: readonly boolean[];
};

const NULL_KEY = encodeKey(null);

/** @throws CommandError as `eachTuple` does */
export function indexEntries(definition: IndexDefinition, document: Document): IndexEntries {
  const { fields } = definition;
  const multikey = fields.map(() => false);
  if (definition.filter && !definition.filter.matches(document)) return { tuples: [], multikey };
  const tuples: Buffer[][] = [];
  const paths = fields.map(field => field.path);
  eachTuple(document, paths, multikey, values => {
    if (definition.sparse && values.every(value => value === undefined)) return;
    tuples.push(values.map(keyOf));
  });
  return { tuples: tuples.length > 1 ? distinctTuples(tuples) : tuples, multikey };
}

function distinctTuples(tuples: readonly Buffer[][]): Buffer[][] {
  const textOf = (keys: readonly Buffer[]) => keys.map(key => key.toString('latin1')).join('\u0100');
  return [...new Map(tuples.map(keys => [textOf(keys), keys])).values()];
}

/** The values behind one of a document's tuples: what an error about it shows. */
export function tupleOfKeys(definition: IndexDefinition, document: Document, keys: readonly Buffer[]): Value[] {
  let found: Value[] = [];
  const paths = definition.fields.map(field => field.path);
  eachTuple(document, paths, [], values => {
    if (values.every((value, index) => keyOf(value).equals(keys[index] as Buffer)))
      found = values.map(value => value ?? null);
  });
  return found;
}

function keyOf(value: Value | undefined): Buffer {
  return value === undefined || value === null ? NULL_KEY : encodeKey(value);
}
