/** What find's `$slice` and `field.$` cut from arrays, once the rest of a projection is done. */
import { toInt64 } from '../codec/numbers.ts';
import { type Document, isNumber, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import type { Path } from './paths.ts';

/** `skip` is null for `{ $slice: limit }`. */
export type Slice = { readonly path: Path; readonly skip: number | null; readonly limit: number };

export function isSliceExpression(value: Value): boolean {
  return Array.isArray(value) && !(isNumber(value[0]) && value.length === 2);
}

export function parseSlice(value: Value): Omit<Slice, 'path'> {
  const numbers = (Array.isArray(value) ? value : [value]).map(entry => (isNumber(entry) ? toInt64(entry) : null));
  if (numbers.some(number => number === null)) {
    throw new CommandError(28667, 'Invalid $slice syntax. The given syntax did not match the find() syntax');
  }
  const clamp = (number: bigint) =>
    Number(number > 2147483647n ? 2147483647n : number < -2147483648n ? -2147483648n : number);
  const [first, second] = numbers as bigint[];
  if (second === undefined) return { skip: null, limit: clamp(first as bigint) };
  if (second <= 0n) throw new CommandError(28724, `First argument to $slice must be an array, but is of type: int`);
  return { skip: clamp(first as bigint), limit: clamp(second) };
}

/** Documents in arrays on the way are cut too, but no arrays in arrays. */
export function cutSlice(document: Document, slice: Slice, at = 0): Document {
  const name = slice.path[at] as string;
  const value = document.get(name);
  const inside = (inner: Value): Value => (inner instanceof Map ? cutSlice(inner, slice, at + 1) : inner);
  if (at < slice.path.length - 1) {
    if (value instanceof Map) return new Map(document).set(name, inside(value));
    return Array.isArray(value) ? new Map(document).set(name, value.map(inside)) : document;
  }
  return Array.isArray(value) ? new Map(document).set(name, sliceOf(value, slice)) : document;
}

function sliceOf(value: Value[], { skip, limit }: Slice): Value[] {
  if (skip === null) return limit >= 0 ? value.slice(0, limit) : value.slice(limit);
  const start = skip < 0 ? Math.max(value.length + skip, 0) : skip;
  return value.slice(start, start + limit);
}

/** Of the first array on the path only the element that matched; without an array on it nothing is asked of the match. */
export function keepElement(document: Document, path: Path, element: number, at = 0): Document {
  const name = path[at] as string;
  const value = document.get(name);
  if (Array.isArray(value)) {
    const during = "Executor error during find command :: caused by :: positional operator '.$'";
    if (element < 0) throw new CommandError(51246, `${during} couldn't find a matching element in the array`);
    if (element >= value.length) throw new CommandError(51247, `${during} element mismatch`);
    return new Map(document).set(name, [value[element] as Value]);
  }
  if (!(value instanceof Map) || at === path.length - 1) return document;
  return new Map(document).set(name, keepElement(value, path, element, at + 1));
}
