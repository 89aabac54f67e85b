/** Date operators, in UTC or a time zone (offset or Olson name, through Intl). */
import { displayValue } from '../../codec/display.ts';
import { toExactInt64 } from '../../codec/numbers.ts';
import { type Document, date, int, isKind, isNullish, isNumber, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { type NamedCodes, type NamedOptions, namedArguments } from './arguments.ts';
import { parseDate } from './conversions.ts';
import { checkFormat, formatDate, parseFormatted } from './date-format.ts';
import { addToDate, differenceOfDates, truncateDate, UNITS, type Unit, weekdayNamed } from './date-units.ts';
import {
  type Environment,
  type Expression,
  type ExpressionScope,
  type OperatorParser,
  parseExpression,
} from './expression.ts';
import { checkZone, instantOfWall, localTime } from './time-zone.ts';

function instantOf(value: Value | undefined, code = 16006): number {
  if (isKind(value, 'date')) return value.ms;
  if (isKind(value, 'timestamp')) return Number(value.value >> 32n) * 1000;
  if (isKind(value, 'objectId')) return Number.parseInt(value.hex.slice(0, 8), 16) * 1000;
  throw new CommandError(
    code,
    `can't convert from BSON type ${value === undefined ? 'missing' : typeName(value)} to Date`,
  );
}

/** MongoDB's numbers for faults in the arguments. */
const CODES: Readonly<Record<string, NamedCodes>> = {
  $dateToString: { object: 18629, unknown: 18534, missing: { date: 18628 } },
  $dateFromString: { object: 40540, unknown: 40541, missing: { dateString: 40542 } },
  $dateDiff: { object: 5166301, unknown: 5166302, missing: { startDate: 5166303, endDate: 5166304, unit: 5166305 } },
  $dateTrunc: { object: 5439007, unknown: 5439008, missing: { date: 5439009, unit: 5439010 } },
};
const ARITHMETIC_CODES: NamedCodes = {
  object: 5166400,
  unknown: 5166401,
  missing: { startDate: 5166402, unit: 5166402, amount: 5166402 },
};
const PART_CODES: NamedCodes = { object: 40535, unknown: 40535, missing: { date: 40539 } };

type Fields = (name: string, environment: Environment) => Value | undefined;

/** The fields of a named-argument operator: `undefined` for one that is not given, null for one without a value. */
function named(operand: Value, scope: ExpressionScope, name: string, options: NamedOptions): Fields {
  const parsed = new Map<string, Expression>();
  for (const [field, value] of namedArguments(operand, name, options)) {
    parsed.set(field, parseExpression(value, scope));
  }
  return (field, environment) => {
    const expression = parsed.get(field);
    return expression && (expression(environment) ?? null);
  };
}

function unitOf(value: Value | undefined, name: string): Unit {
  if (typeof value !== 'string') {
    throw new CommandError(5439013, `${name} requires 'unit' to be a string, but got ${typeName(value as Value)}`);
  }
  if (value in UNITS) return value as Unit;
  throw new CommandError(9, `${name} parameter 'unit' value cannot be recognized as a time unit: ${value}`);
}

/** `null` where the zone is null. */
function zoneOf(value: Value | undefined): string | null {
  if (value === undefined) return 'UTC';
  if (value === null) return null;
  if (typeof value !== 'string') {
    throw new CommandError(40517, `timezone must evaluate to a string, found ${typeName(value)}`);
  }
  checkZone(value);
  return value;
}

function weekdayOf(value: Value | undefined, name: string): string | null {
  if (value === undefined) return 'sunday';
  if (value === null) return null;
  if (typeof value !== 'string') {
    throw new CommandError(5439015, `${name} requires 'startOfWeek' to be a string, but got ${typeName(value)}`);
  }
  const weekday = weekdayNamed(value);
  if (weekday) return weekday;
  throw new CommandError(
    5439016,
    `${name} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${value}`,
  );
}

function wholeNumber(value: Value | undefined, code: number, what: string): bigint {
  const amount = isNumber(value) ? toExactInt64(value) : null;
  if (amount === null) throw new CommandError(code, `${what}, but got ${displayValue(value as Value)}`);
  return amount;
}

const dateArithmetic: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, {
    required: ['startDate', 'unit', 'amount'],
    optional: ['timezone'],
    codes: ARITHMETIC_CODES,
  });
  const sign = name === '$dateAdd' ? 1 : -1;
  return environment => {
    const [start, unit, amount] = ['startDate', 'unit', 'amount'].map(entry => field(entry, environment));
    if (isNullish(start) || isNullish(unit) || isNullish(amount)) return null;
    const at = instantOf(start, 5166403);
    const zone = zoneOf(field('timezone', environment));
    if (zone === null) return null;
    const count = wholeNumber(amount, 5166405, `${name} expects integer amount of time units`);
    if (sign < 0 && count === -(2n ** 63n)) throw new CommandError(6045000, `invalid ${name} 'amount' parameter value`);
    return date(addToDate(at, unitOf(unit, name), sign * Number(count), zone, name.slice(1)));
  };
};

