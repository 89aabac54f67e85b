// The queries that the publisher's promises rest on: one claim, one writer, nothing lost between two who write at once.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { afterNow } from '#domain/after-now.ts';
import { POST_STATES } from '#domain/post.ts';
import type { Clip, Post } from '#domain/post-record.ts';
import { makeId } from '#domain/secrets.ts';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createPostStore, type PostStore } from '#stores/posts.ts';
import { makeScheduledPost } from '#test/support/publishable.ts';
import { startTestDatabase } from '#test/support/test-database.ts';

const DAY_MS = 86_400_000;
const OWNER_ID = 'owner-0000000000';
const CLIP: Clip = {
  mediaId: 'media-0000000000',
  name: 'clip.mp4',
  sizeBytes: 1,
  sha256: '00',
  contentType: 'video/mp4',
  width: 720,
  height: 1280,
  frameRate: 30,
  durationMs: 1000,
};

let folder: string;
let server: Awaited<ReturnType<typeof startTestDatabase>>;
let database: Database;
let posts: PostStore;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipcue-posts-'));
  server = await startTestDatabase(folder);
  database = await connectDatabase(server.uri);
  posts = createPostStore(database.connection);
  await posts.model.createIndexes();
});
after(async () => {
  await database.drop();
  await database.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

function add(change: Partial<Post> = {}, source?: string): Promise<Post> {
  const id = makeId(randomBytes);
  const place = { id, ownerId: OWNER_ID, accountId: null, world: 'simulator' as const, clip: CLIP };
  return posts.insert(makeScheduledPost(place, change), source ?? `test:${id}`);
}

const claim = async (post: Post, owner: string, leaseMs = 10_000): Promise<Post> => {
  const claimed = await posts.claim(post.id, owner, leaseMs);
  assert.ok(claimed, `${owner} claims the post`);
  return claimed;
};

test('what is stored comes back as it was, text that looks like an expression too', async () => {
  const post = await add({ caption: '$caption {$add: [1]} $$NOW' });
  assert.deepEqual(await posts.find(OWNER_ID, post.id), post);
  const edited = await posts.apply(post, {
    event: 'edit',
    patch: { caption: '$$ROOT.$ownerId', accountId: '$ownerId' },
  });
  assert.deepEqual([edited.caption, edited.accountId, edited.state], ['$$ROOT.$ownerId', '$ownerId', 'draft']);
});

test('the same chat event twice makes one post', async () => {
  const [first, second] = await Promise.all([add({}, 'event-1'), add({}, 'event-1')]);
  assert.equal(first.id, second.id);
});

test('somebody else’s post is gone to anybody but its owner', async () => {
  const { id } = await add();
  await assert.rejects(posts.find('owner-somebody-el', id), { code: 'post_gone' });
});

test('a post that is not due cannot be claimed, and stays untouched', async () => {
  const later = new Date(Date.now() + 60_000);
  const post = await add({ wakeAt: later });
  assert.equal(await posts.claim(post.id, 'worker', 10_000), null);
  assert.deepEqual(await posts.findForWork(post.id), post);
});

test('of many claims at once one wins, and its lease keeps the others out until it ends', async () => {
  const post = await add();
  const claims = await Promise.all(Array.from({ length: 10 }, (_, index) => posts.claim(post.id, `w${index}`, 10_000)));
  assert.equal(claims.filter(one => one !== null).length, 1);
  assert.equal(await posts.claim(post.id, 'late', 10_000), null);
  await posts.model.updateOne({ _id: post.id }, { $set: { wakeAt: new Date(0) } });
  const successor = await claim(post, 'successor');
  assert.equal(successor.fence, 2, 'each claim raises the fence');
});

test('of many changes at once to what was read one is written', async () => {
  const post = await add();
  const changes = Array.from({ length: 5 }, (_, index) =>
    posts.apply(post, { event: 'reschedule', patch: { caption: `caption ${index}` } }),
  );
  const outcomes = await Promise.allSettled(changes);
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'post_changed');
  assert.equal((await posts.findForWork(post.id))?.version, post.version + 1);
});

test('a worker writes under its lease; a successor’s claim, or a person’s change, ends that', async () => {
  const claimed = await claim(await add(), 'worker');
  const under = { fence: claimed.fence, owner: 'worker' };
  const working = await posts.apply(claimed, { event: 'claim', under });
  assert.equal(working.lease?.owner, 'worker', 'its own writes keep the lease');
  assert.equal(await posts.renew(working, 'worker', 10_000), true);
  assert.equal(await posts.renew(working, 'impostor', 10_000), false);

  const cancelled = await posts.apply(working, { event: 'cancel', patch: { wakeAt: null } });
  assert.equal(cancelled.lease, null, 'a person’s change takes the post from its worker');
  assert.equal(await posts.renew(working, 'worker', 10_000), false);
  await assert.rejects(posts.apply(working, { event: 'note', under }), { code: 'lease_lost' });
  assert.equal((await posts.findForWork(working.id))?.wakeAt, null);
});

test('a post as it was read is begun once, by one worker, and not where it changed since', async () => {
  const post = await add();
  const options = (owner: string) => ({ owner, leaseMs: 10_000, from: new Date(), attempt: null });
  const [first, second] = await Promise.all(['a', 'b'].map(owner => posts.begin(post, options(owner))));
  const begun = first ?? second;
  assert.ok(begun && (first === null || second === null), 'one of two');
  const stored = await posts.findForWork(post.id);
  const { updatedAt: _begunAt, lease: _lease, wakeAt: _wakeAt, ...known } = begun;
  assert.partialDeepStrictEqual(stored, known, 'what the worker takes it for is what it is');
  assert.equal(stored?.lease?.owner, begun.lease?.owner);
  assert.equal(await posts.claim(post.id, 'late', 10_000), null, 'its lease keeps others out');

  const edited = await add();
  await posts.apply(edited, { event: 'reschedule', patch: { caption: 'another' } });
  assert.equal(await posts.begin(edited, options('a')), null);
  await posts.putOff(edited, 60_000);
  assert.ok(((await posts.findForWork(edited.id))?.wakeAt?.getTime() ?? 0) <= Date.now(), 'nor is it put off');
});

test('a worker’s last change gives the post back; it is refused as any other', async () => {
  const claimed = await claim(await add(), 'worker');
  const under = { fence: claimed.fence, owner: 'worker' };
  await assert.rejects(posts.leave(claimed, { event: 'claim', under: { ...under, owner: 'impostor' } }), {
    code: 'lease_lost',
  });
  await posts.leave(claimed, { event: 'claim', patch: { wakeAt: afterNow(5_000) }, under });
  const left = await posts.findForWork(claimed.id);
  assert.deepEqual([left?.step, left?.lease, left?.version], ['claimed', null, claimed.version + 1]);
  await posts.model.updateOne({ _id: claimed.id }, { $set: { wakeAt: new Date(0) } });
  await claim(claimed, 'successor');
  await assert.rejects(posts.leave(claimed, { event: 'claim', under }), { code: 'lease_lost' });
});

test('an event that a state does not know writes nothing', async () => {
  const post = await add();
  await assert.rejects(posts.apply(post, { event: 'publish' }), { code: 'post_wrong_state' });
  assert.deepEqual(await posts.findForWork(post.id), post);
});

test('waits are counted on the database’s clock', async () => {
  const claimed = await claim(await add(), 'worker');
  const before = await database.now();
  await posts.release(claimed, 'worker', { wakeAt: afterNow(5_000) });
  const released = await posts.findForWork(claimed.id);
  const waitMs = (released?.wakeAt?.getTime() ?? 0) - before;
  assert.ok(waitMs >= 4_990 && waitMs < 7_000, `5 s from now, not ${waitMs} ms`);
  assert.equal(released?.lease, null);
});

test('a change and the notice of it are one write; each notice has a key of its own', async () => {
  const post = await add();
  const held = await posts.apply(post, { event: 'hold', patch: { wakeAt: null }, notices: ['held'] });
  const back = await posts.apply(held, { event: 'reschedule', notices: ['held', 'missed'] });
  assert.deepEqual(
    back.outbox.map(({ kind }) => kind),
    ['held', 'held', 'missed'],
  );
  assert.equal(new Set(back.outbox.map(({ key }) => key)).size, 3);
  assert.deepEqual(back.notifyAt, held.notifyAt, 'the first one’s turn stays');
  assert.ok((await posts.findOwingNotices(new Date(await database.now()), 100)).includes(post.id));
});

test('posts that need attention come in the order in which they do, those of the other kind of TikTok not at all', async () => {
  await posts.model.deleteMany({});
  const at = (ms: number) => new Date(1_000 + ms);
  const [second, first] = [await add({ wakeAt: at(20) }), await add({ wakeAt: at(10) })];
  await add({ wakeAt: at(30), world: 'key:real' });
  await add({ wakeAt: null });
  await add({ wakeAt: new Date(Date.now() + 60_000) });
  const waking = await posts.findWaking(new Date(), 10, 'simulator');
  assert.deepEqual(
    waking.map(({ id }) => id),
    [first.id, second.id],
  );
});

test('the clip of a post that has ended is needed until its days are over, any other always', async () => {
  const keptSince = new Date(Date.now() - 7 * DAY_MS);
  const ownerId = 'owner-with-clips';
  const mediaIds: string[] = [];
  for (const state of POST_STATES)
    for (const [age, updatedAt] of [
      ['new', new Date(keptSince.getTime() + 1)],
      ['old', new Date(keptSince.getTime() - 1)],
    ] as const) {
      const mediaId = `${state}-${age}`;
      mediaIds.push(mediaId);
      const { id } = await add({ ownerId, clip: { ...CLIP, mediaId, sizeBytes: 1000 } });
      await posts.model.collection.updateOne({ _id: id as never }, { $set: { state, updatedAt } });
    }
  const needed = mediaIds.filter(name => !/^(?:published|failed|cancelled)-old$/.test(name));
  const inUse = await posts.findMediaInUse([...mediaIds, 'nobody-knows-it'], keptSince);
  assert.deepEqual([...inUse].toSorted(), needed.toSorted());
  assert.equal(await posts.sumClipBytes(ownerId, keptSince), 1000 * needed.length, 'and takes of its person’s room');
});
