/**
 * Order-preserving keys: comparing two keys byte by byte gives BSON order, equal keys mean equal values.
 *
 * Every encoding ends itself, so keys can be nested (documents, arrays) without one running into the next. Numbers of
 * all four types share one form: the double at or below the magnitude, then what is left over as decimal digits, so
 * that 1, 1.0 and 1.00 are one key while 2^53 and 2^53+1 are two.
 */
import { addParts, decimalParts, type Parts, partsOfDouble, partsOfInteger } from './decimal.ts';
import type { DateTime, Document, NumberValue, Tagged, Value } from './values.ts';

const TYPE = {
  minKey: 1,
  undefined: 5,
  null: 10,
  number: 20,
  string: 30,
  object: 40,
  array: 50,
  binData: 60,
  objectId: 70,
  bool: 80,
  date: 90,
  timestamp: 95,
  regex: 100,
  dbPointer: 110,
  javascript: 120,
  javascriptWithScope: 130,
  maxKey: 255,
} as const;

let buffer = Buffer.allocUnsafe(1024);
let length = 0;

/** The key of a value; `undefined` (missing) is the caller's to turn into null. */
export function encodeKey(value: Value): Buffer {
  length = 0;
  writeKey(value);
  return Buffer.from(buffer.subarray(0, length));
}

/** A string that is equal for equal values: what sets and groups are keyed by. */
export function keyString(value: Value): string {
  length = 0;
  writeKey(value);
  return buffer.toString('latin1', 0, length);
}

/** The first key of a value's type class and the first key above it, for ranges that stay within one type. */
export function keyBracket(value: Value): [Buffer, Buffer] {
  const type = encodeKey(value)[0] as number;
  return [Buffer.from([type]), Buffer.from([type + 1])];
}

function reserve(count: number): void {
  if (length + count <= buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, length + count));
  buffer.copy(larger, 0, 0, length);
  buffer = larger;
}

function writeByte(byte: number): void {
  reserve(1);
  buffer[length] = byte;
  length += 1;
}

function writeKey(value: Value): void {
  switch (typeof value) {
    case 'string':
      writeByte(TYPE.string);
      writeText(value);
      return;
    case 'number':
    case 'bigint':
      writeNumber(value);
      return;
    case 'boolean':
      writeByte(TYPE.bool);
      writeByte(value ? 1 : 0);
      return;
    default:
      if (value === null) writeByte(TYPE.null);
      else if (value instanceof Map) {
        writeByte(TYPE.object);
        writeDocument(value);
      } else if (Array.isArray(value)) {
        writeByte(TYPE.array);
        for (const element of value) writeKey(element);
        writeByte(0);
      } else writeTagged(value);
  }
}

/** Field order in a document: type class, then name, then value; its end sorts below any field. */
function writeDocument(document: Document): void {
  for (const [name, value] of document) {
    const start = length;
    writeKey(value);
    const encoded = Buffer.from(buffer.subarray(start, length));
    length = start;
    writeByte(encoded[0] as number);
    writeText(name);
    reserve(encoded.length);
    encoded.copy(buffer, length, 1);
    length += encoded.length - 1;
  }
  writeByte(0);
}

/** UTF-8 with zero bytes escaped (00 FF) and 00 00 as the end. */
function writeText(text: string): void {
  reserve(text.length * 3 + 2);
  const end = length + buffer.write(text, length, 'utf8');
  if (text.includes('\0')) {
    const escaped = Buffer.from(buffer.toString('latin1', length, end).replaceAll('\0', '\0\xff'), 'latin1');
    reserve(escaped.length + 2);
    escaped.copy(buffer, length);
    length += escaped.length;
  } else length = end;
  writeByte(0);
  writeByte(0);
}

