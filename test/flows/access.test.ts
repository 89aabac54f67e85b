// Who may use the bot: the owner by a claim that works once, people with an invitation, nobody else.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { createHeadlessAdapter, HEADLESS_LIMITS } from '#adapters/headless/adapter.ts';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { encodeActionId } from '#chat/action-id.ts';
import type { AdapterLimits } from '#chat/adapter.ts';
import { wordsFor } from '#chat/explain.ts';
import type { ClipOffer } from '#chat/invocation.ts';
import { type Stand, type StandOptions, startStand } from '#test/support/stand.ts';

const DENIED = wordsFor({ code: 'access_denied', facts: {} });
const deepLink = (payload: string) => `https://chat.example/bot?start=${payload}`;

/** A stand whose platform lets nobody in by itself. */
const startClosed = ({ limits, ...options }: StandOptions & { limits?: Partial<AdapterLimits> } = {}) =>
  startStand({
    ...options,
    env: { ACCESS: 'invited', ...options.env },
    adapter: createHeadlessAdapter('closed', { ...HEADLESS_LIMITS, opensItself: false, ...limits }),
  });

/** How many documents there are, by collection. */
async function countDocuments({ app }: Stand): Promise<Record<string, number>> {
  const { db } = app.database.connection;
  assert.ok(db);
  // The bot's notes about itself are not about anybody.
  const all = (await db.listCollections().toArray()).map(({ name }) => name).toSorted();
  const names = all.filter(name => name !== 'marks');
  const counts = names.map(async name => [name, await db.collection(name).countDocuments()] as const);
  return Object.fromEntries(await Promise.all(counts));
}

function trackedClip(): { offer: ClipOffer; wasOpened: () => boolean } {
  let opened = false;
  const offer: ClipOffer = {
    name: 'clip.mp4',
    sizeBytes: 10,
    async open() {
      opened = true;
      return Readable.from([Buffer.alloc(10)]);
    },
  };
  return { offer, wasOpened: () => opened };
}

/** What a real platform can do, no test can change. */
const isReal = process.env.TEST_PLATFORM !== undefined;
const ELSEWHERE = { skip: isReal && 'told of the platform without a screen, whose limits can be set' };

/** A way in is a deep link, or a command to send where there are none. */
const isCommand = (way: string): boolean => way === '' || way.startsWith('/');
const payloadOf = (way: string): string =>
  isCommand(way) ? way.replace('/claim ', '') : (new URL(way).searchParams.get('start') ?? '');
const codeOf = (way: string): string => payloadOf(way).replace(/^claim-/, '');
/** How start says that the people of this story get in. */
const claimOf = ({ app, platform }: Stand): string =>
  app.ownerClaims.find(claim => claim.platform === platform)?.how ?? '';

/** The copyable lines of a person's newest message. */
function copied(person: HeadlessPerson): string[] {
  const blocks = person.messages.at(-1)?.reply.blocks ?? [];
  return blocks.flatMap(block => (block.kind === 'copy' ? [block.text] : []));
}

async function claimOwner(stand: Stand): Promise<HeadlessPerson> {
  const owner = stand.person('Olga');
  await owner.command('claim', { code: codeOf(claimOf(stand)) });
  return owner;
}

/** Platforms differ in what they keep for people; for strangers none of them keeps anything. */
const PLATFORMS: Record<string, Partial<AdapterLimits>> = isReal
  ? { 'a platform as it is': {} }
  : {
      'a platform with forms': {},
      'a platform that asks one question at a time and delivers events twice': { forms: false, redelivers: true },
    };
/** Where commands are chosen from a list, nobody types one that is not on it. */
const hasListAlone = process.env.TEST_PLATFORM === 'discord';

