/**
 * The value model: every BSON type as one TypeScript type, so that 1, 1.0 and NumberLong(1) stay three different things.
 *
 * A double is a JavaScript number, a 64-bit integer a bigint, a document a Map (any key, order kept), an array an array.
 * Everything else carries its `kind`. A missing field is `undefined` and never a Value.
 */
export type Document = Map<string, Value>;

export type Int32 = { readonly kind: 'int'; readonly value: number };
export type Decimal = { readonly kind: 'decimal'; readonly bytes: Uint8Array };
/** `hex`: 24 lower-case digits; their order is the order of the bytes. */
export type ObjectId = { readonly kind: 'objectId'; readonly hex: string };
/** Milliseconds since 1970, negative before; `exact` too where a double does not hold them, 285,000 years away. */
export type DateTime = { readonly kind: 'date'; readonly ms: number; readonly exact?: bigint };
export type Binary = { readonly kind: 'binData'; readonly subtype: number; readonly bytes: Buffer };
export type Regex = { readonly kind: 'regex'; readonly pattern: string; readonly options: string };
export type Timestamp = { readonly kind: 'timestamp'; readonly value: bigint };
export type Code = { readonly kind: 'javascript'; readonly code: string };
export type CodeWithScope = { readonly kind: 'javascriptWithScope'; readonly code: string; readonly scope: Document };
export type SymbolValue = { readonly kind: 'symbol'; readonly value: string };
export type DbPointer = { readonly kind: 'dbPointer'; readonly namespace: string; readonly hex: string };
export type Marker = { readonly kind: 'minKey' | 'maxKey' | 'undefined' };

export type Tagged =
  | Int32
  | Decimal
  | ObjectId
  | DateTime
  | Binary
  | Regex
  | Timestamp
  | Code
  | CodeWithScope
  | SymbolValue
  | DbPointer
  | Marker;

export type Value = null | boolean | string | number | bigint | Tagged | Document | Value[];
export type NumberValue = number | bigint | Int32 | Decimal;

export const MIN_KEY: Marker = { kind: 'minKey' };
export const MAX_KEY: Marker = { kind: 'maxKey' };
export const UNDEFINED: Marker = { kind: 'undefined' };

const SMALL_INTEGERS: Int32[] = Array.from({ length: 1280 }, (_, index) => ({ kind: 'int', value: index - 256 }));

export function int(value: number): Int32 {
  return SMALL_INTEGERS[value + 256] ?? { kind: 'int', value };
}

export function date(ms: number): DateTime {
  return { kind: 'date', ms };
}

/** A document from a literal; fields that are `undefined` are left out. */
export function doc(fields: Record<string, Value | undefined>): Document {
  const result: Document = new Map();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) result.set(name, value);
  return result;
}

export function isDocument(value: Value | undefined): value is Document {
  return value instanceof Map;
}

export function isTagged(value: Value | undefined): value is Tagged {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

export function isNumber(value: Value | undefined): value is NumberValue {
  if (typeof value === 'number' || typeof value === 'bigint') return true;
  return isTagged(value) && (value.kind === 'int' || value.kind === 'decimal');
}

export function isKind<K extends Tagged['kind']>(
  value: Value | undefined,
  kind: K,
): value is Extract<Tagged, { kind: K }> {
  return isTagged(value) && value.kind === kind;
}

/** null, the deprecated undefined, or no field at all. */
export function isNullish(value: Value | undefined): boolean {
  return value === undefined || value === null || value === UNDEFINED;
}

/** Type numbers and names of https://www.mongodb.com/docs/manual/reference/bson-types/. */
export const TYPE_NUMBERS = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
} as const;

export type TypeName = keyof typeof TYPE_NUMBERS;

export function typeName(value: Value): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'double';
    case 'bigint':
      return 'long';
    case 'boolean':
      return 'bool';
    default:
      if (value === null) return 'null';
      if (value instanceof Map) return 'object';
      if (Array.isArray(value)) return 'array';
      return value.kind;
  }
}

export function typeNumber(value: Value): number {
  return TYPE_NUMBERS[typeName(value)];
}
