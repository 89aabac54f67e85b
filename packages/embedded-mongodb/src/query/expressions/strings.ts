/** String operators. */
import { compareStrings } from '../../codec/compare.ts';
import { toExactInt64, toInt64 } from '../../codec/numbers.ts';
import { doc, int, isKind, isNullish, isNumber, type Regex, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { compileRegex } from '../match/regex.ts';
import { namedArguments, nullingOperator, operator, sequenceOperator } from './arguments.ts';
import { convertToString } from './conversions.ts';
import { type OperatorParser, parseExpression } from './expression.ts';

/** What `$toLower` and friends take, as Value::coerceToString of MongoDB makes text of it: of null the empty one. */
function textOf(value: Value | undefined): string {
  if (isNullish(value)) return '';
  if (isKind(value, 'timestamp')) return textOfTimestamp(value.value);
  if (isKind(value, 'javascript')) return value.code;
  if (typeof value === 'string' || isNumber(value) || isKind(value, 'date') || isKind(value, 'symbol')) {
    return convertToString(value as Value) as string;
  }
  throw new CommandError(16007, `can't convert from BSON type ${typeName(value as Value)} to String`);
}

/** As C's ctime writes it, without the day of the week and the year: `Jan  1 00:00:05`, and then the increment. */
function textOfTimestamp(value: bigint): string {
  const [, day, month, , time] = new Date(Number(value >> 32n) * 1000).toUTCString().split(' ');
  return `${month} ${String(Number(day)).padStart(2)} ${time}:${value & 0xffffffffn}`;
}

function asText(value: Value | undefined, code: number, name: string): string {
  if (typeof value === 'string') return value;
  throw new CommandError(
    code,
    `${name} requires a string argument, found: ${value === undefined ? 'missing' : typeName(value)}`,
  );
}

/** A whole number; `code` for what is none, `notNumber` where MongoDB tells what is no number from a fraction. */
function asCount(value: Value | undefined, code: number, name: string, notNumber = code): number {
  if (!isNumber(value)) {
    const type = value === undefined ? 'missing' : typeName(value);
    throw new CommandError(notNumber, `${name} must be a numeric type (is BSON type ${type})`);
  }
  const count = toExactInt64(value);
  if (count === null) throw new CommandError(code, `${name} cannot be represented as a 32-bit integral value`);
  return Number(count);
}

/** As `asCount`, fractions cut off. */
function asTruncated(value: Value | undefined, code: number, name: string): number {
  if (!isNumber(value)) return asCount(value, code, name);
  return Number(toInt64(value) ?? 0n);
}

function asPlace(value: Value, name: string): number {
  const place = asCount(value, 40096, name);
  if (place < 0) throw new CommandError(40097, `${name} requires a nonnegative index, found: ${place}`);
  return place;
}

function trim(fromStart: boolean, fromEnd: boolean): OperatorParser {
  return (operand, scope, name) => {
    const named = namedArguments(operand, name, {
      required: ['input'],
      optional: ['chars'],
      codes: { object: 50696, unknown: 50694, missing: { input: 50695 } },
    });
    const input = parseExpression(named.get('input') as Value, scope);
    const chars = named.has('chars') ? parseExpression(named.get('chars') as Value, scope) : null;
    return environment => {
      const value = input(environment);
      const cut = chars?.(environment);
      if (isNullish(value) || (chars && isNullish(cut))) return null;
      const units = [...asText(value, 50699, name)];
      const set = new Set(
        cut === undefined
          ? ' \t\n\v\f\r\0\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
          : asText(cut, 50700, name),
      );
      let start = 0;
      let end = units.length;
      if (fromStart) while (start < end && set.has(units[start] as string)) start += 1;
      if (fromEnd) while (end > start && set.has(units[end - 1] as string)) end -= 1;
      return units.slice(start, end).join('');
    };
  };
}

function substringByCharacters(values: (Value | undefined)[]): Value {
  const units = [...textOf(values[0])];
  const start = asCount(values[1], 34451, '$substrCP: starting index', 34450);
  const count = asCount(values[2], 34453, '$substrCP: length', 34452);
  if (count < 0) throw new CommandError(34454, '$substrCP: length must be a nonnegative integer.');
  if (start < 0) throw new CommandError(34455, '$substrCP: the starting index must be nonnegative integer.');
  return units.slice(start, start + count).join('');
}

function substringByBytes(values: (Value | undefined)[]): Value {
  const bytes = Buffer.from(textOf(values[0]));
  const start = asTruncated(values[1], 16034, '$substrBytes: starting index');
  const count = asTruncated(values[2], 16035, '$substrBytes: length');
  if (start < 0) throw new CommandError(50752, `$substrBytes: starting index must be non-negative (got: ${start})`);
  if (start >= bytes.length) return '';
  const end = count < 0 ? bytes.length : Math.min(start + count, bytes.length);
  const splits = (at: number) => at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80;
  if (splits(start)) {
    throw new CommandError(28656, '$substrBytes: Invalid range, starting index is a UTF-8 continuation byte.');
  }
  if (splits(end)) {
    throw new CommandError(28657, '$substrBytes: Invalid range, ending index is in the middle of a UTF-8 character.');
  }
  return bytes.toString('utf8', start, end);
}

type RegexCall = { text: string | null; expression: RegExp | null };

function regexOperator(find: (text: string, expression: RegExp) => Value, whenNull: Value): OperatorParser {
  return (operand, scope, name) => {
    const named = namedArguments(operand, name, {
      required: ['input', 'regex'],
      optional: ['options'],
      codes: { object: 51103, unknown: 31024, missing: { input: 31022, regex: 31023 } },
    });
    const input = parseExpression(named.get('input') as Value, scope);
    const regex = parseExpression(named.get('regex') as Value, scope);
    const options = named.has('options') ? parseExpression(named.get('options') as Value, scope) : () => null;
    return environment => {
      const call = prepareRegex(input(environment), regex(environment), options(environment), name);
      return call.text === null || call.expression === null ? whenNull : find(call.text, call.expression);
    };
  };
}

function prepareRegex(
  input: Value | undefined,
  regex: Value | undefined,
  options: Value | undefined,
  name: string,
): RegexCall {
  if (!isNullish(input) && typeof input !== 'string')
    throw new CommandError(51104, `${name} needs 'input' to be of type string`);
  if (!isNullish(options) && typeof options !== 'string')
    throw new CommandError(51106, `${name} needs 'options' to be of type string`);
  if (isNullish(regex)) return { text: (input as string) ?? null, expression: null };
  if (typeof regex !== 'string' && !isKind(regex, 'regex')) {
    throw new CommandError(51105, `${name} needs 'regex' to be of type string or regex`);
  }
  const parsed: Regex = typeof regex === 'string' ? { kind: 'regex', pattern: regex, options: '' } : regex;
  if (parsed.options !== '' && !isNullish(options)) {
    throw new CommandError(51107, `${name}: found regex option(s) specified in both 'regex' and 'option' fields`);
  }
  const flags = isNullish(options) ? parsed.options : (options as string);
  if (parsed.pattern.includes('\0')) {
    throw new CommandError(51109, `${name}: regular expression cannot contain an embedded null byte`);
  }
  if (flags.includes('\0')) {
    throw new CommandError(51110, `${name}: regular expression options string cannot contain an embedded null byte`);
  }
  return {
    text: isNullish(input) ? null : (input as string),
    expression: compiled(name, { ...parsed, options: flags }),
  };
}

/** Filters have another code for what is no regular expression. */
function compiled(name: string, regex: Regex): RegExp {
  try {
    return compileRegex(regex);
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 51091) throw error;
    throw new CommandError(51111, `Invalid Regex in ${name}: ${error.message}`);
  }
}

