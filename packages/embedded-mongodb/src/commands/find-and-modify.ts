/** `findAndModify`: finds one document, changes or removes it, and answers with it before or after. */

import { rawDocument } from '../codec/encode.ts';
import { doc, int, type Value } from '../codec/values.ts';
import { parseProjection } from '../query/projection.ts';
import { createFound, type Found, scanDocuments, sortScan } from '../query/scan.ts';
import { parseUpdate } from '../query/update/parse.ts';
import { refuseExpressions } from '../query/update/upsert.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, optionalBoolean, optionalDocument } from './arguments.ts';
import { refuseCollation } from './collation.ts';
import type { CommandContext, Running } from './context.ts';
import { planOf, type Query } from './find.ts';
import { checkCollectionName } from './names.ts';
import { changeDocument, upsertDocument } from './update.ts';

export function* findAndModify(context: CommandContext): Running {
  const { command, database, name: commandName } = context;
  checkArguments(command, 'findAndModify', {
    [commandName]: 'collection',
    query: 'object',
    sort: 'object',
    remove: 'bool',
    update: 'update',
    new: 'bool',
    fields: 'object',
    upsert: 'bool',
    bypassDocumentValidation: 'bool',
    collation: 'object',
    arrayFilters: 'array',
    hint: 'hint',
    let: 'object',
    stmtId: 'number',
  });
  const name = checkCollectionName(database, command.get(commandName));
  refuseCollation(command);
  const remove = optionalBoolean(command, 'remove');
  const upsert = optionalBoolean(command, 'upsert');
  const returnsNew = optionalBoolean(command, 'new');
  const given = command.get('update');
  if (remove) {
    if (given !== undefined) throw new CommandError(9, "Cannot specify both an 'update' and 'remove'=true");
    if (upsert) throw new CommandError(9, 'Cannot specify both upsert=true and remove=true ');
    if (returnsNew)
      throw new CommandError(
        9,
        "Cannot specify both 'new'=true and 'remove'=true; 'remove' always returns the deleted document",
      );
    if (command.has('arrayFilters')) throw new CommandError(9, "Cannot specify 'arrayFilters' and 'remove'=true");
  } else if (given === undefined) throw new CommandError(9, "Either an 'update' or 'remove'=true must be specified");
  const filter = optionalDocument(command, 'query');
  const query = planOf(context, name, filter, optionalDocument(command, 'sort'));
  const fields = optionalDocument(command, 'fields');
  const projection =
    fields.size > 0
      ? parseProjection(fields, {
          match: query.match,
          scope: query.scope,
        })
      : null;
  if (returnsNew && [...fields.keys()].some(field => field.endsWith('.$'))) {
    throw new CommandError(2, 'cannot use a positional projection and return the new document');
  }
  const show = (found: Found): Value =>
    projection ? projection(found.document, query.variables) : rawDocument(found.bytes);
  const changes = remove
    ? null
    : parseUpdate(given as Value, { arrayFilters: command.get('arrayFilters'), scope: query.scope });
  if (upsert) refuseExpressions(filter);
  const found = yield* firstMatch(context, query);
  if (!changes) {
    if (found) query.collection?.remove(found.rid, found.document);
    return doc({ lastErrorObject: doc({ n: int(found ? 1 : 0) }), value: found ? show(found) : null });
  }
  if (found && query.collection) {
    const shownBefore = returnsNew ? null : show(found);
    const { collection } = query;
    const { after } = duringExecution(() => changeDocument(context, { ...query, collection, changes, found }));
    return doc({
      lastErrorObject: doc({ n: int(1), updatedExisting: true }),
      value: shownBefore ?? show(after),
    });
  }
  if (!upsert) return doc({ lastErrorObject: doc({ n: int(0), updatedExisting: false }), value: null });
  const { variables } = query;
  const document = duringExecution(() => upsertDocument(context, name, { filter, changes, variables }));
  const showInserted = () => (projection ? projection(document, variables) : document);
  return doc({
    lastErrorObject: doc({ n: int(1), updatedExisting: false, upserted: document.get('_id') as Value }),
    value: returnsNew ? showInserted() : null,
  });
}

/** MongoDB says where it happened, of what goes wrong with a document; what is wrong with the command stands alone. */
function duringExecution<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const message = `Plan executor error during findAndModify :: caused by :: ${error.message}`;
    throw new CommandError(error.code, message, error.details);
  }
}

function* firstMatch(context: CommandContext, query: Query): Generator<null, Found | null> {
  const { collection, plan, sort } = query;
  if (!collection) return null;
  const scan = scanDocuments({ ...context.server, ...query, collection });
  try {
    if (!plan.sorted) {
      // Nothing runs between the last step of the sort and the write that follows, so the document is still there.
      const [first] = yield* sortScan(scan, sort, 1);
      const bytes = first && collection.read(first.rid);
      return first && bytes ? createFound(first.rid, bytes) : null;
    }
    for (const found of scan) {
      if (found !== null) return found;
      yield null;
    }
    return null;
  } finally {
    scan.return();
  }
}
