// Many posts, put straight into the database, and workers to publish them, on the ground of a chaos round: for proofs about load.

import { setTimeout as delay } from 'node:timers/promises';
import type { JournalEntry } from '#simulator/simulator.ts';
import type { StoredPost } from '#stores/post-schema.ts';
import { type Creator, openGround, WORLD } from '#test/chaos/ground.ts';
import type { HistoryEntry } from '#test/chaos/history.ts';
import { type ChildProcess, startProcess } from '#test/support/processes.ts';
import { makeScheduledPost } from '#test/support/publishable.ts';

export type PostOnRecord = StoredPost & { readonly history?: readonly HistoryEntry[] };

export type Load = Awaited<ReturnType<typeof openLoad>>;

const LOOK_EVERY_MS = 100;

export async function openLoad({ accounts, leaseMs }: { accounts: number; leaseMs: number }) {
  const ground = await openGround({ workers: 2, seed: 1 });
  const { posts, chat, simulator } = ground;
  const workers: ChildProcess[] = [];
  const creators = await ground.addCreators(accounts);
  const clip = await ground.keepClip(false);
  const read = async () => (await posts.model.find().lean()) as PostOnRecord[];

  /** Gives the post's id, which is its caption too. */
  async function addPost({ user, account }: Creator, at: Date): Promise<string> {
    const id = ground.newId();
    const [identity] = user.identities;
    const card = { platform: identity?.platform ?? '', chatId: identity?.chatId ?? '', messageRef: null };
    const facts = { id, ownerId: user.id, accountId: account.id, world: WORLD, clip };
    const times = { at, delayMs: null, zone: 'UTC', words: 'then' };
    await posts.insert(makeScheduledPost(facts, { caption: id, card, due: times }), `load:${id}`);
    return id;
  }

  return {
    simulator,
    creators,
    read,
    addPost,

    /** Worker 0 or 1, each with its own way to the database. */
    async startWorker(index: number): Promise<ChildProcess> {
      const worker = startProcess('test/chaos/worker.ts', {
        args: ['--chat', chat.url, '--lease-ms', String(leaseMs)],
        env: ground.envOf(index),
      });
      workers.push(worker);
      await worker.waitForLine(/^{"ready"/);
      return worker;
    },

    /** One post for each of the first `count` accounts, due from `dueMs` on, `everyMs` apart. Gives each one's due time. */
    async schedule(count: number, dueMs: number, everyMs: number): Promise<Map<string, number>> {
      const due = new Map<string, number>();
      for (const [index, creator] of creators.slice(0, count).entries()) {
        const at = new Date(dueMs + index * everyMs);
        due.set(await addPost(creator, at), at.getTime());
      }
      return due;
    },

    fault: (fault: object) => simulator.call('POST', 'faults', fault),
    clearFaults: () => simulator.call('DELETE', 'faults'),
    journal: ground.journal,

    async until(what: string, withinMs: number, check: (posts: PostOnRecord[]) => boolean): Promise<PostOnRecord[]> {
      const giveUpAt = performance.now() + withinMs;
      for (;;) {
        const now = await read();
        if (check(now)) return now;
        if (performance.now() > giveUpAt) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
        await delay(LOOK_EVERY_MS);
      }
    },

    async leave(): Promise<void> {
      await Promise.all(workers.map(worker => worker.kill('SIGKILL')));
      await ground.leave();
    },
  };
}

export const isLive = ({ publication }: PostOnRecord): boolean => publication?.liveAt != null;

/** How late each post's first init was, ms. */
export function latenessOf(journal: readonly JournalEntry[], due: ReadonlyMap<string, number>): number[] {
  const first = new Map<string, number>();
  for (const { kind, postInfo, at } of journal) {
    if (kind !== 'init') continue;
    const postId = (postInfo as { title: string }).title;
    if (!first.has(postId)) first.set(postId, at);
  }
  return [...due].map(([postId, dueMs]) => (first.get(postId) ?? Number.POSITIVE_INFINITY) - dueMs);
}