function describe(text: string, found: RegExpMatchArray): Value {
  return doc({
    match: found[0],
    idx: int([...text.slice(0, found.index)].length),
    captures: found.slice(1).map(capture => capture ?? null),
  });
}

function replace(all: boolean): OperatorParser {
  return (operand, scope, name) => {
    const named = namedArguments(operand, name, {
      required: ['input', 'find', 'replacement'],
      codes: { object: 51751, unknown: 51750, missing: { input: 51749, find: 51748, replacement: 51747 } },
    });
    const parts = ['input', 'find', 'replacement'].map(field => parseExpression(named.get(field) as Value, scope));
    return environment => {
      const values = parts.map(part => part(environment));
      const texts = values.map((value, index) => (isNullish(value) ? null : asText(value, 51746 - index, name)));
      if (texts.includes(null)) return null;
      const [input, find, replacement] = texts as [string, string, string];
      return all ? input.replaceAll(find, () => replacement) : input.replace(find, () => replacement);
    };
  };
}

function indexOf(byCharacters: boolean): OperatorParser {
  return operator(2, 4, ([text, wanted, from, to], name) => {
    if (isNullish(text)) return null;
    const size = (part: string) => (byCharacters ? [...part].length : Buffer.byteLength(part));
    const whole = asText(text, byCharacters ? 40093 : 40091, name);
    const token = asText(wanted, byCharacters ? 40094 : 40092, name);
    const units = byCharacters ? [...whole] : null;
    const start = from === undefined ? 0 : asPlace(from, name);
    const end = to === undefined ? size(whole) : asPlace(to, name);
    const cut = units ? units.slice(start, end).join('') : Buffer.from(whole).toString('utf8', start, end);
    const found = start > size(whole) ? -1 : cut.indexOf(token);
    return int(found === -1 ? -1 : start + size(cut.slice(0, found)));
  });
}