for (const [platform, limits] of Object.entries(PLATFORMS))
  describe(`a stranger on ${platform}`, () => {
    let stand: Stand;
    before(async () => {
      stand = await startClosed({ limits });
    });
    after(() => stand.stop());

    it('gets one sentence, whatever they do; nothing is fetched, written or asked of TikTok', async () => {
      const stranger = stand.person('Sam');
      const [sent, offered] = [trackedClip(), trackedClip()];
      const documents = await countDocuments(stand);
      const calls = await stand.simulator.journal();
      const code = 'x'.repeat(43);
      const attempts = [
        () => stranger.command('connect-tiktok'),
        () => stranger.command('schedule', { video: offered.offer, when: 'in 2 hours' }),
        () => stranger.command('help'),
        () => stranger.command('invite'),
        ...(hasListAlone ? [] : ['cancel', 'no-such-command'].map(name => () => stranger.command(name))),
        () => stranger.sendClips([sent.offer], 'fri 18:30 hello'),
        () => stranger.sendClips([sent.offer, offered.offer]),
        () => stranger.pressId(encodeActionId('posts', 'now', 'x'.repeat(16))),
        () => stranger.pressId(encodeActionId('posts', 'move', 'x'.repeat(16))),
        () => stranger.pressId(encodeActionId('invite', 'people')),
        () => stranger.pressId('not an id of ours'),
        () => stranger.say('hello'),
        () => stranger.open(),
        () => stranger.open(code),
        () => stranger.open(`claim-${code}`),
        () => stranger.command('claim', { code }),
      ];
      for (const attempt of attempts) {
        await attempt();
        assert.equal(stranger.read(), DENIED, `after ${attempt}`);
      }
      assert.equal(sent.wasOpened() || offered.wasOpened(), false, 'no byte of a clip was fetched');
      assert.deepEqual(await countDocuments(stand), documents, 'nothing was written');
      assert.deepEqual(await stand.simulator.journal(), calls, 'TikTok heard nothing');
      assert.deepEqual(
        stand.logLines.filter(line => line.includes('"level":50')),
        [],
      );
    });
  });

describe('the claim', () => {
  it('makes one person the owner, works once, and is not offered again', async () => {
    const stand = await startClosed();
    try {
      const how = claimOf(stand);
      if (!isReal) assert.match(how, /^\/claim [\w-]{43}$/, 'start says how to become the owner');
      const [olga, sam] = [stand.person('Olga'), stand.person('Sam')];
      const code = codeOf(how);
      const winners = await Promise.all([olga.command('claim', { code }), sam.command('claim', { code })]);
      const words = winners.map(message => olga.read(message));
      assert.equal(words.filter(one => one.includes('This bot is yours now')).length, 1, words.join('\n'));
      assert.equal(words.filter(one => one === DENIED).length, 1, words.join('\n'));
      assert.ok(!stand.logLines.join('').includes(code), 'the claim is not in the log');
      const { db } = stand.app.database.connection;
      const stored = JSON.stringify(await db?.collection('invites').find().toArray());
      assert.ok(!stored.includes(code), 'only the hash of the claim is kept');
      await stand.restart();
      assert.deepEqual(stand.app.ownerClaims, []);
    } finally {
      await stand.stop();
    }
  });

  it('is a deep link where the platform has them; each start voids the one before', ELSEWHERE, async () => {
    const stand = await startClosed({ limits: { deepLink } });
    try {
      const first = payloadOf(stand.app.ownerClaims[0]?.how ?? '');
      assert.match(first, /^[\w-]{1,64}$/, 'Telegram takes 64 letters of this kind');
      await stand.restart();
      const second = payloadOf(stand.app.ownerClaims[0]?.how ?? '');
      const olga = stand.person('Olga');
      await olga.open(first);
      assert.equal(olga.read(), DENIED);
      await olga.open(second);
      assert.match(olga.read(), /This bot is yours now/);
    } finally {
      await stand.stop();
    }
  });

  it('is not needed where the settings name the owner, who stays one only as long as they do', ELSEWHERE, async () => {
    const stand = await startClosed({ env: { OWNERS: 'closed:olga, discord:7' } });
    try {
      assert.deepEqual(stand.app.ownerClaims, []);
      const olga = stand.person('Olga');
      await olga.command('help');
      assert.match(olga.read(), /\/invite/);
    } finally {
      await stand.stop();
    }
  });

  it('is not offered for a platform that lets people in by itself', ELSEWHERE, async () => {
    const stand = await startStand();
    try {
      assert.deepEqual(stand.app.ownerClaims, []);
      const anybody = stand.person('Anna');
      await anybody.command('help');
      assert.match(anybody.read(), /Clipcue schedules/);
      assert.doesNotMatch(anybody.read(), /invite/, 'what is the owner’s is not shown to others');
      await anybody.command('invite');
      assert.match(anybody.read(), /There is no command called invite/);
    } finally {
      await stand.stop();
    }
  });
});

