// Clips behind web addresses that people paste. Whoever can make the bot fetch an address must not reach with it what only this
// machine reaches: every address that a name stands for is checked, literal ones too, right where the connection is made, and each
// redirect anew. What the connection was checked for is what it goes to, so a name that changes its answer gains nothing.

import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { AppError, isAppError } from '../domain/errors.ts';
import { isPublicAddress } from './public-address.ts';
import { HEAD_BYTES, sniff } from './sniff.ts';

export interface LinkSourceDeps {
  /** Every address of a name. */
  readonly resolve: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** Opens a connection to an address that was checked. */
  readonly connect: buildConnector.connector;
}

const REDIRECTS_MAX = 5;
const URL_MAX_LENGTH = 2048;
const CONNECT_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 30_000;
const NAME_MAX_LENGTH = 100;
const DROPBOX = /^(?:www\.)?dropbox\.com$/;

/** Where a clip can be fetched from: https, no name and password, the usual port. @throws AppError `clip_link_invalid` */
export function readLink(address: string, base?: URL): URL {
  if (address.length > URL_MAX_LENGTH || !URL.canParse(address, base?.href)) throw new AppError('clip_link_invalid');
  const url = new URL(address, base);
  if (url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '')
    throw new AppError('clip_link_invalid');
  // A share link shows a page; with this it hands out the file.
  if (DROPBOX.test(url.hostname)) url.searchParams.set('dl', '1');
  return url;
}

/** What a clip from an address is called. */
export function nameOfLink({ pathname }: URL): string {
  const last = pathname.split('/').findLast(part => part !== '') ?? '';
  const name = decodeSafely(last)
    .replaceAll(/[\p{C}/\\]/gu, '')
    .slice(-NAME_MAX_LENGTH);
  return name || 'clip';
}

/** Connections as they are outside of tests. */
export const connectTo: buildConnector.connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS });

export type LinkSource = ReturnType<typeof createLinkSource>;

export function createLinkSource({ resolve, connect }: LinkSourceDeps) {
  const agent = new Agent({
    connect: guardConnections(resolve, connect),
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: IDLE_TIMEOUT_MS,
    pipelining: 0,
    maxHeaderSize: 16_384,
  });

  async function ask(url: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, {
        dispatcher: agent,
        signal,
        // Anything compressed would be no clip, and a bomb if it were unpacked.
        headers: { accept: 'video/*', 'accept-encoding': 'identity', 'user-agent': 'Clipcue' },
      });
    } catch (error) {
      if (isAppError(error)) throw error;
      if (signal.aborted) throw new AppError('aborted');
      // The original is dropped: it may hold the address, which is as secret as the person's share link.
      throw new AppError('clip_link_unreachable');
    }
  }

  async function follow(start: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let url = start;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const answer = await ask(url, signal);
      if (answer.statusCode === 200) return answer;
      answer.body.on('error', () => undefined).destroy();
      const { location } = answer.headers;
      if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string')
        throw new AppError('clip_link_unreachable', { status: answer.statusCode });
      url = readLink(location, url);
    }
    throw new AppError('clip_link_unreachable');
  }

  /** Its beginning has been looked at: it is a video, whatever the server calls it. The bytes are for the caller to count. */
  async function open(url: URL, signal: AbortSignal): Promise<Readable> {
    const { body, headers } = await follow(url, signal);
    try {
      return await requireVideo(body, String(headers['content-type'] ?? ''));
    } catch (error) {
      body.on('error', () => undefined).destroy();
      if (isAppError(error)) throw error;
      throw new AppError(signal.aborted ? 'aborted' : 'clip_link_unreachable');
    }
  }

  return {
    /**
     * A clip behind an address; nothing is fetched before it is opened, which throws AppError `clip_link_*`, `clip_not_video`,
     * `clip_container_unsupported` or `aborted`.
     * @throws AppError `clip_link_invalid`
     */
    offer(address: string) {
      const url = readLink(address);
      return { name: nameOfLink(url), sizeBytes: null, open: (signal: AbortSignal) => open(url, signal) };
    },

    close: (): Promise<void> => agent.destroy(),
  };
}

/** A connector that goes to checked addresses only, and to exactly those that were checked. */
function guardConnections(resolve: LinkSourceDeps['resolve'], connect: buildConnector.connector) {
  const findAddress = async (hostname: string): Promise<string> => {
    const found = await resolve(hostname);
    // One that is ours among many is no accident.
    if (found.length === 0 || !found.every(({ address }) => isPublicAddress(address)))
      throw new AppError('clip_link_forbidden');
    // Many machines have no IPv6 at all, and hardly a clip lives where there is no IPv4.
    return (found.find(({ family }) => family === 4) ?? found[0])?.address ?? '';
  };
  const guarded: buildConnector.connector = (options, callback) => {
    const { hostname } = options;
    const literal = hostname.replace(/^\[|\]$/g, '');
    findAddress(literal).then(
      // The certificate is asked for the name that was wanted; an address has none to ask for.
      address => connect({ ...options, hostname: address, servername: isIP(literal) ? '' : hostname }, callback),
      error => callback(error, null),
    );
  };
  return guarded;
}

/** Looks at the first bytes and puts them back. */
async function requireVideo(body: Readable, contentType: string): Promise<Readable> {
  const head = await readHead(body);
  const sniffed = sniff(head);
  if (sniffed.kind === 'clip') {
    body.unshift(head);
    return body;
  }
  if (sniffed.kind === 'unsupported') throw new AppError('clip_container_unsupported', { container: sniffed.name });
  const isPage =
    /^(?:text\/|application\/(?:json|xml|xhtml))/i.test(contentType) || /^\s*</.test(head.toString('latin1'));
  throw new AppError(isPage ? 'clip_link_page' : 'clip_not_video');
}

async function readHead(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  while (sizeBytes < HEAD_BYTES) {
    const chunk: Buffer | null = body.read() ?? (await nextChunk(body));
    if (chunk === null) break;
    chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  return Buffer.concat(chunks);
}

function nextChunk(body: Readable): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      body.off('readable', onReadable).off('end', onEnd).off('error', onError);
      act();
    };
    const onReadable = () => settle(() => resolve(body.read()));
    const onEnd = () => settle(() => resolve(null));
    const onError = (error: Error) => settle(() => reject(error));
    body.on('readable', onReadable).on('end', onEnd).on('error', onError);
  });
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // An address may hold any percent signs; its name is only for people.
    return text;
  }
}