function writeTagged(value: Tagged): void {
  switch (value.kind) {
    case 'int':
    case 'decimal':
      writeNumber(value);
      return;
    case 'symbol':
      writeByte(TYPE.string);
      writeText(value.value);
      return;
    case 'objectId':
      writeByte(TYPE.objectId);
      reserve(12);
      length += buffer.write(value.hex, length, 'hex');
      return;
    case 'date':
      writeByte(TYPE.date);
      writeDate(value);
      return;
    case 'timestamp':
      writeByte(TYPE.timestamp);
      reserve(8);
      length = buffer.writeBigUInt64BE(value.value, length);
      return;
    case 'binData':
      writeByte(TYPE.binData);
      reserve(value.bytes.length + 5);
      length = buffer.writeUInt32BE(value.bytes.length, length);
      writeByte(value.subtype);
      length += value.bytes.copy(buffer, length);
      return;
    case 'regex':
      writeByte(TYPE.regex);
      writeText(value.pattern);
      writeText(value.options);
      return;
    case 'dbPointer':
      writeByte(TYPE.dbPointer);
      writeText(value.namespace);
      writeText(value.hex);
      return;
    case 'javascript':
      writeByte(TYPE.javascript);
      writeText(value.code);
      return;
    case 'javascriptWithScope':
      writeByte(TYPE.javascriptWithScope);
      writeText(value.code);
      writeDocument(value.scope);
      return;
    default:
      writeByte(TYPE[value.kind]);
  }
}

/** As a 64-bit integer with its sign bit turned, so that what is before 1970 sorts first. */
function writeDate({ ms, exact }: DateTime): void {
  reserve(8);
  if (Number.isSafeInteger(ms)) {
    const high = Math.floor(ms / 2 ** 32);
    length = buffer.writeUInt32BE(high + 2 ** 31, length);
    length = buffer.writeUInt32BE(ms - high * 2 ** 32, length);
  } else length = buffer.writeBigUInt64BE(BigInt.asUintN(64, exact ?? BigInt(ms)) ^ (1n << 63n), length);
}

/** 0 NaN, 1 negative (all following bytes inverted), 2 zero, 3 positive. */
function writeNumber(value: NumberValue): void {
  writeByte(TYPE.number);
  const plain = typeof value === 'object' && value.kind === 'int' ? value.value : value;
  if (typeof plain === 'number') {
    if (Number.isNaN(plain)) writeByte(0);
    else if (plain === 0) writeByte(2);
    else writeMagnitude(plain < 0, Math.abs(plain), null);
    return;
  }
  const parts = typeof plain === 'bigint' ? partsOfInteger(plain) : decimalParts(plain);
  if (parts.special === 'nan') writeByte(0);
  else if (parts.special) writeMagnitude(parts.negative, Number.POSITIVE_INFINITY, null);
  else if (parts.coefficient === 0n) writeByte(2);
  else writeExact(parts);
}

function writeExact(parts: Extract<Parts, { special?: undefined }>): void {
  const magnitude = { ...parts, negative: false };
  let floor = Math.min(Number(`${parts.coefficient}e${parts.exponent}`), Number.MAX_VALUE);
  let rest = difference(magnitude, floor);
  if (rest.negative) {
    floor = below(floor);
    rest = difference(magnitude, floor);
  }
  writeMagnitude(parts.negative, floor, rest.coefficient === 0n ? null : rest);
}

function difference(magnitude: Parts, floor: number): Extract<Parts, { special?: undefined }> {
  const result = addParts(magnitude, { ...partsOfDouble(floor), negative: true });
  if (result.special) throw new Error('the rest of a finite number is finite');
  return result;
}

const DOUBLE = new DataView(new ArrayBuffer(8));

/** The next double below a positive one. */
function below(value: number): number {
  DOUBLE.setFloat64(0, value);
  DOUBLE.setBigUint64(0, DOUBLE.getBigUint64(0) - 1n);
  return DOUBLE.getFloat64(0);
}

function writeMagnitude(negative: boolean, floor: number, rest: Extract<Parts, { special?: undefined }> | null): void {
  writeByte(negative ? 1 : 3);
  const start = length;
  reserve(8);
  length = buffer.writeDoubleBE(floor, length);
  if (rest === null) writeByte(0);
  else {
    const digits = rest.coefficient.toString().replace(/0+$/, '');
    const trimmed = rest.coefficient.toString().length + rest.exponent;
    writeByte(1);
    reserve(digits.length + 3);
    length = buffer.writeUInt16BE(trimmed + 8192, length);
    for (const digit of digits) writeByte(digit.charCodeAt(0) - 46);
    writeByte(0);
  }
  if (negative) for (let index = start; index < length; index += 1) buffer[index] = 255 - (buffer[index] as number);
}
