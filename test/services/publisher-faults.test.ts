// TikTok and the network at their worst, one fault at a time at each call of a post's way: the same step is tried again, and in the
// end there is one video and one message.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Clip, Post } from '#domain/post-record.ts';
import type { FaultInput } from '#simulator/simulator.ts';
import { openStage, type Stage } from './publisher-stage.ts';

let stage: Stage;
let clip: Clip;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
});
afterEach(async () => {
  await stage.stopRunners();
  await stage.clearFaults();
});
after(() => stage.close());

type Account = Awaited<ReturnType<Stage['addAccount']>>;

const isOver = ({ state, publication }: Post) =>
  state === 'failed' || state === 'held' || (state === 'published' && publication?.liveAt != null);

async function publish(account: Account): Promise<Post> {
  const post = await stage.addPost(clip, account.id);
  stage.startRunner();
  return stage.waitFor(post.id, 'the end of a post', isOver);
}

function assertOneVideo(post: Post, { username }: Account): void {
  assert.equal(post.state, 'published', `problem: ${JSON.stringify(post.problem)}`);
  const published = stage.journalOf(username, { kind: 'published' });
  assert.deepEqual(
    published.map(({ sha256 }) => sha256),
    [clip.sha256],
    'one video with the bytes of the clip',
  );
}

describe('a call to TikTok fails once', () => {
  const faults: FaultInput[] = [
    ...(['creator_info', 'init', 'upload', 'status'] as const).flatMap((route): FaultInput[] => [
      { kind: '5xx', route, count: 2, status: 503 },
      { kind: 'reset', route, count: 1 },
      { kind: 'lost_reply', route, count: 1 },
    ]),
  ];
  for (const fault of faults) {
    const { kind, route } = fault as { kind: string; route: string };
    test(`${kind} at ${route}`, async () => {
      const account = await stage.addAccount();
      await stage.fault(fault);
      const post = await publish(account);
      assertOneVideo(post, account);
      const inits = stage.journalOf(account.username, { kind: 'init' }).length;
      // Only the answer to an init can be lost together with its publish id, before any byte was sent.
      assert.equal(inits, kind === 'lost_reply' && route === 'init' ? 2 : 1, 'inits');
      assert.equal(stage.journalOf(account.username, { kind: 'upload.complete' }).length, 1, 'whole uploads');
    });
  }

  for (const route of ['creator_info', 'init', 'status'] as const)
    test(`429 at ${route} is waited out`, async () => {
      const account = await stage.addAccount();
      await stage.fault({ kind: '429', route, count: 1 });
      const { id } = await stage.addPost(clip, account.id);
      stage.startRunner();
      const waiting = await stage.waitFor(id, 'a wait', one => one.problem?.code === 'tiktok_rate_limited', {
        hasten: false,
      });
      const waitMs = (waiting.wakeAt?.getTime() ?? 0) - (await stage.databaseNow());
      assert.ok(waitMs > 59_000 && waitMs <= 61_000, `a whole window is waited, not ${waitMs} ms`);
      assertOneVideo(await stage.waitFor(id, 'the end of a post', isOver), account);
    });
});

describe('TikTok does not know the access token', () => {
  for (const steps of [0, 1, 2, 3, 4])
    test(`after ${steps} steps: one refresh, the same step again`, async () => {
      const account = await stage.addAccount();
      const { id } = await stage.addPost(clip, account.id);
      const worker = await stage.claimByHand(id);
      for (let done = 0; done < steps; done++) await worker.step();
      await stage.spoilAccessToken(account.id);
      const before = await stage.read(id);
      await stage.expireLease(id);
      stage.startRunner();
      assertOneVideo(await stage.waitFor(id, 'the end of a post', isOver), account);
      assert.equal(stage.journalOf(account.username, { kind: 'token.refreshed' }).length, 1, 'refreshes');
      assert.equal(stage.journalOf(account.username, { kind: 'init' }).length, 1, `inits, from ${before.step}`);
    });
});

