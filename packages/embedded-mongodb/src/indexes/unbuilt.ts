/** Kinds of indexes that are not built: what is wrong with one is said as MongoDB says it, before the refusal. */
import { toDouble } from '../codec/numbers.ts';
import { type Document, isNumber, type Value } from '../codec/values.ts';
import { isTruthy } from '../query/expressions/expression.ts';
import { CommandError } from '../server/errors.ts';

const PLUGINS: readonly Value[] = ['text', '2d', '2dsphere', 'hashed'];

/** @throws CommandError 238 for text, geo, hashed and wildcard indexes that would be in order; 2, 9, 14, 67, 16764, 31303 */
export function refuseUnbuiltIndex(entry: Document, key: Document): void {
  const plugins = [...key.values()].filter(order => typeof order === 'string');
  if (plugins.includes('wildcard')) {
    throw new CommandError(7246202, "The index type 'wildcard' cannot be given as a string: use a field '$**'");
  }
  const unknown = plugins.find(plugin => !PLUGINS.includes(plugin));
  if (unknown !== undefined) throw new CommandError(67, `Unknown index plugin '${unknown}'`);
  if (plugins.includes('hashed')) checkHashed(entry, plugins);
  const wildcards = [...key.keys()].filter(name => name === '$**' || name.endsWith('.$**'));
  if (entry.has('wildcardProjection')) checkWildcardProjection(entry.get('wildcardProjection') as Value, wildcards);
  if (wildcards.length > 0) checkWildcard(entry, key);
  if (plugins.length > 0)
    throw new CommandError(238, `Indexes of type '${plugins[0]}' are not supported by this server`);
}

function checkHashed(entry: Document, plugins: readonly Value[]): void {
  if (isTruthy(entry.get('unique'))) {
    throw new CommandError(16764, 'Currently hashed indexes cannot guarantee uniqueness. Use a regular index.');
  }
  if (plugins.filter(plugin => plugin === 'hashed').length > 1) {
    throw new CommandError(31303, 'A maximum of one index field is allowed to be hashed but found 2');
  }
}

function checkWildcardProjection(projection: Value, wildcards: readonly string[]): void {
  if (!(projection instanceof Map))
    throw new CommandError(14, "The field 'wildcardProjection' must be a non-empty object");
  if (wildcards.length === 0) {
    throw new CommandError(2, "The field 'wildcardProjection' is only allowed in an 'wildcard' index");
  }
  if (projection.size === 0) throw new CommandError(9, "The 'wildcardProjection' field can't be an empty object");
  if (!wildcards.includes('$**')) {
    throw new CommandError(9, "The field 'wildcardProjection' is only allowed when the 'key' is { '$**': 1 }");
  }
  const shown = [...projection].filter(([name]) => name !== '_id').map(([, value]) => isTruthy(value));
  if (new Set(shown).size > 1) {
    const [code, what] = shown[0]
      ? [31254, 'exclusion on field in inclusion']
      : [31253, 'inclusion on field in exclusion'];
    throw new CommandError(code as number, `Cannot do ${what} projection`);
  }
}

function checkWildcard(entry: Document, key: Document): void {
  const order = [...key.values()][0] as Value;
  if (isNumber(order) && toDouble(order) === 0) {
    throw new CommandError(67, 'Values in the index key pattern cannot be 0.');
  }
  if (key.size > 1 && !entry.has('wildcardProjection')) {
    throw new CommandError(67, 'wildcard indexes do not allow compounding without a wildcardProjection');
  }
  for (const option of ['sparse', 'unique', 'expireAfterSeconds']) {
    if (!entry.has(option) || entry.get(option) === false) continue;
    throw new CommandError(67, `Index type 'wildcard' does not support the '${option}' option`);
  }
  throw new CommandError(238, 'Wildcard indexes are not supported by this server');
}
