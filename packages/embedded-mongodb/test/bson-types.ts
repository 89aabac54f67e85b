/** A value of every BSON type that a driver can send, for checks of which types an argument takes. */
import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';

export const VALUES: Readonly<Record<string, unknown>> = {
  double: new Double(1),
  string: 'x',
  object: { a: 1 },
  array: [1],
  binData: new Binary(Buffer.from('x')),
  objectId: new ObjectId('000000000000000000000001'),
  bool: true,
  date: new Date(0),
  null: null,
  regex: new BSONRegExp('x', ''),
  javascript: new Code('x'),
  javascriptWithScope: new Code('x', { a: 1 }),
  int: new Int32(1),
  timestamp: new Timestamp({ t: 1, i: 1 }),
  long: Long.fromInt(1),
  decimal: Decimal128.fromString('1'),
  minKey: new MinKey(),
  maxKey: new MaxKey(),
};

export const NUMBERS = ['int', 'long', 'double', 'decimal'];
export const BOOLEANS = ['bool', ...NUMBERS];

/** The command once with each type in `field` that is not among `accepted`. */
export function withWrongTypes(command: Document, field: string, accepted: readonly string[]): Document[] {
  return Object.entries(VALUES)
    .filter(([type]) => !accepted.includes(type))
    .map(([, value]) => ({ ...command, [field]: value }));
}
