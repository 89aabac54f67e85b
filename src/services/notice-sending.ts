// One send of a notice. Where the platform drops what is repeated, a notice may be sent as often as it takes. Elsewhere each send is
// counted before it is made and taken back where it is known to have failed: one that ended in a crash may have arrived, and nobody is
// told a third time.

import type { Adapter, OutgoingMessage, SendOutcome } from '../chat/adapter.ts';
import type { Post } from '../domain/post-record.ts';
import type { PostStore } from '../stores/posts.ts';

const SENDS_AT_MOST = 2;
/** Some seconds together: the news has been told, and what is not noted now would be told again. */
const SETTLE_TRIES = 5;
const SETTLE_RETRY_MS = 200;

export interface NoticeSendingDeps {
  readonly posts: Pick<PostStore, 'beginSend' | 'takeSendBack' | 'settleNotice'>;
  readonly wait: (delayMs: number) => Promise<unknown>;
}

/** A claimed post, under the name that claimed its notice. */
export interface ClaimedNotice {
  readonly post: Post;
  readonly owner: string;
}

export type NoticeSending = ReturnType<typeof createNoticeSending>;

export function createNoticeSending({ posts, wait }: NoticeSendingDeps) {
  return {
    /** Sends `message` unless it may have arrived twice already, which counts as sent. Null where another has claimed the notice. */
    async send(
      adapter: Adapter,
      { post, owner }: ClaimedNotice,
      message: OutgoingMessage,
    ): Promise<SendOutcome | null> {
      const { chatId } = post.card;
      if (adapter.limits.deduplicatesSends) return adapter.send(chatId, message);
      const key = message.idempotencyKey;
      const sends = await posts.beginSend(post.id, owner, key);
      if (sends === null) return null;
      if (sends > SENDS_AT_MOST) return { kind: 'sent', messageRef: null };
      let outcome: SendOutcome | null = null;
      try {
        outcome = await adapter.send(chatId, message);
        return outcome;
      } finally {
        if (outcome?.kind !== 'sent') await posts.takeSendBack(post.id, key);
      }
    },

    /** Strikes a notice that was told, insisting. */
    async settle(postId: string, key: string, messageRef: string | null): Promise<void> {
      for (let tries = 1; ; tries++) {
        try {
          return await posts.settleNotice(postId, key, messageRef);
        } catch (error) {
          if (tries === SETTLE_TRIES) throw error;
          await wait(SETTLE_RETRY_MS * tries);
        }
      }
    },
  };
}
