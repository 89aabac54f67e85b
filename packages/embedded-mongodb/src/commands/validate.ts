/** `validate`: reads every document of a collection and compares each index with what the documents say. */
import { CodecError, decodeDocument } from '../codec/decode.ts';
import { type Document, doc, int, type Value } from '../codec/values.ts';
import { indexEntries } from '../indexes/keys.ts';
import { isTruthy } from '../query/expressions/expression.ts';
import { CommandError } from '../server/errors.ts';
import type { Collection, Index } from '../storage/collection.ts';
import { checkArguments } from './arguments.ts';
import type { CommandContext, Running } from './context.ts';
import { checkCollectionName } from './names.ts';

/** `missing` are entries of documents that the index lacks, `expected` is how many it should have. */
type Findings = { readonly index: Index; expected: number; missing: number };

export function* validate(context: CommandContext): Running {
  const { command, database, server } = context;
  checkArguments(command, 'validate', {
    validate: 'collection',
    full: 'any',
    background: 'any',
    repair: 'any',
    metadata: 'any',
    enforceFastCount: 'any',
    checkBSONConformance: 'any',
    fixMultikey: 'any',
  });
  const name = checkCollectionName(database, command.get('validate'));
  checkCombination(command);
  const collection = server.catalog.find(database, name);
  if (!collection) {
    throw new CommandError(26, `Collection '${database}.${name}' does not exist to validate.`);
  }
  if (isTruthy(command.get('metadata'))) return metadataReply(collection);
  const findings = collection.indexes.map((index): Findings => ({ index, expected: 0, missing: 0 }));
  const writesBefore = server.file.writeCount();
  let invalid = 0;
  let last = 0;
  for (let chunk = collection.readAfter(last); chunk.length > 0; chunk = collection.readAfter(last)) {
    for (const { rid, bytes } of chunk) {
      last = rid;
      const document = decoded(bytes);
      if (document) compare(collection, findings, document, rid);
      else invalid += 1;
    }
    if (server.slice.isUsedUp()) yield null;
  }
  return reply(collection, findings, { invalid, isUnchanged: server.file.writeCount() === writesBefore });
}

/** What each option cannot be given together with. */
const INCOMPATIBLE: Readonly<Record<string, readonly string[]>> = {
  metadata: ['full', 'repair', 'enforceFastCount', 'checkBSONConformance', 'background'],
  background: ['full', 'repair', 'enforceFastCount'],
  checkBSONConformance: ['repair'],
};

function checkCombination(command: Document): void {
  const isOn = (option: string) => isTruthy(command.get(option));
  for (const [option, others] of Object.entries(INCOMPATIBLE)) {
    const other = isOn(option) && others.find(isOn);
    if (!other) continue;
    throw new CommandError(
      72,
      `Running the validate command with both { ${option}: true } and { ${other}: true } is not supported.`,
    );
  }
  if (isOn('background')) {
    throw new CommandError(
      115,
      'Running validate command with { background: true } is not supported in standalone mode',
    );
  }
  if (isOn('repair')) throw new CommandError(238, "validate: 'repair' is not supported");
}

function decoded(bytes: Buffer): Document | null {
  try {
    return decodeDocument(bytes);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return null;
  }
}

function compare(collection: Collection, findings: readonly Findings[], document: Document, rid: number): void {
  for (const finding of findings) {
    const entries = indexEntries(finding.index.definition, document);
    finding.expected += entries.tuples.length;
    finding.missing += collection.missingEntries(finding.index, entries, rid);
  }
}

type Reading = { readonly invalid: number; readonly isUnchanged: boolean };

function reply(collection: Collection, findings: readonly Findings[], { invalid, isUnchanged }: Reading): Document {
  const errors: string[] = [];
  const warnings: string[] = [];
  if (invalid > 0) errors.push(`${invalid} documents cannot be read`);
  if (!isUnchanged) warnings.push('Others wrote meanwhile, so entries of no document were not looked for.');
  const keys: [string, Value][] = [];
  const details: [string, Value][] = [];
  for (const { index, expected, missing } of findings) {
    const { name } = index.definition;
    const found = collection.countEntries(index);
    const extra = isUnchanged ? found - (expected - missing) : 0;
    if (missing > 0) errors.push(`Index ${name} lacks ${missing} entries`);
    if (extra > 0) errors.push(`Index ${name} has ${extra} entries of no document`);
    keys.push([name, int(found)]);
    details.push([name, doc({ valid: missing === 0 && extra === 0, spec: index.definition.specification })]);
  }
  return doc({
    ns: collection.namespace,
    uuid: { kind: 'binData', subtype: 4, bytes: collection.uuid },
    nInvalidDocuments: int(invalid),
    nNonCompliantDocuments: int(0),
    nrecords: int(collection.count()),
    nIndexes: int(collection.indexes.length),
    keysPerIndex: new Map(keys),
    indexDetails: new Map(details),
    ...verdict(errors, warnings),
  });
}

/** `metadata: true` looks at what is known of the indexes, and counts nothing. */
function metadataReply(collection: Collection): Document {
  const details = collection.indexes.map(({ definition }): [string, Value] => [
    definition.name,
    doc({ valid: true, spec: definition.specification }),
  ]);
  return doc({
    ns: collection.namespace,
    uuid: { kind: 'binData', subtype: 4, bytes: collection.uuid },
    nIndexes: int(collection.indexes.length),
    keysPerIndex: doc({}),
    indexDetails: new Map(details),
    ...verdict([], []),
  });
}

function verdict(errors: string[], warnings: string[]): Record<string, Value> {
  return {
    valid: errors.length === 0,
    repaired: false,
    repairMode: 'None',
    warnings,
    errors,
    extraIndexEntries: [],
    missingIndexEntries: [],
    corruptRecords: [],
  };
}
