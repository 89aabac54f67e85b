/** The document that an upsert starts from: what the filter says must be equal. */
import { equalValues } from '../../codec/compare.ts';
import { type Document, isKind, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { isOperatorDocument } from '../match/parse.ts';
import { splitPath } from '../paths.ts';

/** `isReplacement`: only `_id` is taken over. */
export function upsertSeed(filter: Document, isReplacement: boolean): Document {
  const equalities = new Map<string, Value>();
  collect(filter, equalities);
  const seed: Document = new Map();
  for (const [name, value] of equalities) {
    if (isReplacement && name !== '_id') continue;
    place(seed, name, value);
  }
  return seed;
}

function collect(filter: Document, found: Map<string, Value>): void {
  for (const [name, value] of filter) {
    if (name === '$and') for (const entry of value as Document[]) collect(entry, found);
    else if (name === '$or') {
      if ((value as Document[]).length === 1) collect((value as [Document])[0], found);
    } else if (name.startsWith('$')) continue;
    else if (isOperatorDocument(value)) {
      for (const operand of equalityOperands(value)) add(found, name, operand);
    } else if (!isKind(value, 'regex')) add(found, name, value);
  }
}

function equalityOperands(operators: Document): Value[] {
  const equal = operators.get('$eq');
  const all = operators.get('$all');
  const list = operators.get('$in');
  const found = equal === undefined ? [] : [equal];
  if (Array.isArray(all)) found.push(...all);
  if (Array.isArray(list) && list.length === 1) found.push(...list);
  return found.filter(value => !isKind(value, 'regex') && !isOperatorDocument(value));
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

function add(found: Map<string, Value>, name: string, value: Value): void {
  for (const other of found.keys()) {
    if (other === name && equalValues(found.get(other) as Value, value)) return;
    if (other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`)) {
      throw new CommandError(54, `cannot infer query fields to set, path '${name}' is matched twice`);
    }
  }
  found.set(name, value);
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
