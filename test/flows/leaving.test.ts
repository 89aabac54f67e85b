// Leaving: everything about a person as one file, and all of it deleted, in the database and on the disk.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createHeadlessAdapter, HEADLESS_LIMITS } from '#adapters/headless/adapter.ts';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { createBrowser } from '#demo/browser.ts';
import { decide, followLink } from '#demo/consent.ts';
import { codeOn } from '#test/support/linking.ts';
import { DIRECT_SCOPES, type Stand, schedulePost, startStand } from '#test/support/stand.ts';

const CAPTION = 'A caption nobody else has #leaving';

const dumpCollection = async ({ app }: Stand, name: string): Promise<string> =>
  JSON.stringify(await app.database.connection.db?.collection(name).find().toArray());

/** Every document of every collection, as one text. */
async function dumpDatabase(stand: Stand): Promise<string> {
  const collections = (await stand.app.database.connection.db?.listCollections().toArray()) ?? [];
  assert.ok(collections.length > 5, 'there is a database to search');
  return (await Promise.all(collections.map(({ name }) => dumpCollection(stand, name)))).join('\n');
}

const listClips = ({ config }: Stand) => readdir(join(config.dataDir, 'clips'));

function fileIn(person: HeadlessPerson): { name: string; content: string } {
  const file = person.messages.at(-1)?.reply.blocks.find(block => block.kind === 'file');
  assert.ok(file, `there is a file in:\n${person.read()}`);
  return file;
}

describe('a person with a scheduled, a published and an unfinished post', () => {
  let stand: Stand;
  let clara: HeadlessPerson;
  let max: HeadlessPerson;
  before(async () => {
    stand = await startStand();
    [clara, max] = [stand.person('Clara'), stand.person('Maximilian')];
    for (const person of [clara, max]) await person.command('settings', { zone: 'Berlin' });
    await stand.connect(clara, 'clara.cooks');
    await stand.connect(max, 'max.moves');
    await schedulePost(max, { when: 'in 2 hours', caption: 'Max stays' });
    await schedulePost(clara, { when: 'in 1 second', caption: CAPTION });
    await clara.waitFor('Posted to');
    await schedulePost(clara, { when: 'in 2 hours', caption: CAPTION });
    // A link that was asked for and never used.
    await clara.command('connect-tiktok');
  });
  after(() => stand.stop());

  it('is given everything but tokens and other people', async () => {
    await clara.command('settings');
    await clara.press('What you keep about me');
    const { name, content } = fileIn(clara);
    assert.match(name, /^clipcue-\d{4}-\d\d-\d\d\.json$/);
    const data = JSON.parse(content);
    assert.equal(data.person.identities[0].name, 'Clara');
    assert.equal(data.person.zone, 'Europe/Berlin');
    assert.deepEqual(
      data.accounts.map(({ displayName }: { displayName: string }) => displayName),
      ['Clara Cooks'],
    );
    assert.deepEqual(
      data.posts.map(({ caption, state }: { caption: string; state: string }) => [caption, state]),
      [
        [CAPTION, 'scheduled'],
        [CAPTION, 'published'],
      ],
    );
    assert.equal(data.connecting.length, 2);
    assert.doesNotMatch(content, /Max|v1\.|Hash|verifier|accessToken|uploadUrl/);
  });

  it('is asked once, and told what cannot be taken back', async () => {
    await clara.command('settings');
    await clara.press('Delete everything about me');
    assert.match(clara.read(), /cancels one post/);
    assert.match(clara.read(), /One post TikTok already has, or may have: those I cannot take back/);
    await clara.press('Keep it');
    assert.match(clara.read(), /^Settings/);
    assert.match(await dumpDatabase(stand), /nobody else has/);
  });

  it('is forgotten entirely, and nobody else is', async () => {
    const account = /"_id":"([\w-]{16})"[^}]*"displayName":"Clara Cooks"/.exec(await dumpDatabase(stand))?.[1];
    const users = stand.app.database.connection.db?.collection('users');
    const user = await users?.findOne({ 'identities.name': 'Clara' });
    const posts = await stand.app.database.connection.db
      ?.collection('posts')
      .find({ ownerId: String(user?._id) })
      .toArray();
    const postIds = posts?.map(({ _id }) => String(_id)) ?? [];
    const mediaIds = posts?.map(({ clip }) => String(clip.mediaId)) ?? [];
    assert.ok(user && account && postIds.length === 2);
    const [identity] = user.identities;
    assert.equal(identity.platform, stand.platform);
    const jobs = await dumpCollection(stand, 'jobs');
    assert.ok(
      postIds.some(id => jobs.includes(id)),
      'an alarm is set, so that its end can be seen',
    );

    await clara.command('settings');
    await clara.press('Delete everything about me');
    await clara.press('Yes, delete everything');
    assert.match(clara.read(), /Everything about you is deleted/);
    assert.match(clara.read(), /One post will not be sent/);
    assert.match(clara.read(), /One post TikTok has, or may have: delete them there/);

    const left = await dumpDatabase(stand);
    for (const trace of [
      String(user._id),
      account,
      ...postIds,
      ...mediaIds,
      JSON.stringify(identity.personId),
      JSON.stringify(identity.chatId),
      'Clara',
      'clara.cooks',
      'nobody else has',
    ])
      assert.ok(!left.includes(trace), `${trace} is still in the database`);
    assert.match(left, /Max stays/);
    assert.match(left, /Maximilian/);

    const clips = await listClips(stand);
    assert.equal(clips.length, 1, 'of the clips only Max’s is left');
    for (const mediaId of mediaIds) assert.ok(!clips.includes(mediaId), 'a clip of Clara’s is still on the disk');
    const bytes = await Promise.all(clips.map(name => readFile(join(stand.config.dataDir, 'clips', name), 'latin1')));
    assert.ok(!bytes.join('').includes('Clara'));

    const revoked = await stand.simulator.journal('revoked');
    assert.equal(revoked.length, 1, 'TikTok got its grant back');
    assert.deepEqual(
      stand.logLines.filter(line => line.includes('"level":50')),
      [],
    );
  });
});

