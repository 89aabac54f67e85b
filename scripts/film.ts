// The README's moving picture: a clip, "fri 18:30", Schedule, live: `npx node scripts/film.ts`. Screenshots of the
// Playground, put together by ffmpeg (on Debian: apt-get install ffmpeg).

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { attach, connect, reply, say, startStage } from '#test/browser/stage.ts';
import { CLIP } from '#test/support/stand.ts';

const FILM = new URL('../docs/screenshots/film.gif', import.meta.url).pathname;
const SIZE = { width: 920, height: 740 };
const LENGTH_MAX_MS = 10_000;
const TYPED_LETTER_MS = 90;

const frames: { readonly path: string; readonly ms: number }[] = [];
const folder = await mkdtemp(join(tmpdir(), 'clipcue-film-'));
const stage = await startStage();
try {
  const page = await stage.open({ viewport: SIZE, timezoneId: 'Europe/Berlin' });
  const hold = async (ms: number) => {
    const path = join(folder, `${String(frames.length).padStart(4, '0')}.png`);
    await page.screenshot({ path });
    frames.push({ path, ms });
  };
  const line = page.getByRole('combobox', { name: 'Message to Clipcue as Ada' });

  await connect(page);
  await say(page, '/settings zone: Berlin');
  await reply(page, 'Europe/Berlin').waitFor();
  await stage.forgetChat();
  await page.reload();
  await page.getByRole('button', { name: 'Watch a clip go live' }).waitFor();
  await hold(700);
  await attach(page, CLIP);
  await hold(600);
  for (const letter of 'fri 18:30') {
    await line.press(letter === ' ' ? 'Space' : letter);
    await hold(TYPED_LETTER_MS);
  }
  await line.pressSequentially(': Pasta night #food');
  await hold(700);
  await line.press('Enter');
  const card = reply(page, 'New TikTok post');
  await card
    .locator('video')
    .evaluate(
      (video: EventTarget & { readyState: number }) =>
        video.readyState >= 2 || new Promise(resolve => video.addEventListener('loadeddata', resolve, { once: true })),
    );
  await hold(1_300);
  await card.getByRole('combobox', { name: 'Who can see this video' }).selectOption({ label: 'Everyone' });
  await card.getByRole('button', { name: 'Schedule', exact: true }).and(page.locator(':enabled')).waitFor();
  await hold(700);
  await card.getByRole('button', { name: 'Schedule', exact: true }).hover();
  await hold(300);
  await card.getByRole('button', { name: 'Schedule', exact: true }).click();
  await reply(page, 'Scheduled').waitFor();
  await hold(1_400);

  // Nobody waits until Friday in a film.
  const now = reply(page, 'Scheduled').getByRole('button', { name: 'Publish now' });
  await now.hover();
  await hold(500);
  await now.click();
  await reply(page, 'Live on TikTok').waitFor();
  await hold(2_200);
} finally {
  await stage.stop();
}

const lengthMs = frames.reduce((sum, { ms }) => sum + ms, 0);
if (lengthMs > LENGTH_MAX_MS) throw new Error(`the film takes ${lengthMs} ms, which is over ${LENGTH_MAX_MS}`);
const list = frames.map(({ path, ms }) => `file '${path}'\nduration ${ms / 1000}`);
await writeFile(join(folder, 'frames.txt'), `${list.join('\n')}\n`);
// The concat format drops the last frame's length; the GIF writer takes it in hundredths of a second.
const lastDelay = String(Math.round((frames.at(-1)?.ms ?? 0) / 10));
const palette = 'split[a][b];[a]palettegen=max_colors=128[p];[b][p]paletteuse=dither=none:diff_mode=rectangle';
await promisify(execFile)('ffmpeg', [
  ...['-y', '-loglevel', 'error', '-f', 'concat', '-safe', '0', '-i', join(folder, 'frames.txt')],
  ...['-filter_complex', palette, '-fps_mode', 'vfr', '-final_delay', lastDelay, FILM],
]);
await rm(folder, { recursive: true });
process.stdout.write(`${FILM}: ${frames.length} frames, ${lengthMs / 1000} s\n`);
