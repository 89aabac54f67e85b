/** Argument checks that all commands share: unknown fields (40415), wrong types (14), missing ones (40414). */
import { toDouble, toInt64 } from '../codec/numbers.ts';
import { type Document, isNumber, type TypeName, typeName, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';

/** Fields that drivers add to any command. */
const GENERIC = new Set([
  '$db',
  '$readPreference',
  '$clusterTime',
  '$audit',
  '$client',
  '$comment',
  'lsid',
  'txnNumber',
  'autocommit',
  'startTransaction',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'comment',
  'maxTimeMS',
  'readConcern',
  'writeConcern',
  'maxTimeMSOpOnly',
  'help',
]);

export type Kind = 'string' | 'object' | 'array' | 'bool' | 'number' | 'any' | 'hint' | 'collection' | 'update';

/** The fields of a command and what they must be. */
export type Schema = Readonly<Record<string, Kind>>;

const EXPECTED: Record<Exclude<Kind, 'any'>, TypeName[]> = {
  string: ['string'],
  collection: ['string'],
  object: ['object'],
  array: ['array'],
  bool: ['bool', 'long', 'int', 'decimal', 'double'],
  number: ['long', 'int', 'decimal', 'double'],
  hint: ['string', 'object'],
  update: ['object', 'array'],
};

/** Of other kinds null means that the field was left out. */
const NULL_IS_A_VALUE: ReadonlySet<Kind> = new Set(['collection', 'hint', 'update']);

export function checkArguments(command: Document, name: string, schema: Schema, isTopLevel = true): void {
  for (const [field, value] of command) {
    const kind = schema[field];
    if (kind === undefined) {
      if (isTopLevel && GENERIC.has(field)) continue;
      throw new CommandError(40415, `BSON field '${name}.${field}' is an unknown field.`);
    }
    checkType(value, kind, `${name}.${field}`);
  }
}

export function checkType(value: Value, kind: Kind, field: string): void {
  if (kind === 'any') return;
  if (value === null && !NULL_IS_A_VALUE.has(kind)) return;
  const type = typeName(value);
  const expected = EXPECTED[kind];
  if (expected.includes(type)) return;
  if (kind === 'collection') {
    // A UUID names one too, where a collection is read.
    if (type === 'binData') return;
    throw new CommandError(73, `collection name has invalid type ${type}`);
  }
  if (kind === 'hint') throw new CommandError(9, 'Hint must be a string or an object');
  if (kind === 'update') throw new CommandError(9, 'Update argument must be either an object or an array');
  // The misplaced quote is MongoDB's.
  const what = expected.length === 1 ? `type '${expected[0]}'` : `types '[${expected.join(', ')}']`;
  throw new CommandError(14, `BSON field '${field}' is the wrong type '${type}', expected ${what}`);
}

export function required(command: Document, field: string, name: string): Value {
  const value = command.get(field) ?? null;
  if (value === null) throw new CommandError(40414, `BSON field '${name}.${field}' is missing but a required field`);
  return value;
}

export function optionalDocument(command: Document, field: string): Document {
  return (command.get(field) as Document | undefined | null) ?? new Map();
}

export function optionalBoolean(command: Document, field: string, otherwise = false): boolean {
  const value = command.get(field);
  if (value === undefined || value === null) return otherwise;
  return isNumber(value) ? toDouble(value) !== 0 : value === true;
}

/** The `cursor` of a command that answers with one. @throws CommandError 40415 for anything in it but the size of a batch. */
export function optionalBatchSize(command: Document, name: string): number | undefined {
  const cursor = optionalDocument(command, 'cursor');
  checkArguments(cursor, `${name}.cursor`, { batchSize: 'number' }, false);
  return optionalInteger(cursor, 'batchSize', 0);
}

/** Whole numbers at least `least`; a fraction is cut off as MongoDB does. */
export function optionalInteger(command: Document, field: string, least: number): number | undefined {
  const value = command.get(field);
  if (value === undefined || value === null) return undefined;
  const integer = isNumber(value) ? toInt64(value) : null;
  if (integer === null) throw new CommandError(2, `BSON field '${field}' value must be a whole number`);
  if (integer < BigInt(least)) {
    throw new CommandError(51024, `BSON field '${field}' value must be >= ${least}, actual value '${integer}'`);
  }
  return Number(integer > 2n ** 53n ? 2n ** 53n : integer);
}
