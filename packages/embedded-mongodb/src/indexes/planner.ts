/** Chooses how to find the documents of a filter: which index, with which conditions, in which order. */
import type { SQLInputValue } from 'node:sqlite';
import type { Match } from '../query/match/node.ts';
import type { SortField } from '../query/sort.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { coversAll, flatten } from './implication.ts';
import { conditionFor, fieldPosition } from './predicates.ts';

export type IndexBranch = {
  readonly index: Index;
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
  /** At most one row: every field of a unique index is given. */
  readonly isSingle: boolean;
  /** No document can come twice, so rows need not be told apart. */
  readonly distinct: boolean;
  /** Every row is a match: nothing of the filter is left to test. */
  readonly exact: boolean;
  readonly where: string;
};

export type Plan =
  | { readonly kind: 'scan'; readonly backwards: boolean; readonly sorted: boolean }
  | { readonly kind: 'nothing'; readonly sorted: true }
  | { readonly kind: 'index'; readonly branches: readonly IndexBranch[]; readonly sorted: boolean };

export type Hint = { readonly index: Index } | { readonly natural: 1 | -1 } | null;

const EQUAL = 100;
const RANGE = 50;
/** Most documents have nothing in a field of which some have: null narrows down less than a range does. */
const NULL = 40;
const UNIQUE = 1000;
const SORTED = 20;
const SORTED_INSIDE = 10;
const MAX_BRANCHES = 50;

type Candidate = { branch: IndexBranch; score: number; sorted: boolean };

export function planQuery(collection: Collection, match: Match, sort: readonly SortField[], hint: Hint): Plan {
  const unsorted = sort.length === 0;
  if (match.kind === 'constant' && !match.value) return { kind: 'nothing', sorted: true };
  if (hint && 'natural' in hint) return { kind: 'scan', backwards: hint.natural === -1, sorted: unsorted };
  const conjuncts = flatten(match);
  const [idIndex] = collection.indexes;
  const byId = idIndex && !hint && unsorted ? consider(idIndex, conjuncts, sort, false) : null;
  // Nothing narrows down further than to one document.
  if (byId?.branch.isSingle) return { kind: 'index', branches: [byId.branch], sorted: true };
  const indexes = hint ? [hint.index] : collection.indexes.filter(index => !index.definition.hidden);
  const best = bestCandidate(indexes, conjuncts, sort, hint !== null);
  const split = hint ? null : splitByBranch(indexes, conjuncts);
  if (split && (!best || split.score > best.score))
    return { kind: 'index', branches: split.branches, sorted: unsorted };
  if (best) return { kind: 'index', branches: [best.branch], sorted: best.sorted };
  return { kind: 'scan', backwards: false, sorted: unsorted };
}

function bestCandidate(
  indexes: readonly Index[],
  conjuncts: readonly Match[],
  sort: readonly SortField[],
  forced: boolean,
): Candidate | null {
  let best: Candidate | null = null;
  for (const index of indexes) {
    const candidate = consider(index, conjuncts, sort, forced);
    if (candidate && (!best || candidate.score > best.score)) best = candidate;
  }
  return best;
}

function consider(
  index: Index,
  conjuncts: readonly Match[],
  sort: readonly SortField[],
  forced: boolean,
): Candidate | null {
  if (!coversAll(index, conjuncts) && !forced) return null;
  const { score: prefix, fixed, unique } = prefixScore(index, conjuncts);
  const condition = conditionFor({ kind: 'and', children: conjuncts }, index, true);
  const order = sortInside(index, sort, fixed);
  let score = prefix + (unique ? UNIQUE : 0) + (condition ? 1 : 0);
  if (sort.length > 0 && order) score += order.native ? SORTED : SORTED_INSIDE;
  if (score === 0 && !forced) return null;
  // A whole index only to sort inside SQLite is no better than reading the documents.
  if (!condition && !order?.native && !forced) return null;
  const where = condition ? ` WHERE ${condition.sql}` : '';
  const branch: IndexBranch = {
    index,
    sql: `SELECT rid FROM ${index.table}${where}${order?.sql ? ` ORDER BY ${order.sql}` : ''}`,
    parameters: condition?.parameters ?? [],
    isSingle: unique,
    distinct: !index.multikey.includes(true),
    exact: condition?.exact === true || conjuncts.length === 0,
    where: condition?.sql ?? '',
  };
  return { branch, score, sorted: sort.length === 0 || order !== null };
}

