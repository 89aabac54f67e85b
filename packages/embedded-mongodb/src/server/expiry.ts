/** TTL indexes: a command of the server's own that removes expired documents, run once a minute. */
import { date, doc, int, type Value } from '../codec/values.ts';
import type { CommandContext, Running } from '../commands/context.ts';
import { planQuery } from '../indexes/planner.ts';
import { BUILT_IN_SCOPE } from '../query/expressions/expression.ts';
import { parseFilter } from '../query/match/parse.ts';
import { scanDocuments } from '../query/scan.ts';

/** A field that holds dates (or an array with one) at least `expireAfterSeconds` old. */
export function* removeExpired({ server, nowMs }: CommandContext): Running {
  let removed = 0;
  for (const database of server.catalog.databaseNames()) {
    for (const collection of server.catalog.collections(database)) {
      for (const { definition } of [...collection.indexes]) {
        if (definition.expireAfterSeconds === null) continue;
        const limit = date(nowMs - definition.expireAfterSeconds * 1000);
        const [field] = definition.fields;
        const filter = new Map<string, Value>([[field?.name ?? '', doc({ $lt: limit })]]);
        const partial = definition.specification.get('partialFilterExpression');
        if (partial) filter.set('$and', [partial]);
        const match = parseFilter(filter, { scope: BUILT_IN_SCOPE });
        const plan = planQuery(collection, match, [], null);
        for (const found of scanDocuments({
          ...server,
          collection,
          plan,
          match,
          variables: new Map(),
          willWrite: true,
        })) {
          if (found === null) yield null;
          else {
            collection.remove(found.rid, found.document);
            removed += 1;
          }
        }
      }
    }
  }
  return doc({ n: int(removed) });
}