export const STRINGS: Record<string, OperatorParser> = {
  $concat: sequenceOperator(
    value => {
      if (typeof value !== 'string')
        throw new CommandError(16702, `$concat only supports strings, not ${typeName(value)}`);
    },
    values => values.join(''),
  ),
  $toLower: operator(1, 1, ([value]) => textOf(value).replace(/[A-Z]+/g, found => found.toLowerCase())),
  $toUpper: operator(1, 1, ([value]) => textOf(value).replace(/[a-z]+/g, found => found.toUpperCase())),
  $strLenCP: operator(1, 1, ([value], name) => int([...asText(value, 34471, name)].length)),
  $strLenBytes: operator(1, 1, ([value], name) => int(Buffer.byteLength(asText(value, 34473, name)))),
  $strcasecmp: operator(2, 2, ([left, right]) =>
    int(Math.sign(compareStrings(textOf(left).toUpperCase(), textOf(right).toUpperCase()))),
  ),
  $substrCP: operator(3, 3, substringByCharacters),
  $substrBytes: operator(3, 3, substringByBytes),
  $substr: operator(3, 3, substringByBytes),
  $split: nullingOperator(2, 2, ([text, separator]) => {
    const token = asText(separator, 40086, '$split');
    if (token === '') throw new CommandError(40087, '$split requires a non-empty separator');
    return asText(text, 40085, '$split').split(token);
  }),
  $indexOfCP: indexOf(true),
  $indexOfBytes: indexOf(false),
  $trim: trim(true, true),
  $ltrim: trim(true, false),
  $rtrim: trim(false, true),
  $replaceOne: replace(false),
  $replaceAll: replace(true),
  $regexMatch: regexOperator((text, expression) => expression.test(text), false),
  $regexFind: regexOperator((text, expression) => {
    const found = expression.exec(text);
    return found ? describe(text, found) : null;
  }, null),
  $regexFindAll: regexOperator(
    (text, expression) =>
      [...text.matchAll(new RegExp(expression, `${expression.flags}g`))].map(found => describe(text, found)),
    [],
  ),
};
