/** Whether a filter only matches documents that a partial or sparse index contains. */
import { equalValues } from '../codec/compare.ts';
import { isKind, isNullish, type Value } from '../codec/values.ts';
import type { Leaf, Match } from '../query/match/node.ts';
import type { Index } from '../storage/collection.ts';
import { fieldPosition } from './predicates.ts';

/** `conjuncts`: what all must hold of a matching document. */
export function coversAll(index: Index, conjuncts: readonly Match[]): boolean {
  const { filter, sparse } = index.definition;
  if (filter && !implied(filter.match, conjuncts)) return false;
  return !sparse || conjuncts.some(conjunct => requiresField(conjunct, index));
}

function requiresField(match: Match, index: Index): boolean {
  if (match.kind !== 'leaf' || fieldPosition(index, match.path) < 0) return false;
  return requiresValue(match);
}

/** The leaf cannot match a document without the field. */
function requiresValue(leaf: Leaf): boolean {
  return leaf.expandLast ? !leaf.test(undefined) : true;
}

function implied(wanted: Match, conjuncts: readonly Match[]): boolean {
  if (wanted.kind === 'and') return wanted.children.every(child => implied(child, conjuncts));
  if (wanted.kind === 'or') return wanted.children.some(child => implied(child, conjuncts));
  if (wanted.kind !== 'leaf') return false;
  const name = wanted.path.join('.');
  return conjuncts.some(conjunct => {
    if (conjunct.kind === 'or') return conjunct.children.every(child => implied(wanted, flatten(child)));
    return conjunct.kind === 'leaf' && conjunct.path.join('.') === name && leafImplies(conjunct, wanted);
  });
}

export function flatten(match: Match): readonly Match[] {
  return match.kind === 'and' ? match.children.flatMap(flatten) : [match];
}

function leafImplies(given: Leaf, wanted: Leaf): boolean {
  if (wanted.operator === 'exists') return requiresValue(given);
  if (wanted.name === '$type' && isDateBound(given)) return wanted.test(given.operand);
  const holds = (value: Value) => !isNullish(value) && !Array.isArray(value) && wanted.test(value);
  switch (given.operator) {
    case 'eq':
      return holds(given.operand);
    case 'in':
      return (given.operand as Value[]).every(holds);
    case 'lt':
    case 'lte':
      return (wanted.operator === 'lt' || wanted.operator === 'lte') && boundImplies(given, wanted, 'lt');
    case 'gt':
    case 'gte':
      return (wanted.operator === 'gt' || wanted.operator === 'gte') && boundImplies(given, wanted, 'gt');
    default:
      return false;
  }
}

/** Dates are compared with dates alone. */
const isDateBound = ({ operator, operand }: Leaf): boolean =>
  (operator === 'lt' || operator === 'lte' || operator === 'gt' || operator === 'gte') && isKind(operand, 'date');

/** `x < 5` implies `x < 5`, `x <= 5` and `x < 6`, but `x <= 5` does not imply `x < 5`. */
function boundImplies(given: Leaf, wanted: Leaf, strict: 'lt' | 'gt'): boolean {
  return wanted.test(given.operand) || (given.operator === strict && equalValues(given.operand, wanted.operand));
}
