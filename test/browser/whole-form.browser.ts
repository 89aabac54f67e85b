// The whole post in one form: a choice with nothing preset, checkboxes, and what was chosen on the card.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Page } from 'playwright-core';
import { CLIP } from '#test/support/stand.ts';
import { assertAccessible, attach, connect, reply, type Stage, say, startStage } from './stage.ts';

let stage: Stage;
let page: Page;
before(async () => {
  stage = await startStage();
  page = await stage.open();
  await connect(page);
});
after(() => stage.stop());

it('presets no privacy, and brings every choice to the card', async () => {
  await attach(page, CLIP);
  await say(page, 'in 2 hours: All in one');
  await reply(page, 'All in one').getByRole('button', { name: 'Fill in all' }).click();
  const form = page.getByRole('dialog', { name: 'The whole post' });
  await form.waitFor();
  await assertAccessible(page, 'the form of the whole post');
  const privacy = form.getByRole('combobox', { name: 'Who can see this video' });
  assert.equal(await privacy.inputValue(), '', 'TikTok wants it chosen, so nothing is preset');
  await privacy.selectOption({ label: 'Only me' });
  await form.getByRole('checkbox', { name: 'Comments' }).check();
  await form.getByRole('checkbox', { name: 'AI-generated' }).check();
  await form.getByRole('button', { name: 'Save' }).click();
  const card = reply(page, 'All in one');
  await card.getByRole('button', { name: 'Comments: on' }).waitFor();
  await card.getByRole('button', { name: 'AI-generated: on' }).waitFor();
  await card.getByRole('button', { name: 'Duet: off' }).waitFor();
  assert.match(await card.innerText(), /Only me/);
  assert.deepEqual(stage.complaints, []);
});