/** How far equalities and then a range on the leading fields narrow the index down. */
function prefixScore(index: Index, conjuncts: readonly Match[]): { score: number; fixed: number; unique: boolean } {
  let score = 0;
  let fixed = 0;
  let usedMultikey = false;
  for (const [position] of index.definition.fields.entries()) {
    if (index.multikey[position] && usedMultikey) break;
    const kind = strongest(index, position, conjuncts);
    if (kind === null) break;
    if (index.multikey[position]) usedMultikey = true;
    if (kind === 'range') {
      score += RANGE;
      break;
    }
    if (kind === 'null') {
      score += NULL;
      continue;
    }
    score += kind === 'equal' ? EQUAL : EQUAL - 10;
    if (kind === 'equal' && fixed === position) fixed += 1;
  }
  return { score, fixed, unique: index.definition.unique && fixed === index.definition.fields.length };
}

type Strength = 'equal' | 'list' | 'range' | 'null';

function strongest(index: Index, position: number, conjuncts: readonly Match[]): Strength | null {
  let best: Exclude<Strength, 'equal'> | null = null;
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== 'leaf' || fieldPosition(index, conjunct.path) !== position) continue;
    if (!conditionFor(conjunct, index, true)) continue;
    if (conjunct.operator === 'eq' && conjunct.operand !== null && !Array.isArray(conjunct.operand)) return 'equal';
    if (conjunct.operator === 'eq' && conjunct.operand === null) best ??= 'null';
    else if (conjunct.operator === 'in' || conjunct.operator === 'eq') best = 'list';
    else if (best !== 'list' && conjunct.operator !== 'exists') best = 'range';
  }
  return best;
}

/** ORDER BY for a sort that the index has all fields of; `native` when the index already is in that order. */
function sortInside(index: Index, sort: readonly SortField[], fixed: number): { sql: string; native: boolean } | null {
  const columns: string[] = [];
  let native = true;
  let flipped: boolean | null = null;
  let next = fixed;
  for (const { path, direction } of sort) {
    const position = fieldPosition(index, path);
    if (position < 0 || index.multikey.includes(true)) return null;
    columns.push(`k${position}${direction === 1 ? '' : ' DESC'}`);
    if (position < fixed) continue;
    const isFlipped = index.definition.fields[position]?.direction !== direction;
    if (position !== next || (flipped !== null && flipped !== isFlipped)) native = false;
    flipped = isFlipped;
    next += 1;
  }
  return { sql: columns.join(', '), native };
}

/** `{ common…, $or: [a, b] }` as one lookup for each branch, when each of them has an index of its own. */
function splitByBranch(
  indexes: readonly Index[],
  conjuncts: readonly Match[],
): { branches: IndexBranch[]; score: number } | null {
  const position = conjuncts.findIndex(conjunct => conjunct.kind === 'or');
  const or = conjuncts[position];
  if (or?.kind !== 'or' || or.children.length > MAX_BRANCHES) return null;
  const common = conjuncts.filter((_, index) => index !== position);
  const branches: IndexBranch[] = [];
  let score = Number.POSITIVE_INFINITY;
  for (const child of or.children) {
    const best = bestCandidate(indexes, [...common, ...flatten(child)], [], false);
    if (!best || best.score < RANGE) return null;
    branches.push({ ...best.branch, distinct: false });
    score = Math.min(score, best.score);
  }
  return { branches, score };
}
