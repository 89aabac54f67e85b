// A whole Clipcue for a test: the real app on its own data, a headless chat, the TikTok simulator, and the embedded database or,
// with TEST_MONGODB_URI set, another one.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHeadlessAdapter, type HeadlessAdapter } from '#adapters/headless/adapter.ts';
import { createHeadlessPerson, type HeadlessPerson, offerFile } from '#adapters/headless/person.ts';
import { type App, type AppOptions, startApp } from '#app.ts';
import { type Config, loadConfig } from '#config.ts';
import { createBrowser } from '#demo/browser.ts';
import { decide, followLink, readReturnCode } from '#demo/consent.ts';
import { createLog } from '#log.ts';

export const CLIP = new URL('../clips/vertical-6s.mp4', import.meta.url).pathname;
export const clipPath = (name: string): string => new URL(`../clips/${name}`, import.meta.url).pathname;
export const DIRECT_SCOPES = ['user.info.basic', 'video.upload', 'video.publish'];

export interface JournalEntry {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly username?: string;
  readonly publishId?: string;
  readonly sha256?: string;
  readonly code?: string;
}

/** The simulator's controls, over its HTTP interface. */
export interface SimulatorControl {
  readonly origin: string;
  change(patch: object): Promise<void>;
  addFault(fault: object): Promise<void>;
  journal(kind?: string): Promise<JournalEntry[]>;
  videos(): Promise<
    { publishId: string; sha256: string; status: string; file: string; page: string; username: string }[]
  >;
}

export interface Stand {
  app: App;
  readonly adapter: HeadlessAdapter;
  /** The platform that the story's people are on. */
  readonly platform: string;
  config: Config;
  readonly logLines: string[];
  readonly simulator: SimulatorControl;
  person(name: string): HeadlessPerson;
  /** Connects a simulated creator to a person through the link page, consent page and return code. */
  connect(person: HeadlessPerson, account?: string): Promise<void>;
  /** Stops the app and starts it again on the same data, with `env` laid over its settings from here on. */
  restart(env?: Record<string, string>): Promise<void>;
  /** From here on no message of the bot's own reaches this person. Gives the way to end it. */
  cutOff(person: HeadlessPerson): () => void;
  stop(): Promise<void>;
}

export interface StandOptions {
  readonly env?: Record<string, string>;
  readonly clock?: () => number;
  readonly adapter?: HeadlessAdapter;
  /** Kept when the test ends, and used as it is: for a folder that an earlier version left. */
  readonly dataDir?: string;
  /** People open the bot's own pages: platforms that give out no address of this machine get a public one. */
  readonly opensPages?: boolean;
  readonly clipTiming?: AppOptions['clipTiming'];
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}

/** The address of a fresh database on the server under test; undefined means the embedded one. */
export function testDatabaseUri(): string | undefined {
  const server = process.env.TEST_MONGODB_URI;
  if (!server) return undefined;
  const url = new URL(server);
  url.pathname = `/clipcue-test-${randomBytes(6).toString('hex')}`;
  return url.href;
}

/** On the platform that TEST_PLATFORM names, so that the same stories run on each; headless without it. */
export async function startStand(options: StandOptions = {}): Promise<Stand> {
  switch (process.env.TEST_PLATFORM) {
    case 'telegram':
      return (await import('./telegram-stand.ts')).startTelegramStand(options);
    case 'discord':
      return (await import('./discord-stand.ts')).startDiscordStand(options);
    default:
      return startHeadlessStand(options);
  }
}

export async function startHeadlessStand({
  env = {},
  clock,
  adapter,
  dataDir,
  clipTiming,
}: StandOptions = {}): Promise<Stand> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'clipcue-test-')));
  const databaseUri = testDatabaseUri();
  let settings: Record<string, string> = {
    DATA_DIR: folder,
    PORT: String(await findFreePort()),
    SIMULATOR_PORT: String(await findFreePort()),
    ...(!dataDir && { TOKEN_KEYS: `test:${randomBytes(32).toString('base64')}` }),
    ...(databaseUri && { MONGODB_URI: databaseUri }),
    ...env,
  };
  let config = loadConfig(settings);
  const logLines: string[] = [];
  const log = createLog({ level: 'debug', secrets: config.secrets, write: line => logLines.push(line) });
  const headless = adapter ?? createHeadlessAdapter('headless');
  const start = () =>
    startApp({
      ...{ config, log, version: 'test', adapters: [headless] },
      ...(clock && { clock }),
      ...(clipTiming && { clipTiming }),
    });

  const stand: Stand = {
    app: await start(),
    adapter: headless,
    platform: headless.platform,
    config,
    logLines,
    simulator: createControl(() => stand.app.simulatorOrigin ?? ''),
    person: name => createHeadlessPerson(headless, { id: name.toLowerCase(), name, ...(clock && { clock }) }),
    connect: connectPerson,
    async restart(changed = {}) {
      await stand.app.stop();
      settings = { ...settings, ...changed };
      config = loadConfig(settings);
      stand.config = config;
      stand.app = await start();
    },
    cutOff() {
      headless.interfere(() => ({ kind: 'retryAfter', delayMs: 1000 }));
      return () => headless.interfere(null);
    },
    async stop() {
      if (databaseUri) await stand.app.database.drop();
      await stand.app.stop();
      if (!dataDir) await rm(folder, { recursive: true, force: true });
    },
  };
  return stand;
}

/** Connects a simulated creator to a person through the link page, consent page and return code. */
export async function connectPerson(person: HeadlessPerson, account = 'clara.cooks'): Promise<void> {
  await person.command('connect-tiktok');
  const browser = createBrowser();
  const consentPage = await followLink(browser, person.linkOf('Open the link'));
  const code = readReturnCode(await decide(browser, consentPage, { account, scopes: DIRECT_SCOPES }));
  await person.press('Enter the code');
  await person.fill({ code });
}

function createControl(originOf: () => string): SimulatorControl {
  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(originOf() + path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok)
      throw new Error(`the simulator answered ${answer.status} to ${method} ${path}: ${await answer.text()}`);
    return answer.json();
  }
  return {
    get origin() {
      return originOf();
    },
    async change(patch) {
      await call('PATCH', '/simulator/settings', patch);
    },
    async addFault(fault) {
      await call('POST', '/simulator/faults', fault);
    },
    async journal(kind) {
      const query = kind ? `?kind=${kind}&limit=1000` : '?limit=1000';
      const { entries } = (await call('GET', `/simulator/journal${query}`)) as { entries: JournalEntry[] };
      return entries;
    },
    async videos() {
      const { videos } = (await call('GET', '/simulator/videos')) as {
        videos: Awaited<ReturnType<SimulatorControl['videos']>>;
      };
      return videos;
    },
  };
}

/** Sends the default clip as `/schedule` with the choices that a post needs, and presses Schedule. */
export async function schedulePost(
  person: HeadlessPerson,
  { when, caption = 'A caption #clip', path = CLIP }: { when: string; caption?: string; path?: string },
): Promise<void> {
  await person.command('schedule', { video: await offerFile(path), when, caption });
  await person.choose('Who can see this video', 'Everyone');
  await person.press('Schedule');
}
