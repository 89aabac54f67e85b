// A browser before a whole Clipcue: one Chromium a test file, and a watch on everything that a page complains about.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { type Stand, startHeadlessStand } from '#test/support/stand.ts';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const WAIT_MS = 20_000;

export interface Stage {
  readonly stand: Stand;
  readonly browser: Browser;
  /** The Playground's address. */
  readonly url: string;
  /** A new person's browser at the Playground. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** Empties the chats, and nothing else. */
  forgetChat(): Promise<void>;
  /** What pages complained about: errors in the console, breaches of the content security policy, exceptions. */
  readonly complaints: string[];
  stop(): Promise<void>;
}

export async function startStage(env: Record<string, string> = {}): Promise<Stage> {
  const stand = await startHeadlessStand({ env: { PLAYGROUND: 'on', ...env } });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS }).catch(async error => {
    await stand.stop();
    throw error;
  });
  const complaints: string[] = [];
  const url = `${stand.app.publicUrl}/playground`;
  return {
    stand,
    browser,
    url,
    complaints,
    async open(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
      context.setDefaultTimeout(WAIT_MS);
      context.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      context.on('weberror', error => complaints.push(String(error.error())));
      const page = await context.newPage();
      await page.goto(url);
      await page.locator('.composer').first().waitFor();
      return page;
    },
    async forgetChat() {
      await stand.app.database.connection.db?.collection('playgroundMessages').deleteMany({});
    },
    async stop() {
      await browser.close();
      await stand.stop();
    },
  };
}

/** One person's side of the page. */
export const paneOf = (page: Page, name: 'Ada' | 'Ben'): Locator =>
  page.getByRole('region', { name: `${name}’s chat` });

/** Types a line as a person and sends it. */
export async function say(page: Page, line: string, name: 'Ada' | 'Ben' = 'Ada'): Promise<void> {
  const field = page.getByRole('combobox', { name: `Message to Clipcue as ${name}` });
  await field.fill(line);
  // The list of completions would take the key for itself.
  await field.press('Escape');
  await field.press('Enter');
}

/** The newest of the bot's messages that say `words`. */
export const reply = (page: Page, words: string | RegExp): Locator =>
  page.locator('article.reply').filter({ hasText: words }).last();

/** Connects a practice account through the link page, TikTok's consent page and the page that leads back. */
export async function connect(page: Page, name: 'Ada' | 'Ben' = 'Ada', creator = 'Clara Cooks'): Promise<void> {
  await say(page, '/connect-tiktok', name);
  await paneOf(page, name).getByRole('link', { name: 'Open the link' }).last().click();
  await page.getByRole('button', { name: 'This is me: go to TikTok' }).click();
  await page.getByRole('radio', { name: creator }).check();
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.getByRole('link', { name: 'Back to the Playground' }).click();
  await paneOf(page, name).getByRole('heading', { name: 'Connected' }).last().waitFor();
}

export async function attach(page: Page, path: string, name: 'Ada' | 'Ben' = 'Ada'): Promise<void> {
  await paneOf(page, name).locator('.attach input').setInputFiles(path);
}

/** Whoever gets a message must not have to scroll to its end. */
export async function assertInSight(message: Locator): Promise<void> {
  const hiddenPx = () =>
    message.evaluate((element: Sized & { closest(selector: string): Sized }) => {
      const bottom = (one: Sized) => one.getBoundingClientRect().bottom;
      return Math.round(bottom(element) - bottom(element.closest('.log')));
    });
  for (let frame = 0; frame < FRAMES_TO_SETTLE && (await hiddenPx()) > 0; frame++) await nextFrame(message.page());
  assert.ok((await hiddenPx()) <= 0, `the end of the message should be in sight; ${await hiddenPx()} px are below`);
}

interface Sized {
  getBoundingClientRect(): { readonly bottom: number };
}

const FRAMES_TO_SETTLE = 10;
const nextFrame = (page: Page) => page.evaluate('new Promise(resolve => requestAnimationFrame(resolve))');

/** Faults that keep people out, by axe-core; `what` names the page in a failing test. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html.slice(0, 160)).join(' | ')}`);
  });
  assert.deepEqual(found, [], `axe found serious faults on ${what}`);
}

export const readClip = (path: string): Buffer => readFileSync(path);
