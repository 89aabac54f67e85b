// The floor under every database call: a server in a worker thread, as the embedded database is one, that reads whole messages and
// answers each with the same bytes, knowing nothing.

import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** `hello`: the whole reply document to a handshake; `answer`: to everything else. BSON. */
export interface ConstantServerInput {
  readonly path: string;
  readonly hello: Uint8Array;
  readonly answer: Uint8Array;
}

const OP_MSG = 2013;
const OP_QUERY = 2004;
const OP_REPLY = 1;

/** A message whose document is `document`; the two ids are filled in later. */
function makeMessage(document: Uint8Array, isLegacy: boolean): Buffer {
  const headBytes = isLegacy ? 36 : 21;
  const message = Buffer.alloc(headBytes + document.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(isLegacy ? OP_REPLY : OP_MSG, 12);
  if (isLegacy) message.writeInt32LE(1, 32);
  message.set(document, headBytes);
  return message;
}

/** Every command but the monitor's and the handshake's is the one that is measured. */
const isHandshake = (message: Buffer): boolean =>
  message.subarray(0, 48).includes('hello\0') || message.includes('ismaster');

function serve({ path, hello, answer }: ConstantServerInput): void {
  const [greeting, legacyGreeting] = [makeMessage(hello, false), makeMessage(hello, true)];
  const reply = makeMessage(answer, false);
  const server = createServer(socket => {
    socket.setNoDelay(true);
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', chunk => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 16 && pending.length >= pending.readInt32LE(0)) {
        const message = pending.subarray(0, pending.readInt32LE(0));
        pending = pending.subarray(message.length);
        const isLegacy = message.readInt32LE(12) === OP_QUERY;
        const template = isLegacy ? legacyGreeting : isHandshake(message) ? greeting : reply;
        const copy = Buffer.from(template);
        copy.writeInt32LE(message.readInt32LE(4), 8);
        socket.write(copy);
      }
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(path, () => parentPort?.postMessage('ready'));
}

if (parentPort) serve(workerData as ConstantServerInput);
