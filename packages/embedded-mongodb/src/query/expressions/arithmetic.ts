/** Arithmetic operators; number types widen as in MongoDB, dates take milliseconds. */

import { decimalFromParts, decimalFromString, decimalParts, truncateParts } from '../../codec/decimal.ts';
import { displayValue } from '../../codec/display.ts';
import {
  addNumbers,
  compareNumbers,
  divideNumbers,
  integerValue,
  isFiniteValue,
  isNaNValue,
  multiplyNumbers,
  remainderOf,
  subtractNumbers,
  toDouble,
  toExactInt64,
  toInt64,
} from '../../codec/numbers.ts';
import { date, int, isKind, isNullish, isNumber, type NumberValue, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { nullingOperator, operator, sequenceOperator } from './arguments.ts';
import type { OperatorParser } from './expression.ts';

/** Two 64-bit integers whose result does not fit become a double. */
function orDouble(exact: NumberValue | null, approximate: number): NumberValue {
  return exact ?? approximate;
}

export function addValues(left: NumberValue, right: NumberValue): NumberValue {
  return orDouble(addNumbers(left, right), toDouble(left) + toDouble(right));
}

function millisecondsOf(value: NumberValue, name: string): number {
  const ms = toInt64(value);
  if (ms === null) throw new CommandError(15, `${name}: date overflow`);
  // As DoubleDoubleSummation::getLong of MongoDB: halves go away from zero.
  return typeof value === 'number' ? Math.sign(value) * Math.round(Math.abs(value)) : Number(ms);
}

function add(values: Value[]): Value {
  let at: number | null = null;
  let sum: NumberValue = int(0);
  for (const value of values) {
    if (isKind(value, 'date')) {
      if (at !== null) throw new CommandError(16612, 'only one date allowed in an $add expression');
      at = value.ms;
    } else if (isNumber(value)) sum = addValues(sum, value);
  }
  return at === null ? sum : date(at + millisecondsOf(sum, '$add'));
}

function subtract([left, right]: Value[]): Value {
  if (isKind(left, 'date')) {
    if (isKind(right, 'date')) return BigInt(left.ms - right.ms);
    if (isNumber(right)) return date(left.ms - millisecondsOf(right, '$subtract'));
  }
  if (isNumber(left) && isNumber(right)) {
    return orDouble(subtractNumbers(left, right), toDouble(left) - toDouble(right));
  }
  throw new CommandError(14, `can't $subtract ${typeName(right as Value)} from ${typeName(left as Value)}`);
}

function multiply(values: Value[]): Value {
  let product: NumberValue = int(1);
  for (const value of values) {
    if (!isNumber(value)) continue;
    product = orDouble(multiplyNumbers(product, value), toDouble(product) * toDouble(value));
  }
  return product;
}

/** Not by way of a double, in which the smallest decimals are zero too. */
function isZero(value: NumberValue): boolean {
  return compareNumbers(value, int(0)) === 0;
}

function divide([left, right]: Value[]): Value {
  if (!isNumber(left) || !isNumber(right)) {
    throw new CommandError(
      14,
      `$divide only supports numeric types, not ${typeName(left as Value)} and ${typeName(right as Value)}`,
    );
  }
  if (isZero(right)) throw new CommandError(2, "can't $divide by zero");
  return divideNumbers(left, right);
}

function modulo([left, right]: Value[]): Value {
  if (!isNumber(left) || !isNumber(right)) {
    throw new CommandError(
      16611,
      `$mod only supports numeric types, not ${typeName(left as Value)} and ${typeName(right as Value)}`,
    );
  }
  if (isZero(right)) throw new CommandError(16610, "can't $mod by zero");
  return remainderOf(left, right);
}

/** Applies a double function, keeping integers as they are where `keepIntegers`. */
function rounding(name: string, round: (value: number) => number): OperatorParser {
  return nullingOperator(1, 1, ([value]) => {
    if (!isNumber(value))
      throw new CommandError(28765, `${name} only supports numeric types, not ${typeName(value as Value)}`);
    if (typeof value === 'number') return round(value);
    if (!isKind(value, 'decimal')) return value;
    const whole = truncateParts(decimalParts(value));
    if (whole === null) return value;
    const truncated = decimalFromString(whole.toString());
    const order = compareNumbers(value, truncated);
    const step = order === 0 ? 0 : name === '$ceil' && order > 0 ? 1 : name === '$floor' && order < 0 ? -1 : 0;
    return decimalFromString((whole + BigInt(step)).toString());
  });
}

/** `$round` (half to even) and `$trunc` to a number of places. */
function places(name: '$round' | '$trunc'): OperatorParser {
  return operator(1, 2, ([value, digits = int(0)]) => {
    if (isNullish(value) || isNullish(digits)) return null;
    if (!isNumber(value))
      throw new CommandError(51081, `${name} only supports numeric types, not ${typeName(value as Value)}`);
    if (!isNumber(digits)) {
      throw new CommandError(51081, `${name} only supports numeric types, not ${typeName(digits as Value)}`);
    }
    const count = toExactInt64(digits);
    if (count === null) {
      throw new CommandError(51082, `precision argument to ${name} must be a integral value: ${displayValue(digits)}`);
    }
    if (count < -20n || count > 100n) {
      throw new CommandError(51083, `cannot apply ${name} with precision value ${count} value must be in [-20, 100]`);
    }
    if (!isFiniteValue(value)) return value;
    const rounded = roundTo(value, Number(count), name === '$round');
    return rounded;
  });
}

function roundTo(value: NumberValue, digits: number, halfEven: boolean): NumberValue {
  if ((typeof value === 'bigint' || isKind(value, 'int')) && digits >= 0) return value;
  const exact =
    typeof value === 'number'
      ? decimalParts(decimalFromString(String(value)))
      : isKind(value, 'decimal')
        ? decimalParts(value)
        : null;
  const parts = exact ?? { negative: toDouble(value) < 0, coefficient: BigInt(Math.abs(toDouble(value))), exponent: 0 };
  if (parts.special) return value;
  const drop = -digits - parts.exponent;
  if (drop <= 0) return value;
  const divisor = 10n ** BigInt(drop);
  let coefficient = parts.coefficient / divisor;
  const rest = (parts.coefficient % divisor) * 2n;
  if (halfEven && (rest > divisor || (rest === divisor && coefficient % 2n === 1n))) coefficient += 1n;
  const result = decimalFromParts({ negative: parts.negative, coefficient, exponent: -digits });
  if (isKind(value, 'decimal')) return result;
  if (typeof value === 'number') return toDouble(result);
  const integer = toInt64(result) as bigint;
  return typeof value === 'bigint' ? integer : integerValue(integer);
}

function real(name: string, compute: (value: number) => number, check?: (value: number) => void): OperatorParser {
  return nullingOperator(1, 1, ([value]) => {
    if (!isNumber(value))
      throw new CommandError(28765, `${name} only supports numeric types, not ${typeName(value as Value)}`);
    const number = toDouble(value);
    if (!Number.isNaN(number)) check?.(number);
    const result = compute(number);
    return isKind(value, 'decimal') ? decimalFromString(String(result)) : result;
  });
}

function refuse(isBad: (value: number) => boolean, code: number, message: string): (value: number) => void {
  return value => {
    if (isBad(value)) throw new CommandError(code, message);
  };
}

function power([base, exponent]: Value[]): Value {
  if (!isNumber(base)) throw new CommandError(28762, `$pow's base must be numeric, not ${typeName(base as Value)}`);
  if (!isNumber(exponent))
    throw new CommandError(28763, `$pow's exponent must be numeric, not ${typeName(exponent as Value)}`);
  if (toDouble(base) === 0 && toDouble(exponent) < 0) {
    throw new CommandError(28764, '$pow cannot take a base of 0 and a negative exponent');
  }
  const result = toDouble(base) ** toDouble(exponent);
  if (isKind(base, 'decimal') || isKind(exponent, 'decimal')) return decimalFromString(String(result));
  if (typeof base === 'number' || typeof exponent === 'number' || toDouble(exponent) < 0) return result;
  const whole = (toInt64(base) as bigint) ** (toInt64(exponent) as bigint);
  if (BigInt.asIntN(64, whole) !== whole) return result;
  return typeof base === 'bigint' || typeof exponent === 'bigint' ? whole : integerValue(whole);
}

function logarithm([value, base]: Value[]): Value {
  if (!isNumber(value))
    throw new CommandError(28756, `$log's argument must be numeric, not ${typeName(value as Value)}`);
  if (!isNumber(base)) throw new CommandError(28757, `$log's base must be numeric, not ${typeName(base as Value)}`);
  const [argument, root] = [toDouble(value), toDouble(base)];
  if (argument <= 0) throw new CommandError(28758, `$log's argument must be a positive number, but is ${argument}`);
  if (root <= 0 || root === 1) {
    throw new CommandError(28759, `$log's base must be a positive number not equal to 1, but is ${root}`);
  }
  const result = Math.log(argument) / Math.log(root);
  return isKind(value, 'decimal') || isKind(base, 'decimal') ? decimalFromString(String(result)) : result;
}

export const ARITHMETIC: Record<string, OperatorParser> = {
  $add: sequenceOperator(value => {
    if (isNumber(value) || isKind(value, 'date')) return;
    throw new CommandError(14, `$add only supports numeric or date types, not ${typeName(value)}`);
  }, add),
  $subtract: nullingOperator(2, 2, subtract),
  $multiply: sequenceOperator(value => {
    if (!isNumber(value)) throw new CommandError(14, `$multiply only supports numeric types, not ${typeName(value)}`);
  }, multiply),
  $divide: nullingOperator(2, 2, divide),
  $mod: nullingOperator(2, 2, modulo),
  $abs: nullingOperator(1, 1, ([value]) => {
    if (!isNumber(value))
      throw new CommandError(28765, `$abs only supports numeric types, not ${typeName(value as Value)}`);
    if (isNaNValue(value) || compareNumbers(value, int(0)) >= 0) return value;
    if (value === -(2n ** 63n)) throw new CommandError(28680, "can't take $abs of long long min");
    return orDouble(multiplyNumbers(value, int(-1)), -toDouble(value));
  }),
  $ceil: rounding('$ceil', Math.ceil),
  $floor: rounding('$floor', Math.floor),
  $round: places('$round'),
  $trunc: places('$trunc'),
  $pow: nullingOperator(2, 2, power),
  $sqrt: real(
    '$sqrt',
    Math.sqrt,
    refuse(value => value < 0, 28714, "$sqrt's argument must be greater than or equal to 0"),
  ),
  $exp: real('$exp', Math.exp),
  $ln: real(
    '$ln',
    Math.log,
    refuse(value => value <= 0, 28766, "$ln's argument must be a positive number"),
  ),
  $log: nullingOperator(2, 2, logarithm),
  $log10: real(
    '$log10',
    Math.log10,
    refuse(value => value <= 0, 28761, "$log10's argument must be a positive number"),
  ),
};
