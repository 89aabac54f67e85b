/** Update operators on arrays: `$push`, `$addToSet`, `$pull`, `$pullAll`, `$pop`. */
import { compareValues, equalValues } from '../../codec/compare.ts';
import { displayValue } from '../../codec/display.ts';
import { toDouble, toExactInt64 } from '../../codec/numbers.ts';
import { type Document, isKind, isNumber, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { BUILT_IN_SCOPE } from '../expressions/expression.ts';
import { createMatcher } from '../match/evaluate.ts';
import { equality } from '../match/operators.ts';
import { isOperatorDocument, parseElementConditions, parseFilter } from '../match/parse.ts';
import { compareBy, parseSort } from '../sort.ts';
import type { Apply } from './modifier.ts';

const OPTIONS = { scope: BUILT_IN_SCOPE };

function modifierValues(operand: Value, name: string): Value[] | null {
  if (!(operand instanceof Map) || operand.keys().next().value !== '$each') return null;
  const each = operand.get('$each') as Value;
  if (!Array.isArray(each)) {
    const code = name === '$push' ? 2 : 14;
    throw new CommandError(
      code,
      `The argument to $each in ${name} must be an array but it was of type ${typeName(each)}`,
    );
  }
  return each;
}

function wholeNumber(value: Value | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const whole = isNumber(value) ? toExactInt64(value) : null;
  if (whole === null) {
    throw new CommandError(2, `The value for ${name} must be an integer value but was given type: ${typeName(value)}`);
  }
  return Number(whole);
}

function parsePush(operand: Value, path: string): Apply {
  if (operand instanceof Map && operand.has('$each') && operand.keys().next().value !== '$each') {
    return parsePush(new Map([['$each', operand.get('$each') as Value], ...operand]), path);
  }
  const each = modifierValues(operand, '$push');
  const options: Document = each ? (operand as Document) : new Map();
  for (const name of options.keys()) {
    if (!['$each', '$position', '$slice', '$sort'].includes(name)) {
      throw new CommandError(2, `Unrecognized clause in $push: ${name}`);
    }
  }
  const added = each ?? [operand];
  const position = wholeNumber(options.get('$position'), '$position');
  const slice = wholeNumber(options.get('$slice'), '$slice');
  const order = options.has('$sort') ? parsePushSort(options.get('$sort') as Value) : null;
  return current => {
    if (current !== undefined && !Array.isArray(current)) throw notAnArray(current, path, 2);
    const old = current ?? [];
    const at = position === undefined ? old.length : position < 0 ? Math.max(old.length + position, 0) : position;
    let result = [...old.slice(0, at), ...added, ...old.slice(at)];
    if (order) result = result.sort(order);
    if (slice === undefined) return result;
    if (slice === 0) return [];
    return slice > 0 ? result.slice(0, slice) : result.slice(slice);
  };
}

function notAnArray(current: Value, path: string, code: number): CommandError {
  return new CommandError(code, `The field '${path}' must be an array but is of type ${typeName(current)} in document`);
}

function parsePushSort(sort: Value): (left: Value, right: Value) => number {
  if (sort instanceof Map) {
    if (sort.size === 0) {
      throw new CommandError(2, 'The $sort pattern is empty when it should be a set of fields.');
    }
    for (const [name, order] of sort) {
      if (!isNumber(order) || Math.abs(toDouble(order)) !== 1) {
        throw new CommandError(2, 'The $sort element value must be either 1 or -1');
      }
      if (name === '' || name.split('.').includes('')) {
        throw new CommandError(2, `The $sort field is a dotted field but has an empty part: ${name}`);
      }
    }
    const compare = compareBy(parseSort(sort));
    const asDocument = (value: Value): Document => (value instanceof Map ? value : new Map());
    return (left, right) => compare(asDocument(left), asDocument(right));
  }
  const direction = isNumber(sort) ? toDouble(sort) : 0;
  if (Math.abs(direction) !== 1) {
    throw new CommandError(
      2,
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  }
  return (left, right) => direction * compareValues(left, right);
}

function parseAddToSet(operand: Value, path: string): Apply {
  const each = modifierValues(operand, '$addToSet');
  if (each) {
    for (const name of (operand as Document).keys()) {
      if (name !== '$each') {
        throw new CommandError(2, `Found unexpected fields after $each in $addToSet: ${displayValue(operand)}`);
      }
    }
  }
  return current => {
    if (current !== undefined && !Array.isArray(current)) {
      throw new CommandError(
        2,
        `Cannot apply $addToSet to non-array field. Field named '${path.split('.').at(-1)}' has non-array type ${typeName(current)}`,
      );
    }
    const result = [...(current ?? [])];
    for (const value of each ?? [operand]) {
      if (!result.some(present => equalValues(present, value))) result.push(value);
    }
    return result;
  };
}

function parsePull(operand: Value): Apply {
  const removes = pullCondition(operand);
  return current => {
    if (current === undefined) return undefined;
    if (!Array.isArray(current)) throw new CommandError(2, 'Cannot apply $pull to a non-array value');
    return current.filter(element => !removes(element));
  };
}

function pullCondition(operand: Value): (element: Value) => boolean {
  if (isOperatorDocument(operand)) {
    const matcher = createMatcher(parseElementConditions(operand, OPTIONS, 0), new Map());
    return element => matcher(new Map([['', element]]));
  }
  if (operand instanceof Map) {
    const matcher = createMatcher(parseFilter(operand, OPTIONS), new Map());
    return element => element instanceof Map && matcher(element);
  }
  if (isKind(operand, 'regex')) {
    const { test } = equality([''], operand);
    return element => test(element);
  }
  return element => equalValues(element, operand);
}

function parsePullAll(operand: Value): Apply {
  if (!Array.isArray(operand)) {
    throw new CommandError(2, `$pullAll requires an array argument but was given a ${typeName(operand)}`);
  }
  return current => {
    if (current === undefined) return undefined;
    if (!Array.isArray(current)) throw new CommandError(2, 'Cannot apply $pull to a non-array value');
    return current.filter(element => !operand.some(value => equalValues(element, value)));
  };
}

function parsePop(operand: Value, path: string): Apply {
  const direction = isNumber(operand) ? toExactInt64(operand) : null;
  if (direction === null) {
    throw new CommandError(9, `Expected a number in: ${path}: ${displayValue(operand)}`);
  }
  if (direction !== 1n && direction !== -1n) {
    throw new CommandError(9, `$pop expects 1 or -1, found: ${displayValue(operand)}`);
  }
  return current => {
    if (current === undefined) return undefined;
    if (!Array.isArray(current)) {
      throw new CommandError(14, `Path '${path}' contains an element of non-array type '${typeName(current)}'`);
    }
    return direction === 1n ? current.slice(0, -1) : current.slice(1);
  };
}

export const ARRAY_OPERATORS: Record<string, (operand: Value, path: string) => Apply> = {
  $push: parsePush,
  $addToSet: parseAddToSet,
  $pull: parsePull,
  $pullAll: parsePullAll,
  $pop: parsePop,
};
