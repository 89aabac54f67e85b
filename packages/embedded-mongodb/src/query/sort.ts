/** Sort specifications and the order they mean: an array sorts by its least element (ascending) or greatest (descending). */
import { compareValues } from '../codec/compare.ts';
import { toDouble } from '../codec/numbers.ts';
import { type Document, isNumber, UNDEFINED, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { type Path, splitPath, visitPath } from './paths.ts';

export type SortField = { readonly name: string; readonly path: Path; readonly direction: 1 | -1 };

export function parseSort(sort: Document): SortField[] {
  if (sort.size > 32) throw new CommandError(13103, 'too many compound keys');
  return [...sort].map(([name, order]) => {
    if (order instanceof Map && order.has('$meta')) throw new CommandError(238, '$meta sorts are not supported');
    if (!isNumber(order)) {
      throw new CommandError(15974, `Illegal key in $sort specification: ${name}`);
    }
    const direction = toDouble(order);
    if (direction !== 1 && direction !== -1) {
      throw new CommandError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
    const path = splitPath(name);
    if (name === '' || path.some(part => part === '')) {
      throw new CommandError(name.endsWith('.') ? 40353 : 15998, 'FieldPath field names may not be empty strings.');
    }
    if (path.some(part => part.startsWith('$') && !['$id', '$ref', '$db'].includes(part))) {
      throw new CommandError(
        16410,
        "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
      );
    }
    return { name, path, direction };
  });
}

/** What a document sorts by in one field. */
export function sortKey(document: Document, field: SortField): Value {
  const [only] = field.path;
  if (field.path.length === 1) {
    const value = document.get(only as string);
    if (!Array.isArray(value)) return value ?? null;
    if (value.length === 0) return UNDEFINED;
  }
  let best: Value | undefined;
  const consider = (value: Value) => {
    if (best === undefined || field.direction * compareValues(value, best) < 0) best = value;
  };
  visitPath(document, field.path, false, value => {
    if (!Array.isArray(value)) consider(value ?? null);
    else if (value.length === 0) consider(UNDEFINED);
    else for (const element of value) consider(element);
    return false;
  });
  return best ?? null;
}

export function sortKeys(document: Document, fields: readonly SortField[]): Value[] {
  return fields.map(field => sortKey(document, field));
}

export function compareKeys(left: readonly Value[], right: readonly Value[], fields: readonly SortField[]): number {
  for (let index = 0; index < fields.length; index += 1) {
    const order = compareValues(left[index] as Value, right[index] as Value);
    if (order !== 0) return order * (fields[index] as SortField).direction;
  }
  return 0;
}

export function compareBy(fields: readonly SortField[]): (left: Document, right: Document) => number {
  return (left, right) => compareKeys(sortKeys(left, fields), sortKeys(right, fields), fields);
}
