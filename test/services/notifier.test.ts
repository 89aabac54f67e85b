// What posts owe to people reaches them: in order, each piece once, later where the platform asks for it, kept where a person cannot
// be reached.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { createHeadlessAdapter } from '#adapters/headless/adapter.ts';
import type { OutgoingMessage, SendOutcome } from '#chat/adapter.ts';
import { heading, reply } from '#chat/reply.ts';
import type { Clip, NoticeKind, Post } from '#domain/post-record.ts';
import type { User } from '#domain/user.ts';
import { createNotifier } from '#services/notifier.ts';
import type { Sweep } from '#services/sweep.ts';
import { openStage, type Stage } from './publisher-stage.ts';

let stage: Stage;
let clip: Clip;
const adapter = createHeadlessAdapter('headless');
const notifiers: Sweep[] = [];

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(100));
});
afterEach(async () => {
  adapter.interfere(null);
  await Promise.all(notifiers.splice(0).map(notifier => notifier.stop()));
});
after(() => stage.close());

const USER = {
  identities: [],
  role: 'owner',
  zone: null,
  defaultAccountId: null,
  notices: 'each',
  latenessMs: 0,
} as const;

function startNotifier(platforms = [adapter]): Sweep {
  const notifier = createNotifier({
    posts: stage.posts,
    adapterFor: name => platforms.find(({ platform }) => platform === name),
    findAccount: stage.accounts.findForWork,
    findUser: async (id): Promise<User> => ({ id, ...USER }),
    renderNotice: kind => reply([heading(kind)]),
    renderGathered: (kind, waiting) => reply([heading(`${kind} x ${waiting.length}`)]),
    renderCard: post => reply([heading(`card: ${post.state}`)]),
    databaseNow: stage.databaseNow,
    newId: stage.newId,
    clock: Date.now,
    everyMs: 20,
    log: { warn: () => {}, error: (facts, message) => stage.logged.push({ level: 'error', message, facts }) },
  });
  notifiers.push(notifier);
  notifier.start();
  return notifier;
}

/** A post that owes `kinds`, none of them rendered as an edit of another. */
async function addOwing(...kinds: NoticeKind[]): Promise<Post> {
  const { id: accountId } = await stage.addAccount();
  const post = await stage.addPost(clip, accountId, { wakeAt: null });
  return stage.posts.apply(post, { event: 'reschedule', patch: { wakeAt: null }, notices: kinds });
}

const headings = (post: Post) =>
  adapter.chat(post.card.chatId).messages.map(({ reply: { blocks } }) => {
    const [first] = blocks;
    return first?.kind === 'heading' ? first.text : first?.kind;
  });

const untilSettled = (post: Post) =>
  stage.waitFor(
    post.id,
    'every notice to be delivered',
    ({ outbox, notifyAt }) => outbox.length === 0 && notifyAt === null,
  );

test('where repeats are not dropped, two crashes in the middle of a send are the last: the person may have been told twice', async () => {
  const plain = { ...adapter, limits: { ...adapter.limits, deduplicatesSends: false } };
  const owing = async (sends: number) => {
    const post = await addOwing('held');
    await stage.posts.model.updateOne(
      { _id: post.id },
      { $set: { 'outbox.0.kind': 'failed', 'outbox.0.sends': sends } },
    );
    return post;
  };
  const [once, twice] = [await owing(1), await owing(2)];
  startNotifier([plain]);
  await untilSettled(once);
  await untilSettled(twice);
  assert.deepEqual(
    headings(once).filter(text => text === 'failed'),
    ['failed'],
  );
  assert.deepEqual(
    headings(twice).filter(text => text === 'failed'),
    [],
  );
});

