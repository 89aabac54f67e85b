/** `explain`: which index a query uses, what SQLite is asked, and with `executionStats` how much was read. */
import { type Document, doc, int, type Value } from '../codec/values.ts';
import type { Plan } from '../indexes/planner.ts';
import { scanDocuments } from '../query/scan.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, optionalDocument } from './arguments.ts';
import type { CommandContext, Running } from './context.ts';
import { planOf, type Query } from './find.ts';
import { checkCollectionName } from './names.ts';

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/** Where each command keeps its filter and sort. */
function queryOf(command: Document, name: string): { filter: Document; sort: Document; options: Document } {
  const list = (field: string) => (command.get(field) as Document[] | undefined)?.[0] ?? new Map<string, Value>();
  switch (name) {
    case 'find':
      return { filter: optionalDocument(command, 'filter'), sort: optionalDocument(command, 'sort'), options: command };
    case 'count':
    case 'distinct':
    case 'findAndModify':
      return { filter: optionalDocument(command, 'query'), sort: optionalDocument(command, 'sort'), options: command };
    case 'update':
      return { filter: optionalDocument(list('updates'), 'q'), sort: new Map(), options: list('updates') };
    case 'delete':
      return { filter: optionalDocument(list('deletes'), 'q'), sort: new Map(), options: list('deletes') };
    case 'aggregate': {
      const first = list('pipeline');
      return { filter: optionalDocument(first, '$match'), sort: new Map(), options: command };
    }
    default:
      throw new CommandError(20, `Cannot explain cmd: ${name}`);
  }
}

export function* explain(context: CommandContext): Running {
  const { command } = context;
  checkArguments(command, 'explain', { explain: 'object', verbosity: 'string' });
  const verbosity = (command.get('verbosity') as string | undefined) ?? 'allPlansExecution';
  if (!VERBOSITIES.includes(verbosity)) {
    throw new CommandError(2, `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`);
  }
  const inner = command.get('explain');
  if (!(inner instanceof Map))
    throw new CommandError(14, "BSON field 'explain.explain' is the wrong type 'null', expected type 'object'");
  const name = inner.keys().next().value ?? '';
  const { filter, sort, options } = queryOf(inner, name);
  const collectionName = checkCollectionName(context.database, inner.get(name));
  const query = planOf({ ...context, command: options }, collectionName, filter, sort);
  const reply = doc({
    explainVersion: '1',
    queryPlanner: doc({
      namespace: `${context.database}.${collectionName}`,
      indexFilterSet: false,
      parsedQuery: filter,
      winningPlan: describePlan(query),
      rejectedPlans: [],
    }),
    command: inner,
  });
  if (verbosity !== 'queryPlanner') reply.set('executionStats', yield* execute(context, query));
  reply.set('serverInfo', doc({ version: '7.0.0', storage: 'sqlite' }));
  return reply;
}

function describePlan({ plan, sort }: Query): Document {
  const access = describeAccess(plan);
  if (plan.sorted) return access;
  const pattern = doc(Object.fromEntries(sort.map(field => [field.name, int(field.direction)])));
  return doc({ stage: 'SORT', sortPattern: pattern, inputStage: access });
}

function describeAccess(plan: Plan): Document {
  if (plan.kind === 'nothing') return doc({ stage: 'EOF' });
  if (plan.kind === 'scan') return doc({ stage: 'COLLSCAN', direction: plan.backwards ? 'backward' : 'forward' });
  const scans = plan.branches.map(({ index, where, sql }) =>
    doc({
      stage: 'IXSCAN',
      keyPattern: index.definition.specification.get('key') as Value,
      indexName: index.definition.name,
      isMultiKey: index.multikey.includes(true),
      isUnique: index.definition.unique,
      isSparse: index.definition.sparse,
      isPartial: index.definition.filter !== null,
      condition: where,
      sql,
    }),
  );
  const input = scans.length === 1 ? (scans[0] as Document) : doc({ stage: 'OR', inputStages: scans });
  return doc({ stage: 'FETCH', inputStage: input });
}

function* execute(context: CommandContext, query: Query): Generator<null, Document> {
  const statistics = { keysExamined: 0, documentsExamined: 0 };
  const startedAt = performance.now();
  let returned = 0;
  if (query.collection) {
    for (const found of scanDocuments({ ...context.server, ...query, collection: query.collection, statistics })) {
      if (found === null) yield null;
      else returned += 1;
    }
  }
  return doc({
    executionSuccess: true,
    nReturned: int(returned),
    executionTimeMillis: int(Math.round(performance.now() - startedAt)),
    totalKeysExamined: int(statistics.keysExamined),
    totalDocsExamined: int(statistics.documentsExamined),
  });
}
