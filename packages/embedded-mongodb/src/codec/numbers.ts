/** Comparison and arithmetic across the four number types, with MongoDB's widening: int -> long -> double -> decimal. */
import {
  addParts,
  compareParts,
  decimalFromDouble,
  decimalFromParts,
  decimalParts,
  divideParts,
  doubleOfDecimal,
  multiplyParts,
  type Parts,
  partsOfDouble,
  partsOfInteger,
  remainderParts,
  truncateParts,
} from './decimal.ts';
import { type Decimal, type Int32, int, isKind, type NumberValue } from './values.ts';

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

function isDecimal(value: NumberValue): value is Decimal {
  return isKind(value, 'decimal');
}

function exactParts(value: NumberValue): Parts {
  if (typeof value === 'number') return partsOfDouble(value);
  if (typeof value === 'bigint') return partsOfInteger(value);
  return value.kind === 'decimal' ? decimalParts(value) : partsOfInteger(BigInt(value.value));
}

/** For arithmetic: a double counts with 15 digits, as in MongoDB. */
function arithmeticParts(value: NumberValue): Parts {
  return typeof value === 'number' ? decimalParts(decimalFromDouble(value)) : exactParts(value);
}

/** NaN sorts below every number and equals itself. */
export function compareNumbers(left: NumberValue, right: NumberValue): number {
  const a = typeof left === 'object' && left.kind === 'int' ? left.value : left;
  const b = typeof right === 'object' && right.kind === 'int' ? right.value : right;
  if (typeof a === 'object' || typeof b === 'object')
    return Math.sign(compareParts(exactParts(left), exactParts(right))) + 0;
  if (a < b) return -1;
  if (a > b) return 1;
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are equal by value here
  if (a == b) return 0;
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
}

export function toDouble(value: NumberValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return value.kind === 'int' ? value.value : doubleOfDecimal(value);
}

export function isNaNValue(value: NumberValue): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  return isDecimal(value) && decimalParts(value).special === 'nan';
}

export function isFiniteValue(value: NumberValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return !isDecimal(value) || decimalParts(value).special === undefined;
}

/** Cut towards zero to a 64-bit integer; `null` when it does not fit or is not finite. */
export function toInt64(value: NumberValue): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value >= 2 ** 63 || value < -(2 ** 63)) return null;
    return BigInt(Math.trunc(value));
  }
  if (value.kind === 'int') return BigInt(value.value);
  const truncated = truncateParts(decimalParts(value));
  return truncated === null || truncated < MIN_INT64 || truncated > MAX_INT64 ? null : truncated;
}

/** The integer a number stands for exactly, else `null` (1.5, NaN, 1e30). */
export function toExactInt64(value: NumberValue): bigint | null {
  const integer = toInt64(value);
  return integer !== null && compareNumbers(integer, value) === 0 ? integer : null;
}

/** The narrowest of int and long that holds it. */
export function integerValue(value: bigint): Int32 | bigint {
  return value >= -2147483648n && value <= 2147483647n ? int(Number(value)) : value;
}

export function fitsInt64(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_INT64;
}

type Operation = {
  integers: (left: bigint, right: bigint) => bigint;
  doubles: (left: number, right: number) => number;
  decimals: (left: Parts, right: Parts) => Parts;
};

const ADD: Operation = { integers: (a, b) => a + b, doubles: (a, b) => a + b, decimals: addParts };
const SUBTRACT: Operation = {
  integers: (a, b) => a - b,
  doubles: (a, b) => a - b,
  decimals: (a, b) => addParts(a, { ...b, negative: !b.negative }),
};
const MULTIPLY: Operation = { integers: (a, b) => a * b, doubles: (a, b) => a * b, decimals: multiplyParts };

/** `null` when two integers overflow 64 bits; the caller decides between an error and a double. */
function calculate(left: NumberValue, right: NumberValue, operation: Operation): NumberValue | null {
  if (isDecimal(left) || isDecimal(right)) {
    return decimalFromParts(operation.decimals(arithmeticParts(left), arithmeticParts(right)));
  }
  if (typeof left === 'number' || typeof right === 'number') {
    return operation.doubles(toDouble(left), toDouble(right));
  }
  const bothInt = typeof left === 'object' && typeof right === 'object';
  if (bothInt) {
    const result = operation.doubles(left.value, right.value);
    if (result >= -2147483648 && result <= 2147483647) return int(result === 0 ? 0 : result);
  }
  const result = operation.integers(
    typeof left === 'object' ? BigInt(left.value) : left,
    typeof right === 'object' ? BigInt(right.value) : right,
  );
  return fitsInt64(result) ? result : null;
}

export function addNumbers(left: NumberValue, right: NumberValue): NumberValue | null {
  return calculate(left, right, ADD);
}

export function subtractNumbers(left: NumberValue, right: NumberValue): NumberValue | null {
  return calculate(left, right, SUBTRACT);
}

export function multiplyNumbers(left: NumberValue, right: NumberValue): NumberValue | null {
  return calculate(left, right, MULTIPLY);
}

/** Always a double, or a decimal when one side is. The divisor is not zero. */
export function divideNumbers(left: NumberValue, right: NumberValue): NumberValue {
  if (isDecimal(left) || isDecimal(right)) {
    return decimalFromParts(divideParts(arithmeticParts(left), arithmeticParts(right)));
  }
  return toDouble(left) / toDouble(right);
}

/**
 * The remainder of the truncated division. A whole double as divisor counts as an integer when 32 bits hold it: 8 % 3.0
 * is the int 2, 8 % 3.25 the double 1.5 (jstests/core/projection_expr_mod.js of MongoDB). The divisor is not zero.
 */
export function remainderOf(left: NumberValue, right: NumberValue): NumberValue {
  if (isDecimal(left) || isDecimal(right)) {
    return decimalFromParts(remainderParts(arithmeticParts(left), arithmeticParts(right)));
  }
  const isFraction = typeof right === 'number' && (right | 0) !== right;
  if (typeof left === 'number' || isFraction) return toDouble(left) % toDouble(right);
  const result = (toInt64(left) as bigint) % (toInt64(right) as bigint);
  return typeof left === 'bigint' || typeof right === 'bigint' ? result : int(Number(result));
}

export function toDecimal(value: NumberValue): Decimal {
  return isDecimal(value) ? value : decimalFromParts(arithmeticParts(value));
}
