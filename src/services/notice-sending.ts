// One send of a notice. Where the platform drops what is repeated, and where the news is an edit, a notice may be sent as often as it
// takes. Elsewhere each send is counted before it is made and taken back where it is known to have failed: one that ended in a crash
// may have arrived, and nobody is told a third time. A platform that fails is tried with one message at a time, so that a crash
// meanwhile leaves the count of one in doubt, not of twenty.

import { bulkhead } from 'cockatiel';
import type { Adapter, OutgoingMessage, SendOutcome } from '../chat/adapter.ts';
import type { Post } from '../domain/post-record.ts';
import type { PostStore } from '../stores/posts.ts';
import { insist } from './insistence.ts';

const SENDS_AT_MOST = 2;
/** As many as a crash may leave in doubt; Telegram takes about 30 messages a second. */
const COUNTED_AT_ONCE = 4;
/** How long a notice is left alone while another one tries its platform. */
const TRIED_BY_ANOTHER_MS = 1_000;

export interface NoticeSendingDeps {
  readonly posts: Pick<PostStore, 'beginSend' | 'takeSendBack' | 'settleNotice'>;
}

/** A claimed post, under the name that claimed its notice. */
export interface ClaimedNotice {
  readonly post: Post;
  readonly owner: string;
}

export type NoticeSending = ReturnType<typeof createNoticeSending>;

export function createNoticeSending({ posts }: NoticeSendingDeps) {
  const counted = bulkhead(COUNTED_AT_ONCE, Number.POSITIVE_INFINITY);
  /** Platforms that did not take what was sent last, and whether a message is on its way there. */
  const failing = new Map<string, { isTried: boolean }>();

  async function deliver(
    adapter: Adapter,
    { post, owner }: ClaimedNotice,
    message: OutgoingMessage,
  ): Promise<SendOutcome | null> {
    if (adapter.limits.deduplicatesSends || message.edits !== null) return adapter.send(post.card.chatId, message);
    return counted.execute(() => deliverCounted(adapter, { post, owner }, message));
  }

  async function deliverCounted(
    adapter: Adapter,
    { post, owner }: ClaimedNotice,
    message: OutgoingMessage,
  ): Promise<SendOutcome | null> {
    const key = message.idempotencyKey;
    const sends = await posts.beginSend(post.id, owner, key);
    if (sends === null) return null;
    if (sends > SENDS_AT_MOST) return { kind: 'sent', messageRef: null };
    let outcome: SendOutcome | null = null;
    try {
      outcome = await adapter.send(post.card.chatId, message);
      return outcome;
    } finally {
      if (outcome?.kind !== 'sent') await posts.takeSendBack(post.id, key);
    }
  }

  return {
    /** Sends `message` unless it may have arrived twice already, which counts as sent. Null where another has claimed the notice. */
    async send(adapter: Adapter, claimed: ClaimedNotice, message: OutgoingMessage): Promise<SendOutcome | null> {
      const { platform } = adapter;
      const trial = failing.get(platform);
      if (trial?.isTried) return { kind: 'retryAfter', delayMs: TRIED_BY_ANOTHER_MS };
      if (trial) trial.isTried = true;
      let isTaken = false;
      try {
        const outcome = await deliver(adapter, claimed, message);
        isTaken = outcome !== null && outcome.kind !== 'retryAfter';
        return outcome;
      } finally {
        if (isTaken) failing.delete(platform);
        else failing.set(platform, { isTried: false });
      }
    },

    /** Strikes a notice that was told: what is not noted now would be told again. */
    settle: (postId: string, key: string, messageRef: string | null): Promise<void> =>
      insist(() => posts.settleNotice(postId, key, messageRef)),
  };
}
