/** BSON bytes to values. Every length is checked: foreign bytes end in a CodecError, never in a read out of bounds. */
import { type Document, date, int, MAX_KEY, MIN_KEY, UNDEFINED, type Value } from './values.ts';

/** Bytes that are no BSON document, or one nested too deeply. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}

/** MongoDB's own limit for stored documents is 100; commands wrap them a few levels deeper. */
const MAX_DEPTH = 180;

/** Names repeat in every document of a collection: a small table saves building the same string again. */
const NAME_CACHE: (string | undefined)[] = new Array(4096);

/** Decodes the document at `offset`; the bytes of `buffer` are not kept. */
export function decodeDocument(buffer: Buffer, offset = 0): Document {
  return readDocument(buffer, offset, buffer.length, 0);
}

export function documentLength(buffer: Buffer, offset: number): number {
  if (offset + 5 > buffer.length) throw new CodecError('a document starts beyond the end of its message');
  const size = buffer.readInt32LE(offset);
  if (size < 5 || offset + size > buffer.length) throw new CodecError(`a document of ${size} bytes does not fit`);
  return size;
}

function documentEnd(buffer: Buffer, offset: number, limit: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new CodecError(`documents nested deeper than ${MAX_DEPTH} levels`);
  if (offset + 5 > limit) throw new CodecError('a document is cut off');
  const size = buffer.readInt32LE(offset);
  const end = offset + size - 1;
  if (size < 5 || end >= limit) throw new CodecError(`a document of ${size} bytes does not fit`);
  if (buffer[end] !== 0) throw new CodecError('a document does not end in a zero byte');
  return end;
}

function readDocument(buffer: Buffer, start: number, limit: number, depth: number): Document {
  const end = documentEnd(buffer, start, limit, depth);
  const result: Document = new Map();
  let offset = start + 4;
  while (offset < end) {
    const type = buffer[offset] as number;
    const name = readName(buffer, offset + 1, end);
    result.set(name, readValue(buffer, type, nameEnd + 1, end, depth));
    offset = valueEnd;
  }
  return result;
}

function readArray(buffer: Buffer, start: number, limit: number, depth: number): Value[] {
  const end = documentEnd(buffer, start, limit, depth);
  const result: Value[] = [];
  let offset = start + 4;
  while (offset < end) {
    const type = buffer[offset] as number;
    offset = findZero(buffer, offset + 1, end) + 1;
    result.push(readValue(buffer, type, offset, end, depth));
    offset = valueEnd;
  }
  return result;
}

function findZero(buffer: Buffer, start: number, end: number): number {
  let offset = start;
  while (offset < end && buffer[offset] !== 0) offset += 1;
  if (offset >= end) throw new CodecError('a name does not end');
  return offset;
}

/** Where the zero after the name that was read last lies: the second result of `readName`. */
let nameEnd = 0;

function readName(buffer: Buffer, start: number, limit: number): string {
  let offset = start;
  let hash = 0;
  while (offset < limit && buffer[offset] !== 0) {
    hash = (hash * 31 + (buffer[offset] as number)) | 0;
    offset += 1;
  }
  if (offset >= limit) throw new CodecError('a name does not end');
  nameEnd = offset;
  const size = offset - start;
  const slot = (hash + size) & 4095;
  const cached = NAME_CACHE[slot];
  if (cached !== undefined && cached.length === size) {
    let index = 0;
    while (index < size && cached.charCodeAt(index) === buffer[start + index]) index += 1;
    if (index === size) return cached;
  }
  const name = buffer.toString('utf8', start, offset);
  if (name.length === size && size <= 32) NAME_CACHE[slot] = name;
  return name;
}

/** Where the value that was read last ends: the second result of `readValue`, without an object for each value. */
let valueEnd = 0;

function readValue(buffer: Buffer, type: number, offset: number, end: number, depth: number): Value {
  const next = offset + sizeOf(buffer, type, offset, end);
  if (next > end) throw new CodecError('a value does not fit into its document');
  const value = convert(buffer, type, offset, end, depth);
  valueEnd = next;
  return value;
}

