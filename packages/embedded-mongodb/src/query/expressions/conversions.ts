/** `$convert` and its short forms, `$type`, `$isNumber`. */
import { decimalFromDouble, decimalFromString, decimalToString } from '../../codec/decimal.ts';
import { displayValue } from '../../codec/display.ts';
import { isFiniteValue, toDecimal, toDouble, toExactInt64, toInt64 } from '../../codec/numbers.ts';
import {
  date,
  int,
  isKind,
  isNullish,
  isNumber,
  TYPE_NUMBERS,
  type TypeName,
  typeName,
  type Value,
} from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { namedArguments, operator } from './arguments.ts';
import { formatDate } from './date-format.ts';
import { isTruthy, type OperatorParser, parseExpression } from './expression.ts';

function failure(message: string): CommandError {
  return new CommandError(241, `${message} in $convert with no onError value`);
}

function unsupported(value: Value, target: string): CommandError {
  return failure(`Unsupported conversion from ${typeName(value)} to ${target}`);
}

export function convertToString(value: Value): Value {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
    return String(value);
  }
  if (isKind(value, 'int')) return String(value.value);
  if (isKind(value, 'decimal')) return decimalToString(value);
  if (isKind(value, 'objectId')) return value.hex;
  if (isKind(value, 'date')) return formatDate(value.ms, '%Y-%m-%dT%H:%M:%S.%LZ', 'UTC');
  if (isKind(value, 'symbol')) return value.value;
  throw unsupported(value, 'string');
}

function convertToInteger(value: Value, target: 'int' | 'long'): Value {
  const [least, most] = target === 'int' ? [-(2n ** 31n), 2n ** 31n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
  let integer: bigint | null;
  if (typeof value === 'boolean') integer = value ? 1n : 0n;
  else if (isNumber(value)) {
    if (!isFiniteValue(value)) throw failure('Attempt to convert NaN or infinity value to integer type');
    integer = toInt64(value);
  } else if (typeof value === 'string') {
    if (!/^[+-]?\d+$/.test(value)) throw failure(`Failed to parse number '${value}'`);
    integer = BigInt(value);
  } else if (isKind(value, 'date') && target === 'long') integer = value.exact ?? BigInt(value.ms);
  else throw unsupported(value, target);
  if (integer === null || integer < least || integer > most) {
    throw failure('Conversion would overflow target type');
  }
  return target === 'int' ? int(Number(integer)) : integer;
}

function convertToDouble(value: Value): Value {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isNumber(value)) return toDouble(value);
  if (isKind(value, 'date')) return value.ms;
  if (typeof value !== 'string') throw unsupported(value, 'double');
  return parseDouble(value);
}

const SPECIAL = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/i;

/** What C's strtod takes, without its white space; what is too great or too small for a double is refused. */
function parseDouble(text: string): number {
  const special = SPECIAL.exec(text);
  if (special) return special[2] ? (special[1] === '-' ? -1 : 1) * Number.POSITIVE_INFINITY : Number.NaN;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal) {
    const [, sign, whole = '', fraction = '', exponent = '0'] = hexadecimal;
    if (whole + fraction === '') throw failure(`Failed to parse number '${text}'`);
    const digits = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
    return sign === '-' ? -digits : digits;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw failure(`Failed to parse number '${text}'`);
  const number = Number(text);
  const isTooSmall = number === 0 && /[1-9]/.test(text.replace(/e.*/i, ''));
  if (!Number.isFinite(number) || isTooSmall) throw failure(`Failed to parse number '${text}' Out of range`);
  return number;
}

function convertToDecimal(value: Value): Value {
  if (typeof value === 'boolean') return decimalFromString(value ? '1' : '0');
  if (isNumber(value)) return toDecimal(value);
  if (isKind(value, 'date')) return decimalFromDouble(value.ms);
  if (typeof value !== 'string') throw unsupported(value, 'decimal');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(infinity|inf|nan)$/i.test(value)) {
    throw failure(`Failed to parse number '${value}'`);
  }
  return decimalFromString(value);
}

function convertToDate(value: Value): Value {
  if (isKind(value, 'date')) return value;
  if (isKind(value, 'objectId')) return date(Number.parseInt(value.hex.slice(0, 8), 16) * 1000);
  if (isKind(value, 'timestamp')) return date(Number(value.value >> 32n) * 1000);
  if (isNumber(value) && !isKind(value, 'int')) {
    const ms = toInt64(value);
    if (ms === null) throw failure('Conversion would overflow target type');
    return date(Number(ms));
  }
  if (typeof value !== 'string') throw unsupported(value, 'date');
  const parsed = parseDate(value);
  if (parsed === null) throw failure(`Error parsing date string '${value}'`);
  return date(parsed.ms);
}

