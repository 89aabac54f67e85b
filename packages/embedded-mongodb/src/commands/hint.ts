/** The `hint` option: an index by name or key, or `{ $natural: 1 }`. */
import { compareValues } from '../codec/compare.ts';
import { toDouble } from '../codec/numbers.ts';
import { type Document, isNumber, type Value } from '../codec/values.ts';
import type { Hint } from '../indexes/planner.ts';
import { CommandError } from '../server/errors.ts';
import type { Collection } from '../storage/collection.ts';

export function readHint(collection: Collection, hint: Value | undefined): Hint {
  if (hint === undefined) return null;
  if (hint instanceof Map) {
    if (hint.size === 0) return null;
    if (hint.has('$natural')) return { natural: naturalOrder(hint, 'hint') };
  }
  const index = collection.indexes.find(
    ({ definition }) =>
      !definition.hidden &&
      (typeof hint === 'string'
        ? definition.name === hint
        : compareValues(definition.specification.get('key') as Value, hint) === 0),
  );
  if (!index) {
    throw new CommandError(
      2,
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    );
  }
  return { index };
}

/** Of `{ $natural: 1 }`, which is no field of a document: it stands alone, and is 1 or -1. */
export function naturalOrder(order: Document, what: 'hint' | 'sort'): 1 | -1 {
  if (order.size > 1) throw new CommandError(2, `$natural ${what} cannot be combined with other fields`);
  const direction = order.get('$natural');
  const value = isNumber(direction) ? toDouble(direction) : 0;
  if (value === 1 || value === -1) return value;
  throw new CommandError(2, `$natural ${what} cannot be set to a value other than -1 or 1.`);
}
