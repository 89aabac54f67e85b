// Delivers memos over whichever platform of the person works: at least once, held back and retried like the notices of posts.

import type { Adapter } from '../chat/adapter.ts';
import type { Reply } from '../chat/reply.ts';
import { isUrgent, type Memo } from '../domain/memo.ts';
import { isNightFor } from '../domain/notice-policy.ts';
import type { User } from '../domain/user.ts';
import type { MemoStore } from '../stores/memos.ts';
import { createSweep, type Sweep } from './sweep.ts';

const HOLD_MS = 30_000;
const AT_ONCE = 20;
/** While a platform is off, or says so. */
const ELSEWHERE_MS = 60_000;

export interface MemosDeps {
  readonly memos: MemoStore;
  readonly adapterFor: (platform: string) => Adapter | undefined;
  readonly findUser: (id: string) => Promise<User | null>;
  readonly renderMemo: (memo: Memo) => Reply;
  readonly newId: () => string;
  readonly clock: () => number;
  readonly everyMs: number;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}

export function createMemos(deps: MemosDeps): Sweep {
  const { memos } = deps;

  /** Null where it was sent; else how long to wait, `unreachable` where no platform leads to the person. */
  async function send(memo: Memo, user: User): Promise<{ delayMs: number } | 'unreachable' | null> {
    let delayMs: number | null = null;
    for (const { platform, chatId } of user.identities) {
      const adapter = deps.adapterFor(platform);
      if (!adapter || adapter.isReady?.() === false) {
        delayMs = Math.min(delayMs ?? ELSEWHERE_MS, ELSEWHERE_MS);
        continue;
      }
      const outcome = await adapter.send(chatId, {
        reply: deps.renderMemo(memo),
        idempotencyKey: memo.key,
        answers: null,
        edits: null,
        silent: !isUrgent(memo.kind) && isNightFor(user, deps.clock()),
      });
      if (outcome.kind === 'sent') return null;
      if (outcome.kind === 'retryAfter') delayMs = Math.min(delayMs ?? outcome.delayMs, outcome.delayMs);
    }
    return delayMs === null ? 'unreachable' : { delayMs };
  }

  async function deliver(key: string): Promise<void> {
    const memo = await memos.claim(key, deps.newId(), HOLD_MS);
    if (!memo) return;
    const user = await deps.findUser(memo.userId);
    const left = user ? await send(memo, user) : null;
    if (left === null) return memos.settle(key);
    if (left === 'unreachable') deps.log.warn({ memo: memo.kind }, 'a person cannot be reached; the memo is kept');
    await memos.delay(key, left === 'unreachable' ? null : left.delayMs);
  }

  return createSweep({
    name: 'memos',
    everyMs: deps.everyMs,
    clock: deps.clock,
    log: deps.log,
    async run() {
      const outcomes = await Promise.allSettled((await memos.findDue(AT_ONCE)).map(deliver));
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') deps.log.error({ err: outcome.reason }, 'a memo could not be delivered');
    },
  });
}
