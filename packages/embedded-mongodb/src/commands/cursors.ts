/** Open cursors: a result that is produced batch by batch, forgotten after ten idle minutes. */
import { rawDocuments } from '../codec/encode.ts';
import { type Document, doc, typeName, type Value } from '../codec/values.ts';
import type { ScanControl } from '../query/scan.ts';
import { CommandError } from '../server/errors.ts';
import { MAX_DOCUMENT_BYTES } from '../server/wire.ts';
import { checkArguments, optionalInteger, required } from './arguments.ts';
import type { CommandContext, Running } from './context.ts';
import { checkCollectionName } from './names.ts';

/** Encoded documents; `null` offers a pause. */
export type Results = Generator<Buffer | null, void>;

export type Cursor = {
  readonly id: bigint;
  readonly namespace: string;
  readonly results: Results;
  readonly control: ScanControl;
  /** One document that was read and did not fit into the last batch. */
  pending: Buffer | null;
  lastUsedMs: number;
  inUse: boolean;
};

export type Cursors = ReturnType<typeof createCursors>;

export const CURSOR_TIMEOUT_MS = 10 * 60_000;
export const FIRST_BATCH = 101;
/** Each open cursor holds memory; no well-behaved client comes near this. */
const MAX_CURSORS = 10_000;

export function createCursors(randomId: () => bigint) {
  const open = new Map<bigint, Cursor>();

  function add(
    namespace: string,
    results: Results,
    control: ScanControl,
    pending: Buffer | null,
    nowMs: number,
  ): Cursor {
    if (open.size >= MAX_CURSORS) throw new CommandError(96, 'Too many open cursors; close some of them');
    let id = 0n;
    while (id === 0n || open.has(id)) id = BigInt.asUintN(62, randomId());
    const cursor: Cursor = { id, namespace, results, control, pending, lastUsedMs: nowMs, inUse: false };
    open.set(id, cursor);
    return cursor;
  }

  function close(cursor: Cursor): void {
    open.delete(cursor.id);
    cursor.results.return();
  }

  function closeIdle(nowMs: number): void {
    for (const cursor of open.values()) {
      if (!cursor.inUse && nowMs - cursor.lastUsedMs > CURSOR_TIMEOUT_MS) close(cursor);
    }
  }

  /** A dropped collection takes its cursors along. */
  function closeNamespace(isGone: (namespace: string) => boolean): void {
    for (const cursor of [...open.values()]) if (!cursor.inUse && isGone(cursor.namespace)) close(cursor);
  }

  return { add, close, closeIdle, closeNamespace, get: (id: bigint) => open.get(id), count: () => open.size };
}

export type Batch = { documents: Buffer[]; pending: Buffer | null; isExhausted: boolean };

/** Reads up to `count` documents and 16 MB. */
export function* fillBatch(results: Results, first: Buffer | null, count: number): Generator<null, Batch> {
  const documents: Buffer[] = [];
  let size = 0;
  let next = first;
  for (;;) {
    if (next) {
      if (documents.length > 0 && size + next.length > MAX_DOCUMENT_BYTES) {
        return { documents, pending: next, isExhausted: false };
      }
      documents.push(next);
      size += next.length;
      next = null;
    }
    if (documents.length >= count) return { documents, pending: null, isExhausted: false };
    const step = results.next();
    if (step.done) return { documents, pending: null, isExhausted: true };
    if (step.value === null) yield null;
    else next = step.value;
  }
}

/** The answer of a command that opens a cursor. */
export function* firstBatchReply(
  context: CommandContext,
  namespace: string,
  results: Results,
  control: ScanControl,
  options: { batchSize: number; singleBatch: boolean },
): Running {
  const { cursors } = context.server;
  let batch: Batch;
  try {
    batch = yield* fillBatch(results, null, options.batchSize);
  } catch (error) {
    results.return();
    throw error;
  }
  let { pending } = batch;
  let isOpen = !batch.isExhausted && !options.singleBatch;
  if (isOpen && !pending && options.batchSize > 0) {
    // MongoDB also looks one document ahead: a result that ends with the batch needs no cursor.
    const ahead = yield* fillBatch(results, null, 1);
    pending = ahead.documents[0] ?? null;
    isOpen = pending !== null;
  }
  let id = 0n;
  if (isOpen) {
    control.detach();
    id = cursors.add(namespace, results, control, pending, context.nowMs).id;
  } else results.return();
  return doc({ cursor: doc({ firstBatch: rawDocuments(batch.documents), id, ns: namespace }) });
}

export function* getMore(context: CommandContext): Running {
  const { command, database } = context;
  checkArguments(command, 'getMore', {
    getMore: 'any',
    collection: 'any',
    batchSize: 'number',
    term: 'any',
    lastKnownCommittedOpTime: 'any',
  });
  const id = command.get('getMore') as Value;
  if (typeof id !== 'bigint') {
    throw new CommandError(
      14,
      `BSON field 'getMore.getMore' is the wrong type '${typeName(id)}', expected type 'long'`,
    );
  }
  const collection = required(command, 'collection', 'getMore');
  if (typeof collection !== 'string') {
    throw new CommandError(
      14,
      `BSON field 'getMore.collection' is the wrong type '${typeName(collection)}', expected type 'string'`,
    );
  }
  if (collection === '') throw new CommandError(73, 'Collection names cannot be empty');
  const batchSize = optionalInteger(command, 'batchSize', 0) || Number.POSITIVE_INFINITY;
  const { cursors } = context.server;
  const cursor = cursors.get(id);
  if (!cursor) throw new CommandError(43, `cursor id ${id} not found`);
  if (cursor.namespace !== `${database}.${collection}`) {
    throw new CommandError(
      13,
      `Requested getMore on namespace '${database}.${collection}', but cursor belongs to a different namespace ${cursor.namespace}`,
    );
  }
  if ((command.get('maxTimeMS') ?? null) !== null) {
    throw new CommandError(2, 'cannot set maxTimeMS on getMore command for a non-awaitData cursor');
  }
  if (cursor.inUse) throw new CommandError(237, `cursor id ${id} is already in use`);
  cursor.inUse = true;
  cursor.lastUsedMs = context.nowMs;
  let batch: Batch;
  try {
    batch = yield* fillBatch(cursor.results, cursor.pending, batchSize);
  } catch (error) {
    cursors.close(cursor);
    throw error;
  } finally {
    cursor.inUse = false;
  }
  cursor.pending = batch.pending;
  if (batch.isExhausted) cursors.close(cursor);
  else cursor.control.detach();
  return doc({
    cursor: doc({ nextBatch: rawDocuments(batch.documents), id: batch.isExhausted ? 0n : id, ns: cursor.namespace }),
  });
}

export function killCursors(context: CommandContext): Document {
  const { command, database } = context;
  checkArguments(command, 'killCursors', { killCursors: 'collection', cursors: 'array' });
  checkCollectionName(database, command.get('killCursors'));
  const ids = required(command, 'cursors', 'killCursors') as Value[];
  const killed: Value[] = [];
  const notFound: Value[] = [];
  for (const [position, id] of ids.entries()) {
    if (typeof id !== 'bigint') {
      throw new CommandError(
        14,
        `BSON field 'killCursors.cursors.${position}' is the wrong type '${typeName(id)}', expected type 'long'`,
      );
    }
    const cursor = context.server.cursors.get(id);
    if (cursor && !cursor.inUse) {
      context.server.cursors.close(cursor);
      killed.push(id);
    } else notFound.push(id);
  }
  return doc({ cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [] });
}

export const NO_CONTROL = (): ScanControl => ({ detach: () => {} });
