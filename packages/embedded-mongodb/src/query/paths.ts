/** Dotted paths: splitting them, and walking a document the way MongoDB's queries do (arrays on the way are entered). */
import type { Document, Value } from '../codec/values.ts';

export type Path = readonly string[];

const CACHE = new Map<string, Path>();

export function splitPath(path: string): Path {
  const cached = CACHE.get(path);
  if (cached) return cached;
  const parts = path.split('.');
  if (CACHE.size > 5000) CACHE.clear();
  CACHE.set(path, parts);
  return parts;
}

/** `0`, `7`, `12`, but not `01`: the names that address an element of an array. */
export function arrayIndex(part: string): number | null {
  const first = part.charCodeAt(0);
  if (!(first >= 48 && first <= 57) || part.length > 9 || (first === 48 && part.length > 1)) return null;
  for (let index = 1; index < part.length; index += 1) {
    const unit = part.charCodeAt(index);
    if (unit < 48 || unit > 57) return null;
  }
  return Number(part);
}

/** Called with each value a path leads to, `undefined` for "nothing there"; true ends the walk. */
export type Visit = (value: Value | undefined, element: number) => boolean;

/**
 * Visits what `path` means in `document`: arrays before the last part are searched element by element, by position too
 * when the next part is a number. With `expandLast` an array at the end is visited element by element and then whole.
 * `element` is the position in the outermost array that was searched, -1 where none was: what `$` stands for.
 */
export function visitPath(document: Document, path: Path, expandLast: boolean, visit: Visit): boolean {
  return visitFrom(document, path, 0, expandLast, visit, -1);
}

function visitFrom(
  document: Document,
  path: Path,
  start: number,
  expandLast: boolean,
  visit: Visit,
  element: number,
): boolean {
  let current: Value | undefined = document;
  let part = start;
  while (part < path.length) {
    if (Array.isArray(current)) return visitArray(current, path, part, expandLast, visit, element);
    if (!(current instanceof Map)) return visit(undefined, element);
    current = current.get(path[part] as string);
    part += 1;
  }
  if (expandLast && Array.isArray(current)) {
    for (let index = 0; index < current.length; index += 1) {
      if (visit(current[index], element === -1 ? index : element)) return true;
    }
  }
  return visit(current, element);
}

/** The rest of a path, met an array before its end. Scalars in the array lead nowhere: not even to "missing". */
function visitArray(
  array: Value[],
  path: Path,
  part: number,
  expandLast: boolean,
  visit: Visit,
  outer: number,
): boolean {
  const position = arrayIndex(path[part] as string);
  const isLast = part + 1 === path.length;
  for (let index = 0; index < array.length; index += 1) {
    const inner = array[index] as Value;
    const element = outer === -1 ? index : outer;
    if (inner instanceof Map && visitFrom(inner, path, part, expandLast, visit, element)) return true;
    if (position !== index) continue;
    if (isLast) {
      if (visit(inner, element)) return true;
    } else if (inner instanceof Map) {
      if (visitFrom(inner, path, part + 1, expandLast, visit, element)) return true;
    } else if (Array.isArray(inner) && visitArray(inner, path, part + 1, expandLast, visit, element)) return true;
  }
  return false;
}

/** The value at a path without entering arrays other than by position: what updates and `_id` lookups mean. */
export function valueAt(document: Document, path: Path): Value | undefined {
  let current: Value | undefined = document;
  for (const part of path) {
    if (current instanceof Map) current = current.get(part);
    else if (Array.isArray(current)) {
      const position = arrayIndex(part);
      current = position === null ? undefined : current[position];
    } else return undefined;
  }
  return current;
}
