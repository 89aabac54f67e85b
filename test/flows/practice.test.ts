// Practice kept apart from the real thing: what waits on the simulator when TikTok is connected is set aside, and the other way
// about. A second simulator plays the real TikTok, so that its journal shows every call it got.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { offerFile } from '#adapters/headless/person.ts';
import { encodeActionId } from '#chat/action-id.ts';
import { SIMULATOR_CLIENT, type Simulator, startSimulator } from '#simulator/simulator.ts';
import { CLIP, type Stand, schedulePost, startStand } from '#test/support/stand.ts';

const clipCount = async ({ config }: Stand) => (await readdir(join(config.dataDir, 'clips'))).length;
const noticesIn = (person: HeadlessPerson, words: RegExp) =>
  person.messages.filter(message => words.test(person.read(message))).length;

describe('scheduled on the simulator, then started with keys', () => {
  let stand: Stand;
  let tiktok: Simulator;
  let folder: string;
  let clara: HeadlessPerson;
  let keys: Record<string, string>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clipcue-second-'));
    tiktok = await startSimulator({ dataDir: folder, port: 0 });
    keys = {
      TIKTOK_CLIENT_KEY: SIMULATOR_CLIENT.key,
      TIKTOK_CLIENT_SECRET: SIMULATOR_CLIENT.secret,
      TIKTOK_MODE: 'direct',
      TIKTOK_AUDITED: 'yes',
      TIKTOK_API_URL: tiktok.origin,
      TIKTOK_LOGIN_URL: tiktok.origin,
    };
    stand = await startStand();
    clara = stand.person('Clara');
    await clara.command('settings', { zone: 'Berlin' });
    await stand.connect(clara);
    await schedulePost(clara, { when: 'in 3 seconds', caption: 'Practice now' });
    await schedulePost(clara, { when: 'in 2 hours', caption: 'Practice later' });
    await clara.command('schedule', { video: await offerFile(CLIP), when: 'in 3 hours', caption: 'Practice draft' });
    await stand.restart(keys);
  });
  after(async () => {
    await stand.stop();
    await tiktok.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is told to the person once, however often it starts', async () => {
    await clara.waitFor('Practice is over');
    await stand.restart();
    await clara.command('accounts');
    assert.match(clara.read(), /No TikTok account is connected/, 'practice accounts are not listed');
    await clara.command('posts');
    assert.match(clara.read(), /Set aside\n\s*1\. Practice, set aside: “Practice/);
    assert.doesNotMatch(clara.read(), /nothing reaches TikTok/, 'that would be wrong now');
    assert.equal(noticesIn(clara, /Practice is over/), 1);
  });

  it('is never sent: TikTok hears of nothing but the real post', async () => {
    await stand.connect(clara, 'max.moves');
    // Due after the practice post, so that once this one is posted the other one's time has passed.
    await schedulePost(clara, { when: 'in 1 second', caption: 'For real' });
    await clara.waitFor('Posted to Max Moves');
    assert.deepEqual(
      tiktok.journal({ kind: 'init' }).map(({ username }) => username),
      ['max.moves'],
    );
    assert.deepEqual(
      tiktok.journal().filter(({ username }) => username !== undefined && username !== 'max.moves'),
      [],
    );
    assert.deepEqual(tiktok.journal({ kind: 'refused' }), []);
  });

  it('refuses every button of an old card but the one that removes it', async () => {
    await clara.command('posts');
    await clara.press('Show 2');
    const { rows } = clara.messages.at(-1)?.reply ?? { rows: [] };
    const labels = rows.flat().map(control => (control.kind === 'select' ? control.placeholder : control.label));
    assert.deepEqual(labels, ['Remove']);
    const posts = stand.app.database.connection.db?.collection('posts');
    for (const post of (await posts?.find({ world: 'simulator' }).toArray()) ?? [])
      for (const [command, action] of [
        ['posts', 'now'],
        ['posts', 'edit'],
        ['schedule', 'confirm'],
      ] as const) {
        await clara.pressId(encodeActionId(command, action, String(post._id)));
        assert.match(clara.read(), /This was practice|cannot be done with a post that is held/, `${command}:${action}`);
      }
  });

  it('is removed in one press, clips included', async () => {
    assert.equal(await clipCount(stand), 4);
    await clara.command('posts');
    await clara.press('Remove practice posts');
    assert.match(clara.read(), /Practice posts removed: 3/);
    await clara.command('posts', { show: 'published' });
    assert.match(clara.read(), /For real/);
    assert.equal(await clipCount(stand), 1, 'the real post’s clip stays');
    assert.deepEqual(
      stand.logLines.filter(line => line.includes('"level":50')),
      [],
    );
  });

  it('sets real posts aside while practising, and gives them back as drafts', async () => {
    await schedulePost(clara, { when: 'in 2 hours', caption: 'Real and waiting' });
    const without = Object.fromEntries(Object.keys(keys).map(name => [name, '']));
    await stand.restart(without);
    await clara.waitFor('Posts set aside');
    await clara.command('posts');
    assert.match(clara.read(), /Set aside: the real TikTok is off/);
    assert.doesNotMatch(clara.read(), /Remove practice posts/);
    await clara.pressId(encodeActionId('posts', 'practice'));
    assert.match(clara.read(), /older version/);
    await stand.restart(keys);
    await clara.command('posts', { show: 'draft' });
    assert.match(clara.read(), /Draft, Max Moves: “Real and waiting”/);
    assert.equal(tiktok.journal({ kind: 'init' }).length, 1, 'nothing went out by itself');
  });
});
