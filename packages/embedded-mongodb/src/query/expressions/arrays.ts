/** Array and set operators, and the accumulators in their expression form (`$max: ['$a', '$b']`). */
import { compareValues, equalValues } from '../../codec/compare.ts';
import { keyString } from '../../codec/keys.ts';
import { divideNumbers, toDouble, toExactInt64 } from '../../codec/numbers.ts';
import { type Document, int, isNullish, isNumber, type NumberValue, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { compareBy, parseSort } from '../sort.ts';
import { type Compute, namedArguments, nullingOperator, operator, sequenceOperator } from './arguments.ts';
import { addValues } from './arithmetic.ts';
import { checkVariableName } from './conditions.ts';
import { type Environment, isTruthy, NOWHERE, type OperatorParser, parseExpression } from './expression.ts';

const MANY = Number.POSITIVE_INFINITY;

function asArray(value: Value | undefined, code: number, name: string, what = 'argument'): Value[] {
  if (Array.isArray(value)) return value;
  throw new CommandError(
    code,
    `${name} ${what} must be an array, but was of type: ${value === undefined ? 'missing' : typeName(value)}`,
  );
}

/** `notNumber`: where MongoDB has another code for what is no number at all. */
function asIndex(value: Value | undefined, code: number, name: string, notNumber = code): number {
  if (!isNumber(value)) {
    const type = value === undefined ? 'missing' : typeName(value);
    throw new CommandError(notNumber, `${name} must be a numeric value, but is ${type}`);
  }
  const index = isNumber(value) ? toExactInt64(value) : null;
  if (index === null || index < -2147483648n || index > 2147483647n) {
    throw new CommandError(code, `${name} must be representable as a 32-bit integer`);
  }
  return Number(index);
}

function withVariable(environment: Environment, name: string, value: Value): Environment {
  return { ...environment, variables: new Map(environment.variables).set(name, value) };
}

const filter: OperatorParser = (operand, scope) => {
  const named = namedArguments(operand, '$filter', {
    required: ['input', 'cond'],
    optional: ['as', 'limit'],
    codes: { object: 28646, unknown: 28647, missing: { input: 28648, cond: 28650 } },
  });
  const as = checkVariableName((named.get('as') as string | undefined) ?? 'this');
  const input = parseExpression(named.get('input') as Value, scope);
  const test = parseExpression(named.get('cond') as Value, new Set([...scope, as]));
  const limit = named.has('limit') ? parseExpression(named.get('limit') as Value, scope) : null;
  return environment => {
    const array = input(environment);
    if (isNullish(array)) return null;
    const most = limit?.(environment);
    const count = isNullish(most) ? MANY : asIndex(most, 327391, '$filter: limit');
    if (count <= 0) throw new CommandError(327392, `$filter: limit must be greater than 0: ${count}`);
    const found: Value[] = [];
    for (const element of asArray(array, 28651, 'input to $filter', '')) {
      if (found.length >= count) break;
      if (isTruthy(test(withVariable(environment, as, element)))) found.push(element);
    }
    return found;
  };
};

const map: OperatorParser = (operand, scope) => {
  const named = namedArguments(operand, '$map', {
    required: ['input', 'in'],
    optional: ['as'],
    codes: { object: 16878, unknown: 16879, missing: { input: 16880, in: 16882 } },
  });
  const as = checkVariableName((named.get('as') as string | undefined) ?? 'this');
  const input = parseExpression(named.get('input') as Value, scope);
  const body = parseExpression(named.get('in') as Value, new Set([...scope, as]));
  return environment => {
    const array = input(environment);
    if (isNullish(array)) return null;
    return asArray(array, 16883, 'input to $map', '').map(
      element => body(withVariable(environment, as, element)) ?? null,
    );
  };
};

const reduce: OperatorParser = (operand, scope) => {
  const named = namedArguments(operand, '$reduce', {
    required: ['input', 'initialValue', 'in'],
    codes: { object: 40075, unknown: 40076, missing: { input: 40077, initialValue: 40078, in: 40079 } },
  });
  const input = parseExpression(named.get('input') as Value, scope);
  const initial = parseExpression(named.get('initialValue') as Value, scope);
  const body = parseExpression(named.get('in') as Value, new Set([...scope, 'this', 'value']));
  return environment => {
    const array = input(environment);
    if (isNullish(array)) return null;
    let value = initial(environment);
    for (const element of asArray(array, 40080, '$reduce requires that', "'input'")) {
      const variables = new Map(environment.variables).set('this', element).set('value', value);
      value = body({ ...environment, variables });
    }
    return value;
  };
};

function checkSortBy(by: Value): void {
  if (by instanceof Map) {
    if (by.size === 0) {
      throw new CommandError(2942505, 'The sort pattern is empty when it should be a set of fields.');
    }
    for (const order of by.values()) {
      if (isNumber(order) && Math.abs(toDouble(order)) === 1) continue;
      throw new CommandError(2942505, 'The sort element value must be either 1 or -1');
    }
    return;
  }
  if (!isNumber(by)) throw new CommandError(2942507, '$sortArray sort must be represented as an object, 1 or -1');
  if (Math.abs(toDouble(by)) !== 1) throw new CommandError(2942506, 'The sort element value must be either 1 or -1');
}

const sortArray: OperatorParser = (operand, scope) => {
  const named = namedArguments(operand, '$sortArray', {
    required: ['input', 'sortBy'],
    codes: { object: 2942500, unknown: 2942501, missing: { input: 2942502, sortBy: 2942503 } },
  });
  const input = parseExpression(named.get('input') as Value, scope);
  const by = named.get('sortBy') as Value;
  checkSortBy(by);
  const direction = isNumber(by) ? toDouble(by) : 0;
  const compare =
    direction === 0 ? compareBy(parseSort(by as Document)) : (a: Value, b: Value) => direction * compareValues(a, b);
  return environment => {
    const array = input(environment);
    if (isNullish(array)) return null;
    const asDocument = (value: Value): Document => (value instanceof Map ? value : new Map());
    const elements = [...asArray(array, 2942504, 'The input', '')];
    return direction === 0
      ? elements.sort((a, b) => compare(asDocument(a) as never, asDocument(b) as never))
      : elements.sort((a, b) => compare(a as never, b as never));
  };
};

function slice(values: Value[]): Value {
  const array = asArray(values[0], 28724, 'First argument to $slice', '');
  const second = asIndex(values[1], 28726, 'Second argument to $slice', 28725);
  if (values.length === 2) return second >= 0 ? array.slice(0, second) : array.slice(second);
  const count = asIndex(values[2], 28728, 'Third argument to $slice', 28727);
  if (count <= 0) throw new CommandError(28729, `Third argument to $slice must be positive: ${count}`);
  const start = second < 0 ? Math.max(array.length + second, 0) : second;
  return array.slice(start, start + count);
}

function distinct(values: Value[]): Value[] {
  return [...new Map(values.map(value => [keyString(value), value])).values()];
}

function setOperator(code: number, combine: (sets: Value[][]) => Value): OperatorParser {
  return sequenceOperator(
    (value, name) => {
      asArray(value, code, `All operands of ${name}`, '');
    },
    values => combine(values as Value[][]),
  );
}

/** Null is no set: alone among the set operators this one and `$setIsSubset` refuse it. */
const setEquals: OperatorParser = (operand, scope, name) => {
  const count = Array.isArray(operand) ? operand.length : 1;
  if (count < 2) throw new CommandError(17045, `${name} needs at least two arguments had: ${count}`);
  for (const entry of operand as Value[]) {
    const expression = parseExpression(entry, scope);
    if (expression.isConstant) asArray(expression(NOWHERE), 5887502, `All operands of ${name}`, '');
  }
  const call = operator(2, MANY, values => {
    const sets = values.map(value => asArray(value, 17044, `All operands of ${name}`, ''));
    const keys = sets.map(set => distinct(set).map(keyString).sort().join('\n'));
    return keys.every(key => key === keys[0]);
  });
  return call(operand, scope, name);
};

function isSubset([left, right]: (Value | undefined)[]): Value {
  const elements = asArray(left, 17046, 'both operands of $setIsSubset', 'First');
  const keys = new Set(asArray(right, 17042, 'both operands of $setIsSubset', 'Second').map(keyString));
  return elements.every(value => keys.has(keyString(value)));
}

function setDifference([left, right]: Value[]): Value {
  const elements = asArray(left, 17048, 'both operands of $setDifference', 'First');
  const keys = new Set(asArray(right, 17049, 'both operands of $setDifference', 'Second').map(keyString));
  return distinct(elements.filter(value => !keys.has(keyString(value))));
}

function asPlace(value: Value): number {
  const place = asIndex(value, 40096, '$indexOfArray');
  if (place < 0) throw new CommandError(40097, `$indexOfArray requires a nonnegative index, found: ${place}`);
  return place;
}

function position([array, wanted, from, to]: (Value | undefined)[]): Value {
  if (isNullish(array)) return null;
  const elements = asArray(array, 40090, '$indexOfArray', '');
  const start = from === undefined ? 0 : asPlace(from);
  const end = to === undefined ? elements.length : Math.min(asPlace(to), elements.length);
  for (let index = start; index < end; index += 1) {
    if (wanted !== undefined && equalValues(elements[index] as Value, wanted)) return int(index);
  }
  return int(-1);
}

/** One array operand stands for its elements. */
function accumulating(compute: (values: (Value | undefined)[]) => Value): OperatorParser {
  const evaluate: Compute = values => compute(values.length === 1 && Array.isArray(values[0]) ? values[0] : values);
  return operator(0, MANY, evaluate);
}

function extreme(sign: number): (values: (Value | undefined)[]) => Value {
  return values => {
    let best: Value | undefined;
    for (const value of values) {
      if (isNullish(value)) continue;
      if (best === undefined || sign * compareValues(value as Value, best) > 0) best = value;
    }
    return best ?? null;
  };
}

function sum(values: (Value | undefined)[]): NumberValue {
  return values.reduce<NumberValue>((total, value) => (isNumber(value) ? addValues(total, value) : total), int(0));
}

const range = operator(2, 3, ([first, last, step = int(1)]) => {
  const start = asIndex(first, 34444, "$range's starting value", 34443);
  const end = asIndex(last, 34446, "$range's ending value", 34445);
  const by = asIndex(step, 34448, "$range's step value", 34447);
  if (by === 0) throw new CommandError(34449, '$range requires a non-zero step value');
  const result: Value[] = [];
  for (let value = start; by > 0 ? value < end : value > end; value += by) result.push(int(value));
  return result;
});

export const ARRAYS: Record<string, OperatorParser> = {
  $filter: filter,
  $map: map,
  $reduce: reduce,
  $sortArray: sortArray,
  $size: operator(1, 1, ([array]) => {
    if (Array.isArray(array)) return int(array.length);
    throw new CommandError(
      17124,
      `The argument to $size must be an array, but was of type: ${array === undefined ? 'missing' : typeName(array)}`,
    );
  }),
  $concatArrays: sequenceOperator(
    value => {
      asArray(value, 28664, '$concatArrays only supports arrays;', '');
    },
    values => values.flat(1) as Value[],
  ),
  $arrayElemAt: nullingOperator(2, 2, ([array, at]) => {
    const elements = asArray(array, 28689, "$arrayElemAt's first", 'argument');
    const index = asIndex(at, 28691, "$arrayElemAt's second argument", 28690);
    return elements[index < 0 ? elements.length + index : index];
  }),
  $first: nullingOperator(1, 1, ([array]) => asArray(array, 28689, '$first')[0]),
  $last: nullingOperator(1, 1, ([array]) => asArray(array, 28689, '$last').at(-1)),
  $slice: nullingOperator(2, 3, slice),
  $reverseArray: nullingOperator(1, 1, ([array]) => [...asArray(array, 34435, '$reverseArray')].reverse()),
  $isArray: operator(1, 1, ([value]) => Array.isArray(value)),
  $in: operator(2, 2, ([wanted, array]) =>
    asArray(array, 40081, '$in requires an array as a second', 'argument').some(
      element => wanted !== undefined && equalValues(element, wanted),
    ),
  ),
  $indexOfArray: operator(2, 4, position),
  $range: range,
  $setUnion: setOperator(17043, sets => distinct(sets.flat()).sort(compareValues)),
  $setIntersection: setOperator(17047, sets => {
    const [first = [], ...others] = sets;
    const keys = others.map(set => new Set(set.map(keyString)));
    return distinct(first)
      .filter(value => keys.every(set => set.has(keyString(value))))
      .sort(compareValues);
  }),
  $setDifference: nullingOperator(2, 2, setDifference),
  $setEquals: setEquals,
  $setIsSubset: operator(2, 2, isSubset),
  $anyElementTrue: operator(1, 1, ([array]) => asArray(array, 17041, '$anyElementTrue').some(isTruthy)),
  $allElementsTrue: operator(1, 1, ([array]) => asArray(array, 17040, '$allElementsTrue').every(isTruthy)),
  $max: accumulating(extreme(1)),
  $min: accumulating(extreme(-1)),
  $sum: accumulating(sum),
  $avg: accumulating(values => {
    const numbers = values.filter(isNumber);
    return numbers.length === 0 ? null : divideNumbers(sum(numbers), int(numbers.length));
  }),
};
