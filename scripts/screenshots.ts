// Pictures of the Playground and the simulator for docs/, made by playing it: `npx node scripts/screenshots.ts`.

import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { attach, connect, reply, say, startStage } from '#test/browser/stage.ts';
import { CLIP } from '#test/support/stand.ts';

const FOLDER = new URL('../docs/screenshots/', import.meta.url);
const WIDE = { width: 1100, height: 820 };
const PHONE = { width: 390, height: 844 };

await mkdir(FOLDER, { recursive: true });
const stage = await startStage();
const take = (page: Page, name: string) => page.screenshot({ path: new URL(`${name}.png`, FOLDER).pathname });

async function schedule(page: Page, line: string): Promise<void> {
  await attach(page, CLIP);
  await say(page, line);
  const card = reply(page, line.split(': ')[1] ?? line);
  await card.getByRole('combobox', { name: 'Who can see this video' }).selectOption({ label: 'Everyone' });
  await card.getByRole('button', { name: 'Schedule', exact: true }).click();
  await card.getByRole('heading', { name: /Scheduled|Publishing|Live/ }).waitFor();
}

try {
  const page = await stage.open({ viewport: WIDE, timezoneId: 'Europe/Berlin' });
  await take(page, 'empty');
  await connect(page);
  await say(page, '/settings zone: Berlin');
  await reply(page, 'Europe/Berlin').waitFor();
  await attach(page, CLIP);
  await say(page, 'fri 18:30: Pasta night, one pot, ten minutes #food');
  await reply(page, 'Pasta night').waitFor();
  await page
    .locator('article.reply video')
    .last()
    .evaluate(
      (video: EventTarget & { readyState: number }) =>
        video.readyState >= 2 || new Promise(resolve => video.addEventListener('loadeddata', resolve, { once: true })),
    );
  await take(page, 'composer');
  await reply(page, 'Pasta night').getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('combobox', { name: 'Message to Clipcue as Ada' }).pressSequentially('/schedule when: fri');
  await page.getByRole('option', { name: /18:00/ }).waitFor();
  await take(page, 'completion');
  await page.getByRole('combobox', { name: 'Message to Clipcue as Ada' }).fill('');
  await page.keyboard.press('Escape');
  await schedule(page, 'in 2 seconds: Sunday bread #baking');
  await reply(page, 'Live on TikTok').waitFor();
  await schedule(page, 'tomorrow 9:00: Market tour');
  await schedule(page, 'tomorrow 18:30: Pasta night #food');
  await say(page, '/posts');
  await reply(page, 'Your posts').waitFor();
  await page.locator('.waiting').waitFor({ state: 'hidden' });
  await take(page, 'posts');

  const profile = await page.context().newPage();
  await profile.goto(`${stage.stand.simulator.origin}/@clara.cooks`);
  await profile
    .locator('video')
    .first()
    .evaluate(
      (video: EventTarget & { readyState: number }) =>
        video.readyState >= 2 || new Promise(resolve => video.addEventListener('loadeddata', resolve, { once: true })),
    );
  await take(profile, 'profile');
  await profile.goto(`${stage.stand.simulator.origin}/simulator`);
  await take(profile, 'simulator');

  await page.emulateMedia({ colorScheme: 'dark' });
  await take(page, 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('radio', { name: 'Side by side' }).check({ force: true });
  await take(page, 'side-by-side');
  await page.getByRole('radio', { name: 'Ada' }).check({ force: true });
  await page.setViewportSize(PHONE);
  await page.reload();
  await reply(page, 'Your posts').waitFor();
  await take(page, 'phone');
} finally {
  await stage.stop();
}
