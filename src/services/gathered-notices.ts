// Notices that many posts of one person tend to owe at the same moment, after the bot was off say: told in one message. The post
// whose notice is the oldest speaks for all; the others' notices wait for it and are struck with it.

import type { Adapter, SendOutcome } from '../chat/adapter.ts';
import type { Reply } from '../chat/reply.ts';
import type { Account } from '../domain/account.ts';
import { type Delivery, GATHER_MS } from '../domain/notice-policy.ts';
import type { Notice, NoticeKind, Post } from '../domain/post-record.ts';
import type { PostStore } from '../stores/posts.ts';
import type { ClaimedNotice, NoticeSending } from './notice-sending.ts';

export interface Waiting {
  readonly post: Post;
  readonly account: Account | null;
}

export interface GatheredNoticesDeps {
  readonly posts: PostStore;
  readonly sending: Pick<NoticeSending, 'send'>;
  readonly findAccount: (id: string) => Promise<Account | null>;
  readonly renderGathered: (kind: NoticeKind, waiting: readonly [Waiting, ...Waiting[]]) => Reply;
}

/** What became of a notice: told with `told` (itself among them), left to another post, or without anything left to tell. */
export type Gathered =
  | { readonly kind: 'told'; readonly outcome: SendOutcome; readonly told: readonly Waiting[] }
  | { readonly kind: 'left_to_another' }
  | { readonly kind: 'stale' };

export function createGatheredNotices({ posts, sending, findAccount, renderGathered }: GatheredNoticesDeps) {
  const dueOf = ({ due }: Post) => due?.at?.getTime() ?? 0;
  const since = ({ outbox }: Post) => outbox[0]?.at.getTime() ?? 0;

  return async function tell(
    adapter: Adapter,
    claimed: ClaimedNotice,
    { kind, key }: Notice,
    delivery: Delivery & { kind: 'send' },
  ): Promise<Gathered> {
    const { post } = claimed;
    const owing = (await posts.listOwing(post, kind)).toSorted((a, b) => since(a) - since(b) || (a.id < b.id ? -1 : 1));
    // The person has seen to it meanwhile.
    if (!owing.some(({ id }) => id === post.id)) return { kind: 'stale' };
    const [speaker] = owing;
    if (speaker?.id !== post.id) {
      await posts.delayNotice(post.id, GATHER_MS);
      return { kind: 'left_to_another' };
    }
    const waiting: Waiting[] = [];
    // As the person had planned them; they may have been noticed in any order.
    for (const one of owing.toSorted((a, b) => dueOf(a) - dueOf(b)))
      waiting.push({ post: one, account: one.accountId ? await findAccount(one.accountId) : null });
    const [first, ...others] = waiting;
    if (!first) return { kind: 'stale' };
    const outcome = await sending.send(adapter, claimed, {
      reply: renderGathered(kind, [first, ...others]),
      idempotencyKey: key,
      answers: others.length === 0 ? post.card.messageRef : null,
      edits: null,
      silent: delivery.silent,
    });
    return outcome ? { kind: 'told', outcome, told: waiting } : { kind: 'left_to_another' };
  };
}