/** Connects as on a platform that asks for the code in the chat. */
async function connectTyping(person: HeadlessPerson): Promise<void> {
  await person.command('connect-tiktok');
  const browser = createBrowser();
  const consentPage = await followLink(browser, person.linkOf('Open the link'));
  const code = codeOn(await decide(browser, consentPage, { account: 'max.moves', scopes: DIRECT_SCOPES }));
  await person.command('connect-tiktok', { code });
}

async function waitUntil(isSo: () => Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!(await isSo())) {
    assert.ok(Date.now() < giveUpAt, `waited ${timeoutMs} ms until ${what}`);
    await delay(50);
  }
}

it('gives back what TikTok granted and nobody claimed', async () => {
  const stand = await startStand({ opensPages: true });
  try {
    const nora = stand.person('Nora');
    await nora.command('connect-tiktok');
    const browser = createBrowser();
    const consentPage = await followLink(browser, nora.linkOf('Open the link'));
    codeOn(await decide(browser, consentPage, { account: 'nora.private', scopes: DIRECT_SCOPES }));
    await nora.command('settings');
    await nora.press('Delete everything about me');
    await nora.press('Yes, delete everything');
    assert.equal((await stand.simulator.journal('revoked')).length, 1);
    assert.doesNotMatch(await dumpDatabase(stand), /Nora/);
  } finally {
    await stand.stop();
  }
});

it('leaves to TikTok what TikTok has already, and says so; nothing of the chat stays behind', async () => {
  const limits = { ...HEADLESS_LIMITS, forms: false, redelivers: true };
  const stand = await startStand({ adapter: createHeadlessAdapter('plain', limits), opensPages: true });
  try {
    const nora = stand.person('Nora');
    await stand.simulator.change({ processingDelayMs: 600_000 });
    await nora.command('settings', { zone: 'Berlin' });
    await connectTyping(nora);
    await schedulePost(nora, { when: 'in 1 second', caption: CAPTION });
    await waitUntil(async () => (await dumpCollection(stand, 'posts')).includes('"processing"'), 'TikTok has the clip');
    await nora.command('settings');
    await nora.press('Delete everything about me');
    assert.match(nora.read(), /One post TikTok already has, or may have/);
    await nora.press('Yes, delete everything');
    assert.match(nora.read(), /One post TikTok has, or may have: delete them there/);
    const left = await dumpDatabase(stand);
    for (const trace of ['Nora', 'nora', CAPTION]) assert.ok(!left.includes(trace), `${trace} is still there: ${left}`);
    assert.deepEqual(await listClips(stand), []);
    assert.equal((await stand.simulator.journal('revoked')).length, 1);
    assert.deepEqual(
      stand.logLines.filter(line => line.includes('"level":50')),
      [],
    );
  } finally {
    await stand.stop();
  }
});

it('can be pressed twice at once', async () => {
  const stand = await startStand();
  try {
    const nora = stand.person('Nora');
    await stand.connect(nora, 'nora.private');
    await nora.command('settings');
    await nora.press('Delete everything about me');
    await Promise.all([nora.press('Yes, delete everything'), nora.press('Yes, delete everything')]);
    assert.match(nora.read(), /Everything about you is deleted/);
    assert.doesNotMatch(await dumpDatabase(stand), /Nora/);
    assert.deepEqual(
      stand.logLines.filter(line => line.includes('"level":50')),
      [],
    );
  } finally {
    await stand.stop();
  }
});
