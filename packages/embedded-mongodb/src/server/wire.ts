/** MongoDB's messages: OP_MSG both ways, OP_QUERY for the first hello of older handshakes. */
import { decodeDocument, documentLength } from '../codec/decode.ts';
import { encodeDocument } from '../codec/encode.ts';
import type { Document, Value } from '../codec/values.ts';

export const HEADER_BYTES = 16;
/** MongoDB's own limit: three documents' worth. */
export const MAX_MESSAGE_BYTES = 48_000_000;
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** Commands may be a little larger than the documents in them. */
export const MAX_COMMAND_BYTES = MAX_DOCUMENT_BYTES + 16 * 1024;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM = 1;
const MORE_TO_COME = 2;
const EXHAUST_ALLOWED = 1 << 16;
const KNOWN_FLAGS = CHECKSUM | MORE_TO_COME | EXHAUST_ALLOWED;

export type Request = {
  readonly requestId: number;
  readonly command: Document;
  readonly isLegacy: boolean;
  /** The client does not wait for an answer (`w: 0`). */
  readonly isUnanswered: boolean;
};

/** The bytes are no message of this protocol: the connection is to be closed. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Parses one whole message. @throws WireError, CodecError */
export function parseMessage(message: Buffer): Request {
  const requestId = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  if (opCode === OP_MSG) return parseOpMsg(message, requestId);
  if (opCode === OP_QUERY) return parseOpQuery(message, requestId);
  throw new WireError(`operation ${opCode} is not supported`);
}

function parseOpMsg(message: Buffer, requestId: number): Request {
  if (message.length < HEADER_BYTES + 4 + 1) throw new WireError('an OP_MSG without a section');
  const flags = message.readUInt32LE(HEADER_BYTES);
  if ((flags & 0xffff & ~KNOWN_FLAGS) !== 0) throw new WireError('an OP_MSG with unknown required flags');
  const end = message.length - ((flags & CHECKSUM) === 0 ? 0 : 4);
  let offset = HEADER_BYTES + 4;
  let command: Document | null = null;
  const sequences: [string, Value[]][] = [];
  while (offset < end) {
    const kind = message[offset] as number;
    offset += 1;
    if (kind === 0) {
      if (command) throw new WireError('an OP_MSG with two bodies');
      const size = documentLength(message.subarray(0, end), offset);
      command = decodeDocument(message.subarray(offset, offset + size));
      offset += size;
    } else if (kind === 1) {
      if (offset + 4 > end) throw new WireError('a section is cut off');
      const size = message.readInt32LE(offset);
      if (size < 5 || offset + size > end) throw new WireError(`a section of ${size} bytes does not fit`);
      sequences.push(parseSequence(message.subarray(offset + 4, offset + size)));
      offset += size;
    } else throw new WireError(`a section of unknown kind ${kind}`);
  }
  if (!command) throw new WireError('an OP_MSG without a body');
  for (const [name, documents] of sequences) {
    if (command.has(name)) throw new WireError(`'${name}' is in the body and in a section`);
    command.set(name, documents);
  }
  return { requestId, command, isLegacy: false, isUnanswered: (flags & MORE_TO_COME) !== 0 };
}

function parseSequence(section: Buffer): [string, Value[]] {
  const nameEnd = section.indexOf(0);
  if (nameEnd < 0) throw new WireError('a section without an identifier');
  const documents: Value[] = [];
  let offset = nameEnd + 1;
  while (offset < section.length) {
    const size = documentLength(section, offset);
    documents.push(decodeDocument(section.subarray(offset, offset + size)));
    offset += size;
  }
  return [section.toString('utf8', 0, nameEnd), documents];
}

function parseOpQuery(message: Buffer, requestId: number): Request {
  const nameEnd = message.indexOf(0, HEADER_BYTES + 4);
  if (nameEnd < 0 || nameEnd + 9 > message.length) throw new WireError('an OP_QUERY is cut off');
  const namespace = message.toString('utf8', HEADER_BYTES + 4, nameEnd);
  const offset = nameEnd + 9;
  const size = documentLength(message, offset);
  const command = decodeDocument(message.subarray(offset, offset + size));
  if (!namespace.endsWith('.$cmd')) throw new WireError('OP_QUERY is only supported for commands');
  command.set('$db', namespace.slice(0, -'.$cmd'.length));
  return { requestId, command, isLegacy: true, isUnanswered: false };
}

/** The bytes of an answer, in two pieces so that the document is not copied once more. */
export function encodeReply(request: Request, reply: Document, replyId: number): [Buffer, Buffer] {
  const body = encodeDocument(reply);
  const head = Buffer.alloc(request.isLegacy ? HEADER_BYTES + 20 : HEADER_BYTES + 5);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(replyId, 4);
  head.writeInt32LE(request.requestId, 8);
  head.writeInt32LE(request.isLegacy ? OP_REPLY : OP_MSG, 12);
  if (request.isLegacy) {
    head.writeInt32LE(8, HEADER_BYTES);
    head.writeInt32LE(1, HEADER_BYTES + 16);
  }
  return [head, body];
}
