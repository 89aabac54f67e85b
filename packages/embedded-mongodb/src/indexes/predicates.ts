/**
 * Filters as SQL conditions on an index table.
 *
 * A condition may let too many entries through (every document is tested again), never too few. In an index that leads
 * through arrays one document has several entries, so at most one condition on such fields may be used: two of them
 * may be satisfied by different elements.
 */
import type { SQLInputValue } from 'node:sqlite';
import { encodeKey, keyBracket } from '../codec/keys.ts';
import { isNaNValue } from '../codec/numbers.ts';
import { isKind, isNullish, isNumber, UNDEFINED, type Value } from '../codec/values.ts';
import type { Leaf, Match } from '../query/match/node.ts';
import { arrayIndex } from '../query/paths.ts';
import type { Index } from '../storage/collection.ts';

export type Condition = {
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
  /** Lets through exactly what matches, so that it may be negated. */
  readonly exact: boolean;
  readonly usesMultikey: boolean;
};

const NULL_KEYS = [encodeKey(null), encodeKey(UNDEFINED)];
/** Above NaN, which no range contains. */
const FIRST_NUMBER = Buffer.from([20, 1]);
const MAX_LIST = 2000;

export function fieldPosition(index: Index, path: readonly string[]): number {
  const name = path.join('.');
  return path.some(part => arrayIndex(part) !== null)
    ? -1
    : index.definition.fields.findIndex(field => field.name === name);
}

/** `null`: the index cannot help with this part of the filter. */
export function conditionFor(match: Match, index: Index, mayUseMultikey: boolean): Condition | null {
  switch (match.kind) {
    case 'leaf':
      return leafCondition(match, index, mayUseMultikey);
    case 'not': {
      if (match.child.kind === 'leaf' && match.child.operator === 'exists') return missingCondition(match.child, index);
      const inner = conditionFor(match.child, index, false);
      return inner?.exact ? { ...inner, sql: `NOT (${inner.sql})` } : null;
    }
    case 'and':
      return andCondition(match.children, index, mayUseMultikey);
    case 'or': {
      const parts = match.children.map(child => conditionFor(child, index, mayUseMultikey));
      return parts.every(part => part !== null) ? join(parts, ' OR ') : null;
    }
    default:
      return null;
  }
}

function andCondition(children: readonly Match[], index: Index, mayUseMultikey: boolean): Condition | null {
  const parts: Condition[] = [];
  let free = mayUseMultikey;
  for (const child of children) {
    const part = conditionFor(child, index, free);
    if (!part) continue;
    if (part.usesMultikey) free = false;
    parts.push(part);
  }
  if (parts.length === 0) return null;
  const joined = join(parts, ' AND ');
  return { ...joined, exact: joined.exact && parts.length === children.length };
}

function join(parts: readonly Condition[], word: string): Condition {
  return {
    sql: `(${parts.map(part => part.sql).join(word)})`,
    parameters: parts.flatMap(part => part.parameters),
    exact: parts.every(part => part.exact),
    usesMultikey: parts.some(part => part.usesMultikey),
  };
}

function leafCondition(leaf: Leaf, index: Index, mayUseMultikey: boolean): Condition | null {
  const position = fieldPosition(index, leaf.path);
  if (position < 0) return null;
  const isMultikey = index.multikey[position] === true;
  if (isMultikey && !mayUseMultikey) return null;
  const inner = columnCondition(leaf, `k${position}`, isMultikey);
  if (!inner) return null;
  return { ...inner, exact: !isMultikey && !index.definition.filter, usesMultikey: isMultikey };
}

type Column = { sql: string; parameters: SQLInputValue[] };

function columnCondition(leaf: Leaf, column: string, isMultikey: boolean): Column | null {
  switch (leaf.operator) {
    case 'eq': {
      const keys = equalKeys(leaf.operand, isMultikey);
      return anyOf(column, keys);
    }
    case 'in': {
      const list = leaf.operand as Value[];
      if (list.length > MAX_LIST) return null;
      return anyOf(
        column,
        list.flatMap(value => equalKeys(value, isMultikey)),
      );
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return rangeCondition(leaf.operator, leaf.operand, column);
    default:
      return null;
  }
}

function anyOf(column: string, keys: readonly Buffer[]): Column {
  if (keys.length === 1) return { sql: `${column} = ?`, parameters: [...keys] };
  return { sql: `${column} IN (${keys.map(() => '?').join(', ')})`, parameters: [...keys] };
}

/** An array equals a stored array, of which only the elements are in the index. */
function equalKeys(operand: Value, isMultikey: boolean): Buffer[] {
  if (isNullish(operand)) return NULL_KEYS;
  if (!Array.isArray(operand) || !isMultikey) return [encodeKey(operand)];
  return [encodeKey(operand), encodeKey(operand.length === 0 ? UNDEFINED : (operand[0] as Value))];
}

function rangeCondition(operator: 'lt' | 'lte' | 'gt' | 'gte', operand: Value, column: string): Column | null {
  if (Array.isArray(operand) || isKind(operand, 'minKey') || isKind(operand, 'maxKey')) return null;
  const inclusive = operator === 'lte' || operator === 'gte';
  if (isNullish(operand)) return inclusive ? anyOf(column, NULL_KEYS) : null;
  const key = encodeKey(operand);
  if (isNumber(operand) && isNaNValue(operand)) return inclusive ? anyOf(column, [key]) : null;
  const [bottom, top] = keyBracket(operand);
  const low = isNumber(operand) ? FIRST_NUMBER : bottom;
  switch (operator) {
    case 'lt':
      return { sql: `(${column} >= ? AND ${column} < ?)`, parameters: [low, key] };
    case 'lte':
      return { sql: `(${column} >= ? AND ${column} <= ?)`, parameters: [low, key] };
    case 'gt':
      return { sql: `(${column} > ? AND ${column} < ?)`, parameters: [key, top] };
    case 'gte':
      return { sql: `(${column} >= ? AND ${column} < ?)`, parameters: [key, top] };
  }
}

/** `{ $exists: false }`: a missing field has the key of null. A sparse index does not have it at all. */
function missingCondition(leaf: Leaf, index: Index): Condition | null {
  const position = fieldPosition(index, leaf.path);
  if (position < 0 || index.definition.sparse || index.multikey[position]) return null;
  return { sql: `k${position} = ?`, parameters: [NULL_KEYS[0] as Buffer], exact: false, usesMultikey: false };
}
