// What TikTok's webhooks change here: news of an upload wakes its post earlier, where TikTok's status still decides; an access that
// was taken away ends the connection at once. A webhook that is lost costs a wait, nothing else.

import type { World } from '../domain/account.ts';
import type { PostState } from '../domain/post.ts';
import type { AccountStore } from '../stores/accounts.ts';
import type { PostStore } from '../stores/posts.ts';
import type { SeenEventStore } from '../stores/seen-events.ts';
import type { WebhookEvent } from '../tiktok/webhook.ts';
import type { GrantCare } from './grant-care.ts';

/** In which states an event is news. A published post is looked at again only where its public id has come. */
const NEWS_FOR: Partial<Record<WebhookEvent['kind'], readonly PostState[]>> = {
  post_failed: ['publishing', 'unconfirmed'],
  post_complete: ['publishing', 'unconfirmed'],
  post_in_inbox: ['publishing', 'unconfirmed'],
  post_public: ['publishing', 'unconfirmed', 'published'],
};

export interface TikTokEventsDeps {
  readonly seenEvents: Pick<SeenEventStore, 'addNew'>;
  readonly accounts: Pick<AccountStore, 'findByOpenId'>;
  readonly posts: Pick<PostStore, 'wakeByPublishId'>;
  readonly grantCare: Pick<GrantCare, 'endGrant'>;
  readonly world: World;
  readonly clientKey: string;
  /** A hint to this worker's publisher. */
  readonly wake: (postId: string) => void;
}

export type TikTokEvents = ReturnType<typeof createTikTokEvents>;

export function createTikTokEvents(deps: TikTokEventsDeps) {
  async function wakePost(openId: string, publishId: string, states: readonly PostState[]): Promise<void> {
    const account = await deps.accounts.findByOpenId(deps.world, openId);
    if (!account) return;
    const postId = await deps.posts.wakeByPublishId(account.id, publishId, states);
    if (postId !== null) deps.wake(postId);
  }

  return {
    /** Acts on a genuine event. `fingerprint` tells repeats from news: TikTok sends at least once, without an id. */
    async take(event: WebhookEvent, fingerprint: string): Promise<void> {
      if (event.clientKey !== deps.clientKey) return;
      if (!(await deps.seenEvents.addNew(`tiktok:${fingerprint}`))) return;
      const { kind, openId, createdAt } = event;
      // TikTok counts whole seconds: what was connected within the same one is left to the next call to find out.
      if (kind === 'authorization_removed') return deps.grantCare.endGrant(openId, createdAt);
      const states = NEWS_FOR[kind];
      if (states && 'publishId' in event) await wakePost(openId, event.publishId, states);
    },
  };
}
