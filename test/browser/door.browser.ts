// The password page before a public Playground, on a phone: it can be used, refuses in words, and lets in.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { assertAccessible, type Stage, startStage } from './stage.ts';

const SCREENSHOT = process.env.DOOR_SCREENSHOT;

let stage: Stage;
before(async () => {
  stage = await startStage({ PLAYGROUND: 'public' });
});
after(() => stage.stop());

it('lets in whoever has the password that start printed', async () => {
  const page = await stage.browser.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(stage.url);
  const field = page.getByLabel('The password that Clipcue printed');
  await field.waitFor();
  await assertAccessible(page, 'the password page');
  await field.fill('wrong');
  await field.press('Enter');
  await page.getByRole('alert').getByText('That is not the password').waitFor();
  await assertAccessible(page, 'the refusal of a password');
  if (SCREENSHOT) await page.screenshot({ path: SCREENSHOT });
  await field.fill(stage.stand.app.playground?.password ?? '');
  await field.press('Enter');
  await page.locator('.composer').waitFor();
  assert.equal(new URL(page.url()).pathname, '/playground');
});
