// What comes between: a reload, a restart of the bot, a keyboard instead of a mouse, clips that are dropped or pasted.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { CLIP } from '#test/support/stand.ts';
import { attach, connect, paneOf, readClip, reply, type Stage, say, startStage } from './stage.ts';

describe('interruptions', () => {
  let stage: Stage;
  let page: Page;
  before(async () => {
    stage = await startStage();
    page = await stage.open();
  });
  after(() => stage.stop());

  const line = () => page.getByRole('combobox', { name: 'Message to Clipcue as Ada' });
  const list = () => page.getByRole('listbox');

  it('a keyboard alone completes commands, options, times and accounts', async () => {
    await connect(page);
    await line().focus();
    await page.keyboard.type('/sch');
    await list()
      .getByRole('option', { name: /^\/schedule/ })
      .waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.type('wh');
    await page.keyboard.press('Tab');
    await page.keyboard.type('tomorrow 9');
    await list().getByRole('option', { name: /09:00/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.match(await line().inputValue(), /^\/schedule when: .*09:00 \(UTC\)/);
    await page.keyboard.type(' account: Cl');
    await list().getByRole('option', { name: 'Clara Cooks' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.match(await line().inputValue(), /account: Clara Cooks$/);
    await page.keyboard.press('Escape');
  });

  it('a reload in the middle of writing keeps the line', async () => {
    await line().fill('fri 18:30: Half a thou');
    await page.reload();
    await line().waitFor();
    assert.equal(await line().inputValue(), 'fri 18:30: Half a thou');
    await reply(page, 'Connected').waitFor();
    await line().fill('');
  });

  it('a clip comes by drop and by paste', async () => {
    const bytes = readClip(CLIP).toString('base64');
    for (const kind of ['drop', 'paste']) {
      await page.evaluate(
        ({ kind, bytes }) => {
          const browser = globalThis as unknown as {
            DataTransfer: new () => { items: { add(file: File): void }; files: unknown };
            document: { querySelector(selector: string): EventTarget };
            DragEvent: new (kind: string, init: object) => Event;
            ClipboardEvent: new (kind: string, init: object) => Event;
          };
          const given = new browser.DataTransfer();
          given.items.add(new File([Uint8Array.from(atob(bytes), letter => letter.charCodeAt(0))], `by-${kind}.mp4`));
          const init = { bubbles: true, cancelable: true, dataTransfer: given, clipboardData: given };
          const event = kind === 'drop' ? new browser.DragEvent(kind, init) : new browser.ClipboardEvent(kind, init);
          browser.document.querySelector('.composer textarea').dispatchEvent(event);
        },
        { kind, bytes },
      );
      await page.getByRole('list', { name: 'Attached clips' }).getByText(`by-${kind}.mp4`).waitFor();
      await page.getByRole('button', { name: `Remove by-${kind}.mp4` }).click();
    }
  });

  it('a reload in the middle of the card keeps every choice', async () => {
    await attach(page, CLIP);
    await say(page, 'in 2 hours: Chosen before the reload');
    const card = reply(page, 'Chosen before the reload');
    await card.getByRole('combobox', { name: 'Who can see this video' }).selectOption({ label: 'Only me' });
    await card.getByRole('button', { name: 'Comments: off' }).click();
    await card.getByRole('button', { name: 'Comments: on' }).waitFor();
    await page.reload();
    await card.getByRole('button', { name: 'Comments: on' }).waitFor();
    await card.locator('dd', { hasText: 'Only me' }).waitFor();
  });

  it('a press while the one before is still on its way follows it', async () => {
    await attach(page, CLIP);
    await say(page, 'in 2 hours: Pressed in haste');
    const card = reply(page, 'Pressed in haste');
    const pressed: string[] = [];
    const gate = Promise.withResolvers<void>();
    await page.route('**/playground/acts', async route => {
      pressed.push(route.request().postDataJSON().action);
      await gate.promise;
      await route.continue();
    });
    await card.getByRole('button', { name: 'Comments: off' }).click();
    await card.getByRole('button', { name: 'Comments: off' }).click();
    await card.getByRole('button', { name: 'Duet: off' }).click();
    assert.equal(pressed.length, 1, `one press at a time, and the same one once: ${pressed}`);
    gate.resolve();
    await card.getByRole('button', { name: 'Comments: on' }).waitFor();
    await card.getByRole('button', { name: 'Duet: on' }).waitFor();
    await page.unroute('**/playground/acts');
    await card.getByRole('button', { name: 'Discard' }).click();
  });

  it('a restart of the bot in the middle keeps line, chat and card; what is sent meanwhile can be sent again', async () => {
    await line().fill('while you were away');
    const before = stage.complaints.length;
    await stage.stand.app.stop();
    await page.getByText('Clipcue cannot be reached. What you write is kept').waitFor();
    await line().press('Enter');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    // The stand stops once more what is stopped already, and starts.
    await stage.stand.restart();
    await page.getByText('Clipcue cannot be reached. What').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Try again' }).click();
    await reply(page, 'Send me a clip to schedule it').waitFor();
    const card = reply(page, 'Chosen before the reload');
    await card.getByRole('button', { name: 'Schedule', exact: true }).click();
    await card.getByRole('heading', { name: 'Scheduled' }).waitFor();
    // Browsers say so themselves when nobody answers; no page can keep them from it.
    const silence = /net::ERR_|Failed to load resource/;
    const during = stage.complaints.splice(before);
    assert.deepEqual(
      during.filter(text => !silence.test(text)),
      [],
    );
  });

  it('a person who only watches sees a clip go live', async () => {
    await page.getByRole('radio', { name: 'Ben' }).check({ force: true });
    await paneOf(page, 'Ben').getByRole('button', { name: 'Watch a clip go live' }).click();
    await reply(page, 'Live on TikTok: Max').waitFor({ timeout: 40_000 });
    await page.getByText(/and press|Waiting for its time/).waitFor({ state: 'detached' });
  });

  it('text is shown as text, whatever it looks like', async () => {
    await page.getByRole('radio', { name: 'Ada' }).check({ force: true });
    const nasty = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await say(page, nasty);
    await page.locator('.spoken').getByText(nasty).waitFor();
    assert.equal(await page.title(), 'Clipcue Playground');
  });

  it('had nothing to complain about', () => assert.deepEqual(stage.complaints, []));
});