describe('TikTok refuses for good', () => {
  async function endOf(prepare: (account: Account) => Promise<unknown>, change: Partial<Post> = {}) {
    const account = await stage.addAccount();
    await prepare(account);
    const { id } = await stage.addPost(clip, account.id, change);
    stage.startRunner();
    const post = await stage.waitFor(id, 'the end of a post', isOver);
    assert.equal(stage.journalOf(account.username, { kind: 'upload.complete' }).length, 0, 'nothing was sent');
    return { post, told: post.outbox.map(({ kind }) => kind), account };
  }
  const accountOf = (username: string, setting: object) =>
    stage.change({ accounts: { [username]: { displayName: username, ...setting } } });

  test('the grant was revoked: held', async () => {
    const { post, told, account } = await endOf(async ({ username }) => stage.simulator.disconnect(username));
    assert.deepEqual([post.state, post.problem?.code, told], ['held', 'tiktok_grant_ended', ['held']]);
    assert.equal((await stage.accounts.findForWork(account.id))?.status, 'needs_reconnect');
  });

  test('who may see it is no longer offered: held, and never changed silently', async () => {
    const { post, told } = await endOf(({ username }) => accountOf(username, { private: true }));
    assert.deepEqual([post.state, post.problem?.code, told], ['held', 'privacy_not_offered', ['held']]);
    assert.equal(post.choices.privacy, 'PUBLIC_TO_EVERYONE');
  });

  test('comments were switched off at TikTok: held', async () => {
    const { post, told } = await endOf(({ username }) => accountOf(username, { commentDisabled: true }));
    assert.deepEqual([post.state, post.problem?.code, told], ['held', 'choice_no_longer_allowed', ['held']]);
    assert.deepEqual(post.problem?.facts, { choice: 'Comments' });
  });

  test('the day’s posts are used up: held', async () => {
    await stage.change({ caps: { directPostsPerDay: 0 } });
    const { post, told } = await endOf(async () => {});
    await stage.change({ caps: { directPostsPerDay: null } });
    assert.deepEqual([post.state, post.problem?.code, told], ['held', 'tiktok_daily_cap', ['held']]);
  });

  test('the account was disconnected here: held', async () => {
    const { post, told } = await endOf(({ id }) => stage.accounts.disconnect(stage.ownerId, id));
    assert.deepEqual([post.state, post.problem?.code, told], ['held', 'account_gone', ['held']]);
  });

  test('the post belongs to another TikTok: held', async () => {
    const { id: accountId, username } = await stage.addAccount();
    const { id } = await stage.addPost(clip, accountId, { world: 'key:another' });
    // The sweep does not look for it; an alarm of old may still ring.
    stage.startRunner().wake(id);
    const post = await stage.waitFor(id, 'the end of a post', isOver);
    assert.deepEqual([post.state, post.problem?.code], ['held', 'post_of_other_tiktok']);
    assert.deepEqual(stage.journalOf(username, { kind: 'creator_info' }), [], 'TikTok heard nothing of it');
  });

  test('the creator is banned from posting: ended', async () => {
    const { post, told } = await endOf(({ username }) => accountOf(username, { banned: true }));
    assert.deepEqual([post.state, post.problem?.code, told], ['failed', 'tiktok_user_banned', ['failed']]);
  });
});

describe('late', () => {
  const dueAgo = (minutes: number) => ({
    due: { at: new Date(Date.now() - minutes * 60_000), delayMs: null, zone: 'UTC', words: 'a while ago' },
  });

  test('by 29 minutes: published', async () => {
    const account = await stage.addAccount();
    const { id } = await stage.addPost(clip, account.id, dueAgo(29));
    stage.startRunner();
    assertOneVideo(await stage.waitFor(id, 'the end of a post', isOver), account);
  });

  for (const steps of [0, 1, 2])
    test(`by 31 minutes, with ${steps} steps done: one message, nothing sent`, async () => {
      const account = await stage.addAccount();
      const { id, due } = await stage.addPost(clip, account.id);
      if (steps > 0) {
        const worker = await stage.claimByHand(id);
        for (let done = 0; done < steps; done++) await worker.step();
      }
      assert.ok(due?.at);
      await stage.posts.model.updateOne({ _id: id }, { $set: dueAgo(31) });
      await stage.expireLease(id);
      stage.startRunner();
      const post = await stage.waitFor(id, 'the end of a post', isOver);
      assert.deepEqual([post.state, post.problem?.code], ['held', 'post_missed']);
      assert.deepEqual(
        post.outbox.map(({ kind }) => kind),
        ['missed'],
      );
      assert.equal(stage.journalOf(account.username, { kind: 'init' }).length, 0, 'inits');
    });
});

