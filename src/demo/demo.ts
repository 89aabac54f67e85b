// `npm run demo [clip.mp4]`: the whole journey without a browser, on throw-away data: connect a simulator account, schedule a clip
// three seconds ahead, publish, tell. Prints each step as the person reads it; exit 0 only if the video is live.

import { randomBytes } from 'node:crypto';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHeadlessAdapter } from '../adapters/headless/adapter.ts';
import { createHeadlessPerson, offerFile } from '../adapters/headless/person.ts';
import { type App, startApp } from '../app.ts';
import { type Config, loadConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { createBrowser } from './browser.ts';
import { decide, followLink, readReturnCode } from './consent.ts';

const DEFAULT_CLIP = new URL('../../test/clips/vertical-6s.mp4', import.meta.url).pathname;
const LIVE_WITHIN_MS = 60_000;

export interface DemoOptions {
  readonly clipPath: string | undefined;
  readonly mongodbUri: string | undefined;
  readonly print: (line: string) => void;
}

/** Plays the journey. @throws Error saying at which step it ended. */
export async function playDemo({ clipPath = DEFAULT_CLIP, mongodbUri, print }: DemoOptions): Promise<void> {
  await access(clipPath).catch(() => {
    throw new Error(`There is no clip at ${clipPath}.`);
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'clipcue-demo-'));
  const adapter = createHeadlessAdapter('demo');
  let app: App | null = null;
  try {
    const config = await makeConfig(dataDir, mongodbUri);
    const log = createLog({ level: 'warn', secrets: config.secrets });
    app = await startApp({ config, log, version: 'demo', adapters: [adapter] });
    await playPerson(app, adapter, clipPath, print);
  } finally {
    if (mongodbUri) await app?.database.drop();
    await app?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Every setting but the database's address is ignored: the demo must not touch what a person has configured. */
async function makeConfig(dataDir: string, mongodbUri: string | undefined): Promise<Config> {
  return loadConfig({
    DATA_DIR: dataDir,
    PORT: String(await findFreePort()),
    SIMULATOR_PORT: '0',
    TOKEN_KEYS: `demo:${randomBytes(32).toString('base64')}`,
    ...(mongodbUri && { MONGODB_URI: withDatabase(mongodbUri, `clipcue-demo-${randomBytes(6).toString('hex')}`) }),
  });
}

function withDatabase(uri: string, name: string): string {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.href;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}

async function playPerson(
  app: App,
  adapter: ReturnType<typeof createHeadlessAdapter>,
  clipPath: string,
  print: (line: string) => void,
): Promise<void> {
  const startedAt = performance.now();
  const stamp = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  `;
  const indent = (words: string) => words.replaceAll('\n', `\n${' '.repeat(9)}`);
  const says = (who: string, words: string) => print(`${stamp()}${who}: ${indent(words)}\n`);
  const person = createHeadlessPerson(adapter, { id: '1', name: 'Clara' });
  const botSays = () => says('Clipcue', person.read());

  says('Clara', '/settings zone:Berlin');
  await person.command('settings', { zone: 'Berlin' });
  says('Clara', '/connect-tiktok');
  await person.command('connect-tiktok');
  botSays();

  says('Clara', '(in the browser: “This is me”, then Authorize at TikTok)');
  const browser = createBrowser();
  const consentPage = await followLink(browser, person.linkOf('Open the link'));
  const scopes = ['user.info.basic', 'video.upload', 'video.publish'];
  const code = readReturnCode(await decide(browser, consentPage, { account: 'clara.cooks', scopes }));
  says('Browser', `the page shows the code ${code}`);
  await person.press('Enter the code');
  await person.fill({ code });
  botSays();

  says('Clara', `/schedule video:(clip) when:in 3 seconds caption:Hello from the demo #clipcue`);
  const video = await offerFile(clipPath);
  await person.command('schedule', { video, when: 'in 3 seconds', caption: 'Hello from the demo #clipcue' });
  says('Clara', '(chooses Everyone, switches comments on)');
  await person.choose('Who can see this video', 'Everyone');
  await person.press('Comments: off');
  botSays();

  says('Clara', '(presses Schedule)');
  await person.press('Schedule');
  botSays();
  await person.waitFor('Posted to', LIVE_WITHIN_MS);
  botSays();
  await person.waitFor('Live on TikTok', LIVE_WITHIN_MS);
  botSays();
  print(`${stamp()}Live. The whole journey went through ${app.simulatorOrigin ? 'the TikTok simulator' : 'TikTok'}.`);
}
