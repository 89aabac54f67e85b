/** The query operators that look at one field. */
import { compareValues, equalValues, typeClass } from '../../codec/compare.ts';
import { displayValue } from '../../codec/display.ts';
import { keyString } from '../../codec/keys.ts';
import { isNaNValue, toDouble, toExactInt64, toInt64 } from '../../codec/numbers.ts';
import {
  type Document,
  isKind,
  isNullish,
  isNumber,
  type Regex,
  TYPE_NUMBERS,
  type TypeName,
  typeName,
  UNDEFINED,
  type Value,
} from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import type { Path } from '../paths.ts';
import { bitsTest } from './bits.ts';
import { createMatcher, createValueMatcher } from './evaluate.ts';
import type { Leaf, Match } from './node.ts';
import { type FilterOptions, isOperatorDocument, parseElementConditions, parseFilter } from './parse.ts';
import { compileRegex, regexTest } from './regex.ts';

type Test = (value: Value | undefined) => boolean;

function leaf(path: Path, name: string, test: Test, expandLast = true): Leaf {
  return { kind: 'leaf', path, name, operator: 'other', operand: null, expandLast, test };
}

function comparison(path: Path, operator: Leaf['operator'], operand: Value, test: Test): Leaf {
  return { kind: 'leaf', path, name: `$${operator}`, operator, operand, expandLast: true, test };
}

export function equality(path: Path, operand: Value): Leaf {
  if (isKind(operand, 'regex')) return leaf(path, '$regex', regexTest(compileRegex(operand), operand));
  return comparison(path, 'eq', operand, equalityTest(operand));
}

function equalityTest(operand: Value): Test {
  if (operand === null) return isNullish;
  if (operand === UNDEFINED) throw new CommandError(2, 'cannot compare to undefined');
  if (typeof operand === 'string') {
    return value => value === operand || (isKind(value, 'symbol') && value.value === operand);
  }
  return value => value !== undefined && equalValues(value, operand);
}

function rangeTest(operator: 'lt' | 'lte' | 'gt' | 'gte', operand: Value): Test {
  const inclusive = operator === 'lte' || operator === 'gte';
  if (operand === null) return value => inclusive && isNullish(value);
  if (isKind(operand, 'minKey') || isKind(operand, 'maxKey')) return extremeTest(operator, operand);
  const operandClass = typeClass(operand);
  if (isNumber(operand) && isNaNValue(operand)) return value => inclusive && isNumber(value) && isNaNValue(value);
  const wantsLess = operator === 'lt' || operator === 'lte';
  return value => {
    if (value === undefined || typeClass(value) !== operandClass) return false;
    if (isNumber(value) && isNaNValue(value)) return false;
    const order = compareValues(value, operand);
    return order === 0 ? inclusive : order < 0 === wantsLess;
  };
}

/** MinKey and MaxKey are compared with every type. */
function extremeTest(operator: 'lt' | 'lte' | 'gt' | 'gte', operand: Value): Test {
  return value => {
    const order = value === undefined ? (isKind(operand, 'minKey') ? 1 : -1) : compareValues(value, operand);
    if (order === 0) return operator === 'lte' || operator === 'gte';
    return order < 0 === (operator === 'lt' || operator === 'lte');
  };
}

function inTest(operand: Value, name: string): { test: Test; plain: boolean } {
  if (!Array.isArray(operand)) throw new CommandError(2, `${name} needs an array`);
  const regexes: Test[] = [];
  const values: Value[] = [];
  for (const entry of operand) {
    if (isOperatorDocument(entry)) throw new CommandError(2, `cannot nest $ under ${name}`);
    if (entry === UNDEFINED) throw new CommandError(2, 'InMatchExpression equality cannot be undefined');
    if (isKind(entry, 'regex')) regexes.push(regexTest(compileRegex(entry), entry));
    else values.push(entry);
  }
  const hasNull = values.includes(null);
  const keys = new Set(values.map(keyString));
  const test: Test = value => {
    if (isNullish(value)) return hasNull;
    return keys.has(keyString(value as Value)) || regexes.some(regex => regex(value));
  };
  return { test, plain: regexes.length === 0 };
}

