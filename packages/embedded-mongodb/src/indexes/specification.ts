/** One entry of `createIndexes`, checked. */
import { displayValue } from '../codec/display.ts';
import { toDouble, toExactInt64, toInt64 } from '../codec/numbers.ts';
import { type Document, int, isNumber, typeName, type Value } from '../codec/values.ts';
import { isTruthy } from '../query/expressions/expression.ts';
import type { SortField } from '../query/sort.ts';
import { CommandError } from '../server/errors.ts';
import { type IndexDefinition, idIndex, loadIndex, parseKey } from './definition.ts';
import { refuseUnbuiltIndex } from './unbuilt.ts';

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
  'wildcardProjection',
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
  'columnstoreProjection',
  'dropDups',
]);

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
  refuseUnbuiltIndex(entry, key);
  const fields = parseKey(key);
  checkFormat(entry);
  if (key.size === 1 && key.has('_id')) {
    if (isIdOrder(key.get('_id') as Value, 1)) return checkedIdIndex(entry);
    if (isIdOrder(key.get('_id') as Value, -1)) {
      throw new CommandError(2, "The field 'key' for an _id index must be {_id: 1}, but got {_id: -1}");
    }
  }
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
  const seconds = parseExpiry(entry.get('expireAfterSeconds'), fields);
  if (seconds !== null) specification.set('expireAfterSeconds', entry.get('expireAfterSeconds') as Value);
  return loadIndex(specification);
}

function isIdOrder(order: Value, wanted: 1 | -1): boolean {
  return isNumber(order) && toInt64(order) === BigInt(wanted);
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
