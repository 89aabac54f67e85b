// From an empty data folder to "live", in a browser, as somebody who has never been here: and then all that one may want to change.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { CLIP } from '#test/support/stand.ts';
import {
  assertAccessible,
  assertInSight,
  attach,
  paneOf,
  readClip,
  reply,
  type Stage,
  say,
  startStage,
} from './stage.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function schedule(page: Page, caption: string): Promise<void> {
  await attach(page, CLIP);
  await say(page, `in 2 hours: ${caption}`);
  const card = reply(page, caption);
  await card.getByRole('combobox', { name: 'Who can see this video' }).selectOption({ label: 'Everyone' });
  await card.getByRole('button', { name: 'Schedule', exact: true }).click();
}

/** The part of a browser's video element that is played with here. */
interface Playable extends EventTarget {
  muted: boolean;
  readonly currentTime: number;
  readonly videoWidth: number;
  readonly src: string;
  play(): Promise<void>;
  pause(): void;
}

describe('a first visit', () => {
  let stage: Stage;
  let page: Page;
  before(async () => {
    stage = await startStage();
    page = await stage.open();
  });
  after(() => stage.stop());

  it('offers a way in, on a page without faults', async () => {
    await page.getByRole('button', { name: 'Watch a clip go live' }).waitFor();
    await page.getByRole('button', { name: 'Use the sample clip' }).waitFor();
    await assertAccessible(page, 'the empty Playground');
  });

  it('connects an account through the link page, the consent page and the code', async () => {
    await say(page, '/connect-tiktok');
    await page.getByRole('link', { name: 'Open the link' }).click();
    await assertAccessible(page, 'the link page');
    await page.getByRole('button', { name: 'This is me: go to TikTok' }).click();
    await page.getByRole('heading', { name: /Authorize/ }).waitFor();
    await assertAccessible(page, 'the simulator’s consent page');
    await page.getByRole('button', { name: 'Authorize' }).click();
    await assertAccessible(page, 'the page that leads back');
    await page.getByRole('link', { name: 'Back to the Playground' }).click();
    await reply(page, 'Connected').getByText('Clara Cooks').waitFor();
    assert.equal(new URL(page.url()).search, '', 'the code should be gone from the address');
  });

  it('schedules a clip in words and hears that it is live', async () => {
    await attach(page, CLIP);
    await say(page, 'in 3 seconds: Pasta night #food');
    const card = reply(page, 'New TikTok post');
    await card.getByText('Pasta night #food').waitFor();
    assert.ok(
      await card.getByRole('button', { name: 'Schedule', exact: true }).isDisabled(),
      'privacy is not chosen yet',
    );
    await assertInSight(card);
    await assertAccessible(page, 'the composer card');
    await card.getByRole('combobox', { name: 'Who can see this video' }).selectOption({ label: 'Everyone' });
    await card.getByRole('button', { name: 'Schedule', exact: true }).click();
    const live = reply(page, 'Live on TikTok');
    await live.waitFor();
    await live.getByText('Direct message').waitFor();
  });

  it('finds the video on the profile, playing, byte for byte', async () => {
    const [profile] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: /^Profile/ }).click(),
    ]);
    const video = profile.locator('video').first();
    await video.waitFor();
    await profile.getByText('Pasta night #food').waitFor();
    await assertAccessible(profile, 'the simulator’s profile page');
    const played = await video.evaluate(async (element: Playable) => {
      element.muted = true;
      await element.play();
      await new Promise(resolve => element.addEventListener('timeupdate', resolve, { once: true }));
      const { currentTime, videoWidth, src } = element;
      element.pause();
      return { currentTime, videoWidth, src };
    });
    assert.ok(played.currentTime > 0 && played.videoWidth === 720, `the video should play: ${JSON.stringify(played)}`);
    const answer = await profile.request.get(played.src);
    assert.equal(sha256(await answer.body()), sha256(readClip(CLIP)));
    await profile.goto(`${stage.stand.simulator.origin}/simulator`);
    await assertAccessible(profile, 'the simulator’s panel');
    await profile.close();
  });

  it('says at once why a time will not do, and keeps the clip', async () => {
    await attach(page, CLIP);
    await say(page, '/schedule when: fish o’clock caption: Not so');
    const card = reply(page, 'Not so');
    await card.getByText('I could not read').waitFor();
    await card.getByRole('button', { name: 'Time', exact: true }).click();
    const form = page.getByRole('dialog');
    await form.waitFor();
    await assertAccessible(page, 'a form');
    await form.getByRole('textbox').fill('in 3 hours');
    await form.getByRole('button', { name: 'Save' }).click();
    await card.getByText('in 3 hours, counted from pressing Schedule').waitFor();
    await card.getByRole('button', { name: 'Discard' }).click();
  });

  it('moves a post, and cancels it', async () => {
    await schedule(page, 'To be moved');
    const post = reply(page, 'To be moved');
    await post.getByRole('heading', { name: 'Scheduled' }).waitFor();
    await post.getByRole('button', { name: 'Change time' }).click();
    const form = page.getByRole('dialog');
    await form.getByRole('textbox').fill('in 5 hours');
    await form.getByRole('button', { name: 'Move' }).click();
    await post.getByText(/in 5 h/).waitFor();
    await post.getByRole('button', { name: 'Cancel' }).click();
    await post.getByRole('heading', { name: 'Cancelled' }).waitFor();
    await say(page, '/posts');
    await reply(page, 'Nothing is scheduled').waitFor();
  });

  it('lets nobody press another person’s button', async () => {
    await schedule(page, 'Hands off');
    const action = await reply(page, 'Hands off').getAttribute('id');
    assert.ok(action, 'the card has a place');
    await page.getByRole('radio', { name: 'Side by side' }).check({ force: true });
    const ben = paneOf(page, 'Ben');
    await ben.waitFor();
    // Ben has no such button on his side; his browser sends what Ada’s would.
    const sent = page.waitForRequest(request => request.url().endsWith('/acts'));
    await reply(page, 'Hands off').getByRole('button', { name: 'Change time' }).click();
    const adas = (await sent).postDataJSON();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    const bens = { ...adas, id: 'BenPressesThis00', person: 'ben', action: adas.action.replace(':move:', ':cancel:') };
    await page.evaluate(
      body => fetch('/playground/acts', { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
      JSON.stringify(bens),
    );
    await ben.getByText('That post is gone').waitFor();
    await reply(page, 'Hands off').getByRole('heading', { name: 'Scheduled' }).waitFor();
    await assertAccessible(page, 'two people side by side');
  });

  it('has no page with faults, by day and by night, on a phone too', async () => {
    const { publicUrl } = stage.stand.app;
    const simulator = stage.stand.simulator.origin;
    const unknownLink = `${publicUrl}/connect/${'x'.repeat(43)}`;
    const pages = ['/', '/privacy', '/terms', '/playground'].map(path => publicUrl + path);
    for (const colorScheme of ['light', 'dark'] as const) {
      const other = await page.context().newPage();
      await other.emulateMedia({ colorScheme });
      if (colorScheme === 'dark') await other.setViewportSize({ width: 390, height: 844 });
      for (const url of [...pages, unknownLink, simulator, `${simulator}/simulator`, `${simulator}/@clara.cooks`]) {
        const before = stage.complaints.length;
        await other.goto(url);
        await assertAccessible(other, `${url}, ${colorScheme}`);
        // The browser itself remarks on a page that is not found.
        if (url === unknownLink) stage.complaints.splice(before);
      }
      await other.close();
    }
  });

  it('had nothing to complain about', () => assert.deepEqual(stage.complaints, []));
});
