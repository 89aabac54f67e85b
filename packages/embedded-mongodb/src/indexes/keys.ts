/** The index entries of a document: one tuple of keys, or one for each element where a field leads through an array. */
import { encodeKey } from '../codec/keys.ts';
import { type Document, UNDEFINED, type Value } from '../codec/values.ts';
import { arrayIndex, type Path } from '../query/paths.ts';
import { CommandError } from '../server/errors.ts';
import type { IndexDefinition } from './definition.ts';

export type IndexEntries = {
  /** Distinct tuples; empty when the document is not in the index (sparse, partial). */
  readonly tuples: readonly (readonly Buffer[])[];
  /** For each field whether it led through an array. */
  readonly multikey: readonly boolean[];
};

const NULL_KEY = encodeKey(null);

/** A field on its way down: at a value with some of the path left, or settled. */
type Cursor = { value: Value | undefined; path: Path; at: number };

/** @throws CommandError 171 when two fields lead through different arrays. */
export function indexEntries(definition: IndexDefinition, document: Document): IndexEntries {
  const { fields } = definition;
  const multikey = fields.map(() => false);
  if (definition.filter && !definition.filter.matches(document)) return { tuples: [], multikey };
  const tuples = new Map<string, Buffer[]>();
  expand(
    fields.map(field => ({ value: document, path: field.path, at: 0 })),
    values => {
      if (definition.sparse && values.every(value => value === undefined)) return;
      const keys = values.map(value => (value === undefined || value === null ? NULL_KEY : encodeKey(value)));
      tuples.set(
        keys.length === 1
          ? (keys[0] as Buffer).toString('latin1')
          : keys.map(key => key.toString('latin1')).join('\u0100'),
        keys,
      );
    },
    multikey,
  );
  return { tuples: [...tuples.values()], multikey };
}

function expand(cursors: readonly Cursor[], emit: (values: (Value | undefined)[]) => void, multikey: boolean[]): void {
  const moved = cursors.map(descend);
  let array: Value[] | null = null;
  let owner = 0;
  for (let index = 0; index < moved.length; index += 1) {
    const { value, at, path } = moved[index] as Cursor;
    if (!Array.isArray(value) || at > path.length) continue;
    if (array !== null && array !== value) {
      const names = [moved[index] as Cursor, moved[owner] as Cursor].map(cursor => `[${cursor.path[cursor.at - 1]}]`);
      throw new CommandError(171, `cannot index parallel arrays ${names.join(' ')}`);
    }
    array = value;
    owner = index;
  }
  if (array === null) {
    emit(moved.map(cursor => cursor.value));
    return;
  }
  const inside = moved.map((cursor, index) => {
    const isInside = cursor.value === array && cursor.at <= cursor.path.length;
    if (isInside) multikey[index] = true;
    return isInside;
  });
  const elements: (Value | undefined)[] = array.length === 0 ? [undefined] : array;
  for (const element of elements) {
    expand(
      moved.map((cursor, index) => (inside[index] ? enter(cursor, array as Value[], element) : cursor)),
      emit,
      multikey,
    );
  }
}

/** Down to a scalar, the end of the path, or an array. `at` beyond the path means settled. */
function descend(cursor: Cursor): Cursor {
  let { value, at } = cursor;
  const { path } = cursor;
  if (at > path.length) return cursor;
  while (at < path.length) {
    if (Array.isArray(value)) return { value, path, at };
    value = value instanceof Map ? value.get(path[at] as string) : undefined;
    at += 1;
  }
  return Array.isArray(value) ? { value, path, at } : { value, path, at: path.length + 1 };
}

/** One element of the array in which a field is. An empty array counts as the deprecated undefined. */
function enter(cursor: Cursor, array: Value[], element: Value | undefined): Cursor {
  const { path, at } = cursor;
  const settled = path.length + 1;
  if (at === path.length) return { value: element === undefined ? UNDEFINED : element, path, at: settled };
  const position = arrayIndex(path[at] as string);
  if (position !== null && !(element instanceof Map)) return descend({ value: array[position], path, at: at + 1 });
  return element instanceof Map ? { value: element, path, at } : { value: undefined, path, at: settled };
}
