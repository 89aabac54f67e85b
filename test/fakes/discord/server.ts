// A Discord of ours on 127.0.0.1: REST v10, gateway and CDN on one port, for unmodified discord.js. People act through person.ts.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClipOffer } from '#chat/invocation.ts';
import { createGateway, shardOf } from './gateway.ts';
import { createRest, type RestAnswer } from './rest.ts';
import { createState, type FakeAttachment, type FakeGuild, type FakeUser, type RequestEntry } from './state.ts';

const API_PREFIX = '/api/v10';

/** Something that goes wrong with the next requests that match. */
export interface Fault {
  readonly method?: string;
  readonly path: RegExp;
  /** 0 cuts the connection; without one the answer is only late. */
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly delayMs?: number;
  /** Whether the request has its effect before the bad answer: an answer that was lost on its way. */
  readonly takesEffect?: boolean;
  times: number;
}

export type FakeDiscord = Awaited<ReturnType<typeof startFakeDiscord>>;

export async function startFakeDiscord({ token = 'FAKE.discord.token-of-a-test', shards = 1 } = {}) {
  const state = createState();
  const tokens = new Set([token]);
  const requests: RequestEntry[] = [];
  const asked: string[] = [];
  const violations: string[] = [];
  const faults: Fault[] = [];
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };

  const server = createServer((request, response) => {
    const task = request.url?.startsWith('/attachments/')
      ? serveAttachment(request, response)
      : serveRest(request, response);
    // A bot that hangs up in the middle is part of what is tested.
    task.catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gatewayUrl = () => origin.replace('http', 'ws');
  const gateway = createGateway(server, { state, tokens, urlOf: gatewayUrl, shards });
  const rest = createRest({ state, tokens, gatewayUrl, shards, violations, clock: Date.now });

  async function serveRest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const method = request.method ?? 'GET';
    const path = decodeURIComponent(url.pathname).replace(API_PREFIX, '');
    const { body, files } = await readBody(request);
    asked.push(path);
    changed();
    const fault = faults.find(one => one.times > 0 && (one.method ?? method) === method && one.path.test(path));
    if (fault) fault.times -= 1;
    // Unwatched: an answer that nobody waits for any more keeps no test running.
    if (fault?.delayMs) await sleep(fault.delayMs, undefined, { ref: false });
    const ask = (): RestAnswer =>
      rest({
        method,
        path: url.pathname.replace(API_PREFIX, ''),
        query: url.searchParams,
        token: tokenOf(request),
        body,
        files,
      });
    const real = !fault || fault.takesEffect ? ask() : null;
    const answer = fault?.status !== undefined ? { status: fault.status, body: fault.body } : (real ?? ask());
    requests.push({ at: Date.now(), method, path, status: answer.status, body });
    if (answer.status === 0) response.destroy();
    else send(response, answer, fault?.headers);
    changed();
  }

  function send(response: ServerResponse, { status, body }: RestAnswer, headers: Record<string, string> = {}): void {
    // Every answer carries its bucket, as Discord's do.
    response.writeHead(status, {
      'x-ratelimit-limit': '50',
      'x-ratelimit-remaining': '49',
      'x-ratelimit-reset-after': '1',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  async function serveAttachment(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', origin);
    const id = pathname.split('/')[3] ?? '';
    const offer = state.uploads.get(id);
    requests.push({ at: Date.now(), method: 'GET', path: pathname, status: offer ? 200 : 404, body: null });
    // Addresses are signed, and good for a while.
    if (!offer || !searchParams.has('ex') || !searchParams.has('hm')) {
      send(response, { status: 404, body: 'This content is no longer available.' });
      return;
    }
    response.writeHead(200, { 'content-type': 'video/mp4' });
    await pipeline(await offer.open(new AbortController().signal), response);
  }

  return {
    origin,
    apiRoot: `${origin}/api`,
    token,
    state,
    gateway,
    requests,
    /** The paths of all requests, those that were not answered yet among them. */
    asked,
    violations,

    /** Lets the next requests that match go wrong; `times` is 1 unless said otherwise. Gives the way to end it. */
    fail(fault: Omit<Fault, 'times'> & { times?: number }): () => void {
      const added = { times: 1, ...fault };
      faults.push(added);
      return () => {
        added.times = 0;
      };
    },

    revokeToken(): void {
      tokens.clear();
    },

    user(name: string): FakeUser {
      const known = [...state.users.values()].find(user => user.name === name);
      if (known) return known;
      const user: FakeUser = { id: state.nextId(), name, dmChannelId: state.nextId(), policy: 'open' };
      state.users.set(user.id, user);
      return user;
    },

    shardOf: ({ id }: FakeGuild): number => shardOf(id, shards),

    /** Servers go to the shards in turn. */
    guild(): FakeGuild {
      const made = state.nextId();
      const steps = (shards + (state.guilds.size % shards) - shardOf(made, shards)) % shards;
      const id = String(BigInt(made) + (BigInt(steps) << 22n));
      const guild: FakeGuild = { id, channelId: state.nextId(), hasBot: true };
      state.guilds.set(guild.id, guild);
      return guild;
    },

    /** Puts a clip on the CDN. `claimedBytes` is what Discord says of it, where that is not the truth. */
    upload(
      offer: ClipOffer,
      { claimedBytes, contentType = 'video/mp4' }: { claimedBytes?: number; contentType?: string } = {},
    ): FakeAttachment {
      const id = state.nextId();
      state.uploads.set(id, offer);
      const url = `${origin}/attachments/${state.nextId()}/${id}/${encodeURIComponent(offer.name)}?ex=ffffffff&is=0&hm=0a1b`;
      const size = claimedBytes ?? offer.sizeBytes ?? 0;
      return { id, filename: offer.name, size, content_type: contentType, url, proxy_url: url };
    },

    /** Waits until `find` finds something. @throws Error naming `what` and the newest requests. */
    waitFor<T>(find: () => T | undefined | null | false, what: string, timeoutMs = 15_000): Promise<T> {
      return new Promise((resolve, reject) => {
        const finish = () => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        const look = () => {
          const found = find();
          if (!found) return;
          finish();
          resolve(found);
        };
        const timer = setTimeout(() => {
          finish();
          const newest = requests.slice(-8).map(({ method, path, status }) => `${status} ${method} ${path}`);
          reject(
            new Error(
              `waited ${timeoutMs} ms for ${what}; the newest requests:\n${newest.join('\n')}\n${violations.join('\n')}`,
            ),
          );
        }, timeoutMs);
        watchers.add(look);
        look();
      });
    },

    async stop(): Promise<void> {
      await gateway.stop();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

const tokenOf = (request: IncomingMessage): string | null =>
  /^Bot (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;

async function readBody(request: IncomingMessage) {
  const bytes = await buffer(request);
  const type = request.headers['content-type'] ?? '';
  if (bytes.length === 0) return { body: {}, files: [] };
  if (!type.startsWith('multipart/form-data')) return { body: JSON.parse(bytes.toString()), files: [] };
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
  const files = await Promise.all(
    [...form.values()]
      .filter(part => part instanceof File)
      .map(async file => ({ name: file.name, bytes: Buffer.from(await file.arrayBuffer()) })),
  );
  return { body: JSON.parse(String(form.get('payload_json'))), files };
}
