/** Counting what a filter matches: inside SQLite where the plan is exact, otherwise document by document. */
import { scanDocuments } from '../query/scan.ts';
import type { CommandContext } from './context.ts';
import type { Query } from './find.ts';

export function* countMatches(context: CommandContext, query: Query, most: number): Generator<null, number> {
  const { collection, plan, match } = query;
  if (!collection) return 0;
  const { file } = context.server;
  if (match.kind === 'and' && match.children.length === 0 && plan.kind === 'scan') return collection.count();
  const [branch] = plan.kind === 'index' ? plan.branches : [];
  if (branch?.exact && branch.distinct && plan.kind === 'index' && plan.branches.length === 1) {
    return Number(file.row(`SELECT count(*) FROM (${branch.sql})`, ...branch.parameters)?.[0]);
  }
  let total = 0;
  const scan = scanDocuments({ ...context.server, ...query, collection });
  for (const found of scan) {
    if (found === null) yield null;
    else {
      total += 1;
      if (total >= most) break;
    }
  }
  return total;
}
