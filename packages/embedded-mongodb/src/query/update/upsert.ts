/** The document that an upsert starts from: what the filter says must be equal. */
import { type Document, isKind, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { isOperatorDocument } from '../match/parse.ts';
import { splitPath } from '../paths.ts';

/**
 * `isReplacement`: only `_id` is taken over, and the other fields of the filter may say what they like.
 * @throws CommandError 54 when a field is said twice, 111 when a replacement gets parts of an `_id`
 */
export function upsertSeed(filter: Document, isReplacement: boolean): Document {
  const equalities: Equality[] = [];
  collect(filter, equalities);
  const seed: Document = new Map();
  const paths: string[] = [];
  for (const { path, value } of equalities) {
    if (isReplacement && splitPath(path)[0] !== '_id') continue;
    if (isReplacement && path !== '_id') {
      throw new CommandError(111, `field at '_id' must be exactly specified, field at sub-path '${path}'found`);
    }
    checkNew(paths, path);
    paths.push(path);
    place(seed, path, value);
  }
  return seed;
}

type Equality = { readonly path: string; readonly value: Value };

function collect(filter: Document, found: Equality[]): void {
  for (const [name, value] of filter) {
    if (name === '$and') for (const entry of value as Document[]) collect(entry, found);
    else if (name === '$or') {
      if ((value as Document[]).length === 1) collect((value as [Document])[0], found);
    } else if (name.startsWith('$')) continue;
    else if (isOperatorDocument(value)) {
      for (const operand of equalityOperands(value)) found.push({ path: name, value: operand });
    } else if (!isKind(value, 'regex')) found.push({ path: name, value });
  }
}

/** A regular expression is a condition, unless `$eq` says that it is meant as a value. */
function equalityOperands(operators: Document): Value[] {
  const equal = operators.get('$eq');
  const all = operators.get('$all');
  const list = operators.get('$in');
  const listed = Array.isArray(all) ? [...all] : [];
  if (Array.isArray(list) && list.length === 1) listed.push(...list);
  const values = listed.filter(value => !isKind(value, 'regex') && !isOperatorDocument(value));
  return equal === undefined ? values : [equal, ...values];
}

/** @throws CommandError 224: what an expression says cannot be put into a document */
export function refuseExpressions(filter: Document): void {
  for (const [name, value] of filter) {
    if (name === '$expr') {
      throw new CommandError(224, '$expr is not allowed in the query predicate for an upsert');
    }
    if (!['$and', '$or', '$nor'].includes(name)) continue;
    for (const entry of value as Document[]) refuseExpressions(entry);
  }
}

function checkNew(paths: readonly string[], path: string): void {
  const isTaken = paths.some(other => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`));
  if (isTaken) throw new CommandError(54, `cannot infer query fields to set, path '${path}' is matched twice`);
}

function place(seed: Document, name: string, value: Value): void {
  const path = splitPath(name);
  let current = seed;
  for (const part of path.slice(0, -1)) {
    let inner = current.get(part);
    if (!(inner instanceof Map)) {
      inner = new Map();
      current.set(part, inner);
    }
    current = inner;
  }
  current.set(path.at(-1) as string, value);
}
