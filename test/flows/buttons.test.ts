// Every button of every card: pressed by somebody else, on a post that is gone, twice at once, and long after the card was drawn.
// Words each time, never an exception in the log.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type HeadlessPerson, offerFile } from '#adapters/headless/person.ts';
import { withValue } from '#chat/action-id.ts';
import { POST_STATES } from '#domain/post.ts';
import { CLIP, type Stand, startStand } from '#test/support/stand.ts';

let stand: Stand;
let clara: HeadlessPerson;
let max: HeadlessPerson;
/** Every id that a card of Clara's holds, selects with each of their options. */
let ids: string[];

const idsOf = (person: HeadlessPerson): string[] =>
  person.messages
    .flatMap(({ reply }) => reply.rows.flat())
    .flatMap(control => {
      if (control.kind === 'link') return [];
      if (control.kind === 'button') return [control.id];
      return control.options.map(({ value }) => withValue(control.id, value));
    });

const bugs = () => stand.logLines.map(line => JSON.parse(line)).filter(({ level }) => level >= 50);
const collection = () => stand.app.database.connection.collection('posts');

/** One card of each state, as the person would have them in the chat. */
async function collectIds(): Promise<string[]> {
  await clara.command('accounts');
  await clara.command('settings');
  await clara.command('connect-tiktok');
  await clara.sendClips([await offerFile(CLIP), await offerFile(CLIP)], 'in 2 hours');
  for (const state of POST_STATES) {
    await clara.sendClips([await offerFile(CLIP)], 'in 5 hours #button');
    const { _id } = (await collection().findOne({ state: 'draft', batch: null }, { sort: { createdAt: -1 } })) ?? {};
    const step = state === 'publishing' ? 'processing' : null;
    // Set by hand: what matters is the card of such a post, not how it came to be one.
    await collection().updateOne({ _id }, { $set: { state, step, wakeAt: null } });
    await clara.command('posts', { show: state });
    await clara.press('Show 1');
  }
  return [...new Set(idsOf(clara))];
}

before(async () => {
  stand = await startStand();
  clara = stand.person('Clara');
  max = stand.person('Max');
  await stand.connect(clara);
  await stand.connect(max, 'max.moves');
  ids = await collectIds();
  assert.ok(ids.length > 60, `only ${ids.length} buttons were found`);
});
after(() => stand.stop());

async function pressAll(person: HeadlessPerson, pressed: readonly string[]): Promise<void> {
  for (const id of pressed) {
    const answer = await person.pressId(id);
    const words = 'ref' in answer ? person.read(answer) : answer.title;
    assert.ok(words.length > 0, `${id} was answered with nothing`);
    assert.doesNotMatch(words, /undefined|\[object|NaN/, `${id} was answered with “${words}”`);
  }
  assert.deepEqual(bugs(), [], 'no press is an exception in the log');
}

/** Buttons that carry no post or account are the presser's own. */
const isSomeonesOwn = (id: string): boolean => id.split(':')[3] !== '';

test('somebody else’s press changes nothing and learns nothing', async () => {
  const before = await collection()
    .find({}, { projection: { version: 1 } })
    .sort({ _id: 1 })
    .toArray();
  for (const id of ids.filter(isSomeonesOwn)) {
    const answer = await max.pressId(id);
    assert.ok('ref' in answer, `${id} opened a form for a stranger`);
    assert.doesNotMatch(max.read(answer), /#button|Clara/, `${id} showed Clara’s post to Max`);
  }
  assert.deepEqual(
    await collection()
      .find({}, { projection: { version: 1 } })
      .sort({ _id: 1 })
      .toArray(),
    before,
  );
  assert.deepEqual(bugs(), []);
});

test('each button twice at once', async () => {
  for (const id of ids.filter(id => !/:(really|wrong|discard|delete)/.test(id))) {
    const answers = await Promise.all([clara.pressId(id), clara.pressId(id)]);
    for (const answer of answers) assert.ok('ref' in answer ? clara.read(answer).length > 0 : answer.title, id);
  }
  assert.deepEqual(bugs(), []);
});

test('each button once more, on cards that were drawn long ago', () =>
  pressAll(
    clara,
    ids.filter(id => !/:delete/.test(id)),
  ));

test('each button of a post that is gone', async () => {
  await collection().deleteMany({});
  await pressAll(clara, ids.filter(isSomeonesOwn));
});

test('ids that no card of ours ever had', () =>
  pressAll(clara, [
    '',
    'v1',
    'v1:schedule:confirm',
    'v1:schedule:nothing::',
    'v2:schedule:confirm::',
    'x'.repeat(64),
    'v1:schedule:confirm:short:',
  ]));
