// If the process dies on any line of the publisher, is a video posted twice, or lost? A worker dies between each two of its outside
// effects in turn (every database write, every call to TikTok); then a healthy one takes over.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Clip } from '#domain/post-record.ts';
import { work } from '#services/publisher/advance.ts';
import { claimPost } from '#services/publisher/claim.ts';
import type { PublisherDeps } from '#services/publisher/work.ts';
import type { ChunkUpload } from '#tiktok/client.ts';
import { openStage, type Stage } from './publisher-stage.ts';

let stage: Stage;
let clip: Clip;

before(async () => {
  stage = await openStage();
  clip = await stage.keepClip(randomBytes(3000));
});
after(() => stage.close());

/** The process is gone: nothing that it still wanted to do happens. */
class Died extends Error {}

const isChunk = (arg: unknown): arg is ChunkUpload => typeof arg === 'object' && arg !== null && 'body' in arg;

/** What a worker does to the world, in order; it dies having done `effects` of it. */
function mortal(deps: PublisherDeps, effects: number): { deps: PublisherDeps; calls: string[] } {
  const calls: string[] = [];
  const wrap = <T extends object>(part: T, name: string): T =>
    new Proxy(part, {
      get(target, key) {
        const member = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          if (calls.length >= effects) {
            for (const arg of args) if (isChunk(arg)) arg.body.destroy();
            throw new Died();
          }
          calls.push(`${name}.${String(key)}`);
          return member.apply(target, args);
        };
      },
    });
  return {
    calls,
    deps: {
      ...deps,
      posts: wrap(deps.posts, 'posts'),
      accounts: wrap(deps.accounts, 'accounts'),
      callLimits: wrap(deps.callLimits, 'callLimits'),
      tiktok: wrap(deps.tiktok, 'tiktok'),
      // The token of each call is read and refreshed elsewhere; the calls themselves die too.
      accessTokens: { use: (accountId, call) => deps.accessTokens.use(accountId, call) },
    },
  };
}

/** Lets one worker work on a new post, claim after claim, until it dies or is done. Gives the post and what the worker did. */
async function workUntilDeath(effects: number) {
  const account = await stage.addAccount();
  const post = await stage.addPost(clip, account.id);
  const { deps, calls } = mortal(stage.deps, effects);
  const stopping = new AbortController().signal;
  try {
    for (;;) {
      await stage.hurry(post.id);
      const claim = { owner: `worker.${stage.newId()}`, claimedAtMs: performance.now(), stopping };
      const claimed = await claimPost(deps, post.id, claim);
      if (!claimed || claimed === 'lost') break;
      await work(deps, claimed, claim, () => {});
    }
  } catch (error) {
    if (!(error instanceof Died)) throw error;
  }
  return { post, account, calls };
}

test('a worker that dies between any two of its effects leaves a post that is published once', async t => {
  const { calls: whole } = await workUntilDeath(Number.POSITIVE_INFINITY);
  t.diagnostic(`the effects of one post: ${whole.join(', ')}`);
  assert.ok(whole.includes('tiktok.initDirectPost') && whole.includes('tiktok.putChunk'), 'the worker sends the video');

  const victims = await Promise.all(whole.map((_, effects) => workUntilDeath(effects)));
  await Promise.all(victims.map(({ post }) => stage.expireLease(post.id)));
  stage.startRunner();
  await Promise.all(
    victims.map(async ({ post, account, calls }) => {
      const dead = `dead after ${calls.at(-1) ?? 'nothing'}`;
      const last = await stage.waitFor(post.id, `a post ${dead}`, one => one.publication?.liveAt != null);
      const told = last.outbox.map(({ kind }) => kind);
      assert.ok(['published,live', 'live'].includes(told.join()), `${dead}: each piece of news is told once: ${told}`);
      const published = stage.journalOf(account.username, { kind: 'published' });
      assert.equal(published.length, 1, `${dead}: one video`);
      assert.equal(published[0]?.sha256, clip.sha256, `${dead}: the clip's bytes`);
    }),
  );
});