describe('an invitation', () => {
  let stand: Stand;
  let owner: HeadlessPerson;
  before(async () => {
    stand = await startClosed({ limits: { deepLink } });
    owner = stand.person('Olga');
    await owner.open(payloadOf(claimOf(stand)));
  });
  after(() => stand.stop());

  const invite = async () => {
    await owner.command('invite');
    const [link = '', command = link] = copied(owner);
    return { payload: payloadOf(link), code: codeOf(command) };
  };

  it('lets one person in, once, by link', async () => {
    const { payload } = await invite();
    const [mia, sam] = [stand.person('Mia'), stand.person('Sam')];
    await mia.open(payload);
    assert.match(mia.read(), /Welcome, you are in/);
    await sam.open(payload);
    assert.equal(sam.read(), DENIED);
    await mia.open(payload);
    assert.match(mia.read(), /Welcome/, 'the same link again does the same person no harm');
    await mia.command('posts');
    assert.match(mia.read(), /Nothing is scheduled/);
  });

  it('lets one person in by code, and is not for members to make', async () => {
    const { code } = await invite();
    const mona = stand.person('Mona');
    await mona.command('claim', { code });
    assert.match(mona.read(), /Welcome, you are in/);
    await mona.command('help');
    assert.doesNotMatch(mona.read(), /invite/);
    await mona.command('invite');
    assert.match(mona.read(), /There is no command called invite/);
    await mona.pressId(encodeActionId('invite', 'people'));
    assert.match(mona.read(), /There is no command called invite/);
  });

  it('is left for others by those who are in already', async () => {
    const { payload } = await invite();
    await owner.open(payload);
    assert.match(owner.read(), /You are in already/);
    const nina = stand.person('Nina');
    await nina.open(payload);
    assert.match(nina.read(), /Welcome/);
  });

  it('is void once it was taken back', async () => {
    const { payload } = await invite();
    await owner.press('Take it back');
    assert.match(owner.read(), /void/);
    const thief = stand.person('Thilo');
    await thief.open(payload);
    assert.equal(thief.read(), DENIED);
  });

  it('is seen in the list of who is in, and taken back there', async () => {
    const { payload } = await invite();
    await owner.press('Who is in');
    assert.ok(owner.read().includes(`1. Olga: owner, on ${stand.platform}`), owner.read());
    assert.match(owner.read(), /Mia/);
    assert.match(owner.read(), /Invitations that nobody has used yet\n+1\. made/);
    await owner.press('Take back 1');
    const thief = stand.person('Thilo');
    await thief.open(payload);
    assert.equal(thief.read(), DENIED);
  });

  it('ends for a person who is removed', async () => {
    const { payload } = await invite();
    const rita = stand.person('Rita');
    await rita.open(payload);
    await owner.command('invite');
    await owner.press('Who is in');
    const number = /(\d+)\. Rita/.exec(owner.read())?.[1];
    await owner.press(`Remove ${number}`);
    await owner.press('Yes, remove');
    assert.match(owner.read(), /Rita is out/);
    await rita.command('posts');
    assert.equal(rita.read(), DENIED);
    await rita.open(payload);
    assert.equal(rita.read(), DENIED, 'the used invitation is no way back');
  });
});

it('ACCESS=everyone lets everybody in, and nobody stays in by that alone when it ends', async () => {
  const stand = await startClosed({ env: { ACCESS: 'everyone' } });
  try {
    const guest = stand.person('Gina');
    await guest.command('posts');
    assert.match(guest.read(), /Nothing is scheduled/);
    await claimOwner(stand);
    await stand.restart({ ACCESS: 'invited' });
    await guest.command('posts');
    assert.equal(guest.read(), DENIED);
    await stand.person('Olga').command('invite');
    assert.match(stand.person('Olga').read(), /An invitation for one person/);
  } finally {
    await stand.stop();
  }
});
