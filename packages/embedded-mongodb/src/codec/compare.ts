/** BSON comparison order (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/). */
import { compareNumbers } from './numbers.ts';
import { type Document, isNumber, type NumberValue, type Tagged, UNDEFINED, type Value } from './values.ts';

/** Types of one class compare by value, others by this number. */
export function typeClass(value: Value): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 10;
    case 'string':
      return 15;
    case 'boolean':
      return 40;
    default:
      if (value === null) return 5;
      if (value instanceof Map) return 20;
      if (Array.isArray(value)) return 25;
      return TAGGED_CLASS[value.kind];
  }
}

const TAGGED_CLASS: Record<Tagged['kind'], number> = {
  minKey: -1,
  undefined: 0,
  int: 10,
  decimal: 10,
  symbol: 15,
  binData: 30,
  objectId: 35,
  date: 45,
  timestamp: 47,
  regex: 50,
  dbPointer: 55,
  javascript: 60,
  javascriptWithScope: 65,
  maxKey: 127,
};

export function compareValues(left: Value, right: Value): number {
  if (left === right) return 0;
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  const leftClass = typeClass(left);
  const rightClass = typeClass(right);
  if (leftClass !== rightClass) return leftClass < rightClass ? -1 : 1;
  switch (leftClass) {
    case 10:
      return compareNumbers(left as NumberValue, right as NumberValue);
    case 15:
      return compareStrings(stringOf(left), stringOf(right));
    case 20:
      return compareDocuments(left as Document, right as Document);
    case 25:
      return compareArrays(left as Value[], right as Value[]);
    case 40:
      return Number(left) - Number(right);
    default:
      return compareTagged(left as Tagged, right as Tagged);
  }
}

/** With a missing side, which sorts where the deprecated undefined does: below null, above MinKey. */
export function compareOptional(left: Value | undefined, right: Value | undefined): number {
  return compareValues(left === undefined ? UNDEFINED : left, right === undefined ? UNDEFINED : right);
}

function stringOf(value: Value): string {
  return typeof value === 'string' ? value : (value as { value: string }).value;
}

/** By UTF-8 bytes. JavaScript compares UTF-16 units, which differs only where a surrogate meets U+E000..U+FFFF. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return fixSurrogate(a) < fixSurrogate(b) ? -1 : 1;
  }
  return left.length < right.length ? -1 : 1;
}

function fixSurrogate(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x10000;
}

function compareDocuments(left: Document, right: Document): number {
  const others = right.entries();
  for (const [name, value] of left) {
    const next = others.next();
    if (next.done) return 1;
    const [otherName, other] = next.value;
    const classes = typeClass(value) - typeClass(other);
    if (classes !== 0) return Math.sign(classes);
    if (name !== otherName) return compareStrings(name, otherName);
    const order = compareValues(value, other);
    if (order !== 0) return order;
  }
  return others.next().done ? 0 : -1;
}

function compareArrays(left: Value[], right: Value[]): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const order = compareValues(left[index] as Value, right[index] as Value);
    if (order !== 0) return order;
  }
  return Math.sign(left.length - right.length);
}

function compareTagged(left: Tagged, right: Tagged): number {
  switch (left.kind) {
    case 'objectId':
      return order(left.hex, (right as typeof left).hex);
    case 'date': {
      const other = right as typeof left;
      return order<number | bigint>(left.exact ?? left.ms, other.exact ?? other.ms);
    }
    case 'timestamp':
      return order(left.value, (right as typeof left).value);
    case 'binData': {
      const other = right as typeof left;
      if (left.bytes.length !== other.bytes.length) return left.bytes.length - other.bytes.length < 0 ? -1 : 1;
      return order(left.subtype, other.subtype) || Buffer.compare(left.bytes, other.bytes);
    }
    case 'regex': {
      const other = right as typeof left;
      return compareStrings(left.pattern, other.pattern) || compareStrings(left.options, other.options);
    }
    case 'javascript':
      return compareStrings(left.code, (right as typeof left).code);
    case 'javascriptWithScope': {
      const other = right as typeof left;
      return compareStrings(left.code, other.code) || compareDocuments(left.scope, other.scope);
    }
    case 'dbPointer': {
      const other = right as typeof left;
      return compareStrings(left.namespace, other.namespace) || order(left.hex, other.hex);
    }
    default:
      return 0;
  }
}

function order<T extends string | number | bigint>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function equalValues(left: Value, right: Value): boolean {
  return compareValues(left, right) === 0;
}

/** Same type and same value: 1 and 1.0 differ. What decides whether an update changed anything. */
export function identicalValues(left: Value | undefined, right: Value | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((value, index) => identicalValues(value, right[index]));
  }
  if (left instanceof Map) {
    if (!(right instanceof Map) || left.size !== right.size) return false;
    const others = right.entries();
    for (const [name, value] of left) {
      const [otherName, other] = others.next().value as [string, Value];
      if (name !== otherName || !identicalValues(value, other)) return false;
    }
    return true;
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return typeof left === 'number' && Object.is(left, right);
  }
  if (Array.isArray(right) || right instanceof Map || left.kind !== right.kind) return false;
  if (left.kind === 'decimal') return Buffer.compare(left.bytes, (right as typeof left).bytes) === 0;
  return isNumber(left) ? compareNumbers(left, right as NumberValue) === 0 : compareTagged(left, right) === 0;
}
