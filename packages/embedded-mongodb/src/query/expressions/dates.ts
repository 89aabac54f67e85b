/** Date operators, in UTC or a time zone (offset or Olson name, through Intl). */
import { toExactInt64 } from '../../codec/numbers.ts';
import { date, int, isKind, isNullish, isNumber, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { type NamedOptions, namedArguments } from './arguments.ts';
import { parseDate } from './conversions.ts';
import { addToDate, differenceOfDates, truncateDate, UNITS, type Unit } from './date-units.ts';
import { type Expression, type ExpressionScope, type OperatorParser, parseExpression } from './expression.ts';
import { localTime, zoneOffsetMs } from './time-zone.ts';

function instantOf(value: Value | undefined, code = 16006): number {
  if (isKind(value, 'date')) return value.ms;
  if (isKind(value, 'timestamp')) return Number(value.value >> 32n) * 1000;
  if (isKind(value, 'objectId')) return Number.parseInt(value.hex.slice(0, 8), 16) * 1000;
  throw new CommandError(
    code,
    `can't convert from BSON type ${value === undefined ? 'missing' : typeName(value)} to Date`,
  );
}

/** Where MongoDB has numbers of its own for faults in the arguments. */
const NAMED_CODES: Readonly<Record<string, Pick<NamedOptions, 'codes'>>> = {
  $dateToString: { codes: { object: 18629, unknown: 18534, missing: { date: 18628 } } },
};

/** The evaluated fields of a named-argument operator. */
function named(
  operand: Value,
  scope: ExpressionScope,
  name: string,
  required: string[],
  optional: string[],
): (field: string) => Expression {
  const fields = namedArguments(operand, name, { required, optional, ...NAMED_CODES[name] });
  const parsed = new Map([...fields].map(([field, value]) => [field, parseExpression(value, scope)]));
  return field => parsed.get(field) ?? (() => undefined);
}

function unitOf(value: Value | undefined, name: string): Unit {
  if (typeof value === 'string' && value in UNITS) return value as Unit;
  throw new CommandError(9, `${name} parameter 'unit' value cannot be recognized as a time unit: ${String(value)}`);
}

function zoneOf(value: Value | undefined): string {
  if (value === undefined) return 'UTC';
  if (typeof value !== 'string') throw new CommandError(40517, 'timezone must evaluate to a string');
  return value;
}

function amountOf(value: Value | undefined, name: string): number {
  const amount = isNumber(value) ? toExactInt64(value) : null;
  if (amount === null) throw new CommandError(5166405, `${name} expects integer amount of time units`);
  return Number(amount);
}

const dateArithmetic: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, ['startDate', 'unit', 'amount'], ['timezone']);
  const start = field('startDate');
  const unit = field('unit');
  const amount = field('amount');
  const zone = field('timezone');
  const sign = name === '$dateAdd' ? 1 : -1;
  return environment => {
    const values = [start(environment), unit(environment), amount(environment)];
    if (values.some(isNullish)) return null;
    const at = instantOf(values[0], 5166403);
    return date(addToDate(at, unitOf(values[1], name), sign * amountOf(values[2], name), zoneOf(zone(environment))));
  };
};

const dateDifference: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, ['startDate', 'endDate', 'unit'], ['timezone', 'startOfWeek']);
  return environment => {
    const [start, end, unit] = [field('startDate'), field('endDate'), field('unit')].map(entry => entry(environment));
    if (isNullish(start) || isNullish(end) || isNullish(unit)) return null;
    const zone = zoneOf(field('timezone')(environment));
    const firstDay = (field('startOfWeek')(environment) as string | undefined) ?? 'sunday';
    return BigInt(
      differenceOfDates(instantOf(start, 5166307), instantOf(end, 5166307), unitOf(unit, name), zone, firstDay),
    );
  };
};

const dateTruncation: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, ['date', 'unit'], ['binSize', 'timezone', 'startOfWeek']);
  return environment => {
    const [at, unit] = [field('date'), field('unit')].map(entry => entry(environment));
    if (isNullish(at) || isNullish(unit)) return null;
    const size = field('binSize')(environment) ?? int(1);
    const zone = zoneOf(field('timezone')(environment));
    const firstDay = (field('startOfWeek')(environment) as string | undefined) ?? 'sunday';
    return date(truncateDate(instantOf(at, 5439012), unitOf(unit, name), amountOf(size, name), zone, firstDay));
  };
};

type Local = ReturnType<typeof localTime>;

/** `$year` and so on: `{ $year: date }` or `{ $year: { date, timezone } }`. */
function part(compute: (local: Local) => number): OperatorParser {
  return (operand, scope, name) => {
    const only = Array.isArray(operand) && operand.length === 1 ? (operand[0] as Value) : operand;
    const isLong = only instanceof Map && only.has('date');
    const field = named(isLong ? only : new Map([['date', only]]), scope, name, ['date'], ['timezone']);
    return environment => {
      const at = field('date')(environment);
      const zone = field('timezone')(environment);
      if (isNullish(at) || zone === null) return null;
      return int(compute(localTime(instantOf(at), zoneOf(zone))));
    };
  };
}

const dateToString: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, ['date'], ['format', 'timezone', 'onNull']);
  return environment => {
    const at = field('date')(environment);
    if (isNullish(at)) return field('onNull')(environment) ?? null;
    const zone = zoneOf(field('timezone')(environment));
    const format =
      (field('format')(environment) as string | undefined) ?? `%Y-%m-%dT%H:%M:%S.%L${zone === 'UTC' ? 'Z' : ''}`;
    return formatDate(instantOf(at), format, zone);
  };
};

function formatDate(at: number, format: string, zone: string): string {
  const local = localTime(at, zone);
  const pad = (value: number, size: number) => String(value).padStart(size, '0');
  const offset = Math.round(zoneOffsetMs(at, zone) / 60_000);
  const sign = offset < 0 ? '-' : '+';
  const fields: Record<string, string> = {
    Y: pad(local.year, 4),
    m: pad(local.month, 2),
    d: pad(local.day, 2),
    H: pad(local.hour, 2),
    M: pad(local.minute, 2),
    S: pad(local.second, 2),
    L: pad(local.millisecond, 3),
    j: pad(local.dayOfYear, 3),
    w: String(local.weekday + 1),
    u: String(local.weekday === 0 ? 7 : local.weekday),
    z: `${sign}${pad(Math.floor(Math.abs(offset) / 60), 2)}${pad(Math.abs(offset) % 60, 2)}`,
    Z: String(offset),
    '%': '%',
  };
  return format.replace(/%(.)/gs, (_, letter: string) => {
    const text = fields[letter];
    if (text === undefined) throw new CommandError(18536, `Invalid format character '%${letter}' in format string`);
    return text;
  });
}

const dateFromString: OperatorParser = (operand, scope, name) => {
  const field = named(operand, scope, name, ['dateString'], ['onError', 'onNull', 'timezone']);
  const hasFallback = (operand as Map<string, Value>).has('onError');
  return environment => {
    const text = field('dateString')(environment);
    if (isNullish(text)) return field('onNull')(environment) ?? null;
    const ms = typeof text === 'string' ? parseDate(text) : null;
    if (ms !== null) return date(ms);
    if (hasFallback) return field('onError')(environment);
    throw new CommandError(241, `Error parsing date string '${String(text)}'`);
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