describe('late, as each person chose', () => {
  const dueAgo = (minutes: number) => ({
    due: { at: new Date(Date.now() - minutes * 60_000), delayMs: null, zone: 'UTC', words: 'a while ago' },
  });

  for (const [allowedMinutes, lateMinutes, state] of [
    [0, 2, 'held'],
    [10, 11, 'held'],
    [120, 60, 'published'],
  ] as const)
    test(`${lateMinutes} minutes late, ${allowedMinutes} allowed: ${state}`, async () => {
      const account = await stage.addAccount();
      const { id } = await stage.addPost(clip, account.id, dueAgo(lateMinutes));
      stage.startRunner({ findLateness: async () => allowedMinutes * 60_000 });
      const post = await stage.waitFor(id, 'the end of a post', isOver);
      assert.deepEqual([post.state, post.problem?.code ?? null], [state, state === 'held' ? 'post_missed' : null]);
    });

  test('posts of one account that are caught up with go out in their order, ten minutes apart, kept as their times', async () => {
    const account = await stage.addAccount();
    const other = await stage.addAccount();
    const agos = [12, 20, 16];
    const posts = await Promise.all(agos.map(ago => stage.addPost(clip, account.id, dueAgo(ago))));
    const alone = await stage.addPost(clip, other.id, dueAgo(12));
    stage.startRunner();
    await stage.waitFor(alone.id, 'another account’s post', isOver);
    const first = await stage.waitFor(posts[1]?.id ?? '', 'the earliest', isOver);
    assert.equal(first.state, 'published');
    const startedAt = first.attempt?.startedAt.getTime() ?? 0;
    for (const [index, minutes] of [
      [2, 10],
      [0, 20],
    ] as const) {
      const waiting = await stage.waitFor(
        posts[index]?.id ?? '',
        `a time ${minutes} minutes after the first`,
        ({ due }) => Math.abs((due?.at?.getTime() ?? 0) - startedAt - minutes * 60_000) < 30_000,
        { hasten: false },
      );
      assert.deepEqual([waiting.state, waiting.wakeAt?.getTime()], ['scheduled', waiting.due?.at?.getTime()]);
    }
  });
});

test('an outage that lasts: a few calls try, no post runs out of retries, all are published once it is over', async () => {
  const posts = await Promise.all(
    Array.from({ length: 15 }, async () => {
      const account = await stage.addAccount();
      return { account, post: await stage.addPost(clip, account.id) };
    }),
  );
  await stage.fault({ kind: '5xx', route: 'creator_info', status: 503 });
  stage.startRunner();
  const first = posts[0] ?? assert.fail('there are posts');
  const isPaused = ({ problem }: Post) => problem?.code === 'tiktok_paused';
  await stage.waitFor(first.post.id, 'a rest', isPaused);
  // Each of these is a chance to spend a retry, far more of them than there are.
  for (let hurries = 0; hurries < 40; hurries++) {
    await stage.hurry(first.post.id);
    await stage.until('another look', async () => isPaused(await stage.read(first.post.id)));
  }
  const { tries } = await stage.read(first.post.id);
  assert.ok(tries.prepare <= 10, `only calls that were made count, not ${tries.prepare}`);
  await stage.clearFaults();
  for (const { account, post } of posts)
    assertOneVideo(await stage.waitFor(post.id, 'the end of a post', isOver), account);
});
