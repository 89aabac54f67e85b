/** `find`, `count` and `distinct`. */

import { compareValues } from '../codec/compare.ts';
import { decodeDocument } from '../codec/decode.ts';
import { encodeDocument } from '../codec/encode.ts';
import { keyString } from '../codec/keys.ts';
import { type Document, doc, int, type Value } from '../codec/values.ts';
import { type Hint, type Plan, planQuery } from '../indexes/planner.ts';
import type { ExpressionScope } from '../query/expressions/expression.ts';
import { createMatcher } from '../query/match/evaluate.ts';
import type { Match } from '../query/match/node.ts';
import { parseFilter } from '../query/match/parse.ts';
import { splitPath, visitPath } from '../query/paths.ts';
import { parseProjection } from '../query/projection.ts';
import { type ScanControl, scanDocuments, sortScan } from '../query/scan.ts';
import { parseSort, type SortField } from '../query/sort.ts';
import { CommandError } from '../server/errors.ts';
import type { Collection } from '../storage/collection.ts';
import {
  checkArguments,
  optionalBoolean,
  optionalDocument,
  optionalInteger,
  required,
  type Schema,
} from './arguments.ts';
import { refuseCollation } from './collation.ts';
import { type CommandContext, type Running, variablesOf } from './context.ts';
import { countMatches } from './count-matches.ts';
import { FIRST_BATCH, firstBatchReply, NO_CONTROL, type Results } from './cursors.ts';
import { naturalOrder, readHint } from './hint.ts';
import { letVariables } from './let.ts';
import { readableName } from './names.ts';

export const FIND_FIELDS: Schema = {
  find: 'collection',
  filter: 'object',
  sort: 'object',
  projection: 'object',
  hint: 'hint',
  skip: 'number',
  limit: 'number',
  batchSize: 'number',
  singleBatch: 'bool',
  min: 'object',
  max: 'object',
  returnKey: 'bool',
  showRecordId: 'bool',
  tailable: 'bool',
  awaitData: 'bool',
  oplogReplay: 'bool',
  noCursorTimeout: 'bool',
  allowPartialResults: 'bool',
  allowDiskUse: 'bool',
  collation: 'object',
  let: 'object',
};

export type Query = {
  collection: Collection | undefined;
  match: Match;
  sort: SortField[];
  plan: Plan;
  variables: ReadonlyMap<string, Value>;
  /** The names of the variables that its expressions may use. */
  scope: ExpressionScope;
};

/** The parsed and planned query of a command: its filter, sort, hint and let. */
export function planOf(context: CommandContext, name: string, filter: Document, sortDocument: Document): Query {
  const { command, database, server } = context;
  const { variables, scope } = letVariables(command.get('let'), variablesOf(context));
  const match = parseFilter(filter, { scope });
  const isNatural = sortDocument.has('$natural');
  const sort = isNatural ? [] : parseSort(sortDocument);
  const collection = server.catalog.find(database, name);
  let hint: Hint = collection ? readHint(collection, command.get('hint')) : null;
  if (isNatural) hint = { natural: naturalOrder(sortDocument, 'sort') };
  const plan: Plan = collection ? planQuery(collection, match, sort, hint) : { kind: 'nothing', sorted: true };
  return { collection, match, sort, plan, variables, scope };
}

export function* find(context: CommandContext): Running {
  const { command, database } = context;
  checkArguments(command, 'find', FIND_FIELDS);
  const name = readableName(context, command.get('find'));
  refuseCollation(command);
  if (optionalBoolean(command, 'awaitData') && !optionalBoolean(command, 'tailable')) {
    throw new CommandError(9, "Cannot set 'awaitData' without also setting 'tailable'");
  }
  for (const option of ['min', 'max', 'returnKey', 'showRecordId', 'tailable', 'awaitData']) {
    const value = command.get(option);
    if (value !== undefined && value !== false && !(value instanceof Map && value.size === 0)) {
      throw new CommandError(option === 'tailable' ? 2 : 238, `'${option}' is not supported by this server`);
    }
  }
  const limit = optionalInteger(command, 'limit', 0) ?? 0;
  const skip = optionalInteger(command, 'skip', 0) ?? 0;
  const batchSize = optionalInteger(command, 'batchSize', 0) ?? FIRST_BATCH;
  const query = planOf(context, name, optionalDocument(command, 'filter'), optionalDocument(command, 'sort'));
  const control = NO_CONTROL();
  const results = findResults(
    context,
    query,
    { skip, limit, projection: optionalDocument(command, 'projection') },
    control,
  );
  const singleBatch = optionalBoolean(command, 'singleBatch');
  return yield* firstBatchReply(context, `${database}.${name}`, results, control, { batchSize, singleBatch });
}

