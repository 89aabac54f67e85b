// The daily summary, for people who want their good news once a day: one message with what was posted since the last one.

import type { Adapter } from '../chat/adapter.ts';
import type { Reply } from '../chat/reply.ts';
import { nextSummaryAt } from '../domain/notice-policy.ts';
import type { Post } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import type { PostStore } from '../stores/posts.ts';
import type { UserStore } from '../stores/users.ts';
import { createSweep, type Sweep } from './sweep.ts';

const DAY_MS = 86_400_000;
const AT_ONCE = 50;
const RETRY_MS = 10 * 60_000;

export interface DailySummaryDeps {
  readonly users: UserStore;
  readonly posts: PostStore;
  readonly adapterFor: (platform: string) => Adapter | undefined;
  readonly renderSummary: (posts: readonly Post[]) => Reply;
  readonly clock: () => number;
  readonly everyMs: number;
  readonly log: { error(facts: object, message: string): void };
}

export function createDailySummary(deps: DailySummaryDeps): Sweep {
  const { users, posts, clock } = deps;

  async function send(user: User, dueAt: Date): Promise<void> {
    const published = await posts.listPublishedSince(user.id, new Date(dueAt.getTime() - DAY_MS));
    const [identity] = user.identities;
    const adapter = identity && deps.adapterFor(identity.platform);
    if (published.length > 0 && identity && adapter) {
      const outcome = await adapter.send(identity.chatId, {
        reply: deps.renderSummary(published),
        idempotencyKey: `${user.id}.summary.${dueAt.getTime()}`,
        answers: null,
        edits: null,
        silent: false,
      });
      if (outcome.kind === 'retryAfter') {
        await users.moveSummary(user.id, dueAt, new Date(clock() + Math.max(outcome.delayMs, RETRY_MS)));
        return;
      }
    }
    await users.moveSummary(user.id, dueAt, new Date(nextSummaryAt(clock(), user.zone)));
  }

  return createSweep({
    name: 'daily summaries',
    everyMs: deps.everyMs,
    clock,
    log: deps.log,
    async run() {
      for (const { user, summaryAt } of await users.findDueSummaries(new Date(clock()), AT_ONCE))
        await send(user, summaryAt);
    },
  });
}
