// The stand with Telegram beside the headless chat: a Bot API server of ours, unmodified grammY, people who tap.

import { type BrowserPage, createBrowser } from '#demo/browser.ts';
import { decide, followLink } from '#demo/consent.ts';
import { createTelegramPerson, type TelegramPerson } from '#test/fakes/telegram/person.ts';
import { type FakeTelegram, startFakeTelegram } from '#test/fakes/telegram/server.ts';
import { codeOn } from './linking.ts';
import { type ChildProcess, startProcess } from './processes.ts';
import { bringTo, PUBLIC_ADDRESS } from './public-address.ts';
import { DIRECT_SCOPES, type Stand, type StandOptions, startHeadlessStand } from './stand.ts';

export interface TelegramStand extends Stand {
  readonly telegram: FakeTelegram;
  person(name: string): TelegramPerson;
}

export interface TelegramStandOptions extends StandOptions {
  readonly telegram?: FakeTelegram;
}

const FIRST_PERSON_ID = 500_001;

export async function startTelegramStand(options: TelegramStandOptions = {}): Promise<TelegramStand> {
  const telegram = options.telegram ?? (await startFakeTelegram());
  const env = {
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.origin,
    ACCESS: 'everyone',
    ...(options.opensPages && { PUBLIC_URL: PUBLIC_ADDRESS }),
    ...options.env,
  };
  const stand = await startHeadlessStand({ ...options, env }).catch(async error => {
    await telegram.stop();
    throw error;
  });
  const botId = telegram.token.split(':')[0];
  telegram.isKept = async updateId => {
    const { db } = stand.app.database.connection;
    const key = `telegram:${botId}:${updateId}`;
    // While the app starts anew nobody can tell.
    const kept = await db
      ?.collection<{ _id: string }>('keptEvents')
      .findOne({ _id: key })
      .catch(() => true);
    return Boolean(kept ?? false);
  };
  const people = new Map<string, TelegramPerson>();
  const { stop } = stand;
  const leaveAddress = options.opensPages ? bringTo(() => stand.config.port) : null;

  return Object.assign(stand, {
    telegram,
    platform: 'telegram',
    person(name: string) {
      const { clock } = options;
      const person =
        people.get(name) ??
        createTelegramPerson(telegram, { id: FIRST_PERSON_ID + people.size, name, ...(clock && { clock }) });
      people.set(name, person);
      return person;
    },
    async connect(person: Parameters<Stand['connect']>[0], account = 'clara.cooks') {
      await person.command('connect-tiktok');
      await person.open(await consentInBrowser(person.linkOf(/^Open /), account));
    },
    cutOff(person: Parameters<Stand['cutOff']>[0]) {
      const isToThem = ({ chat_id: chatId }: Readonly<Record<string, unknown>>) =>
        [...people.values()].some(one => one === person && one.id === Number(chatId));
      return telegram.fail({ method: 'sendMessage', status: 503, matches: isToThem });
    },
    async stop() {
      leaveAddress?.();
      await stop();
      await telegram.stop();
    },
  });
}

/** The bot of a stand that is stopped, as a process of its own on the same folder: one that can be killed. */
export async function startAlone({ config, telegram }: TelegramStand, dataDir: string): Promise<ChildProcess> {
  const child = startProcess('src/main.ts', {
    env: {
      DATA_DIR: dataDir,
      PORT: String(config.port),
      SIMULATOR_PORT: String(config.simulatorPort),
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.origin,
      ACCESS: 'everyone',
    },
  });
  await child.waitForLine(/Clipcue is running/);
  return child;
}

/** What happens in the browser. Gives the page at its end. */
export async function openReturnPage(url: string, account = 'clara.cooks'): Promise<BrowserPage> {
  const browser = createBrowser();
  const consentPage = url.includes('/connect/') ? await followLink(browser, url) : await browser.open(url);
  return decide(browser, consentPage, { account, scopes: DIRECT_SCOPES });
}

/** Gives the payload of the button that leads back to Telegram. */
export async function consentInBrowser(url: string, account?: string): Promise<string> {
  const page = await openReturnPage(url, account);
  const payload = codeOn(page);
  if (!payload) throw new Error(`the page leads to no Telegram chat (${page.status}): ${page.body.slice(0, 2000)}`);
  return payload;
}
