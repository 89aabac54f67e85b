// A message parted into its time and its caption.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '#domain/errors.ts';
import { parseWhen } from '#domain/when/parse.ts';
import { splitWhen } from '#domain/when/split.ts';

const OPTIONS = { now: Date.parse('2026-11-20T11:07:30Z'), zone: 'Europe/Berlin' };

const SPLIT: readonly (readonly [message: string, when: string, caption: string])[] = [
  ['fri 18:30', 'fri 18:30', ''],
  ['now', 'now', ''],
  ['in 2 hours', 'in 2 hours', ''],
  ['fri 18:30 #cats are great', 'fri 18:30', '#cats are great'],
  ['fri 18:30 cats are great', 'fri 18:30', 'cats are great'],
  ['fri 18:30: cats', 'fri 18:30', 'cats'],
  ['18:30 #berlin', '18:30', '#berlin'],
  ['18:30 - the cat', '18:30', 'the cat'],
  ['18:30 | the cat', '18:30', 'the cat'],
  ['in 2 hours #cats', 'in 2 hours', '#cats'],
  ['tomorrow 9:00 lives of a cat', 'tomorrow 9:00', 'lives of a cat'],
  ['24.12. 20:15 Merry Christmas', '24.12. 20:15', 'Merry Christmas'],
  ['24.12. 20:15\nMerry\n\nChristmas', '24.12. 20:15', 'Merry\n\nChristmas'],
  ['Merry Christmas\r\n24.12. 20:15', '24.12. 20:15', 'Merry Christmas'],
  ['a cat\nin 2 hours', 'in 2 hours', 'a cat'],
  ['<t:1795800600:F> my caption', '<t:1795800600:F>', 'my caption'],
  ['Fri, 27 Nov 2026 at 6:30 PM EST a cat', 'Fri, 27 Nov 2026 at 6:30 PM EST', 'a cat'],
  ['fri 18:30 et demain', 'fri 18:30', 'et demain'],
  ['fri 18:30 art is life', 'fri 18:30', 'art is life'],
  // Times that will be refused are times nonetheless: the person hears why, and their caption does not say "yesterday 5pm".
  ['yesterday 5pm #cats', 'yesterday 5pm', '#cats'],
  ['04/05 18:00 hello', '04/05 18:00', 'hello'],
];

const CAPTIONS = [
  '',
  '#cats are great',
  'now that is what I call music',
  'cats\nnow',
  '2 hours of cats',
  '10 min workout #fit',
  '10 min #workout',
  '24h challenge #fun',
  '5 am club',
  '6pm thoughts',
  'noon vibes',
  '18:30 in Berlin',
  'in 2 hours we go live',
  '5 minutes ago I saw a cat',
  'tomorrow is my birthday',
  'tomorrow 9 lives of a cat',
  'friday 13 at 6pm',
  'may 4 be with you',
  '1/2 price cats',
  '04/05 cats',
  '3-1 win',
  '25 december 2026 recap',
  'Merry Christmas 24.12. 20:15',
];

describe('splitWhen', () => {
  for (const [message, when, caption] of SPLIT)
    it(`finds the time in ${JSON.stringify(message)}`, () => {
      assert.deepEqual(splitWhen(message, OPTIONS), { when, caption });
    });

  for (const caption of CAPTIONS)
    it(`leaves ${JSON.stringify(caption)} alone`, () => {
      assert.deepEqual(splitWhen(caption, OPTIONS), { when: '', caption });
    });

  it('finds only times that parseWhen reads or refuses for a reason', () => {
    for (const [message] of SPLIT)
      try {
        parseWhen(splitWhen(message, OPTIONS).when, { ...OPTIONS, minLeadMs: 0, maxAheadMs: 400 * 86_400_000 });
      } catch (error) {
        assert.ok(isAppError(error, 'time_past', 'time_ambiguous_date'), message);
      }
  });

  it('is quick with a caption of full length', () => {
    const caption = '24.12. 20:15 in 2 hours 6pm '.repeat(78);
    const startedAt = performance.now();
    assert.equal(splitWhen(`x${caption}`, OPTIONS).when, '');
    assert.ok(performance.now() - startedAt < 1000);
  });
});
