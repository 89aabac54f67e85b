// Forms that no modal holds: several modals, one after the other; nothing typed is lost on the way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import type { DiscordPerson } from '#test/fakes/discord/person.ts';
import { CLIP } from '#test/support/stand.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

let bot: SmallBot;
before(async () => {
  bot = await startSmallBot();
});
after(() => bot.stop());

const answersTo = (from: number, to: number, words = (index: number) => `a${index}`): Record<string, string> =>
  Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`question${from + i}`, words(from + i)]));

async function titleOf(pressed: ReturnType<DiscordPerson['press']>): Promise<string> {
  const form = await pressed;
  return 'title' in form ? form.title : `no form but “${JSON.stringify(form.reply)}”`;
}

test('eleven fields are three modals, the clip in the last; the card is redrawn with all of them', async () => {
  const person = bot.person('Long', { place: 'server' });
  await person.command('census');
  assert.equal(await titleOf(person.press('Fill in')), '1 of 3: Census');
  const first = await person.fill(answersTo(0, 5));
  assert.match(person.read(first), /^Part 1 of 3 is kept\./);
  assert.equal(await titleOf(person.press('Next')), '2 of 3: Census');
  const second = await person.fill(answersTo(5, 10));
  assert.equal(second.ref, first.ref, 'one message leads on');
  assert.equal(await titleOf(person.press('Next')), '3 of 3: Census');
  const done = await person.fill({ clip: await offerFile(CLIP) });
  assert.match(person.read(done), /^a0, a1, a2, a3, a4, a5, a6, a7, a8, a9; \d+ bytes\.$/);
  for (const { hiddenFor } of person.shown) assert.equal(hiddenFor, person.user.id);
});

test('a refusal in the end costs no typing: the parts come back filled in', async () => {
  const person = bot.person('Wrong');
  await person.command('census');
  await person.press('Fill in');
  await person.fill({ ...answersTo(0, 5), question0: 'wrong' });
  await person.press('Next');
  await person.fill(answersTo(5, 10));
  await person.press('Next');
  assert.match(person.read(await person.fill({ clip: await offerFile(CLIP) })), /form is not right: question0/);
  await person.press('Look through it again');
  await person.fill({ question0: 'right' });
  await person.press('Next');
  await person.fill({});
  await person.press('Next');
  assert.match(person.read(await person.fill({ clip: await offerFile(CLIP) })), /^right, a1, a2.*a9; /);
});

test('a part of a form that is over, or was begun anew, says so', async () => {
  const person = bot.person('Twice');
  await person.command('census');
  await person.press('Fill in');
  await person.fill(answersTo(0, 5));
  const old = person.idOf('Next');
  await person.press('Fill in');
  assert.match(person.read((await person.pressId(old)) as never), /That question is not open any more/);
  for (const part of ['9', '-1', 'x'])
    assert.match(person.read((await person.pressId(old.replace(/\w$/, part))) as never), /not open any more/);
  const other = bot.person('Other');
  await other.command('census');
  assert.match(other.read((await other.pressId(old)) as never), /not open any more/);
});

test('nothing of all this broke a rule of Discord, or failed', () => {
  assert.deepEqual(bot.discord.violations, []);
  assert.deepEqual(
    bot.logLines.filter(line => /failed/.test(line)),
    [],
  );
});