test('a platform that answers nothing but failures is no crash: the notice is told once it works', async () => {
  const plain = { ...adapter, limits: { ...adapter.limits, deduplicatesSends: false } };
  const post = await addOwing('failed');
  let failures = 0;
  adapter.interfere(() => {
    failures += 1;
    if (failures <= 4) throw new Error('nobody answers');
    return null;
  });
  startNotifier([plain]);
  await stage.until('five tries', async () => {
    await stage.posts.model.updateOne(
      { _id: post.id, notifyAt: { $type: 'date' } },
      { $set: { notifyAt: new Date(0) } },
    );
    return failures >= 5;
  });
  await untilSettled(post);
  assert.deepEqual(
    headings(post).filter(text => text === 'failed'),
    ['failed'],
  );
});

test('a platform that is down is tried with one message at a time, and hears all of them once it is back', async () => {
  const posts = await Promise.all(Array.from({ length: 12 }, () => addOwing('failed')));
  let [isDown, tries, underWay, most] = [true, 0, 0, 0];
  const slow = {
    ...adapter,
    async send(...args: Parameters<typeof adapter.send>): Promise<SendOutcome> {
      if (!isDown) return adapter.send(...args);
      tries += 1;
      underWay += 1;
      // The first ones go together: nobody knows yet.
      if (tries > posts.length) most = Math.max(most, underWay);
      await new Promise(resolve => setTimeout(resolve, 10));
      underWay -= 1;
      return { kind: 'retryAfter', delayMs: 10 };
    },
  };
  startNotifier([slow]);
  await stage.until('many tries', async () => tries > posts.length + 20);
  assert.equal(most, 1, 'messages under way at once');
  isDown = false;
  for (const post of posts) await untilSettled(post);
  for (const post of posts) assert.ok(headings(post).includes('failed'), 'told after all');
});

test('an edit is never counted: whoever crashes in the middle of it edits once more', async () => {
  const plain = { ...adapter, limits: { ...adapter.limits, deduplicatesSends: false } };
  const post = await addOwing('live');
  const sent = await adapter.send(post.card.chatId, {
    ...{ reply: reply([heading('posted')]), idempotencyKey: `${post.id}.posted`, answers: null, edits: null },
    silent: false,
  });
  const noticeRef = sent.kind === 'sent' ? sent.messageRef : null;
  await stage.posts.model.updateOne({ _id: post.id }, { $set: { noticeRef, 'outbox.0.sends': 2 } });
  startNotifier([plain]);
  await untilSettled(post);
  assert.ok(headings(post).includes('live'), 'the message says so now');
});

