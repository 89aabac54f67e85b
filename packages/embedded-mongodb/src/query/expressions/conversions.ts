/** `$convert` and its short forms, `$type`, `$isNumber`. */
import { decimalFromDouble, decimalFromString, decimalToString } from '../../codec/decimal.ts';
import { isFiniteValue, toDecimal, toDouble, toInt64 } from '../../codec/numbers.ts';
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
  if (isKind(value, 'date')) return new Date(value.ms).toISOString();
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
  const number = Number(value);
  if (value.trim() !== value || value === '' || (Number.isNaN(number) && value !== 'NaN')) {
    throw failure(`Failed to parse number '${value}'`);
  }
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
  const ms = parseDate(value);
  if (ms === null) throw failure(`Error parsing date string '${value}'`);
  return date(ms);
}

/** ISO 8601 only; without a zone it is UTC. */
export function parseDate(text: string): number | null {
  const found = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?(Z|[+-]\d{2}:?\d{2})?$/.exec(
    text.trim(),
  );
  if (!found) return null;
  const zone = found[3] === undefined ? 'Z' : found[3].replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  const ms = Date.parse(`${found[1]}T${found[2] ?? '00:00'}${zone}`);
  return Number.isNaN(ms) ? null : ms;
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

function targetOf(value: Value | undefined): (value: Value) => Value {
  const name = isNumber(value)
    ? (Object.entries(TYPE_NUMBERS).find(([, number]) => number === toDouble(value))?.[0] as TypeName | undefined)
    : (value as TypeName);
  const convert = name === undefined ? undefined : TARGETS[name];
  if (!convert) throw new CommandError(2, 'Unknown type name in $convert');
  return convert;
}

const convert: OperatorParser = (operand, scope) => {
  const named = namedArguments(operand, '$convert', { required: ['input', 'to'], optional: ['onError', 'onNull'] });
  const [input, to, onError, onNull] = ['input', 'to', 'onError', 'onNull'].map(field =>
    named.has(field) ? parseExpression(named.get(field) as Value, scope) : undefined,
  );
  return environment => {
    const value = input?.(environment);
    if (isNullish(value)) return onNull ? onNull(environment) : null;
    const target = to?.(environment);
    if (isNullish(target)) return null;
    try {
      return targetOf(target)(value as Value);
    } catch (error) {
      if (onError && error instanceof CommandError && error.code === 241) return onError(environment);
      throw error;
    }
  };
};

function shortForm(target: TypeName): OperatorParser {
  return operator(1, 1, ([value]) => (isNullish(value) ? null : targetOf(target)(value as Value)));
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
