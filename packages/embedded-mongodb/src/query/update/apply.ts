/** Applies a parsed update to a document, which stays as it is: what changes is copied, and the rest is shared. */

import { identicalValues } from '../../codec/compare.ts';
import { displayValue } from '../../codec/display.ts';
import { type Document, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { arrayIndex, type Path, valueAt } from '../paths.ts';
import { createClaims } from './claims.ts';
import type { Modifier, UpdateContext } from './modifier.ts';
import { type ArrayFilters, checkConflicts, isEveryElement, type Update } from './parse.ts';

export type ApplyContext = UpdateContext & {
  /** What `$` stands for; -1 when the filter searched no array. */
  readonly matchedElement: number;
  /** NOW, and what `let` defines. */
  readonly variables: ReadonlyMap<string, Value>;
};

/** Arrays are not filled up by more than this many nulls. */
const MAX_BACKFILL = 1_500_000;

export function applyUpdate(update: Update, document: Document, context: ApplyContext): Document {
  const id = document.get('_id');
  const result = changed(update, document, context);
  if (id !== undefined && !identicalId(id, result.get('_id'))) {
    throw new CommandError(66, "Performing an update on the path '_id' would modify the immutable field '_id'");
  }
  return result;
}

function identicalId(before: Value, after: Value | undefined): boolean {
  return after !== undefined && typeName(before) === typeName(after) && identicalValues(before, after);
}

function changed(update: Update, document: Document, context: ApplyContext): Document {
  switch (update.kind) {
    case 'replacement': {
      const id = document.get('_id');
      const replacement = update.document.get('_id');
      if (id !== undefined && replacement !== undefined && !identicalValues(id, replacement)) {
        throw new CommandError(
          66,
          `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${displayValue(replacement)}`,
        );
      }
      if (id === undefined) return new Map(update.document);
      return new Map([['_id', id], ...[...update.document].filter(([name]) => name !== '_id')]);
    }
    case 'pipeline': {
      let current = document;
      for (const stage of update.stages) current = stage(current, context.variables);
      const id = document.get('_id');
      // A stage may leave `_id` out; it then stays what it was.
      if (id !== undefined && !current.has('_id')) current = new Map([['_id', id], ...current]);
      return current;
    }
    case 'modifiers': {
      const active = update.modifiers.filter(({ operator }) => operator !== '$setOnInsert' || context.isInsert);
      const isPositional = active.some(({ path }) => path.includes('$'));
      const modifiers = isPositional
        ? active.map(modifier => ({ ...modifier, path: resolvePositional(modifier.path, context) }))
        : active;
      if (isPositional) checkConflicts(modifiers);
      const copies = createCopies();
      const result = copies.own(document);
      const several = modifiers.filter(({ path }) => path.some(isEveryElement)).length > 1;
      const walk = { filters: update.arrayFilters, context, copies, claim: several ? createClaims() : null };
      for (const modifier of modifiers) applyModifier(modifier, result, walk);
      return result;
    }
  }
}

/** The containers that an update has made its own: each is copied when the first modifier comes through it. */
function createCopies() {
  const owned = new Set<Document | Value[]>();
  return {
    own<Container extends Document | Value[]>(container: Container): Container {
      if (owned.has(container)) return container;
      const copy = (Array.isArray(container) ? [...container] : new Map(container)) as Container;
      owned.add(copy);
      return copy;
    },
  };
}

type Walk = {
  readonly filters: ArrayFilters;
  readonly context: ApplyContext;
  readonly copies: ReturnType<typeof createCopies>;
  /** Where several modifiers go through elements of arrays, which may be the same. */
  readonly claim: ReturnType<typeof createClaims> | null;
};

function applyModifier(modifier: Modifier, document: Document, walk: Walk): void {
  const { from } = modifier;
  if (!from) {
    createSteps(modifier, walk).step(document, modifier.path, 0);
    return;
  }
  let value: Value | undefined;
  const take = (current: Value | undefined) => {
    value = current;
    return current;
  };
  const read: Modifier = { operator: '$rename', path: from, creates: false, apply: take };
  createSteps(read, walk).step(document, from, 0);
  if (value === undefined) return;
  const renamed = value;
  refuseArrays(document, from, 'source');
  refuseArrays(document, modifier.path, 'destination');
  const remove: Modifier = { operator: '$unset', path: from, creates: false, apply: () => undefined };
  createSteps(remove, walk).step(document, from, 0);
  const put: Modifier = { ...modifier, apply: () => renamed };
  createSteps(put, walk).step(document, modifier.path, 0);
}

function refuseArrays(document: Document, path: Path, side: string): void {
  for (let length = 1; length < path.length; length += 1) {
    if (Array.isArray(valueAt(document, path.slice(0, length)))) {
      throw new CommandError(
        2,
        `The ${side} field cannot be an array element, '${path.join('.')}' in doc with an array field called '${path[length - 1]}'`,
      );
    }
  }
}

function resolvePositional(path: Path, { matchedElement, isInsert }: ApplyContext): Path {
  if (!path.includes('$')) return path;
  if (matchedElement < 0 || isInsert) {
    throw new CommandError(2, 'The positional operator did not find the match needed from the query.');
  }
  const index = path.indexOf('$');
  if (path.indexOf('$', index + 1) >= 0) {
    throw new CommandError(2, `Too many positional (i.e. '$') elements found in path '${path.join('.')}'`);
  }
  return path.map((part, position) => (position === index ? String(matchedElement) : part));
}

/** Goes down one path, creating what is missing where the operator does that. The container of a step is the update's own. */
function createSteps(modifier: Modifier, { filters, context, copies, claim }: Walk) {
  const places: string[] = [];

  function placeOf(path: Path): Path {
    return path.map((part, at) => (isEveryElement(part) ? (places[at] as string) : part));
  }

  function step(container: Document | Value[], path: Path, index: number): void {
    const part = path[index] as string;
    if (isEveryElement(part)) {
      everyElement(container, path, index, part.slice(2, -1));
      return;
    }
    if (container instanceof Map) {
      const value = next(container.get(part), path, index);
      if (value === undefined) container.delete(part);
      else container.set(part, value);
      return;
    }
    const position = arrayIndex(part);
    if (position === null) {
      if (modifier.ignoresBlockedPath) return;
      throw blocked(path, index, container);
    }
    const old = container[position];
    const value = next(old, path, index);
    if (value === undefined) {
      if (old !== undefined) container[position] = null;
      return;
    }
    if (position > container.length + MAX_BACKFILL) {
      throw new CommandError(2, `can't backfill array to larger than ${MAX_BACKFILL} elements`);
    }
    while (container.length < position) container.push(null);
    container[position] = value;
  }

  function everyElement(container: Document | Value[], path: Path, index: number, identifier: string): void {
    if (!Array.isArray(container)) {
      const field = path[index - 1];
      throw new CommandError(2, `Cannot apply array updates to non-array element ${field}: ${displayValue(container)}`);
    }
    const filter = identifier === '' ? null : filters.get(identifier);
    for (let position = 0; position < container.length; position += 1) {
      const element = container[position] as Value;
      if (filter && !filter(new Map([[identifier, element]]))) continue;
      places[index] = String(position);
      container[position] = next(element, path, index) ?? null;
    }
  }

  /** The new value of the field that `path[index]` names. */
  function next(current: Value | undefined, path: Path, index: number): Value | undefined {
    claim?.(path, placeOf(path.slice(0, index + 1)));
    if (index === path.length - 1) return modifier.apply(current, context);
    const upcoming = path[index + 1] as string;
    if (current === undefined) {
      if (isEveryElement(upcoming)) {
        throw new CommandError(
          2,
          `The path '${path.slice(0, index + 1).join('.')}' must exist in the document in order to apply array updates.`,
        );
      }
      if (!modifier.creates) return undefined;
      const created = copies.own<Document>(new Map());
      step(created, path, index + 1);
      return created;
    }
    if (current instanceof Map || Array.isArray(current)) {
      const own = copies.own(current);
      step(own, path, index + 1);
      return own;
    }
    if (isEveryElement(upcoming)) {
      throw new CommandError(
        2,
        `Cannot apply array updates to non-array element ${path[index]}: ${displayValue(current)}`,
      );
    }
    if (modifier.ignoresBlockedPath) return current;
    throw blocked(path, index + 1, current);
  }

  function blocked(path: Path, index: number, value: Value): CommandError {
    const element = `{${path[index - 1]}: ${displayValue(value)}}`;
    if (modifier.creates) return new CommandError(28, `Cannot create field '${path[index]}' in element ${element}`);
    return new CommandError(
      28,
      `cannot use the part (${path[index - 1]} of ${path.join('.')}) to traverse the element (${element})`,
    );
  }

  return { step };
}