/** Answers every send with `outcome` and counts them. */
function answerWith(outcome: SendOutcome | Error): OutgoingMessage[] {
  const tried: OutgoingMessage[] = [];
  adapter.interfere(message => {
    tried.push(message);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  return tried;
}

test('several notices of one post arrive in their order, each once, though two notifiers run', async () => {
  const posts = await Promise.all([1, 2, 3].map(() => addOwing('held', 'published', 'failed')));
  startNotifier();
  startNotifier();
  for (const post of posts) {
    await untilSettled(post);
    assert.deepEqual(headings(post), ['held', 'published', 'failed']);
  }
});

test('“posted” becomes “live” in the same message', async () => {
  const post = await addOwing('published', 'live');
  startNotifier();
  await untilSettled(post);
  assert.deepEqual(headings(post), ['live']);
});

test('a notice that the platform wants later waits as long as it asks, and the next one waits behind it', async () => {
  const post = await addOwing('held', 'failed');
  const tried = answerWith({ kind: 'retryAfter', delayMs: 60_000 });
  startNotifier();
  const waiting = await stage.waitFor(
    post.id,
    'the wait',
    ({ notifyAt }) => (notifyAt?.getTime() ?? 0) > Date.now() + 40_000,
  );
  const waitMs = (waiting.notifyAt?.getTime() ?? 0) - (await stage.databaseNow());
  assert.ok(waitMs > 50_000 && waitMs <= 60_000, `it waits a minute, not ${waitMs} ms`);
  assert.deepEqual([tried.length, waiting.outbox.length], [1, 2]);

  adapter.interfere(null);
  await stage.posts.model.updateOne({ _id: post.id }, { $set: { notifyAt: new Date(0) } });
  await untilSettled(post);
  assert.deepEqual(headings(post), ['held', 'failed']);
});

test('what a person cannot be given is kept, not sent again and again, and goes out when they write', async () => {
  const post = await addOwing('held');
  const tried = answerWith({ kind: 'unreachable' });
  startNotifier();
  await stage.waitFor(post.id, 'giving up for now', ({ notifyAt }) => notifyAt === null);
  assert.equal(tried.length, 1);
  assert.equal((await stage.read(post.id)).outbox.length, 1, 'the notice is kept');

  adapter.interfere(null);
  await stage.posts.rearmNotices(post.ownerId);
  await untilSettled(post);
  assert.deepEqual(headings(post), ['held']);
});

test('a notice whose sending broke is sent again; the platform that deduplicates shows it once', async () => {
  const post = await addOwing('held');
  const tried = answerWith(new Error('the connection broke'));
  startNotifier();
  await stage.until('a try', () => tried.length === 1);
  await stage.until('the log to say so', () => stage.logged.some(({ level }) => level === 'error'));
  const held = await stage.read(post.id);
  assert.equal(held.outbox.length, 1, 'the notice is kept');
  adapter.interfere(null);
  await stage.posts.model.updateOne({ _id: post.id }, { $set: { notifyAt: new Date(0) } });
  await untilSettled(post);
  assert.deepEqual(headings(post), ['held']);
  assert.equal(tried[0]?.idempotencyKey, held.outbox[0]?.key, 'under the key of the first try');
});

test('a card that cannot be edited does not have the news told twice', async () => {
  const post = await addOwing('held');
  await stage.posts.keepCard(post.ownerId, post.id, 'card-1');
  let edits = 0;
  adapter.interfere(({ edits: ref }) => {
    if (ref === null) return null;
    edits += 1;
    throw new Error('the card is gone');
  });
  startNotifier();
  await untilSettled(post);
  await stage.until('the edit', () => edits === 1);
  assert.deepEqual(headings(post), ['held']);
});

test('notices for a platform that is switched off wait for it, and hold nobody else up', async () => {
  const away = await addOwing('held');
  await stage.posts.model.updateOne({ _id: away.id }, { $set: { 'card.platform': 'elsewhere' } });
  const here = await addOwing('held');
  startNotifier();
  await untilSettled(here);
  const waiting = await stage.waitFor(
    away.id,
    'the wait',
    ({ notifyAt }) => (notifyAt?.getTime() ?? 0) > Date.now() + 60_000,
  );
  assert.equal(waiting.outbox.length, 1);
});

test('a platform that hangs, then asks for ten minutes: every post is published meanwhile, and told once when it is back', async () => {
  const release = Promise.withResolvers<void>();
  let asked = 0;
  const down: typeof adapter = {
    ...adapter,
    async send(chatId, message) {
      asked += 1;
      await release.promise;
      return adapter.send(chatId, message);
    },
  };
  startNotifier([down]);
  await addOwing('held');
  await stage.until('the platform to be asked', () => asked === 1);
  const posts = await Promise.all(
    Array.from({ length: 5 }, async () => stage.addPost(clip, (await stage.addAccount()).id)),
  );
  stage.startRunner();
  for (const { id } of posts) await stage.waitFor(id, 'a video', ({ state }) => state === 'published');
  assert.equal(asked, 1, 'the platform still hangs');

  const tried = answerWith({ kind: 'retryAfter', delayMs: 10 * 60_000 });
  release.resolve();
  await stage.until(
    'each to be asked to wait',
    () => new Set(tried.map(({ idempotencyKey }) => idempotencyKey)).size >= 6,
  );
  const late = await stage.addPost(clip, (await stage.addAccount()).id);
  await stage.waitFor(late.id, 'a video', ({ state }) => state === 'published');
  await stage.stopRunners();

  adapter.interfere(null);
  await stage.posts.model.updateMany({ 'outbox.0': { $exists: true } }, { $set: { notifyAt: new Date(0) } });
  for (const post of [...posts, late]) {
    await untilSettled(post);
    assert.equal(headings(post).length, 1, 'one message tells of one post');
  }
});
