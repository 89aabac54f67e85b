/** `update`, and the change of one document that findAndModify shares. */
import { encodeDocument } from '../codec/encode.ts';
import { type Document, doc, int, type Value } from '../codec/values.ts';
import { planQuery } from '../indexes/planner.ts';
import { matchedElement } from '../query/match/evaluate.ts';
import type { Match } from '../query/match/node.ts';
import { parseFilter } from '../query/match/parse.ts';
import { type Found, scanDocuments } from '../query/scan.ts';
import { applyUpdate } from '../query/update/apply.ts';
import { parseUpdate, type Update } from '../query/update/parse.ts';
import { refuseExpressions, upsertSeed } from '../query/update/upsert.ts';
import { CommandError } from '../server/errors.ts';
import type { Collection } from '../storage/collection.ts';
import { checkArguments, optionalBoolean, required, type Schema } from './arguments.ts';
import { refuseCollation } from './collation.ts';
import { type CommandContext, type Running, variablesOf } from './context.ts';
import { readHint } from './hint.ts';
import { letVariables } from './let.ts';
import { checkCollectionName } from './names.ts';
import {
  checkDepth,
  checkId,
  checkSize,
  collectionForWrite,
  runStatements,
  statementList,
  withId,
  writeReply,
} from './write-checks.ts';

const STATEMENT: Schema = {
  q: 'object',
  u: 'update',
  c: 'object',
  multi: 'bool',
  upsert: 'bool',
  collation: 'object',
  arrayFilters: 'array',
  hint: 'hint',
  upsertSupplied: 'bool',
};

export function* update(context: CommandContext): Running {
  const { command, database } = context;
  checkArguments(command, 'update', {
    update: 'collection',
    updates: 'array',
    ordered: 'bool',
    bypassDocumentValidation: 'bool',
    let: 'object',
    stmtId: 'number',
    stmtIds: 'array',
  });
  const name = checkCollectionName(database, command.get('update'));
  const statements = statementList(command, 'updates', 'update');
  const given = letVariables(command.get('let'), variablesOf(context));
  let matched = 0;
  let modified = 0;
  const upserted: Value[] = [];
  for (const statement of statements) {
    checkArguments(statement, 'update.updates', STATEMENT, false);
    required(statement, 'q', 'update.updates');
    required(statement, 'u', 'update.updates');
  }
  const errors = yield* runStatements(
    statements,
    optionalBoolean(command, 'ordered', true),
    function* (statement, index) {
      const outcome = yield* runStatement(context, name, statement, given);
      matched += outcome.matched;
      modified += outcome.modified;
      if (outcome.upsertedId !== undefined) upserted.push(doc({ index: int(index), _id: outcome.upsertedId }));
    },
  );
  const reply = {
    n: int(matched + upserted.length),
    upserted: upserted.length > 0 ? upserted : undefined,
    nModified: int(modified),
  };
  return writeReply(reply, errors);
}

/** Constants of one statement, taken as they are: no expressions. */
function withConstants({ variables, scope }: ReturnType<typeof letVariables>, constants: Value | undefined) {
  if (!(constants instanceof Map) || constants.size === 0) return { variables, scope };
  return { variables: new Map([...variables, ...constants]), scope: new Set([...scope, ...constants.keys()]) };
}

type Outcome = { matched: number; modified: number; upsertedId?: Value };

function* runStatement(
  context: CommandContext,
  name: string,
  statement: Document,
  given: ReturnType<typeof letVariables>,
): Generator<null, Outcome> {
  const { variables, scope } = withConstants(given, statement.get('c'));
  const { server, database } = context;
  const filter = statement.get('q') as Document;
  const multi = optionalBoolean(statement, 'multi');
  refuseCollation(statement);
  const changes = parseUpdate(statement.get('u') as Value, {
    arrayFilters: statement.get('arrayFilters'),
    scope,
  });
  if (multi && changes.kind === 'replacement') {
    throw new CommandError(9, 'multi update is not supported for replacement-style update');
  }
  if (statement.has('c') && changes.kind !== 'pipeline') {
    throw new CommandError(51198, 'Constant values may only be specified for pipeline updates');
  }
  const match = parseFilter(filter, { scope });
  if (optionalBoolean(statement, 'upsert')) refuseExpressions(filter);
  const outcome: Outcome = { matched: 0, modified: 0 };
  const collection = server.catalog.find(database, name);
  if (collection) {
    const plan = planQuery(collection, match, [], readHint(collection, statement.get('hint')));
    const scan = scanDocuments({ ...server, collection, plan, match, variables, willWrite: multi });
    try {
      for (const found of scan) {
        if (found === null) {
          yield null;
          continue;
        }
        if (!multi) scan.return();
        outcome.matched += 1;
        if (changeDocument(context, { collection, match, changes, variables, found }).changed) outcome.modified += 1;
        if (!multi) break;
      }
    } finally {
      scan.return();
    }
  }
  if (outcome.matched > 0 || !optionalBoolean(statement, 'upsert')) return outcome;
  const document = upsertDocument(context, name, { filter, changes, variables });
  return { ...outcome, upsertedId: document.get('_id') as Value };
}

type Change = {
  collection: Collection;
  match: Match;
  changes: Update;
  variables: ReadonlyMap<string, Value>;
  found: Found;
};

/** Applies the update to one stored document. */
export function changeDocument(
  context: CommandContext,
  { collection, match, changes, variables, found }: Change,
): { changed: boolean; after: Found } {
  const needsElement = changes.kind === 'modifiers' && changes.modifiers.some(({ path }) => path.includes('$'));
  const element = needsElement ? matchedElement(match, found.document, variables).element : -1;
  const after = applyUpdate(changes, found.document, {
    nowMs: context.nowMs,
    isInsert: false,
    matchedElement: element,
    variables,
  });
  const document = withId(after, context.nowMs);
  const bytes = encodeDocument(document);
  if (bytes.equals(found.bytes)) return { changed: false, after: found };
  checkSize(bytes.length, 17419, 'Resulting document after update');
  checkDepth(document);
  collection.replace(found.rid, found.document, document, bytes);
  return { changed: true, after: { rid: found.rid, bytes, document } };
}

export function upsertDocument(
  context: CommandContext,
  name: string,
  { filter, changes, variables }: { filter: Document; changes: Update; variables: ReadonlyMap<string, Value> },
): Document {
  const seed = upsertSeed(filter, changes.kind === 'replacement');
  const after = applyUpdate(changes, seed, { nowMs: context.nowMs, isInsert: true, matchedElement: -1, variables });
  const document = withId(after, context.nowMs);
  checkId(document.get('_id') as Value, false);
  checkSize(encodeDocument(document).length, 17419, 'Resulting document after update');
  checkDepth(document);
  collectionForWrite(context, name).insert(document);
  return document;
}
