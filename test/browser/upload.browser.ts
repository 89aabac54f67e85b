// The upload page in a browser, on a desk and on a phone: picked and dropped files, broken connections, reloads, refusals.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { writePaddedClip } from '#test/media/padded-clip.ts';
import { CLIP, clipPath } from '#test/support/stand.ts';
import { assertAccessible, connect, paneOf, reply, type Stage, say, startStage } from './stage.ts';

/** Two parts, of 16 MiB and the rest, or three where all are small. */
const LARGE_BYTES = 40_000_000;
/** Three times as long as an awake page waits before it tries again. */
const ASLEEP_MS = 1_500;
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const SCREENSHOTS = process.env.UPLOAD_SCREENSHOTS;

describe('the upload page', () => {
  let stage: Stage;
  let chat: Page;
  let folder: string;
  let large: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-upload-'));
    large = join(folder, 'large.mp4');
    await writePaddedClip(CLIP, large, LARGE_BYTES);
    stage = await startStage();
    chat = await stage.open();
    await connect(chat);
    await say(chat, '/settings UTC');
  });
  after(async () => {
    await stage.stop();
    await rm(folder, { recursive: true });
  });

  /** A new link from the chat, opened in a browser of its own. */
  async function openUpload(caption: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await openLink(caption, options);
    await shoot(page, `link-${caption}`);
    await assertAccessible(page, 'the page behind the link');
    await page.getByRole('button', { name: 'This is me: go on' }).click();
    await page.getByRole('heading', { name: 'Upload your clip' }).waitFor();
    return page;
  }

  async function openLink(caption: string, options: BrowserContextOptions = {}): Promise<Page> {
    await say(chat, `/upload when:in 2 hours caption:${caption}`);
    const card = reply(chat, caption);
    const link = await card.getByRole('link', { name: 'Upload the clip' }).getAttribute('href');
    const page = await stage.open(options);
    await page.goto(link ?? '');
    return page;
  }

  async function shoot(page: Page, name: string): Promise<void> {
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name.replaceAll(/\W+/g, '-')}.png`) });
  }

  /** Pages stand still, as a phone lets them once its screen is dark; lines and their ends go on without them. */
  async function whileAsleep(page: Page, happens: () => Promise<void>): Promise<void> {
    const devtools = await page.context().browser()?.newBrowserCDPSession();
    const { processInfo = [] } = (await devtools?.send('SystemInfo.getProcessInfo')) ?? {};
    const pages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
    assert.ok(pages.length > 0, 'the browser names no process of a page');
    for (const pid of pages) process.kill(pid, 'SIGSTOP');
    try {
      await happens();
    } finally {
      for (const pid of pages) process.kill(pid, 'SIGCONT');
    }
  }

  const pick = (page: Page, path: string) => page.locator('#file').setInputFiles(path);
  const isIn = (page: Page) => page.getByRole('heading', { name: 'Your clip is in' }).waitFor();

  it('takes a clip, and the card in the chat has it', async () => {
    const page = await openUpload('Desk');
    await assertAccessible(page, 'the upload page');
    await shoot(page, 'choose-desk');
    await pick(page, CLIP);
    await isIn(page);
    await shoot(page, 'done-desk');
    await assertAccessible(page, 'the end of an upload');
    await reply(chat, 'Your clip is in').waitFor();
    await reply(chat, 'Desk').getByText('vertical-6s.mp4').waitFor();
    await page.getByRole('link', { name: 'Back to the Playground' }).click();
    await paneOf(page, 'Ada').waitFor();
    await page.context().close();
  });

  it('takes a clip that was picked before the script had come', async () => {
    const page = await openLink('Early');
    const picked = Promise.withResolvers<void>();
    await page.route('**/main.js', async route => {
      await picked.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'This is me: go on' }).click();
    await pick(page, CLIP);
    picked.resolve();
    await isIn(page);
    await page.context().close();
  });

  it('goes on by itself where the connection breaks, and where the page was reloaded', async () => {
    const page = await openUpload('Phone', PHONE);
    await shoot(page, 'choose-phone');
    let parts = 0;
    await page.route('**/file', route => {
      if (route.request().method() !== 'PATCH') return route.continue();
      parts += 1;
      // The second part never leaves the phone, and its next try takes longer than a request may.
      if (parts === 2) return route.abort('connectionreset');
      return parts === 3 ? route.fulfill({ status: 408 }) : route.continue();
    });
    await pick(page, large);
    await page.getByText('The connection broke').or(page.getByText('Your clip is in')).first().waitFor();
    await shoot(page, 'broken-phone');
    await isIn(page);
    assert.ok(parts >= 5, `three parts, and one of them twice again: ${parts}`);
    await shoot(page, 'done-phone');
    await page.context().close();
  });

  it('goes on where it was once the phone wakes up', async () => {
    const page = await openUpload('Asleep', PHONE);
    const [underWay, cut] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const offsets: string[] = [];
    await page.route('**/file', async route => {
      if (route.request().method() !== 'PATCH') return route.continue();
      offsets.push(route.request().headers()['upload-offset'] ?? '');
      if (offsets.length !== 2) return route.continue();
      underWay.resolve();
      await cut.promise;
      return route.abort('connectionreset');
    });
    await pick(page, large);
    await underWay.promise;
    await whileAsleep(page, async () => {
      cut.resolve();
      await delay(ASLEEP_MS);
      assert.equal(offsets.length, 2, 'a page that sleeps sends nothing');
    });
    await isIn(page);
    assert.equal(offsets[2], offsets[1], 'it goes on with the part that was cut off');
    await page.context().close();
  });

  it('sends small parts where a proxy takes no large ones', async () => {
    const page = await openUpload('Proxy');
    const offsets: number[] = [];
    await page.route('**/file', async route => {
      const { 'upload-offset': offset } = route.request().headers();
      if (route.request().method() !== 'PATCH') return route.continue();
      offsets.push(Number(offset));
      return offsets.length === 2 ? route.fulfill({ status: 413, body: 'too large' }) : route.continue();
    });
    await pick(page, large);
    await isIn(page);
    const PART = 16 * 1024 * 1024;
    assert.deepEqual(offsets, [0, PART, PART, 2 * PART], 'the large part again as two small ones');
    await page.context().close();
  });

  it('asks for the same file after a reload, and sends only what is missing', async () => {
    const page = await openUpload('Reloaded', PHONE);
    let sentBytes = 0;
    let isCut = true;
    await page.route('**/file', async route => {
      const body = route.request().method() === 'PATCH' ? (route.request().postDataBuffer()?.length ?? 0) : 0;
      if (isCut && sentBytes > 0 && route.request().method() !== 'HEAD') return route.abort('connectionreset');
      sentBytes += body;
      return route.continue();
    });
    await pick(page, large);
    await page.getByText('The connection broke').waitFor();
    // No speed while nothing goes.
    await page.getByText('16.8 MB of 40.0 MB', { exact: true }).waitFor();
    await shoot(page, 'sending-phone');
    page.on('dialog', dialog => dialog.accept());
    isCut = false;
    await page.reload();
    await page.getByText(/16\.8 MB of large\.mp4 .* are here already/).waitFor();
    await shoot(page, 'again-phone');
    await assertAccessible(page, 'an upload that waits for its file');
    await pick(page, large);
    await isIn(page);
    await page.context().close();
  });

  it('says why it does not take a file, and takes another', async () => {
    const page = await openUpload('Refused', PHONE);
    await pick(page, clipPath('README.md'));
    await page.getByText('That file is not a video').waitFor();
    await shoot(page, 'refused-phone');
    await assertAccessible(page, 'a refusal');
    await pick(page, CLIP);
    await isIn(page);
    await page.context().close();
  });

  it('can be paused, continued and given up for another file', async () => {
    const page = await openUpload('Paused');
    await page.route('**/file', async route => {
      // Slow enough to be pressed in between.
      if (route.request().method() === 'PATCH') await new Promise(resolve => setTimeout(resolve, 300));
      return route.continue();
    });
    await pick(page, large);
    await page.getByText(/of 40\.0 MB/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused.').waitFor();
    await shoot(page, 'paused-desk');
    await assertAccessible(page, 'a paused upload');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Another file' }).click();
    await page.getByRole('heading', { name: 'Upload your clip' }).waitFor();
    await pick(page, CLIP);
    await isIn(page);
    await page.context().close();
  });

  it('breaks no rule of its content security policy', () => {
    const complaints = stage.complaints.filter(line => !/ERR_CONNECTION_RESET|Failed to load resource/.test(line));
    assert.deepEqual(complaints, []);
  });
});