type Window = { skip: number; limit: number; projection: Document };

function findResults(context: CommandContext, query: Query, window: Window, control: ScanControl): Results {
  const { collection, match, sort, plan, variables, scope } = query;
  const project = window.projection.size > 0 ? parseProjection(window.projection, { match, scope }) : null;
  return (function* (): Results {
    if (!collection) return;
    const { file, slice } = context.server;
    const scan = scanDocuments({ file, slice, collection, plan, match, variables, control });
    let left = window.limit === 0 ? Number.POSITIVE_INFINITY : window.limit;
    let skip = window.skip;
    try {
      if (plan.sorted) {
        for (const found of scan) {
          if (found === null) {
            yield null;
            continue;
          }
          if (skip > 0) {
            skip -= 1;
            continue;
          }
          yield project ? encodeDocument(project(found.document, variables)) : found.bytes;
          left -= 1;
          if (left === 0) return;
        }
        return;
      }
      const entries = yield* sortScan(scan, sort, window.limit === 0 ? 0 : window.limit + skip);
      const matches = createMatcher(match, variables);
      for (let index = skip; index < entries.length; index += 1) {
        const bytes = collection.read((entries[index] as { rid: number }).rid);
        if (!bytes) continue;
        if (!project) yield bytes;
        else {
          const document = decodeDocument(bytes);
          if (matches(document)) yield encodeDocument(project(document, variables));
        }
      }
    } finally {
      scan.return();
    }
  })();
}

export function* count(context: CommandContext): Running {
  const { command } = context;
  checkArguments(command, 'count', {
    count: 'collection',
    query: 'object',
    limit: 'number',
    skip: 'number',
    hint: 'hint',
    collation: 'object',
    fields: 'any',
  });
  const name = readableName(context, command.get('count'));
  refuseCollation(command);
  const skip = optionalInteger(command, 'skip', 0) ?? 0;
  const limit = Math.abs(optionalInteger(command, 'limit', Number.MIN_SAFE_INTEGER) ?? 0);
  const query = planOf(context, name, optionalDocument(command, 'query'), new Map());
  const most = limit === 0 ? Number.POSITIVE_INFINITY : limit + skip;
  const total = yield* countMatches(context, query, most);
  return doc({ n: int(Math.max(0, Math.min(total, most) - skip)) });
}

export function* distinct(context: CommandContext): Running {
  const { command, server } = context;
  checkArguments(command, 'distinct', {
    distinct: 'collection',
    key: 'string',
    query: 'object',
    collation: 'object',
    hint: 'hint',
  });
  const name = readableName(context, command.get('distinct'));
  refuseCollation(command);
  const key = required(command, 'key', 'distinct') as string;
  if (key.includes('\0')) throw new CommandError(31032, 'Key field cannot contain an embedded null byte');
  const query = planOf(context, name, optionalDocument(command, 'query'), new Map());
  const found = new Map<string, Value>();
  if (query.collection) {
    const path = splitPath(key);
    const scan = scanDocuments({ ...server, ...query, collection: query.collection });
    for (const entry of scan) {
      if (entry === null) {
        yield null;
        continue;
      }
      visitPath(entry.document, path, false, value => {
        for (const each of Array.isArray(value) ? value : [value]) {
          if (each === undefined) continue;
          const text = keyString(each);
          if (!found.has(text)) found.set(text, each);
        }
        return false;
      });
    }
  }
  return doc({ values: [...found.values()].sort(compareValues) });
}
