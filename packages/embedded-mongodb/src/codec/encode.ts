/** Values to BSON bytes. Stored documents go into replies as they are (`rawDocuments`), without being decoded. */
import { CodecError } from './decode.ts';
import type { DateTime, Document, Tagged, Value } from './values.ts';

let buffer = Buffer.allocUnsafe(64 * 1024);
let length = 0;

/** Above this the scratch buffer is given back after use. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

const RAW = Symbol('encoded documents');
type RawArray = Value[] & { [RAW]?: Buffer[] };
type RawDocument = Document & { [RAW]?: Buffer };

/** An array of already encoded documents, for replies only: nothing but the encoder can read it. */
export function rawDocuments(documents: Buffer[]): Value[] {
  const result: RawArray = [];
  result[RAW] = documents;
  return result;
}

/** An already encoded document, for replies only. */
export function rawDocument(bytes: Buffer): Document {
  const result: RawDocument = new Map();
  result[RAW] = bytes;
  return result;
}

export function encodeDocument(document: Document): Buffer {
  length = 0;
  writeDocument(document);
  const result = Buffer.from(buffer.subarray(0, length));
  if (buffer.length > MAX_KEPT_BYTES) buffer = Buffer.allocUnsafe(64 * 1024);
  return result;
}

function reserve(count: number): void {
  if (length + count <= buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, length + count));
  buffer.copy(larger, 0, 0, length);
  buffer = larger;
}

function writeDocument(document: RawDocument): void {
  const encoded = document[RAW];
  if (encoded) {
    writeBytes(encoded);
    return;
  }
  const start = length;
  reserve(5);
  length += 4;
  for (const [name, value] of document) writeElement(name, value);
  finish(start);
}

function writeArray(values: RawArray): void {
  const start = length;
  reserve(5);
  length += 4;
  const encoded = values[RAW];
  if (encoded) {
    for (let index = 0; index < encoded.length; index += 1) {
      const document = encoded[index] as Buffer;
      reserve(document.length + 12);
      buffer[length] = 0x03;
      length += 1;
      writeName(String(index));
      length += document.copy(buffer, length);
    }
  } else for (let index = 0; index < values.length; index += 1) writeElement(String(index), values[index] as Value);
  finish(start);
}

function finish(start: number): void {
  reserve(1);
  buffer[length] = 0;
  length += 1;
  buffer.writeInt32LE(length - start, start);
}

/** A name with a zero byte would end there and make the rest of the document unreadable. @throws CodecError */
function writeName(name: string): void {
  if (name.includes('\0')) throw new CodecError('a name cannot contain a zero byte');
  writeChars(name);
}

/** Most names are short and ASCII, for which a loop beats a call into native code. */
function writeChars(text: string): void {
  reserve(text.length * 3 + 1);
  if (text.length > 32) length += buffer.write(text, length, 'utf8');
  else {
    const start = length;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 127) {
        length = start + buffer.write(text, start, 'utf8');
        break;
      }
      buffer[length] = unit;
      length += 1;
    }
  }
  buffer[length] = 0;
  length += 1;
}

function writeText(text: string): void {
  reserve(text.length * 3 + 5);
  const start = length;
  length += 4;
  writeChars(text);
  buffer.writeInt32LE(length - start - 4, start);
}

function writeElement(name: string, value: Value): void {
  reserve(1);
  const typeOffset = length;
  length += 1;
  writeName(name);
  const type = writeValue(value);
  // Only now: writing the value may have moved everything into a larger buffer.
  buffer[typeOffset] = type;
}

/** Writes the bytes of the value and returns its type byte. */
function writeValue(value: Value): number {
  switch (typeof value) {
    case 'string':
      writeText(value);
      return 0x02;
    case 'number':
      reserve(8);
      length = buffer.writeDoubleLE(value, length);
      return 0x01;
    case 'bigint':
      reserve(8);
      length = buffer.writeBigInt64LE(value, length);
      return 0x12;
    case 'boolean':
      reserve(1);
      buffer[length] = value ? 1 : 0;
      length += 1;
      return 0x08;
    default:
      if (value === null) return 0x0a;
      if (value instanceof Map) {
        writeDocument(value);
        return 0x03;
      }
      if (Array.isArray(value)) {
        writeArray(value);
        return 0x04;
      }
      return writeTagged(value);
  }
}

function writeDate({ ms, exact }: DateTime): void {
  if (Number.isSafeInteger(ms)) {
    const high = Math.floor(ms / 2 ** 32);
    length = buffer.writeUInt32LE(ms - high * 2 ** 32, length);
    length = buffer.writeInt32LE(high, length);
  } else length = buffer.writeBigInt64LE(BigInt.asIntN(64, exact ?? BigInt(ms)), length);
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

function writeTagged(value: Tagged): number {
  reserve(16);
  switch (value.kind) {
    case 'int':
      length = buffer.writeInt32LE(value.value, length);
      return 0x10;
    case 'objectId':
      length += buffer.write(value.hex, length, 'hex');
      return 0x07;
    case 'date':
      writeDate(value);
      return 0x09;
    case 'decimal':
      writeBytes(value.bytes);
      return 0x13;
    case 'binData':
      length = buffer.writeInt32LE(value.bytes.length, length);
      buffer[length] = value.subtype;
      length += 1;
      writeBytes(value.bytes);
      return 0x05;
    case 'regex':
      writeName(value.pattern);
      writeName(value.options);
      return 0x0b;
    case 'timestamp':
      length = buffer.writeBigUInt64LE(value.value, length);
      return 0x11;
    case 'javascript':
      writeText(value.code);
      return 0x0d;
    case 'symbol':
      writeText(value.value);
      return 0x0e;
    case 'javascriptWithScope': {
      const start = length;
      length += 4;
      writeText(value.code);
      writeDocument(value.scope);
      buffer.writeInt32LE(length - start, start);
      return 0x0f;
    }
    case 'dbPointer':
      writeText(value.namespace);
      reserve(12);
      length += buffer.write(value.hex, length, 'hex');
      return 0x0c;
    case 'undefined':
      return 0x06;
    case 'maxKey':
      return 0x7f;
    default:
      return 0xff;
  }
}
