/** Sort specifications and the order they mean: an array sorts by its least element (ascending) or greatest (descending). */
import { compareValues } from '../codec/compare.ts';
import { displayValue } from '../codec/display.ts';
import { toDouble } from '../codec/numbers.ts';
import { type Document, isKind, isNumber, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { parseFieldPath } from './field-path.ts';
import { type Path, valueAt } from './paths.ts';
import { eachTuple } from './tuples.ts';

export type SortField = { readonly name: string; readonly path: Path; readonly direction: 1 | -1 };

export function parseSort(sort: Document): SortField[] {
  if (sort.size > 32) throw new CommandError(13103, 'too many compound keys');
  return [...sort].map(([name, order]) => {
    const direction = sortDirection(name, order);
    return { name, path: parseFieldPath(name), direction };
  });
}

function sortDirection(name: string, order: Value): 1 | -1 {
  if (order instanceof Map) {
    if (order.has('$meta')) throw new CommandError(238, '$meta sorts are not supported');
    throw new CommandError(17312, '$meta is the only expression supported by $sort right now');
  }
  if (!isNumber(order)) {
    throw new CommandError(15974, `Illegal key in $sort specification: ${name}: ${displayValue(order)}`);
  }
  // A double is cut off, a decimal rounded half to even, as their conversions to integers do.
  const value = toDouble(order);
  const direction = isKind(order, 'decimal') ? roundHalfEven(value) : Math.trunc(value);
  if (direction === 1 || direction === -1) return direction;
  throw new CommandError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * What a document sorts by: the first of the tuples that an index on these fields would have of it.
 * @throws CommandError 2 when two fields lead through different arrays
 */
export function sortKeys(document: Document, fields: readonly SortField[]): Value[] {
  return plainKeys(document, fields) ?? firstTuple(document, fields);
}

/** Null when one of the fields may lead through an array. */
function plainKeys(document: Document, fields: readonly SortField[]): Value[] | null {
  const keys: Value[] = [];
  for (const { path } of fields) {
    let value: Value | undefined = document;
    for (const part of path) {
      value = value instanceof Map ? value.get(part) : undefined;
      if (Array.isArray(value)) return null;
    }
    keys.push(value ?? null);
  }
  return keys;
}

function firstTuple(document: Document, fields: readonly SortField[]): Value[] {
  let first: Value[] | null = null;
  const paths = fields.map(field => field.path);
  try {
    eachTuple(document, paths, [], values => {
      const keys = values.map(value => value ?? null);
      if (first === null || compareKeys(keys, first, fields) < 0) first = keys;
    });
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 171) throw error;
    throw new CommandError(2, 'cannot sort with keys that are parallel arrays');
  }
  return first ?? [];
}

export function compareKeys(left: readonly Value[], right: readonly Value[], fields: readonly SortField[]): number {
  for (let index = 0; index < fields.length; index += 1) {
    const order = compareValues(left[index] as Value, right[index] as Value);
    if (order !== 0) return order * (fields[index] as SortField).direction;
  }
  return 0;
}

/** How elements of an array are sorted, by `$push` and `$sortArray`: arrays in them are compared as they are. */
export function compareBy(fields: readonly SortField[]): (left: Document, right: Document) => number {
  const keys = (document: Document) => fields.map(field => valueAt(document, field.path) ?? null);
  return (left, right) => compareKeys(keys(left), keys(right), fields);
}