function sizeOf(buffer: Buffer, type: number, offset: number, end: number): number {
  switch (type) {
    case 0x01:
    case 0x09:
    case 0x11:
    case 0x12:
      return 8;
    case 0x02:
    case 0x0d:
    case 0x0e:
      return 4 + readLength(buffer, offset, end, 1);
    case 0x03:
    case 0x04:
      return readLength(buffer, offset, end, 5);
    case 0x0f:
      return readLength(buffer, offset, end, 14);
    case 0x05:
      return 5 + readLength(buffer, offset, end, 0);
    case 0x06:
    case 0x0a:
    case 0x7f:
    case 0xff:
      return 0;
    case 0x07:
      return 12;
    case 0x08:
      return 1;
    case 0x0b: {
      const middle = findZero(buffer, offset, end);
      return findZero(buffer, middle + 1, end) + 1 - offset;
    }
    case 0x0c:
      return 4 + readLength(buffer, offset, end, 1) + 12;
    case 0x10:
      return 4;
    case 0x13:
      return 16;
    default:
      throw new CodecError(`0x${type.toString(16)} is no BSON type`);
  }
}

function readLength(buffer: Buffer, offset: number, end: number, least: number): number {
  if (offset + 4 > end) throw new CodecError('a length is cut off');
  const size = buffer.readInt32LE(offset);
  if (size < least || size > end - offset) throw new CodecError(`a length of ${size} does not fit`);
  return size;
}

function readText(buffer: Buffer, offset: number, end: number): string {
  const size = readLength(buffer, offset, end, 1);
  const last = offset + 4 + size - 1;
  if (last >= end || buffer[last] !== 0) throw new CodecError('a string does not end in a zero byte');
  return size > 24 ? buffer.toString('utf8', offset + 4, last) : shortText(buffer, offset + 4, last);
}

function shortText(buffer: Buffer, start: number, end: number): string {
  let result = '';
  for (let index = start; index < end; index += 1) {
    const byte = buffer[index] as number;
    if (byte > 127) return buffer.toString('utf8', start, end);
    result += String.fromCharCode(byte);
  }
  return result;
}

/** The value whose bytes lie before `end`. */
function convert(buffer: Buffer, type: number, offset: number, end: number, depth: number): Value {
  switch (type) {
    case 0x01:
      return buffer.readDoubleLE(offset);
    case 0x02:
      return readText(buffer, offset, end);
    case 0x03:
      return readDocument(buffer, offset, end, depth + 1);
    case 0x04:
      return readArray(buffer, offset, end, depth + 1);
    case 0x05:
      return readBinary(buffer, offset);
    case 0x06:
      return UNDEFINED;
    case 0x07:
      return { kind: 'objectId', hex: buffer.toString('hex', offset, offset + 12) };
    case 0x08:
      return buffer[offset] !== 0;
    case 0x09:
      return readDate(buffer, offset);
    case 0x0a:
      return null;
    case 0x0b: {
      const middle = findZero(buffer, offset, end);
      const last = findZero(buffer, middle + 1, end);
      return {
        kind: 'regex',
        pattern: buffer.toString('utf8', offset, middle),
        options: buffer.toString('utf8', middle + 1, last),
      };
    }
    case 0x0c: {
      const namespace = readText(buffer, offset, end);
      const id = offset + 4 + buffer.readInt32LE(offset);
      return { kind: 'dbPointer', namespace, hex: buffer.toString('hex', id, id + 12) };
    }
    case 0x0d:
      return { kind: 'javascript', code: readText(buffer, offset, end) };
    case 0x0e:
      return { kind: 'symbol', value: readText(buffer, offset, end) };
    case 0x0f: {
      const inner = offset + buffer.readInt32LE(offset);
      const code = readText(buffer, offset + 4, inner);
      const scopeOffset = offset + 8 + buffer.readInt32LE(offset + 4);
      return { kind: 'javascriptWithScope', code, scope: readDocument(buffer, scopeOffset, inner, depth + 1) };
    }
    case 0x10:
      return int(buffer.readInt32LE(offset));
    case 0x11:
      return { kind: 'timestamp', value: buffer.readBigUInt64LE(offset) };
    case 0x12:
      return buffer.readBigInt64LE(offset);
    case 0x13:
      return { kind: 'decimal', bytes: Uint8Array.from(buffer.subarray(offset, offset + 16)) };
    case 0x7f:
      return MAX_KEY;
    default:
      return MIN_KEY;
  }
}

/** Without a bigint on the way, except for what needs one. */
function readDate(buffer: Buffer, offset: number): Value {
  const ms = buffer.readInt32LE(offset + 4) * 2 ** 32 + buffer.readUInt32LE(offset);
  return Number.isSafeInteger(ms) ? date(ms) : { kind: 'date', ms, exact: buffer.readBigInt64LE(offset) };
}

function readBinary(buffer: Buffer, offset: number): Value {
  const size = buffer.readInt32LE(offset);
  const subtype = buffer[offset + 4] as number;
  return { kind: 'binData', subtype, bytes: Buffer.from(buffer.subarray(offset + 5, offset + 5 + size)) };
}
