// Between people: nobody's post waits behind somebody else's many.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Clip, Post } from '#domain/post-record.ts';
import { createFairQueue } from '#services/publisher/fair-queue.ts';
import { createDueLooks, FIRST_LOOK } from '#services/publisher/find-due.ts';
import { openStage, type Stage } from './publisher-stage.ts';

describe('the queue', () => {
  function takeAll(limit: number, ids: string): string {
    const queue = createFairQueue(limit);
    // "a1" is the first post of person a.
    for (const id of ids.split(' ')) queue.add(id, id.charAt(0));
    const taken: string[] = [];
    for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next);
    assert.equal(queue.size(), 0);
    return taken.join(' ');
  }
  test('one person after the other, each in their own order', () =>
    assert.equal(takeAll(9, 'a1 a2 a3 b1 b2 c1'), 'a1 b1 c1 a2 b2 a3'));
  test('the same post once', () => assert.equal(takeAll(9, 'a1 a1 b1 a1'), 'a1 b1'));
  test('the same post once, whoever brings it', () => {
    const queue = createFairQueue(9);
    for (const ownerId of ['a', '']) assert.ok(queue.add('a1', ownerId));
    assert.deepEqual([queue.size(), queue.take(), queue.take()], [1, 'a1', undefined]);
  });
  test('full, and still with room for whoever has nothing in it', () =>
    assert.equal(takeAll(3, 'a1 a2 a3 a4 b1 b2 c1'), 'a1 b1 c1 a2 a3'));
});

let stage: Stage;
let clip: Clip;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
});
afterEach(() => stage.stopRunners());
after(() => stage.close());

const dueAt = (at: number) => ({ due: { at: new Date(at), delayMs: null, zone: 'UTC', words: 'now' } });

test('behind more of one person’s posts than a sweep looks at first, another’s is found', async () => {
  const now = Date.now();
  const { id: accountId } = await stage.addAccount();
  const many = Array.from({ length: FIRST_LOOK + 50 }, () => stage.addPost(clip, accountId, dueAt(now - 2_000)));
  await Promise.all(many);
  const { id } = await stage.addPost(clip, accountId, { ...dueAt(now - 1_000), ownerId: 'somebody-else-00' });
  const looks = createDueLooks({
    posts: stage.posts,
    world: 'simulator',
    clock: () => now,
    random: () => 0.5,
    newId: stage.newId,
  });
  const at = new Date(now);
  const { posts, behind, leavesUnbegun } = await looks.find({ ...{ now: at, until: at, ahead: at }, isRushed: false });
  assert.ok(posts.length >= FIRST_LOOK, `a whole look, not ${posts.length}`);
  assert.deepEqual([behind.map(post => post.id), leavesUnbegun], [[id], true]);

  const idsOf = (found: readonly Post[]) => new Set(found.map(post => post.id));
  looks.noteLost();
  const elsewhere = idsOf((await looks.find({ ...{ now: at, until: at, ahead: at }, isRushed: true })).posts);
  const again = idsOf((await looks.find({ ...{ now: at, until: at, ahead: at }, isRushed: true })).posts);
  assert.ok(elsewhere.size >= FIRST_LOOK, 'where others are quicker, as many');
  assert.ok(elsewhere.difference(again).size > 0, 'from somewhere else each time');
  await stage.posts.model.deleteMany({});
});

test('those who wait for an account’s turn come back seldom once they are late, and at once when it ends', async () => {
  const now = Date.now();
  const { id: accountId, username } = await stage.addAccount();
  const [first, second] = [
    await stage.addPost(clip, accountId, dueAt(now)),
    await stage.addPost(clip, accountId, dueAt(now - 40_000)),
  ];
  await stage.accounts.takeTurn(accountId, first.id, 60_000);
  stage.startRunner({}, 4);
  const isLeft = ({ lease, version }: Post) => lease === null && version > second.version;
  const waiting = await stage.waitFor(second.id, 'being left alone', isLeft, { hasten: false });
  const waitMs = (waiting.wakeAt?.getTime() ?? 0) - waiting.updatedAt.getTime();
  assert.ok(waitMs > 7_000 && waitMs < 13_000, `a quarter of its lateness, more or less, not ${waitMs} ms`);
  await stage.waitFor(second.id, 'its turn', ({ state }) => state === 'published', { hasten: false });
  const inits = stage.journalOf(username, { kind: 'init' });
  assert.equal(inits.length, 2);
  assert.ok(
    (inits[1]?.at ?? 0) < (waiting.wakeAt?.getTime() ?? 0),
    'woken by the end of the turn, not by its own clock',
  );
});

test('one person’s hundred are due before another’s one: it goes out among the first', async () => {
  const now = Date.now();
  const accounts = await Promise.all(Array.from({ length: 25 }, () => stage.addAccount()));
  await Promise.all(accounts.flatMap(({ id }) => [1, 2, 3, 4].map(() => stage.addPost(clip, id, dueAt(now - 2_000)))));
  const other = await stage.addAccount();
  const change = { ownerId: 'somebody-else-00', ...dueAt(now - 1_000) };
  await stage.accounts.model.updateOne({ _id: other.id }, { $set: { ownerId: change.ownerId } });
  await stage.addPost(clip, other.id, change);
  stage.startRunner({}, 4);
  const inits = () => stage.simulator.journal({ kind: 'init', limit: 1000 });
  await stage.until('the other’s upload', () => inits().some(({ username }) => username === other.username));
  const before = inits().findIndex(({ username }) => username === other.username);
  assert.ok(before < 20, `${before} of the hundred were begun before it`);
});
