// A Bot API server on 127.0.0.1, for unmodified grammY: long polling with offsets, webhooks, files, faults on demand, and a log
// that tests wait on. What it refuses, Telegram refuses.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { ApiRefusal, createMethods, type Payload } from './methods.ts';
import { parseMultipart } from './multipart.ts';
import { createState, type FakeFile, type FakeState } from './state.ts';

export interface Call {
  readonly method: string;
  readonly payload: Payload;
  readonly at: number;
  /** 0 while it is under way, or was broken off. */
  status: number;
}

export interface Fault {
  /** The method, or `file` for downloads. */
  readonly method: string;
  readonly status: number;
  readonly description?: string;
  readonly retryAfter?: number;
  /** How many calls it meets; one unless told otherwise. */
  readonly times?: number;
  readonly matches?: (payload: Payload) => boolean;
  /** `drop` closes the connection, `stall` never answers. */
  readonly breaks?: 'drop' | 'stall';
  /** Does the work first: the answer alone is lost. */
  readonly after?: boolean;
}

export interface FakeTelegram {
  readonly origin: string;
  readonly token: string;
  readonly username: string;
  readonly state: FakeState;
  readonly calls: readonly Call[];
  addFault(fault: Fault): void;
  /** The fault meets every call from here on. Gives the way to end it. */
  fail(fault: Fault): () => void;
  addFile(file: FakeFile): string;
  /** Waits for a call, past or to come. @throws Error listing what was called instead. */
  waitForCall(matches: (call: Call) => boolean, timeoutMs?: number): Promise<Call>;
  /** Waits until `isTrue`, looked at whenever anything happens. */
  waitUntil(isTrue: () => boolean, what: string, timeoutMs?: number): Promise<void>;
  /** Whether the bot has written an update down, to handle it after Telegram forgot it. Whoever knows its database sets this. */
  isKept: (updateId: number) => Promise<boolean>;
  /** Waits until the bot has confirmed the updates and keeps none of them any more. */
  waitUntilHandled(updateIds: readonly number[], what: string, timeoutMs?: number): Promise<void>;
  /** Hands an update to the bot and waits until the bot has handled it. */
  deliver(update: object, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const WAIT_MS = 15_000;
const BOT = { id: 7_000_000_001, username: 'clipcue_test_bot' };
export const TOKEN = `${BOT.id}:AAH-a_token_that_must_never_be_seen_1234`;

export async function startFakeTelegram({ isLocal = false } = {}): Promise<FakeTelegram> {
  const state = createState();
  const methods = createMethods(state, BOT, { isLocal });
  const calls: Call[] = [];
  const faults: (Fault & { left: number })[] = [];
  let poll: { isReplaced: boolean } | null = null;

  async function getUpdates(payload: Payload, response: ServerResponse): Promise<unknown> {
    if (state.webhook)
      throw new ApiRefusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    if (poll) poll.isReplaced = true;
    const mine = { isReplaced: false };
    poll = mine;
    state.events.emit('update');
    try {
      const offset = Number(payload.offset ?? 0);
      if (offset > 0) state.confirm(offset);
      const deadline = Date.now() + Number(payload.timeout ?? 0) * 1000;
      while (state.waiting.length === 0 && Date.now() < deadline && !response.destroyed && !mine.isReplaced)
        await Promise.race([once(state.events, 'update'), once(response, 'close'), delay(deadline - Date.now())]);
      if (mine.isReplaced)
        throw new ApiRefusal(
          409,
          'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
        );
      return state.waiting.slice(0, Number(payload.limit ?? 100));
    } finally {
      if (poll === mine) poll = null;
    }
  }

  async function answerApi(method: string, payload: Payload, response: ServerResponse): Promise<unknown> {
    if (method === 'getUpdates') return getUpdates(payload, response);
    const known = methods as unknown as Record<string, (payload: Payload) => unknown>;
    if (!Object.hasOwn(known, method)) throw new ApiRefusal(404, 'Not Found: method not found');
    return known[method]?.(payload);
  }

  function takeFault(method: string, payload: Payload) {
    const fault = faults.find(one => one.left > 0 && one.method === method && (one.matches?.(payload) ?? true));
    if (fault) fault.left--;
    return fault;
  }

  async function handleApi(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = await readPayload(request);
    const call: Call = { method, payload, at: performance.now(), status: 0 };
    calls.push(call);
    const fault = takeFault(method, payload);
    let result: unknown;
    try {
      if (!fault || fault.after) result = await answerApi(method, payload, response);
      if (fault) {
        if (fault.breaks === 'drop') response.destroy();
        if (fault.breaks) return;
        const parameters = fault.retryAfter === undefined ? undefined : { retry_after: fault.retryAfter };
        throw new ApiRefusal(fault.status, fault.description ?? `Fault ${fault.status}`, parameters);
      }
      call.status = 200;
      sendJson(response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      call.status = error.status;
      const { status: error_code, message: description, parameters } = error;
      sendJson(response, error_code, { ok: false, error_code, description, ...(parameters && { parameters }) });
    } finally {
      state.events.emit('called');
    }
  }

  async function handleFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call: Call = { method: 'file', payload: { path }, at: performance.now(), status: 0 };
    calls.push(call);
    state.events.emit('called');
    const fault = takeFault('file', call.payload);
    if (fault?.breaks === 'stall') return;
    if (fault?.breaks === 'drop') return void response.destroy();
    const file = state.files.get(path.replace(/^videos\//, ''));
    if (!file || fault) {
      call.status = fault?.status ?? 404;
      response.writeHead(call.status, { 'content-type': 'text/html' }).end('<html><body>No such file</body></html>');
      return;
    }
    const { sizeBytes, hasRanges = true } = file;
    const asked = hasRanges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null;
    const start = Number(asked?.[1] ?? 0);
    const end = Math.min(Number(asked?.[2] || sizeBytes), sizeBytes - 1);
    if (asked && start > end) {
      call.status = 416;
      response.writeHead(416, { 'content-range': `bytes */${sizeBytes}` }).end();
      return;
    }
    const bytes = await file.open();
    call.status = asked ? 206 : 200;
    response.writeHead(call.status, {
      'content-type': 'application/octet-stream',
      ...(hasRanges && { 'accept-ranges': 'bytes' }),
      ...(asked && { 'content-range': `bytes ${start}-${end}/${sizeBytes}` }),
    });
    // A file that breaks off breaks the connection too, as it would over there.
    await pipeline(asked ? cutOut(bytes, start, end + 1) : bytes, response).catch(() => response.destroy());
    state.events.emit('called');
  }

  const server = createServer((request, response) => {
    const [, kind, token, rest = ''] = /^(\/file)?\/bot([^/]+)\/(.*)$/.exec(decodeURI(request.url ?? '')) ?? [];
    const isKnown = token === TOKEN;
    const task = !isKnown
      ? Promise.resolve(sendJson(response, 401, { ok: false, error_code: 401, description: 'Unauthorized' }))
      : kind
        ? handleFile(rest, request, response)
        : handleApi(rest.replace(/\?.*$/, ''), request, response);
    task.catch(error => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const hooks = createWebhookSender(state);

  async function waitUntil(isTrue: () => boolean, what: string, timeoutMs = WAIT_MS): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!isTrue()) {
      if (Date.now() > deadline)
        throw new Error(
          `waited ${timeoutMs} ms for ${what}; the last calls were ${calls
            .slice(-8)
            .map(({ method, status }) => `${method} ${status}`)
            .join(', ')}`,
        );
      await Promise.race([nextEvent(state.events), delay(deadline - Date.now() + 1)]);
    }
  }

  async function waitUntilHandled(ids: readonly number[], what: string, timeoutMs = WAIT_MS): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    await waitUntil(() => ids.every(state.isConfirmed), what, timeoutMs);
    for (const id of ids)
      while (await fake.isKept(id)) {
        if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}; the bot still keeps ${id}`);
        await delay(5);
      }
  }

  const fake: FakeTelegram = {
    origin,
    token: TOKEN,
    username: BOT.username,
    state,
    calls,
    addFault: fault => void faults.push({ ...fault, left: fault.times ?? 1 }),
    fail(fault) {
      const lasting = { ...fault, left: Number.POSITIVE_INFINITY };
      faults.push(lasting);
      return () => {
        lasting.left = 0;
      };
    },
    addFile(file) {
      const id = `file${state.files.size + 1}`;
      state.files.set(id, file);
      return id;
    },
    waitUntil,
    async waitForCall(matches, timeoutMs) {
      await waitUntil(() => calls.some(matches), `a call ${matches}`, timeoutMs);
      return calls.find(matches) as Call;
    },
    isKept: async () => false,
    waitUntilHandled,
    async deliver(update, timeoutMs) {
      const id = state.push(update);
      await waitUntilHandled([id], `update ${id} to be handled`, timeoutMs);
    },
    async stop() {
      hooks.stop();
      server.close();
      server.closeAllConnections();
      state.events.emit('update');
    },
  };
  return fake;
}

/** Posts waiting updates to the webhook, again until it says 200, as Telegram does. */
function createWebhookSender(state: FakeState) {
  let isStopped = false;
  let isRunning = false;
  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    for (let next = state.waiting[0]; next && state.webhook && !isStopped; next = state.waiting[0]) {
      const { url, secret } = state.webhook;
      const isTaken = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
        body: JSON.stringify(next),
      }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isTaken) state.confirm(next.update_id + 1);
      else await delay(50);
    }
    isRunning = false;
  }
  const start = () => void run();
  state.events.on('update', start);
  return {
    stop() {
      isStopped = true;
      state.events.off('update', start);
    },
  };
}

const delay = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, Math.max(0, ms)).unref());

const nextEvent = (events: FakeState['events']) =>
  new Promise<void>(resolve => {
    const names = ['update', 'confirmed', 'changed', 'called'];
    const done = () => {
      for (const name of names) events.off(name, done);
      resolve();
    };
    for (const name of names) events.on(name, done);
  });

async function readPayload(request: IncomingMessage): Promise<Payload> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/')) return unfold(parseMultipart(body, type));
  return body.length > 0 ? (JSON.parse(body.toString('utf8')) as Payload) : {};
}

/** Multipart carries objects as JSON text. */
const unfold = (values: Payload): Payload =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' && /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value,
    ]),
  );

async function* cutOut(bytes: AsyncIterable<Uint8Array>, from: number, to: number): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for await (const chunk of bytes) {
    const part = chunk.subarray(Math.max(0, from - offset), Math.max(0, to - offset));
    offset += chunk.length;
    if (part.length > 0) yield part;
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  if (!response.destroyed) response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
