// Delivers what posts owe to people: at least once, in order per post, by the platform the post was made on. A platform that is down
// delays notices and nothing else.

import type { Adapter, SendOutcome } from '../chat/adapter.ts';
import type { Reply } from '../chat/reply.ts';
import type { Account } from '../domain/account.ts';
import { type Delivery, decideDelivery, isGathered } from '../domain/notice-policy.ts';
import type { Notice, NoticeKind, Post } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import type { PostStore } from '../stores/posts.ts';
import { createGatheredNotices, type GatheredNoticesDeps } from './gathered-notices.ts';
import { type ClaimedNotice, createNoticeSending } from './notice-sending.ts';
import { createSweep, type Sweep } from './sweep.ts';

/** While a notice is being sent nobody else sends it; after a crash it is sent again this much later. */
const HOLD_MS = 30_000;
const AT_ONCE = 20;

export interface NotifierDeps {
  readonly posts: PostStore;
  readonly adapterFor: (platform: string) => Adapter | undefined;
  readonly findAccount: (id: string) => Promise<Account | null>;
  readonly findUser: (id: string) => Promise<User | null>;
  readonly renderNotice: (kind: NoticeKind, post: Post, account: Account | null) => Reply;
  readonly renderGathered: GatheredNoticesDeps['renderGathered'];
  /** The card as it looks now, to edit the old one to match. */
  readonly renderCard: (post: Post, account: Account | null) => Reply | Promise<Reply>;
  readonly databaseNow: () => Promise<number>;
  readonly newId: () => string;
  readonly clock: () => number;
  readonly everyMs: number;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}

export function createNotifier(deps: NotifierDeps): Sweep {
  const { posts } = deps;
  const sending = createNoticeSending({ posts });
  const tellGathered = createGatheredNotices({ ...deps, sending });

  async function deliverNext(id: string): Promise<void> {
    const owner = deps.newId();
    const post = await posts.claimNotice(id, owner, HOLD_MS);
    const notice = post?.outbox[0];
    if (!post || !notice) return;
    const adapter = deps.adapterFor(post.card.platform);
    if (!adapter) {
      // The platform is switched off; the notice waits until it is back.
      await posts.delayNotice(id, 10 * 60_000);
      return;
    }
    const account = post.accountId ? await deps.findAccount(post.accountId) : null;
    const delivery = await decide(post, notice.kind);
    if (delivery.kind !== 'send') {
      await sending.settle(id, notice.key, null);
      await refreshCard(adapter, post, account, notice.key);
      return;
    }
    if (isGathered(notice.kind)) return deliverGathered(adapter, { post, owner }, notice, delivery);
    // "Posted" becomes "live" in the same message: one post, one line in the chat.
    const edits = notice.kind === 'live' && adapter.limits.edits ? post.noticeRef : null;
    const outcome = await sending.send(
      adapter,
      { post, owner },
      {
        reply: deps.renderNotice(notice.kind, post, account),
        idempotencyKey: notice.key,
        answers: edits === null ? post.card.messageRef : null,
        edits,
        silent: delivery.silent || edits !== null,
      },
    );
    if (outcome) await settle(adapter, { post, account }, notice, outcome);
  }

  async function settle(
    adapter: Adapter,
    { post, account }: { post: Post; account: Account | null },
    notice: Notice,
    outcome: SendOutcome,
  ): Promise<void> {
    if (outcome.kind === 'retryAfter') {
      await posts.delayNotice(post.id, outcome.delayMs);
      return;
    }
    if (outcome.kind === 'unreachable') {
      deps.log.warn({ postId: post.id, notice: notice.kind }, 'a person cannot be reached; the notice is kept');
      await posts.delayNotice(post.id, null);
      return;
    }
    // Struck first: an edit that fails must not have the news told twice.
    await sending.settle(post.id, notice.key, outcome.messageRef);
    await refreshCard(adapter, post, account, notice.key);
  }

  async function deliverGathered(
    adapter: Adapter,
    claimed: ClaimedNotice,
    notice: Notice,
    delivery: Delivery & { kind: 'send' },
  ): Promise<void> {
    const gathered = await tellGathered(adapter, claimed, notice, delivery);
    if (gathered.kind === 'stale') await sending.settle(claimed.post.id, notice.key, null);
    if (gathered.kind !== 'told') return;
    const { outcome, told } = gathered;
    // What becomes of one of many must not overwrite the message that speaks of all.
    const ofEach = outcome.kind === 'sent' && told.length > 1 ? { ...outcome, messageRef: null } : outcome;
    for (const one of told) {
      const [own] = one.post.outbox;
      if (own) await settle(adapter, one, own, ofEach);
    }
  }

  async function decide(post: Post, kind: NoticeKind): Promise<Delivery> {
    const user = await deps.findUser(post.ownerId);
    return user ? decideDelivery(kind, user, deps.clock()) : { kind: 'drop' };
  }

  /** An edit makes no sound and may fail without harm: the notice has told the news. */
  async function refreshCard(adapter: Adapter, post: Post, account: Account | null, key: string): Promise<void> {
    const { chatId, messageRef } = post.card;
    if (!messageRef || !adapter.limits.edits) return;
    await adapter.send(chatId, {
      reply: await deps.renderCard(post, account),
      idempotencyKey: `${key}.card`,
      answers: null,
      edits: messageRef,
      silent: true,
    });
  }

  return createSweep({
    name: 'notices',
    everyMs: deps.everyMs,
    clock: deps.clock,
    log: deps.log,
    async run() {
      const ids = await posts.findOwingNotices(new Date(await deps.databaseNow()), AT_ONCE);
      const outcomes = await Promise.allSettled(ids.map(deliverNext));
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') deps.log.error({ err: outcome.reason }, 'a notice could not be delivered');
    },
  });
}
