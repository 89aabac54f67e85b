/** One client: cuts its bytes into messages, runs them one after the other, answers in order. */
import type { Socket } from 'node:net';
import { CodecError } from '../codec/decode.ts';
import type { Document } from '../codec/values.ts';
import type { ServerState } from '../commands/context.ts';
import { prepareCommand } from '../commands/table.ts';
import { CommandError, errorReply } from './errors.ts';
import type { Scheduler } from './scheduler.ts';
import { encodeReply, HEADER_BYTES, MAX_MESSAGE_BYTES, parseMessage, type Request, WireError } from './wire.ts';

/** Messages that a client sent ahead; more stay in the socket. */
const MAX_WAITING = 32;
const SMALL_BYTES = 16_384;

type ConnectionDeps = {
  socket: Socket;
  id: number;
  server: ServerState;
  scheduler: Scheduler;
  now: () => number;
  onWarning: (message: string) => void;
};

export function serveConnection({ socket, id, server, scheduler, now, onWarning }: ConnectionDeps): void {
  let chunks: Buffer[] = [];
  let buffered = 0;
  let needed = HEADER_BYTES;
  let replyId = 0;
  let current: { cancel: () => void } | null = null;
  let isBusy = false;
  const waiting: Request[] = [];

  socket.setNoDelay(true);
  socket.on('data', chunk => {
    chunks.push(chunk);
    buffered += chunk.length;
    try {
      readMessages();
    } catch (error) {
      if (!(error instanceof WireError || error instanceof CodecError)) throw error;
      onWarning(`Connection ${id} closed: ${error.message}`);
      socket.destroy();
    }
  });
  socket.on('drain', next);
  socket.on('error', error => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ECONNRESET' && code !== 'EPIPE') onWarning(`Connection ${id}: ${error.message}`);
  });
  socket.on('close', () => {
    waiting.length = 0;
    current?.cancel();
  });

  function readMessages(): void {
    while (buffered >= needed) {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const size = bytes.readInt32LE(0);
      if (size < HEADER_BYTES + 5 || size > MAX_MESSAGE_BYTES) throw new WireError(`a message of ${size} bytes`);
      if (bytes.length < size) {
        chunks = [bytes];
        needed = size;
        return;
      }
      const rest = bytes.subarray(size);
      chunks = rest.length > 0 ? [rest] : [];
      buffered = rest.length;
      needed = HEADER_BYTES;
      waiting.push(parseMessage(bytes.subarray(0, size)));
      if (waiting.length > MAX_WAITING) socket.pause();
      next();
    }
  }

  function next(): void {
    if (isBusy || socket.writableNeedDrain || socket.destroyed) return;
    const request = waiting.shift();
    if (!request) return;
    if (socket.isPaused() && waiting.length < MAX_WAITING / 2) socket.resume();
    isBusy = true;
    start(request);
  }

  function start(request: Request): void {
    const { command } = request;
    try {
      const prepared = prepareCommand(command);
      const context = {
        server,
        command,
        name: prepared.name,
        database: prepared.database,
        connectionId: id,
        nowMs: now(),
      };
      current = scheduler.submit({ prepared, context, reply: document => answer(request, document) });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      answer(request, errorReply(error));
    }
  }

  function answer(request: Request, document: Document): void {
    current = null;
    isBusy = false;
    if (!request.isUnanswered && !socket.destroyed) {
      replyId = (replyId + 1) & 0x7fffffff;
      const parts = encodeReply(request, document, replyId);
      // Small answers are most of them, and one write is cheaper than two gathered ones.
      if (parts[1].length <= SMALL_BYTES) socket.write(Buffer.concat(parts));
      else {
        socket.cork();
        for (const part of parts) socket.write(part);
        socket.uncork();
      }
    }
    next();
  }
}
