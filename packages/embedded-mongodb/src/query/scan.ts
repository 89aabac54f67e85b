/** Runs a plan: finds the matching documents one after the other, pausing when its time slice is used up. */
import { decodeDocument } from '../codec/decode.ts';
import type { Document, Value } from '../codec/values.ts';
import type { IndexBranch, Plan } from '../indexes/planner.ts';
import { type Collection, checkPresent, type StoredDocument } from '../storage/collection.ts';
import type { StorageFile } from '../storage/file.ts';
import { createMatcher } from './match/evaluate.ts';
import type { Match } from './match/node.ts';
import { compareKeys, type SortField, sortKeys } from './sort.ts';

export type Found = {
  readonly rid: number;
  readonly bytes: Buffer;
  /** Decoded once, when somebody looks. It is what lies in the file: whoever changes it changes a copy. */
  readonly document: Document;
};

export function createFound(rid: number, bytes: Buffer): Found {
  let document: Document | null = null;
  return {
    rid,
    bytes,
    get document() {
      document ??= decodeDocument(bytes);
      return document;
    },
  };
}

/** `null` offers a pause: pass it on as a `yield`, other commands may run and write meanwhile. */
export type Scan = Generator<Found | null, void>;

export type TimeSlice = { isUsedUp: () => boolean };

export type ScanStatistics = { keysExamined: number; documentsExamined: number };

/** A scan that is put aside (a cursor between two batches) must be detached first: it then holds nothing open. */
export type ScanControl = { detach: () => void };

export type ScanDeps = {
  file: StorageFile;
  slice: TimeSlice;
  collection: Collection;
  plan: Plan;
  match: Match;
  variables: ReadonlyMap<string, Value>;
  control?: ScanControl;
  statistics?: ScanStatistics;
  /** The caller writes between two documents: everything is looked up before the first one. */
  willWrite?: boolean;
};

export function scanDocuments(deps: ScanDeps): Scan {
  if (deps.plan.kind === 'nothing') return (function* () {})();
  return deps.plan.kind === 'scan' ? scanCollection(deps, deps.plan.backwards) : scanIndexes(deps, deps.plan.branches);
}

function* scanCollection(deps: ScanDeps, backwards: boolean): Scan {
  const { collection, slice, statistics, control } = deps;
  const matches = createMatcher(deps.match, deps.variables);
  const matchesAll = deps.match.kind === 'and' && deps.match.children.length === 0;
  let last = backwards ? Number.MAX_SAFE_INTEGER : 0;
  let chunk = collection.readAfter(last, backwards);
  if (control) {
    control.detach = () => {
      chunk = [];
    };
  }
  for (; chunk.length > 0; chunk = collection.readAfter(last, backwards)) {
    // A detached scan reads its next chunk anew, so that it does not show what was changed since.
    for (let index = 0; index < chunk.length; index += 1) {
      const { rid, bytes } = chunk[index] as StoredDocument;
      if (statistics) statistics.documentsExamined += 1;
      last = rid;
      const found = createFound(rid, bytes);
      if (matchesAll || matches(found.document)) yield found;
    }
    if (slice.isUsedUp()) yield null;
  }
}

function* scanIndexes(deps: ScanDeps, branches: readonly IndexBranch[]): Scan {
  const { file, statistics } = deps;
  const matches = createMatcher(deps.match, deps.variables);
  const isExact = branches.length === 1 && branches[0]?.exact === true;
  const writesBefore = file.writeCount();
  for (const stored of storedDocuments(deps, branches)) {
    if (stored === null) {
      yield null;
      continue;
    }
    if (statistics) statistics.documentsExamined += 1;
    const found = createFound(stored.rid, stored.bytes);
    // What the index said may no longer be so once anybody wrote.
    const isCertain = isExact && file.writeCount() === writesBefore;
    if (isCertain || matches(found.document)) yield found;
  }
}

function* storedDocuments(deps: ScanDeps, branches: readonly IndexBranch[]): Generator<StoredDocument | null, void> {
  const { collection, statistics } = deps;
  const [first] = branches;
  if (first && branches.length === 1 && isOneRow(first)) {
    checkPresent(first.index);
    const stored = collection.readWhere(first.sql, first.parameters);
    if (statistics) statistics.keysExamined += Number(stored !== null);
    if (stored) yield stored;
    return;
  }
  for (const rid of rowIds(deps, branches)) {
    if (rid === null) {
      yield null;
      continue;
    }
    if (statistics) statistics.keysExamined += 1;
    const bytes = collection.read(rid);
    if (bytes) yield { rid, bytes };
  }
}

const isOneRow = ({ isSingle, distinct }: IndexBranch): boolean => isSingle && distinct;

const CHUNK = 64;

/** Row ids from the indexes, read bit by bit; before a pause or a write the rest is read as a whole. */
export function* rowIds(
  deps: Pick<ScanDeps, 'file' | 'slice' | 'control' | 'willWrite'>,
  branches: readonly IndexBranch[],
): Generator<number | null, void> {
  const seen = branches.length > 1 || !branches[0]?.distinct ? new Set<number>() : null;
  for (const branch of branches) {
    checkPresent(branch.index);
    if (isOneRow(branch) && !seen) {
      const row = deps.file.row(branch.sql, ...branch.parameters);
      if (row) yield row[0] as number;
      continue;
    }
    const rows = deps.file.iterate(branch.sql, [...branch.parameters]);
    const list: number[] = [];
    let open = true;
    const read = (count: number) => {
      while (open && count > 0) {
        const next = rows.next();
        if (next.done) open = false;
        else list.push(next.value[0] as number);
        count -= 1;
      }
    };
    const readAll = () => read(Number.POSITIVE_INFINITY);
    if (deps.control) deps.control.detach = readAll;
    try {
      read(deps.willWrite ? Number.POSITIVE_INFINITY : CHUNK);
      for (let index = 0; index < list.length; index += 1) {
        const rid = list[index] as number;
        if (!seen?.has(rid)) {
          seen?.add(rid);
          yield rid;
        }
        if (index % CHUNK === CHUNK - 1 && deps.slice.isUsedUp()) {
          readAll();
          yield null;
        }
        if (index === list.length - 1) read(CHUNK);
      }
    } finally {
      rows.return();
    }
  }
}

export type Entry = { readonly rid: number; readonly keys: readonly Value[] };

/** Reads everything, sorts, and gives the row ids in order; `limit` 0 keeps all. */
export function* sortScan(scan: Scan, sort: readonly SortField[], limit: number): Generator<null, Entry[]> {
  let entries: Entry[] = [];
  const order = (left: Entry, right: Entry) => compareKeys(left.keys, right.keys, sort);
  for (const found of scan) {
    if (found === null) {
      yield null;
      continue;
    }
    entries.push({ rid: found.rid, keys: sortKeys(found.document, sort) });
    if (limit > 0 && entries.length >= limit * 2 + 1000) entries = entries.sort(order).slice(0, limit);
  }
  entries.sort(order);
  return limit > 0 ? entries.slice(0, limit) : entries;
}