export function parseOperator(
  path: Path,
  operator: string,
  operand: Value,
  siblings: Document,
  options: FilterOptions,
  depth: number,
): Match {
  switch (operator) {
    case '$eq':
      return isKind(operand, 'regex')
        ? leaf(path, '$eq', value => value !== undefined && equalValues(value, operand))
        : comparison(path, 'eq', operand, equalityTest(operand));
    case '$ne':
      if (isKind(operand, 'regex')) throw new CommandError(2, "Can't have regex as arg to $ne.");
      return { kind: 'not', child: comparison(path, 'eq', operand, equalityTest(operand)) };
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte': {
      if (isKind(operand, 'regex')) {
        throw new CommandError(2, `Can't have RegEx as arg to predicate over field '${path.join('.')}'.`);
      }
      if (operand === UNDEFINED) throw new CommandError(2, 'cannot compare to undefined');
      const name = operator.slice(1) as 'lt';
      return comparison(path, name, operand, rangeTest(name, operand));
    }
    case '$in':
    case '$nin': {
      const { test, plain } = inTest(operand, operator);
      const inside = plain ? comparison(path, 'in', operand, test) : leaf(path, '$in', test);
      return operator === '$in' ? inside : { kind: 'not', child: inside };
    }
    case '$exists': {
      const found = comparison(path, 'exists', true, value => value !== undefined);
      return isTrue(operand) ? found : { kind: 'not', child: found };
    }
    case '$type':
      return leaf(path, operator, typeTest(operand));
    case '$size':
      return leaf(path, operator, sizeTest(operand), false);
    case '$mod':
      return leaf(path, operator, modTest(operand));
    case '$regex':
      return parseRegex(path, operand, siblings);
    case '$options':
      throw new CommandError(2, '$options needs a $regex');
    case '$all':
      return parseAll(path, operand, options, depth);
    case '$elemMatch':
      return parseElemMatch(path, operand, options, depth);
    case '$bitsAllSet':
    case '$bitsAllClear':
    case '$bitsAnySet':
    case '$bitsAnyClear':
      return leaf(path, operator, bitsTest(operator, operand, path.join('.')));
    default:
      throw new CommandError(2, `unknown operator: ${operator}`);
  }
}

function isTrue(value: Value): boolean {
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== null && value !== false && value !== UNDEFINED;
}

function typeTest(operand: Value): Test {
  const entries = Array.isArray(operand) ? operand : [operand];
  if (entries.length === 0) throw new CommandError(9, '$type must match at least one type');
  const names = new Set<TypeName>();
  for (const entry of entries) for (const name of parseType(entry)) names.add(name);
  return value => value !== undefined && names.has(typeName(value));
}

const NUMBER_TYPES: TypeName[] = ['int', 'long', 'double', 'decimal'];

function parseType(entry: Value): TypeName[] {
  if (typeof entry === 'string') {
    if (entry === 'number') return NUMBER_TYPES;
    if (!(entry in TYPE_NUMBERS)) throw new CommandError(2, `Unknown type name alias: ${entry}`);
    return [entry as TypeName];
  }
  if (!isNumber(entry)) throw new CommandError(14, 'type must be represented as a number or a string');
  const code = toExactInt64(entry);
  const found = Object.entries(TYPE_NUMBERS).find(([, number]) => code === BigInt(number));
  if (!found) throw new CommandError(2, `Invalid numerical type code: ${displayValue(entry).replace(/\.0$/, '')}`);
  return [found[0] as TypeName];
}

function sizeTest(operand: Value): Test {
  if (!isNumber(operand)) {
    throw new CommandError(2, `Failed to parse $size. Expected a number in: $size: ${displayValue(operand)}`);
  }
  const size = toExactInt64(operand);
  if (size === null || BigInt.asIntN(32, size) !== size) {
    throw new CommandError(2, `Failed to parse $size. Expected an integer of 32 bits: $size: ${displayValue(operand)}`);
  }
  if (size < 0n) {
    throw new CommandError(
      2,
      `Failed to parse $size. Expected a non-negative number in: $size: ${displayValue(operand)}`,
    );
  }
  return value => Array.isArray(value) && BigInt(value.length) === size;
}

