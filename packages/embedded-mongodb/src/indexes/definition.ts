/** An index as it was asked for, checked, and as it is kept in memory. */
import { compareValues } from '../codec/compare.ts';
import { displayValue } from '../codec/display.ts';
import { toDouble, toExactInt64 } from '../codec/numbers.ts';
import { type Document, int, isNumber, typeName, type Value } from '../codec/values.ts';
import { BUILT_IN_SCOPE, isTruthy } from '../query/expressions/expression.ts';
import { createMatcher, type Matcher } from '../query/match/evaluate.ts';
import type { Leaf, Match } from '../query/match/node.ts';
import { parseFilter } from '../query/match/parse.ts';
import { splitPath } from '../query/paths.ts';
import type { SortField } from '../query/sort.ts';
import { CommandError } from '../server/errors.ts';

export type IndexDefinition = {
  readonly name: string;
  /** As `listIndexes` shows it. */
  readonly specification: Document;
  readonly fields: readonly SortField[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly hidden: boolean;
  readonly filter: { readonly match: Match; readonly matches: Matcher } | null;
  readonly expireAfterSeconds: number | null;
  /** The fields of a document on which its entries depend. */
  readonly roots: readonly string[];
};

const KNOWN = new Set([
  'v',
  'key',
  'name',
  'ns',
  'unique',
  'sparse',
  'hidden',
  'background',
  'partialFilterExpression',
  'expireAfterSeconds',
  'storageEngine',
  'collation',
]);
const REFUSED = new Set([
  'weights',
  'default_language',
  'language_override',
  'textIndexVersion',
  '2dsphereIndexVersion',
  'bits',
  'min',
  'max',
  'wildcardProjection',
  'columnstoreProjection',
  'dropDups',
]);

export function defaultIndexName(key: Document): string {
  return [...key]
    .map(([name, order]) => `${name}_${typeof order === 'string' ? order : toDouble(order as never)}`)
    .join('_');
}

/** Checks one entry of `createIndexes`. */
export function parseIndex(entry: Document): IndexDefinition {
  for (const name of entry.keys()) {
    if (REFUSED.has(name)) throw new CommandError(238, `The index option '${name}' is not supported by this server`);
    if (!KNOWN.has(name)) {
      throw new CommandError(
        197,
        `The field '${name}' is not valid for an index specification. Specification: ${displayValue(entry)}`,
      );
    }
  }
  const key = entry.get('key');
  if (!(key instanceof Map)) {
    throw new CommandError(key === undefined ? 9 : 14, "The field 'key' must be an object");
  }
  const name = entry.get('name');
  if (name === undefined)
    throw new CommandError(9, `The 'name' field is a required property of an index specification`);
  if (typeof name !== 'string') throw new CommandError(14, "The field 'name' must be a string");
  if (name === '') throw new CommandError(67, 'The index name cannot be empty');
  if (name === '*') throw new CommandError(2, "The index name '*' is not valid.");
  const fields = parseKey(key);
  checkFormat(entry);
  const isIdIndex = key.size === 1 && key.has('_id') && (fields[0] as SortField).direction === 1;
  if (isIdIndex) return checkedIdIndex(entry);
  if (name === '_id_') {
    throw new CommandError(
      2,
      "The index name '_id_' is reserved for the _id index, which must have key pattern {_id: 1}",
    );
  }
  const specification: Document = new Map<string, Value>([
    ['v', int(2)],
    ['key', key],
    ['name', name],
  ]);
  for (const option of ['unique', 'sparse', 'hidden']) {
    const value = entry.get(option);
    if (value === undefined) continue;
    if (typeof value !== 'boolean' && !isNumber(value)) {
      throw new CommandError(
        14,
        `The field '${option}' has value ${option}: ${displayValue(value)}, which is not convertible to bool`,
      );
    }
    if (isTruthy(value)) specification.set(option, true);
  }
  const filter = entry.get('partialFilterExpression');
  if (filter !== undefined) {
    if (!(filter instanceof Map)) throw new CommandError(14, "The field 'partialFilterExpression' must be an object");
    if (specification.has('sparse')) {
      throw new CommandError(67, 'cannot mix "partialFilterExpression" and "sparse" options');
    }
    specification.set('partialFilterExpression', filter);
  }
  if (entry.has('collation')) throw new CommandError(238, 'collation is not supported by this server');
  const seconds = parseExpiry(entry.get('expireAfterSeconds'), fields);
  if (seconds !== null) specification.set('expireAfterSeconds', entry.get('expireAfterSeconds') as Value);
  return loadIndex(specification);
}

/** @throws CommandError 14, 67 for what is no version of an index, or no document where one must be */
function checkFormat(entry: Document): void {
  for (const option of ['storageEngine', 'collation']) {
    const value = entry.get(option);
    if (value === undefined || value instanceof Map) continue;
    throw new CommandError(14, `The field '${option}' must be an object, but got ${typeName(value)}`);
  }
  const version = entry.get('v');
  if (version === undefined) return;
  if (!isNumber(version)) throw new CommandError(14, `The field 'v' must be a number, but got ${typeName(version)}`);
  if (![1, 2].includes(toDouble(version))) {
    throw new CommandError(67, `Invalid index specification; cannot create an index with v=${displayValue(version)}`);
  }
}

const ID_INDEX_FIELDS = new Set(['v', 'key', 'name', 'ns', 'collation', 'background', 'hidden']);

/** @throws CommandError 197 for an option that the index of `_id` cannot have */
function checkedIdIndex(entry: Document): IndexDefinition {
  for (const name of entry.keys()) {
    if (ID_INDEX_FIELDS.has(name)) continue;
    throw new CommandError(197, `The field '${name}' is not valid for an _id index specification.`);
  }
  if (isTruthy(entry.get('hidden'))) throw new CommandError(2, "can't hide _id index");
  return idIndex();
}

function parseKey(key: Document): SortField[] {
  if (key.size === 0) throw new CommandError(67, 'Index keys cannot be empty.');
  if (key.size > 32) throw new CommandError(13103, 'too many compound keys');
  return [...key].map(([name, order]) => {
    if (typeof order === 'string') {
      throw new CommandError(67, `Unknown index plugin '${order}'`);
    }
    if (!isNumber(order)) {
      throw new CommandError(
        67,
        `Values in v:2 index key pattern cannot be of type ${displayValue(order)}. Only numbers > 0, numbers < 0, and strings are allowed.`,
      );
    }
    const direction = toDouble(order);
    if (!(direction > 0 || direction < 0)) {
      throw new CommandError(67, 'Values in the index key pattern cannot be 0.');
    }
    const path = splitPath(name);
    if (name === '' || path.includes('')) throw new CommandError(67, 'Index keys cannot contain an empty field.');
    if (path.some(part => part === '$**'))
      throw new CommandError(238, 'Wildcard indexes are not supported by this server');
    if (path.some(part => part.startsWith('$') && !['$id', '$ref', '$db'].includes(part))) {
      throw new CommandError(67, `Index key contains an illegal field name: field name starts with '$'.`);
    }
    return { name, path, direction: direction > 0 ? 1 : -1 };
  });
}

function parseExpiry(value: Value | undefined, fields: readonly SortField[]): number | null {
  if (value === undefined) return null;
  const seconds = isNumber(value) ? toExactInt64(value) : null;
  if (!isNumber(value)) throw new CommandError(14, "The field 'expireAfterSeconds' must be a number");
  if (seconds === null || seconds < 0n || seconds > 2147483647n) {
    throw new CommandError(
      67,
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different value than ${displayValue(value)}`,
    );
  }
  if (fields.length > 1) {
    throw new CommandError(67, 'TTL indexes are single-field indexes, compound indexes do not support TTL.');
  }
  if (fields[0]?.name === '_id')
    throw new CommandError(197, "The field 'expireAfterSeconds' is not valid for an _id index specification.");
  return Number(seconds);
}

export function idIndex(): IndexDefinition {
  const key: Document = new Map([['_id', int(1)]]);
  return loadIndex(
    new Map<string, Value>([
      ['v', int(2)],
      ['key', key],
      ['name', '_id_'],
    ]),
  );
}

/** From the specification as it is stored, which was checked when it was created. */
export function loadIndex(specification: Document): IndexDefinition {
  const filter = specification.get('partialFilterExpression') as Document | undefined;
  const match = filter && parsePartialFilter(filter);
  const seconds = specification.get('expireAfterSeconds');
  const name = specification.get('name') as string;
  const fields = parseKey(specification.get('key') as Document);
  const paths = [...fields, ...(match ? leaves(match) : [])].map(({ path }) => path[0] as string);
  return {
    name,
    specification,
    fields,
    unique: specification.get('unique') === true || name === '_id_',
    sparse: specification.get('sparse') === true,
    hidden: specification.get('hidden') === true,
    filter: match ? { match, matches: createMatcher(match, new Map()) } : null,
    expireAfterSeconds: isNumber(seconds) ? toDouble(seconds) : null,
    roots: [...new Set(paths)],
  };
}

function leaves(match: Match): Leaf[] {
  if (match.kind === 'leaf') return [match];
  return 'children' in match ? match.children.flatMap(leaves) : [];
}

/** Only what https://www.mongodb.com/docs/manual/core/index-partial/ allows: no negation, no regex, no $expr. */
function parsePartialFilter(filter: Document): Match {
  const match = parseFilter(filter, { scope: BUILT_IN_SCOPE });
  const check = (node: Match): void => {
    if (node.kind === 'and' || node.kind === 'or') for (const child of node.children) check(child);
    else if (node.kind === 'leaf' && (node.operator !== 'other' || node.name === '$type')) return;
    else throw new CommandError(67, `Expression not supported in partial index: ${displayValue(filter)}`);
  };
  check(match);
  return match;
}

/** Whether two definitions mean the same index: same key, same uniqueness, sparseness, filter. */
export function sameIndex(left: IndexDefinition, right: IndexDefinition): boolean {
  const stable = (definition: IndexDefinition): Value =>
    new Map([...definition.specification].filter(([name]) => name !== 'name').sort(([a], [b]) => (a < b ? -1 : 1)));
  return compareValues(stable(left), stable(right)) === 0;
}

export function sameKey(left: IndexDefinition, right: IndexDefinition): boolean {
  return compareValues(left.specification.get('key') as Value, right.specification.get('key') as Value) === 0;
}
