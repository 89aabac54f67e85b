// The connections of accounts, looked after without anybody's doing: an idle one is refreshed once a month before its grant ends,
// its person warned a fortnight before, and where a grant has ended its posts are held at once and its person told.

import { type Account, accountName, type World } from '../domain/account.ts';
import { isAppError } from '../domain/errors.ts';
import type { AccountStore } from '../stores/accounts.ts';
import type { MemoStore } from '../stores/memos.ts';
import type { PostStore } from '../stores/posts.ts';
import type { AccessTokens } from './access-tokens.ts';
import { WAITS_FOR_PERSON } from './publisher/waiting.ts';

const DAY_MS = 86_400_000;
const REFRESH_BEFORE_MS = 30 * DAY_MS;
const WARN_BEFORE_MS = 14 * DAY_MS;
const AT_ONCE = 50;
const POSTS_AT_ONCE = 1000;

export interface GrantCareDeps {
  readonly accounts: AccountStore;
  readonly accessTokens: Pick<AccessTokens, 'renew'>;
  readonly posts: PostStore;
  readonly memos: MemoStore;
  readonly world: World;
  readonly clock: () => number;
  readonly log: { warn(facts: object, message: string): void };
}

export type GrantCare = ReturnType<typeof createGrantCare>;

export function createGrantCare({ accounts, accessTokens, posts, memos, world, clock, log }: GrantCareDeps) {
  const after = (ms: number) => new Date(clock() + ms);

  /** Where TikTok gives a longer grant with each refresh, an idle account stays connected; where not, once is enough. */
  async function refreshIdle(): Promise<void> {
    const ending = { until: after(REFRESH_BEFORE_MS), notSince: after(-REFRESH_BEFORE_MS) };
    for (const { id } of await accounts.findEnding(world, 'refreshed', ending, AT_ONCE)) {
      try {
        await accessTokens.renew(id);
        await accounts.noteCare(id, 'refreshed', after(0));
      } catch (error) {
        // A grant that has ended is seen to below; anything else is tried again by the next look.
        if (!isAppError(error)) throw error;
        log.warn({ accountId: id, code: error.code }, 'an idle account could not be refreshed');
      }
    }
  }

  async function warn(): Promise<void> {
    const ending = { until: after(WARN_BEFORE_MS), notSince: after(-WARN_BEFORE_MS) };
    for (const account of await accounts.findEnding(world, 'warned', ending, AT_ONCE)) {
      const { id, ownerId, endsAt } = account;
      const daysLeft = Math.max(1, Math.round((endsAt.getTime() - clock()) / DAY_MS));
      const facts = { account: accountName(account), daysLeft };
      await memos.add({ key: `grant_ending:${id}:${endsAt.getTime()}`, userId: ownerId, kind: 'grant_ending', facts });
      await accounts.noteCare(id, 'warned', after(0));
    }
  }

  /** Holds what waits for the account. Gives how many posts were held now. */
  async function holdPosts({ id, ownerId, ...account }: Account): Promise<number> {
    const problem = {
      code: 'tiktok_grant_ended',
      facts: { account: accountName(account) },
      at: after(0),
    } as const;
    let held = 0;
    for (const post of await posts.list(ownerId, { accountId: id, states: ['scheduled'] }, { limit: POSTS_AT_ONCE }))
      try {
        await posts.apply(post, { event: 'hold', patch: { ...WAITS_FOR_PERSON, problem } });
        held += 1;
      } catch (error) {
        // Its person, or the publisher, was quicker.
        if (!isAppError(error, 'post_changed', 'post_gone', 'post_too_late', 'post_wrong_state')) throw error;
      }
    return held;
  }

  /** The person hears of it once: from here, unless a post that could not go out has told them all there is to tell. */
  async function settleEnded(account: Account): Promise<void> {
    const { id, ownerId, connectedAt } = account;
    const waiting = await posts.list(ownerId, { accountId: id, states: ['held'] }, { limit: POSTS_AT_ONCE });
    const isToldByPost = waiting.some(({ problem }) => problem?.code === 'tiktok_grant_ended');
    const held = await holdPosts(account);
    if (held > 0 || !isToldByPost) {
      const facts = { account: accountName(account), held };
      const key = `grant_ended:${id}:${connectedAt.getTime()}`;
      await memos.add({ key, userId: ownerId, kind: 'grant_ended', facts });
    }
    await accounts.noteCare(id, 'told', after(0));
  }

  return {
    /** TikTok said that a person, or TikTok, took the app's access away. Nothing that was connected since is touched. */
    async endGrant(openId: string, removedAt: Date): Promise<void> {
      const account = await accounts.findByOpenId(world, openId);
      if (!account || account.status === 'disconnected') return;
      if (await accounts.endGrant(account.id, removedAt)) await settleEnded(account);
    },

    /** Those that ended without anybody here having been asked to tell. */
    async settleAllEnded(): Promise<void> {
      await accounts.expireGrants(world, after(0));
      for (const account of await accounts.findEnded(world, AT_ONCE)) await settleEnded(account);
    },

    async lookAfterIdle(): Promise<void> {
      await refreshIdle();
      await warn();
    },
  };
}