function modTest(operand: Value): Test {
  if (!Array.isArray(operand)) throw new CommandError(2, 'malformed mod, needs to be an array');
  if (operand.length < 2) throw new CommandError(2, 'malformed mod, not enough elements');
  if (operand.length > 2) throw new CommandError(2, 'malformed mod, too many elements');
  const [divisor, remainder] = operand as [Value, Value];
  if (!isNumber(divisor)) throw new CommandError(2, 'malformed mod, divisor not a number');
  if (!isNumber(remainder)) throw new CommandError(2, 'malformed mod, remainder not a number');
  const by = toInt64(divisor);
  const wanted = toInt64(remainder);
  if (by === null) throw new CommandError(2, 'malformed mod, divisor value is invalid');
  if (wanted === null) throw new CommandError(2, 'malformed mod, remainder value is invalid');
  if (by === 0n) throw new CommandError(2, 'divisor cannot be 0');
  return value => {
    if (!isNumber(value)) return false;
    const integer = toInt64(value);
    return integer !== null && integer % by === wanted;
  };
}

function parseRegex(path: Path, operand: Value, siblings: Document): Match {
  const options = siblings.get('$options');
  if (options !== undefined && typeof options !== 'string') throw new CommandError(2, '$options has to be a string');
  let regex: Regex;
  if (isKind(operand, 'regex')) {
    if (options !== undefined && operand.options !== '') {
      throw new CommandError(51074, 'options set in both $regex and $options');
    }
    regex = options === undefined ? operand : { ...operand, options };
  } else if (typeof operand === 'string') regex = { kind: 'regex', pattern: operand, options: options ?? '' };
  else throw new CommandError(2, '$regex has to be a string');
  return leaf(path, '$regex', regexTest(compileRegex(regex), regex));
}

function parseAll(path: Path, operand: Value, options: FilterOptions, depth: number): Match {
  if (!Array.isArray(operand)) throw new CommandError(2, '$all needs an array');
  if (operand.length === 0) return { kind: 'constant', value: false };
  const isElemMatch = (entry: Value) => entry instanceof Map && entry.keys().next().value === '$elemMatch';
  const elemMatches = isElemMatch(operand[0] as Value);
  const children = operand.map((entry): Match => {
    if (elemMatches) {
      if (!isElemMatch(entry)) throw new CommandError(2, '$all/$elemMatch has to be consistent');
      return parseElemMatch(path, (entry as Document).get('$elemMatch') as Value, options, depth);
    }
    if (isOperatorDocument(entry)) throw new CommandError(2, 'no $ expressions in $all');
    return equality(path, entry);
  });
  return children.length === 1 ? (children[0] as Match) : { kind: 'and', children };
}

const LOGICAL = new Set(['$and', '$or', '$nor', '$expr', '$where']);

function parseElemMatch(path: Path, operand: Value, options: FilterOptions, depth: number): Match {
  if (!(operand instanceof Map)) throw new CommandError(2, '$elemMatch needs an Object');
  if (operand.has('$where')) throw new CommandError(2, '$elemMatch cannot contain $where expression');
  const first = operand.keys().next().value;
  if (isOperatorDocument(operand) && !LOGICAL.has(first as string)) {
    const test = createValueMatcher(parseElementConditions(operand, options, depth));
    return leaf(path, '$elemMatch', value => Array.isArray(value) && value.some(test), false);
  }
  const matcher = createMatcher(parseFilter(operand, options, depth + 1), new Map());
  const asDocument = (element: Value): Document =>
    element instanceof Map ? element : new Map((element as Value[]).map((inner, index) => [String(index), inner]));
  return leaf(
    path,
    '$elemMatch',
    value =>
      Array.isArray(value) &&
      value.some(element => (element instanceof Map || Array.isArray(element)) && matcher(asDocument(element))),
    false,
  );
}
