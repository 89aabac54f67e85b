/** The `hint` option: an index by name or key, or `{ $natural: 1 }`. */
import { compareValues } from '../codec/compare.ts';
import { toDouble } from '../codec/numbers.ts';
import { isNumber, type Value } from '../codec/values.ts';
import type { Hint } from '../indexes/planner.ts';
import { CommandError } from '../server/errors.ts';
import type { Collection } from '../storage/collection.ts';

export function readHint(collection: Collection, hint: Value | undefined): Hint {
  if (hint === undefined || hint === null) return null;
  if (hint instanceof Map) {
    if (hint.size === 0) return null;
    const natural = hint.get('$natural');
    if (isNumber(natural)) return { natural: toDouble(natural) < 0 ? -1 : 1 };
  }
  const index = collection.indexes.find(({ definition }) =>
    typeof hint === 'string'
      ? definition.name === hint
      : compareValues(definition.specification.get('key') as Value, hint) === 0,
  );
  if (!index) {
    throw new CommandError(
      2,
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    );
  }
  return { index };
}