/** ISO 8601 only; without a zone it is read as if in UTC. */
export function parseDate(text: string): { ms: number; hasZone: boolean } | null {
  const found =
    /^(\d{4}-\d{2}-\d{2})(?:(?:T|\s+)(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(
      text.replace(/^[\s\0]+|[\s\0]+$/g, ''),
    );
  if (!found) return null;
  const zone = found[3] === undefined ? 'Z' : found[3].replace(/^([+-]\d{2}):?(\d{2})?$/, offsetOf);
  const ms = Date.parse(`${found[1]}T${found[2] ?? '00:00'}${zone}`);
  return Number.isNaN(ms) ? null : { ms, hasZone: found[3] !== undefined };
}

function offsetOf(_: string, hours: string, minutes = '00'): string {
  return `${hours}:${minutes}`;
}

function convertToObjectId(value: Value): Value {
  if (isKind(value, 'objectId')) return value;
  if (typeof value !== 'string') throw unsupported(value, 'objectId');
  if (!/^[0-9a-f]{24}$/i.test(value)) throw failure(`Failed to parse objectId '${value}'`);
  return { kind: 'objectId', hex: value.toLowerCase() };
}

const TARGETS: Partial<Record<TypeName, (value: Value) => Value>> = {
  string: convertToString,
  bool: value => isTruthy(value),
  int: value => convertToInteger(value, 'int'),
  long: value => convertToInteger(value, 'long'),
  double: convertToDouble,
  decimal: convertToDecimal,
  date: convertToDate,
  objectId: convertToObjectId,
};

/** By the name or the number of a type. */
function targetOf(value: Value): (value: Value) => Value {
  if (typeof value !== 'string' && !isNumber(value)) {
    throw new CommandError(9, `$convert's 'to' argument must be a string or number, but is ${typeName(value)}`);
  }
  if (isNumber(value) && toExactInt64(value) === null) {
    throw new CommandError(9, "In $convert, numeric 'to' argument is not an integer");
  }
  const name = isNumber(value)
    ? (Object.entries(TYPE_NUMBERS).find(([, number]) => number === toDouble(value))?.[0] as TypeName | undefined)
    : (value as TypeName);
  if (name === undefined) {
    throw new CommandError(
      9,
      `In $convert, numeric value for 'to' does not correspond to a BSON type: ${displayValue(value)}`,
    );
  }
  if (!(name in TYPE_NUMBERS)) throw new CommandError(2, `Unknown type name: ${name}`);
  return TARGETS[name] ?? (input => conversionRefused(input, name));
}

function conversionRefused(value: Value, target: string): Value {
  throw unsupported(value, target);
}

const convert: OperatorParser = (operand, scope) => {
  const named = namedArguments(operand, '$convert', { required: ['input', 'to'], optional: ['onError', 'onNull'] });
  const [input, to, onError, onNull] = ['input', 'to', 'onError', 'onNull'].map(field =>
    named.has(field) ? parseExpression(named.get(field) as Value, scope) : undefined,
  );
  return environment => {
    const target = to?.(environment);
    const convertValue = isNullish(target) ? null : targetOf(target as Value);
    const value = input?.(environment);
    if (isNullish(value)) return onNull ? onNull(environment) : null;
    if (!convertValue) return null;
    try {
      return convertValue(value as Value);
    } catch (error) {
      const isFailure = error instanceof CommandError && (error.code === 241 || error.code === 18537);
      if (onError && isFailure) return onError(environment);
      throw error;
    }
  };
};

function shortForm(target: TypeName): OperatorParser {
  const parse = operator(1, 1, ([value]) => (isNullish(value) ? null : targetOf(target)(value as Value)));
  return (operand, scope, name) => {
    if (Array.isArray(operand) && operand.length !== 1) {
      throw new CommandError(50723, `${name} requires a single argument, got ${operand.length}`);
    }
    return parse(operand, scope, name);
  };
}

export const CONVERSIONS: Record<string, OperatorParser> = {
  $convert: convert,
  $toString: shortForm('string'),
  $toBool: shortForm('bool'),
  $toInt: shortForm('int'),
  $toLong: shortForm('long'),
  $toDouble: shortForm('double'),
  $toDecimal: shortForm('decimal'),
  $toDate: shortForm('date'),
  $toObjectId: shortForm('objectId'),
  $type: operator(1, 1, ([value]) => (value === undefined ? 'missing' : typeName(value))),
  $isNumber: operator(1, 1, ([value]) => isNumber(value)),
};