const dateDifference: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, {
    required: ['startDate', 'endDate', 'unit'],
    optional: ['timezone', 'startOfWeek'],
    codes: CODES.$dateDiff,
  });
  return environment => {
    const [start, end, given] = ['startDate', 'endDate', 'unit'].map(entry => field(entry, environment));
    if (isNullish(start) || isNullish(end) || isNullish(given)) return null;
    const unit = unitOf(given, name);
    const firstDay = unit === 'week' ? weekdayOf(field('startOfWeek', environment), name) : 'sunday';
    const zone = zoneOf(field('timezone', environment));
    if (zone === null || firstDay === null) return null;
    return BigInt(differenceOfDates(instantOf(start, 5166307), instantOf(end, 5166307), unit, zone, firstDay));
  };
};

const dateTruncation: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, {
    required: ['date', 'unit'],
    optional: ['binSize', 'timezone', 'startOfWeek'],
    codes: CODES.$dateTrunc,
  });
  return environment => {
    const [at, given] = ['date', 'unit'].map(entry => field(entry, environment));
    const size = field('binSize', environment);
    if (isNullish(at) || isNullish(given) || size === null) return null;
    const unit = unitOf(given, name);
    const firstDay = unit === 'week' ? weekdayOf(field('startOfWeek', environment), name) : 'sunday';
    const zone = zoneOf(field('timezone', environment));
    if (zone === null || firstDay === null) return null;
    const count = wholeNumber(size ?? int(1), 5439017, "$dateTrunc requires 'binSize' to be a 64-bit integer");
    return date(truncateDate(instantOf(at, 5166307), unit, Number(count), zone, firstDay));
  };
};

type Local = ReturnType<typeof localTime>;

/** `$year` and so on: `{ $year: date }`, `{ $year: [date] }` or `{ $year: { date, timezone } }`. */
function part(compute: (local: Local) => number): OperatorParser {
  return (operand, scope, name) => {
    if (Array.isArray(operand) && operand.length !== 1) {
      throw new CommandError(
        40536,
        `${name} accepts exactly one argument if given an array, but was given ${operand.length}`,
      );
    }
    const isLong = operand instanceof Map && !operand.keys().next().value?.startsWith('$');
    const only = Array.isArray(operand) ? (operand[0] as Value) : operand;
    const field = named(isLong ? operand : new Map([['date', only]]), scope, name, {
      required: ['date'],
      optional: ['timezone'],
      codes: PART_CODES,
    });
    return environment => {
      const value = field('date', environment);
      if (isNullish(value)) return null;
      const at = instantOf(value);
      const zone = zoneOf(field('timezone', environment));
      return zone === null ? null : int(compute(localTime(at, zone)));
    };
  };
}

const dateToString: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, {
    required: ['date'],
    optional: ['format', 'timezone', 'onNull'],
    codes: CODES.$dateToString,
  });
  return environment => {
    const at = field('date', environment);
    const format = field('format', environment);
    if (!isNullish(format)) checkFormat(format as Value);
    const zone = zoneOf(field('timezone', environment));
    if (isNullish(at)) return field('onNull', environment) ?? null;
    if (zone === null || format === null) return null;
    const isUtc = zone === 'UTC' || /^[+-]00:?(00)?$/.test(zone);
    const pattern = (format as string | undefined) ?? `%Y-%m-%dT%H:%M:%S.%L${isUtc ? 'Z' : ''}`;
    return formatDate(instantOf(at), pattern, zone);
  };
};

const dateFromString: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, {
    required: ['dateString'],
    optional: ['format', 'onError', 'onNull', 'timezone'],
    codes: CODES.$dateFromString,
  });
  const [hasFallback, hasZone] = ['onError', 'timezone'].map(one => (operand as Document).has(one));
  return environment => {
    const text = field('dateString', environment);
    const format = field('format', environment);
    if (!isNullish(format) && typeof format !== 'string') {
      throw new CommandError(40684, `${name} requires that 'format' be a string, found: ${typeName(format as Value)}`);
    }
    const zone = zoneOf(field('timezone', environment));
    if (isNullish(text)) return field('onNull', environment) ?? null;
    if (zone === null || format === null) return null;
    const parse = typeof format === 'string' ? parseFormatted(format) : parseDate;
    const parsed = typeof text === 'string' ? parse(text) : null;
    const isTwiceZoned = parsed?.hasZone && hasZone;
    if (parsed && !isTwiceZoned) return date(parsed.hasZone ? parsed.ms : instantOfWall(parsed.ms, zone));
    if (hasFallback) return field('onError', environment);
    const why = isTwiceZoned ? '; you cannot pass in a time zone together with a timezone argument' : '';
    throw new CommandError(241, `Error parsing date string '${displayValue(text as Value)}'${why}`);
  };
};

export const DATES: Record<string, OperatorParser> = {
  $dateAdd: dateArithmetic,
  $dateSubtract: dateArithmetic,
  $dateDiff: dateDifference,
  $dateTrunc: dateTruncation,
  $dateToString: dateToString,
  $dateFromString: dateFromString,
  $year: part(local => local.year),
  $month: part(local => local.month),
  $dayOfMonth: part(local => local.day),
  $hour: part(local => local.hour),
  $minute: part(local => local.minute),
  $second: part(local => local.second),
  $millisecond: part(local => local.millisecond),
  $dayOfYear: part(local => local.dayOfYear),
  $dayOfWeek: part(local => local.weekday + 1),
  $isoDayOfWeek: part(local => (local.weekday === 0 ? 7 : local.weekday)),
};
