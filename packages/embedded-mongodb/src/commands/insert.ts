/** `insert`. */
import { encodeDocument } from '../codec/encode.ts';
import { int, type Value } from '../codec/values.ts';
import { checkArguments, optionalBoolean } from './arguments.ts';
import type { CommandContext, Running } from './context.ts';
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

export function* insert(context: CommandContext): Running {
  const { command, database, nowMs, server } = context;
  checkArguments(command, 'insert', {
    insert: 'collection',
    documents: 'array',
    ordered: 'bool',
    bypassDocumentValidation: 'bool',
    stmtId: 'number',
    stmtIds: 'array',
  });
  const name = checkCollectionName(database, command.get('insert'));
  const documents = statementList(command, 'documents', 'insert');
  let inserted = 0;
  const errors = yield* runStatements(documents, optionalBoolean(command, 'ordered', true), function* (given) {
    const document = withId(given, nowMs);
    checkId(document.get('_id') as Value, true);
    checkDepth(document);
    const stamped = stampTimestamps(document, nowMs);
    checkSize(encodeDocument(stamped).length, 10334, 'object to insert');
    collectionForWrite(context, name).insert(stamped);
    inserted += 1;
    if (server.slice.isUsedUp()) yield null;
  });
  return writeReply({ n: int(inserted) }, errors);
}

/** A top-level `Timestamp(0, 0)` is filled in by the server. */
function stampTimestamps(document: Map<string, Value>, nowMs: number): Map<string, Value> {
  let result = document;
  for (const [name, value] of document) {
    if (name === '_id' || typeof value !== 'object' || value === null || !('kind' in value)) continue;
    if (value.kind !== 'timestamp' || value.value !== 0n) continue;
    if (result === document) result = new Map(document);
    result.set(name, { kind: 'timestamp', value: (BigInt(Math.floor(nowMs / 1000)) << 32n) | 1n });
  }
  return result;
}
