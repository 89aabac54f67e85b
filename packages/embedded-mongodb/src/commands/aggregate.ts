/** `aggregate`: a leading `$match` and `$sort` go to the planner, the stages after them run one by one. */

import { decodeDocument } from '../codec/decode.ts';
import { encodeDocument } from '../codec/encode.ts';
import { toDouble } from '../codec/numbers.ts';
import { type Document, doc, int, isNumber, type NumberValue, type Value } from '../codec/values.ts';
import type { ScanControl } from '../query/scan.ts';
import { scanDocuments, sortScan } from '../query/scan.ts';
import { checkLength, parsePipeline, type StageContext, type Stream } from '../query/stages/pipeline.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, optionalBatchSize, required } from './arguments.ts';
import { refuseCollation } from './collation.ts';
import { type CommandContext, type Running, variablesOf } from './context.ts';
import { countMatches } from './count-matches.ts';
import { FIRST_BATCH, firstBatchReply, NO_CONTROL, type Results } from './cursors.ts';
import { planOf, type Query } from './find.ts';
import { letVariables } from './let.ts';
import { checkCollectionName } from './names.ts';

export function* aggregate(context: CommandContext): Running {
  const { command, database, server } = context;
  checkArguments(command, 'aggregate', {
    aggregate: 'any',
    pipeline: 'array',
    cursor: 'object',
    explain: 'bool',
    allowDiskUse: 'bool',
    bypassDocumentValidation: 'bool',
    collation: 'object',
    hint: 'hint',
    let: 'object',
  });
  const pipeline = required(command, 'pipeline', 'aggregate') as Value[];
  for (const stage of pipeline)
    if (!(stage instanceof Map)) throw new CommandError(14, "Each element of the 'pipeline' array must be an object");
  if (!command.has('cursor') && !command.has('explain')) {
    throw new CommandError(9, "The 'cursor' option is required, except for aggregate with the explain argument");
  }
  if (command.get('explain') === true)
    throw new CommandError(238, 'aggregate with explain is not supported; use the explain command');
  refuseCollation(command);
  checkLength(pipeline);
  const stages = pipeline as Document[];
  if (stages.some(stage => stage.has('$changeStream'))) {
    throw new CommandError(40573, 'The $changeStream stage is only supported on replica sets');
  }
  const target = command.get('aggregate') as Value;
  const isCollectionless = isNumber(target);
  if (isCollectionless) checkCollectionless(target, stages);
  const name = isCollectionless ? '$cmd.aggregate' : checkCollectionName(database, target);
  const batchSize = optionalBatchSize(command, 'aggregate') ?? FIRST_BATCH;
  const { variables, scope } = letVariables(command.get('let'), variablesOf(context));
  const control = NO_CONTROL();
  const stageContext: StageContext = {
    server,
    database,
    variables,
    scope,
  };
  const results = isCollectionless
    ? encodeStream(parsePipeline(stages, stageContext)(noDocuments()))
    : run(context, name, stages, stageContext, control);
  return yield* firstBatchReply(context, `${database}.${name}`, results, control, { batchSize, singleBatch: false });
}

function checkCollectionless(target: NumberValue, stages: readonly Document[]): void {
  if (toDouble(target) !== 1) {
    throw new CommandError(9, "Invalid command format: the 'aggregate' field must specify a collection name or 1");
  }
  const first = stages[0]?.keys().next().value ?? '';
  if (first !== '$documents') {
    throw new CommandError(73, `{aggregate: 1} is not valid for '${first}'; a collection is required.`);
  }
}

function* noDocuments(): Stream {}

function run(
  context: CommandContext,
  name: string,
  stages: Document[],
  stageContext: StageContext,
  control: ScanControl,
): Results {
  const rest = [...stages];
  const first = rest[0]?.get('$match');
  let filter: Document = new Map();
  if (rest[0]?.size === 1 && first instanceof Map) {
    filter = first;
    rest.shift();
  }
  let sort: Document = new Map();
  const second = rest[0]?.get('$sort');
  if (rest[0]?.size === 1 && second instanceof Map && second.size > 0) {
    sort = second;
    rest.shift();
  }
  const query = planOf(context, name, filter, sort);
  const after = parsePipeline(rest, stageContext);
  const countField = sort.size === 0 ? plainCount(rest) : null;
  if (countField !== null) return encodeStream(countStream(context, query, countField));
  return encodeStream(after(source(context, query, control)));
}

/** `[{ $group: { _id: <constant>, n: { $sum: 1 } } }]`, which is what countDocuments sends. */
function plainCount(stages: Document[]): { id: Value; field: string } | null {
  if (stages.length !== 1) return null;
  const group = stages[0]?.get('$group');
  if (!(group instanceof Map) || group.size !== 2) return null;
  const [[idName, id], [field, accumulator]] = [...group] as [[string, Value], [string, Value]];
  const isConstant = id === null || isNumber(id);
  if (idName !== '_id' || !isConstant || !(accumulator instanceof Map) || accumulator.size !== 1) return null;
  const one = accumulator.get('$sum');
  return typeof one === 'object' && isNumber(one) && toDouble(one) === 1 ? { id, field } : null;
}

function* countStream(context: CommandContext, query: Query, { id, field }: { id: Value; field: string }): Stream {
  const total = yield* countMatches(context, query, Number.POSITIVE_INFINITY);
  if (total > 0) yield doc({ _id: id, [field]: int(total) });
}

function* source(context: CommandContext, query: Query, control: ScanControl): Stream {
  const { collection, plan, sort } = query;
  if (!collection) return;
  const scan = scanDocuments({ ...context.server, ...query, collection, control });
  try {
    if (plan.sorted) {
      for (const found of scan) yield found === null ? null : found.document;
      return;
    }
    for (const { rid } of yield* sortScan(scan, sort, 0)) {
      const bytes = collection.read(rid);
      if (bytes) yield decodeDocument(bytes);
    }
  } finally {
    scan.return();
  }
}

function* encodeStream(stream: Stream): Results {
  for (const document of stream) yield document === null ? null : encodeDocument(document);
}
