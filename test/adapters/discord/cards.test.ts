// Cards on Discord over time: buttons after a restart, buttons of a post that is gone, files that a press answers with.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { offerFile } from '#adapters/headless/person.ts';
import { type DiscordStand, startDiscordStand } from '#test/support/discord-stand.ts';
import { CLIP } from '#test/support/stand.ts';

const FFMPEG = '/usr/bin/ffmpeg';

let stand: DiscordStand;
before(async () => {
  stand = await startDiscordStand(existsSync(FFMPEG) ? { env: { FFMPEG_PATH: FFMPEG } } : {});
  await stand.connect(stand.person('Clara'));
});
after(() => stand.stop());

test('a button works after a restart, and says so where its post is gone', async () => {
  const clara = stand.person('Clara');
  const card = await clara.command('schedule', { video: await offerFile(CLIP), caption: 'Old card' });
  const [comments, discard] = [clara.idOf('Comments: off'), clara.idOf('Discard')];
  await stand.restart();
  const redrawn = await clara.pressAt(card.ref, comments);
  assert.ok('ref' in redrawn);
  assert.equal(redrawn.ref, card.ref, 'the same message is redrawn');
  assert.match(clara.read(redrawn), /\[Comments: on\]/);
  await stand.app.database.connection.collection('posts').deleteMany({});
  const gone = await clara.pressAt(card.ref, discard);
  assert.ok('ref' in gone);
  assert.match(clara.read(gone), /^That post is gone\. \/posts shows everything you have\.$/);
});

test('a card shows its clip, and goes on showing it whatever is pressed', async () => {
  const clara = stand.person('Clara');
  const card = await clara.command('schedule', { video: await offerFile(CLIP), caption: 'With a picture' });
  const files = () => stand.discord.state.messages.get(card.ref)?.files ?? [];
  const [first] = files();
  assert.match(first?.name ?? '', /^clip-1\.(?:jpg|png)$/);
  assert.ok((first?.bytes.length ?? 0) > 500);
  await clara.press('Comments: off');
  assert.deepEqual(files(), [first], 'the edited message has the same picture');
  await stand.restart();
  await clara.pressAt(card.ref, clara.idOf('Comments: on'));
  assert.deepEqual(files(), [first], 'after a restart too');
  await clara.press('Discard');
});

test('an answer with a file arrives whole', async () => {
  const clara = stand.person('Clara');
  await clara.command('settings');
  const answer = await clara.press('What you keep about me');
  assert.ok('ref' in answer);
  const file = answer.reply.blocks.find(block => block.kind === 'file');
  assert.ok(file?.kind === 'file');
  assert.match(file.content, /Clara/);
});
