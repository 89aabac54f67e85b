// What the owner hears: once an incident, however often and by however many workers it is noticed, over whichever platform works.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createHeadlessAdapter } from '#adapters/headless/adapter.ts';
import type { Adapter } from '#chat/adapter.ts';
import { heading, reply } from '#chat/reply.ts';
import { createMemos } from '#services/memos.ts';
import { createOwnerNotices } from '#services/owner-notices.ts';
import { createWatch } from '#services/watch.ts';
import { createIncidentStore } from '#stores/incidents.ts';
import { createMarkStore } from '#stores/marks.ts';
import { createMemoStore } from '#stores/memos.ts';
import { createUserStore } from '#stores/users.ts';
import { openStage, type Stage } from './publisher-stage.ts';

const MINUTE_MS = 60_000;
const log = { warn: () => {}, error: () => {} };

let stage: Stage;
let stores: ReturnType<typeof makeStores>;

const makeStores = ({ connection }: Stage) => ({
  users: createUserStore(connection),
  memos: createMemoStore(connection, Date.now),
  incidents: createIncidentStore(connection),
  marks: createMarkStore(connection),
});
const notices = () => createOwnerNotices({ ...stores, owners: new Set(['first:named']) });

before(async () => {
  stage = await openStage();
  stores = makeStores(stage);
  await Promise.all(Object.values(stores).map(({ model }) => model.createIndexes()));
  const first = { platform: 'first', chatId: 'chat-on-first', name: 'Olga' };
  await stores.users.recognise({ ...first, personId: 'olga' }, 'owner-00000000000', new Date());
  await stores.users.promote('owner-00000000000', ['guest'], 'owner');
  const second = { key: 'second:olga', platform: 'second', personId: 'olga', chatId: 'chat-on-second', name: 'Olga' };
  await stores.users.model.updateOne({ _id: 'owner-00000000000' }, { $push: { identities: second } });
  await stores.users.recognise(
    { ...first, personId: 'named', chatId: 'chat-of-named' },
    'named-0000000000',
    new Date(),
  );
  await stores.users.recognise({ ...first, personId: 'guest' }, 'guest-0000000000', new Date());
});
beforeEach(async () => {
  await stores.memos.model.deleteMany({});
  await stores.incidents.model.deleteMany({});
});
after(() => stage.close());

const owed = async () =>
  (await stores.memos.model.find().sort({ _id: 1 }).lean()).map(({ userId, kind }) => [userId, kind]);

test('ten notices of one incident by several workers: one memo for each owner, none for anybody else', async () => {
  await Promise.all(Array.from({ length: 10 }, () => notices().tell('disk_low', { freeMb: 10 })));
  assert.deepEqual(await owed(), [
    ['named-0000000000', 'disk_low'],
    ['owner-00000000000', 'disk_low'],
  ]);
});

test('two platforms down are two incidents; one that comes again later is another', async () => {
  await notices().tell('platform_down', {}, 'discord');
  await notices().tell('platform_down', {}, 'telegram');
  assert.equal((await owed()).length, 4);
  await stores.incidents.model.updateMany({}, { $set: { quietUntil: new Date(0) } });
  await notices().tell('platform_down', {}, 'discord');
  assert.equal((await owed()).length, 6);
});

function platform(name: string, works: boolean): Adapter & ReturnType<typeof createHeadlessAdapter> {
  return { ...createHeadlessAdapter(name), isReady: () => works };
}

async function deliver(adapters: readonly Adapter[]): Promise<void> {
  const sweep = createMemos({
    memos: stores.memos,
    adapterFor: name => adapters.find(adapter => adapter.platform === name),
    findUser: stores.users.find,
    renderMemo: ({ kind }) => reply([heading(kind)]),
    newId: stage.newId,
    clock: Date.now,
    everyMs: 20,
    log,
  });
  sweep.start();
  await stage.until('every memo to be seen to', async () => (await stores.memos.findDue(10)).length === 0);
  await sweep.stop();
}

test('told over the platform that works, once', async () => {
  await notices().tell('platform_down', {}, 'first');
  const [first, second] = [platform('first', false), platform('second', true)];
  await deliver([first, second]);
  await deliver([first, second]);
  assert.equal(first.chat('chat-on-first').messages.length, 0);
  assert.equal(second.chat('chat-on-second').messages.length, 1);
});

test('where a person cannot be reached it waits until they write', async () => {
  await notices().tell('app_cap');
  const adapters = [platform('first', true), platform('second', true)];
  for (const adapter of adapters) adapter.interfere(() => ({ kind: 'unreachable' }));
  await deliver(adapters);
  for (const adapter of adapters) adapter.interfere(null);
  await deliver(adapters);
  assert.equal(adapters[0]?.chat('chat-on-first').messages.length, 0);
  await stores.memos.rearm('owner-00000000000');
  await deliver(adapters);
  assert.equal(adapters[0]?.chat('chat-on-first').messages.length, 1);
});

/** A watch whose surroundings a test changes, at an hour that it chooses. */
function makeWatch() {
  const around = {
    now: Date.parse('2026-11-21T12:00:00Z'),
    isThere: true,
    freeBytes: 90,
    due: 0,
    fault: null as string | null,
  };
  const told: string[] = [];
  const adapter: Adapter = { ...createHeadlessAdapter('discord'), fault: () => around.fault };
  const watch = createWatch({
    ownerNotices: {
      tell: async (kind, facts, subject) => {
        told.push([kind, ...(subject ? [subject] : []), ...Object.values(facts ?? {})].join(' '));
      },
    },
    marks: stores.marks,
    posts: { countScheduled: async () => around.due },
    readSpace: async () => ({ freeBytes: around.freeBytes, totalBytes: 100 }),
    isDatabaseThere: async () => around.isThere,
    listAdapters: () => [adapter],
    world: 'simulator',
    clock: () => around.now,
    everyMs: 5,
    log,
  });
  /** Lets `minutes` pass on its clock, and the watch look. */
  async function pass(minutes: number): Promise<void> {
    const from = watch.lastDoneAt();
    around.now += minutes * MINUTE_MS;
    await stage.until('a look', () => watch.lastDoneAt() > from);
  }
  return { watch, around, told, pass };
}

test('a disk that fills, a token that is refused, a database that was away', async () => {
  const { watch, around, told, pass } = makeWatch();
  watch.start();
  await pass(1);
  assert.deepEqual(told, []);
  around.freeBytes = 12;
  await pass(2);
  assert.match(told.join(), /disk_low 0 12/);
  around.freeBytes = 90;
  around.fault = 'Discord does not accept DISCORD_TOKEN.';
  await pass(1);
  assert.match(told.join(), /platform_down discord discord Discord does not accept/);
  around.fault = null;
  await pass(1);
  told.length = 0;
  around.isThere = false;
  await pass(1);
  around.isThere = true;
  await pass(7);
  assert.deepEqual(told, ['database_back 7']);
  await watch.stop();
});

test('posts that came due while the bot was off are told of at start; a restart is no time off', async () => {
  const before = makeWatch();
  before.watch.start();
  await before.pass(1);
  await before.watch.stop();
  const { watch, around, told } = makeWatch();
  around.due = 3;
  around.now = before.around.now + 2 * MINUTE_MS;
  await watch.noteStart();
  assert.deepEqual(told, []);
  around.now = before.around.now + 90 * MINUTE_MS;
  await watch.noteStart();
  assert.deepEqual(told, ['posts_missed 3 90']);
});
