/** A bare HTTP caller of the simulator for its tests: no client code of the app, so that the two check each other. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SIMULATOR_CLIENT, type Simulator, type SimulatorOptions, startSimulator } from '#simulator/simulator.ts';

export const REDIRECT = 'http://localhost:4321/callback/';
export const VERIFIER = 'verifier-of-at-least-forty-three-characters-0123';
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('hex');

export const POST_INFO = {
  privacy_level: 'PUBLIC_TO_EVERYONE',
  title: 'Soup in ten minutes #cooking',
  brand_content_toggle: false,
  brand_organic_toggle: false,
};

/** A clock that stands still until it is moved. */
export interface TestClock {
  (): number;
  forward(ms: number): void;
}

export function standingClock(startAt = 1_795_000_000_000): TestClock {
  let now = startAt;
  return Object.assign(() => now, {
    forward(ms: number) {
      now += ms;
    },
  });
}

/** A simulator on a folder of its own, gone when the test ends. Bytes are not looked into unless asked for. */
export async function simulatorFor(t: TestContext, options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const dataDir = options.dataDir ?? (await folderFor(t));
  const simulator = await startSimulator({
    port: 0,
    ...options,
    dataDir,
    settings: { checkMedia: false, ...options.settings },
  });
  t.after(() => simulator.stop());
  return simulator;
}

export async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Envelope {
  data: Record<string, unknown>;
  error: { code: string; message: string; log_id: string };
}

export interface Answer {
  status: number;
  text: string;
  body: Envelope;
  code: string;
}

/** Calls the JSON API; a GET without a body, else a POST. */
export async function call(origin: string, path: string, token: string, body?: unknown): Promise<Answer> {
  const response = await fetch(origin + path, {
    method: path.startsWith('/v2/user/') ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json; charset=UTF-8' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = JSON.parse(text) as Envelope;
  return { status: response.status, text, body: parsed, code: parsed.error.code };
}

export const creatorInfo = (origin: string, token: string) =>
  call(origin, '/v2/post/publish/creator_info/query/', token);

export const fetchStatus = (origin: string, token: string, publishId: string) =>
  call(origin, '/v2/post/publish/status/fetch/', token, { publish_id: publishId });

export function fileSource(videoSize: number, chunkSize = videoSize, count = Math.floor(videoSize / chunkSize)) {
  return { source: 'FILE_UPLOAD', video_size: videoSize, chunk_size: chunkSize, total_chunk_count: count };
}

export const initDirect = (
  origin: string,
  token: string,
  source: object = fileSource(1000),
  info: object = POST_INFO,
) => call(origin, '/v2/post/publish/video/init/', token, { post_info: info, source_info: source });

export const initInbox = (origin: string, token: string, source: object = fileSource(1000)) =>
  call(origin, '/v2/post/publish/inbox/video/init/', token, { source_info: source });

export interface Invitation {
  publishId: string;
  uploadUrl: string;
}

export function invitationOf(answer: Answer): Invitation {
  const { publish_id, upload_url } = answer.body.data;
  if (typeof publish_id !== 'string' || typeof upload_url !== 'string')
    throw new Error(`no invitation: ${answer.text}`);
  return { publishId: publish_id, uploadUrl: upload_url };
}

/** Sends bytes `from` … of `video` as one chunk. */
export function put(
  url: string,
  video: Uint8Array,
  from = 0,
  to = video.length - 1,
  headers: Record<string, string> = {},
) {
  return fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'video/mp4', 'content-range': `bytes ${from}-${to}/${video.length}`, ...headers },
    body: new Uint8Array(video.subarray(from, to + 1)),
  });
}

/** Init and the whole upload in one chunk. */
export async function post(
  origin: string,
  token: string,
  video: Uint8Array = randomBytes(1000),
  info: object = POST_INFO,
) {
  const invitation = invitationOf(await initDirect(origin, token, fileSource(video.length), info));
  const response = await put(invitation.uploadUrl, video);
  return { ...invitation, putStatus: response.status };
}

export function authorizeUrl(origin: string, changes: Record<string, string | undefined> = {}): string {
  const wanted: Record<string, string | undefined> = {
    client_key: SIMULATOR_CLIENT.key,
    response_type: 'code',
    scope: 'user.info.basic,video.upload,video.publish',
    redirect_uri: REDIRECT,
    state: 'state-1',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) query.set(name, value);
  return `${origin}/v2/auth/authorize/?${query}`;
}

/** Presses a button of the consent page; gives the address that the browser is sent to. */
export async function decide(
  url: string,
  decision: 'authorize' | 'cancel',
  account = 'clara.cooks',
  granted?: string[],
) {
  const scopes = granted ?? new URL(url).searchParams.get('scope')?.split(',') ?? [];
  const form = new URLSearchParams({ account, decision });
  for (const scope of scopes) form.append('granted', scope);
  const response = await fetch(url, { method: 'POST', body: form, redirect: 'manual' });
  return { status: response.status, location: response.headers.get('location') ?? '', response };
}

export async function postForm(origin: string, path: string, fields: Record<string, string>) {
  const response = await fetch(origin + path, { method: 'POST', body: new URLSearchParams(fields) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export const exchange = (origin: string, code: string, changes: Record<string, string> = {}) =>
  postForm(origin, '/v2/oauth/token/', {
    client_key: SIMULATOR_CLIENT.key,
    client_secret: SIMULATOR_CLIENT.secret,
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    ...changes,
  });

export const refresh = (origin: string, refreshToken: string) =>
  postForm(origin, '/v2/oauth/token/', {
    client_key: SIMULATOR_CLIENT.key,
    client_secret: SIMULATOR_CLIENT.secret,
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  });

export async function codeFrom(origin: string, changes: Record<string, string | undefined> = {}): Promise<string> {
  const { location } = await decide(authorizeUrl(origin, changes), 'authorize');
  return new URL(location).searchParams.get('code') ?? '';
}

/** Waits for something to come true; fails, saying what was awaited, after five seconds. */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(10);
  }
}
