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
import { type Environment, isTruthy, type OperatorParser, parseExpression } from './expression.ts';

const MANY = Number.POSITIVE_INFINITY;

function asArray(value: Value | undefined, code: number, name: string, what = 'argument'): Value[] {
  if (Array.isArray(value)) return value;
  throw new CommandError(
    code,
    `${name} ${what} must be an array, but was of type: ${value === undefined ? 'missing' : typeName(value)}`,
  );
}

function asIndex(value: Value | undefined, code: number, name: string): number {
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

const sortArray: OperatorParser = (operand, scope) => {
  const named = namedArguments(operand, '$sortArray', { required: ['input', 'sortBy'], code: 2942500 });
  const input = parseExpression(named.get('input') as Value, scope);
  const by = named.get('sortBy') as Value;
  const direction = isNumber(by) ? Math.sign(toDouble(by)) : 0;
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
  const second = asIndex(values[1], 28726, 'Second argument to $slice');
  if (values.length === 2) return second >= 0 ? array.slice(0, second) : array.slice(second);
  const count = asIndex(values[2], 28728, 'Third argument to $slice');
  if (count <= 0) throw new CommandError(28729, `Third argument to $slice must be positive: ${count}`);
  const start = second < 0 ? Math.max(array.length + second, 0) : second;
  return array.slice(start, start + count);
}

function distinct(values: Value[]): Value[] {
  return [...new Map(values.map(value => [keyString(value), value])).values()];
}

function setOperator(combine: (sets: Value[][]) => Value): OperatorParser {
  return sequenceOperator(
    (value, name) => {
      asArray(value, 17043, `All operands of ${name}`, '');
    },
    values => combine(values as Value[][]),
  );
}

function position([array, wanted, from, to]: (Value | undefined)[]): Value {
  if (isNullish(array)) return null;
  const elements = asArray(array, 40090, '$indexOfArray', '');
  const start = from === undefined ? 0 : asIndex(from, 40096, '$indexOfArray');
  const end = to === undefined ? elements.length : Math.min(asIndex(to, 40096, '$indexOfArray'), elements.length);
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

const range = nullingOperator(2, 3, ([first, last, step = int(1)]) => {
  const start = asIndex(first, 34444, "$range's starting value");
  const end = asIndex(last, 34446, "$range's ending value");
  const by = asIndex(step, 34448, "$range's step value");
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
    const index = asIndex(at, 28691, "$arrayElemAt's second argument");
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
  $setUnion: setOperator(sets => distinct(sets.flat()).sort(compareValues)),
  $setIntersection: setOperator(sets => {
    const [first = [], ...others] = sets;
    const keys = others.map(set => new Set(set.map(keyString)));
    return distinct(first)
      .filter(value => keys.every(set => set.has(keyString(value))))
      .sort(compareValues);
  }),
  $setDifference: setOperator(([left = [], right = []]) => {
    const keys = new Set(right.map(keyString));
    return distinct(left.filter(value => !keys.has(keyString(value))));
  }),
  $setEquals: setOperator(sets => {
    const keys = sets.map(set => distinct(set).map(keyString).sort().join('\n'));
    return keys.every(key => key === keys[0]);
  }),
  $setIsSubset: setOperator(([left = [], right = []]) => {
    const keys = new Set(right.map(keyString));
    return left.every(value => keys.has(keyString(value)));
  }),
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
