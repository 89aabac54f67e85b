/**
 * The tuples of values that several paths lead to together: what a document has in an index, and what it sorts by.
 *
 * Arrays are entered as btree_key_generator.cpp of MongoDB does it: one tuple for each element, with the paths that go
 * through the same array side by side; a number in a path takes one element, and what is an array there stays whole.
 */
import { type Document, UNDEFINED, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { arrayIndex, type Path } from './paths.ts';

/** `undefined` where a path leads nowhere. The list is the callback's own. */
export type Emit = (values: (Value | undefined)[]) => void;

/** Where a path has come to: a value, with the parts from `at` on still to go; at the path's length it is settled. */
type Position = { readonly at: number; readonly value: Value | undefined };

/** What a number in a path found in the array above: the element itself, and how far the path leads from it. */
type Taken = { readonly element: Value; readonly position: Position } | null;

type Level = {
  readonly positions: readonly Position[];
  readonly taken: readonly Taken[];
  /** Null below a scalar. */
  readonly document: Document | null;
};

/**
 * Calls `emit` at least once. `multikey[i]` becomes true when path `i` leads through an array.
 * @throws CommandError 171 when two paths lead through different arrays, 16746 when a number in a path may mean two things
 */
export function eachTuple(document: Document, paths: readonly Path[], multikey: boolean[], emit: Emit): void {
  const nothing = paths.map(() => null);
  expand({ document, positions: paths.map(() => ({ at: 0, value: undefined })), taken: nothing });

  function expand(level: Level): void {
    const positions = [...level.positions];
    const inside: number[] = [];
    let array: Value[] | null = null;
    let staysWhole = false;
    for (const [index, path] of paths.entries()) {
      const { at } = level.positions[index] as Position;
      if (at === path.length) continue;
      const taken = level.taken[index] ?? null;
      const reached = advance(level.document, path, at, taken);
      positions[index] = reached;
      if (!Array.isArray(reached.value)) continue;
      if (array !== null && !isSame(index, inside[0] as number, positions))
        throw parallel(path, reached, inside, positions);
      array = reached.value;
      inside.push(index);
      multikey[index] = true;
      if (taken && Array.isArray(taken.element) && taken.position === reached) staysWhole = true;
    }
    if (array === null) emit(positions.map(position => position.value));
    else enter(array, inside, positions, staysWhole);
  }

  /** By where it is, too: one array may stand in two fields, as `{ $set: { a: '$b' } }` puts it there. */
  function isSame(left: number, right: number, positions: readonly Position[]): boolean {
    const [one, other] = [positions[left] as Position, positions[right] as Position];
    const way = (index: number) => (paths[index] as Path).slice(0, one.at).join('.');
    return one.value === other.value && one.at === other.at && way(left) === way(right);
  }

  function enter(array: Value[], inside: readonly number[], positions: readonly Position[], staysWhole: boolean): void {
    const isSettled = (index: number) => positions[index]?.at === paths[index]?.length;
    const taken = array.length === 0 ? nothing : paths.map((path, index) => take(array, path, positions[index]));
    const elements: Value[] = array.length === 0 ? [UNDEFINED] : array;
    for (const element of elements) {
      const next = [...positions];
      const value = staysWhole && array.length > 0 ? array : element;
      for (const index of inside) if (isSettled(index)) next[index] = { at: (paths[index] as Path).length, value };
      expand({ positions: next, taken, document: element instanceof Map ? element : null });
    }
  }

  function parallel(path: Path, reached: Position, inside: readonly number[], positions: readonly Position[]) {
    const other = inside[0] as number;
    const otherName = (paths[other] as Path)[(positions[other] as Position).at - 1];
    return new CommandError(171, `cannot index parallel arrays [${path[reached.at - 1]}] [${otherName}]`);
  }
}

function take(array: Value[], path: Path, position: Position | undefined): Taken {
  if (!position || position.at === path.length || position.value !== array) return null;
  const number = arrayIndex(path[position.at] as string);
  const element = number === null ? undefined : array[number];
  return element === undefined ? null : { element, position: descend(element, path, position.at + 1) };
}

function advance(document: Document | null, path: Path, at: number, taken: Taken): Position {
  const name = path[at] as string;
  const value = document?.get(name);
  if (value !== undefined && taken) {
    throw new CommandError(
      16746,
      `Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), field: '${name}'`,
    );
  }
  if (value !== undefined) return descend(value, path, at + 1);
  return taken ? taken.position : { at: path.length, value: undefined };
}

/** Down to the end of the path, or to the first array. */
function descend(value: Value, path: Path, at: number): Position {
  let current: Value | undefined = value;
  let part = at;
  while (part < path.length && !Array.isArray(current)) {
    current = current instanceof Map ? current.get(path[part] as string) : undefined;
    part += 1;
  }
  return { at: Array.isArray(current) ? part : path.length, value: current };
}
