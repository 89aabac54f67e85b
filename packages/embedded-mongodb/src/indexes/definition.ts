/** An index as it is kept in memory, made from the specification that is stored. */
import { compareValues } from '../codec/compare.ts';
import { displayValue } from '../codec/display.ts';
import { toDouble } from '../codec/numbers.ts';
import { type Document, int, isNumber, type Value } from '../codec/values.ts';
import { BUILT_IN_SCOPE } from '../query/expressions/expression.ts';
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

export function defaultIndexName(key: Document): string {
  return [...key]
    .map(([name, order]) => `${name}_${typeof order === 'string' ? order : toDouble(order as never)}`)
    .join('_');
}

export function parseKey(key: Document): SortField[] {
  if (key.size === 0) throw new CommandError(67, 'Index keys cannot be empty.');
  if (key.size > 32) throw new CommandError(13103, 'too many compound keys');
  return [...key].map(([name, order]) => {
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
    if (path.some(part => part.startsWith('$') && !['$id', '$ref', '$db'].includes(part))) {
      throw new CommandError(67, `Index key contains an illegal field name: field name starts with '$'.`);
    }
    return { name, path, direction: direction > 0 ? 1 : -1 };
  });
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
  refuseUnindexable(filter);
  const match = parseFilter(filter, { scope: BUILT_IN_SCOPE });
  const check = (node: Match): void => {
    if (node.kind === 'and' || node.kind === 'or') for (const child of node.children) check(child);
    else if (node.kind === 'leaf' && (node.operator !== 'other' || node.name === '$type')) return;
    else throw new CommandError(67, `Expression not supported in partial index: ${displayValue(filter)}`);
  };
  check(match);
  return match;
}

/** These are no matter of the index but of the query around it, so their codes are others. */
function refuseUnindexable(filter: Document): void {
  for (const [name, value] of filter) {
    if (name === '$expr') {
      throw new CommandError(224, '$expr is not allowed in the query predicate for an index');
    }
    if (name === '$where' || name === '$text') throw new CommandError(2, `${name} is not allowed in this context`);
    if (!Array.isArray(value)) continue;
    for (const branch of value) if (branch instanceof Map) refuseUnindexable(branch);
  }
}

/** What tells two indexes on one key apart; the rest of their options can be changed. */
const SIGNATURE = ['key', 'unique', 'sparse', 'partialFilterExpression'];

export function sameSignature(left: IndexDefinition, right: IndexDefinition): boolean {
  return SIGNATURE.every(
    name => compareValues(left.specification.get(name) ?? null, right.specification.get(name) ?? null) === 0,
  );
}

/** Whether two definitions differ in nothing but the name. */
export function sameIndex(left: IndexDefinition, right: IndexDefinition): boolean {
  const stable = (definition: IndexDefinition): Value =>
    new Map([...definition.specification].filter(([name]) => name !== 'name').sort(([a], [b]) => (a < b ? -1 : 1)));
  return compareValues(stable(left), stable(right)) === 0;
}
