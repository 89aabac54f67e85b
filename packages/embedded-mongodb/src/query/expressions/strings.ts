/** String operators. */
import { compareStrings } from '../../codec/compare.ts';
import { toExactInt64 } from '../../codec/numbers.ts';
import { doc, int, isKind, isNullish, isNumber, type Regex, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { compileRegex } from '../match/regex.ts';
import { namedArguments, nullingOperator, operator, sequenceOperator } from './arguments.ts';
import { convertToString } from './conversions.ts';
import { type OperatorParser, parseExpression } from './expression.ts';

/** What `$toLower` and friends take: null is the empty string, numbers and dates their text. */
function textOf(value: Value | undefined): string {
  if (isNullish(value)) return '';
  if (typeof value === 'boolean' || isKind(value, 'objectId') || !isScalar(value)) {
    throw new CommandError(16007, `can't convert from BSON type ${typeName(value as Value)} to String`);
  }
  return convertToString(value as Value) as string;
}

function isScalar(value: Value | undefined): boolean {
  return typeof value === 'string' || isNumber(value) || isKind(value, 'date') || isKind(value, 'symbol');
}

function asText(value: Value | undefined, code: number, name: string): string {
  if (typeof value === 'string') return value;
  throw new CommandError(
    code,
    `${name} requires a string argument, found: ${value === undefined ? 'missing' : typeName(value)}`,
  );
}

function asCount(value: Value | undefined, code: number, name: string): number {
  const count = isNumber(value) ? toExactInt64(value) : null;
  if (count === null) throw new CommandError(code, `${name} must be a whole number`);
  return Number(count);
}

function trim(fromStart: boolean, fromEnd: boolean): OperatorParser {
  return (operand, scope, name) => {
    const named = namedArguments(operand, name, { required: ['input'], optional: ['chars'], code: 50694 });
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
  const start = asCount(values[1], 34450, '$substrCP: starting index');
  const count = asCount(values[2], 34452, '$substrCP: length');
  if (start < 0 || count < 0)
    throw new CommandError(34455, '$substrCP: the starting index and the length must be non-negative');
  return units.slice(start, start + count).join('');
}

function substringByBytes(values: (Value | undefined)[]): Value {
  const bytes = Buffer.from(textOf(values[0]));
  const start = asCount(values[1], 16034, '$substrBytes: starting index');
  const count = asCount(values[2], 16035, '$substrBytes: length');
  if (start < 0) throw new CommandError(50752, `$substrBytes: starting index must be non-negative (got: ${start})`);
  if (start >= bytes.length) return '';
  const end = count < 0 ? bytes.length : Math.min(start + count, bytes.length);
  const splits = (at: number) => at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80;
  if (splits(start) || splits(end)) {
    throw new CommandError(
      28656,
      '$substrBytes: Invalid range, starting or ending in the middle of a UTF-8 character.',
    );
  }
  return bytes.toString('utf8', start, end);
}

type RegexCall = { text: string | null; expression: RegExp | null };

function regexOperator(find: (text: string, expression: RegExp) => Value, whenNull: Value): OperatorParser {
  return (operand, scope, name) => {
    const named = namedArguments(operand, name, { required: ['input', 'regex'], optional: ['options'], code: 51103 });
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
  const compiled = compileRegex(isNullish(options) ? parsed : { ...parsed, options: options as string });
  return { text: isNullish(input) ? null : (input as string), expression: compiled };
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
    const named = namedArguments(operand, name, { required: ['input', 'find', 'replacement'], code: 51751 });
    const parts = ['input', 'find', 'replacement'].map(field => parseExpression(named.get(field) as Value, scope));
    return environment => {
      const values = parts.map(part => part(environment));
      if (values.some(isNullish)) return null;
      const [input, find, replacement] = values.map(value => asText(value, 51746, name)) as [string, string, string];
      return all ? input.replaceAll(find, () => replacement) : input.replace(find, () => replacement);
    };
  };
}

function indexOf(byCharacters: boolean): OperatorParser {
  return operator(2, 4, ([text, wanted, from, to], name) => {
    if (isNullish(text)) return null;
    const size = (part: string) => (byCharacters ? [...part].length : Buffer.byteLength(part));
    const whole = asText(text, 40091, name);
    const token = asText(wanted, 40092, name);
    const units = byCharacters ? [...whole] : null;
    const start = from === undefined ? 0 : asCount(from, 40096, name);
    const end = to === undefined ? size(whole) : asCount(to, 40096, name);
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
