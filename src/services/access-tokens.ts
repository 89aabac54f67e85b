// Access tokens, opened just before a call and refreshed when needed: one refresh at a time per account across all workers, since
// each refresh kills the old refresh token (TikTok, oauth-refresh-a-user-access-token).

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, isAppError } from '../domain/errors.ts';
import type { AccountStore, GrantState, SealedGrant } from '../stores/accounts.ts';
import type { TokenBox } from '../stores/token-box.ts';
import type { TikTokClient } from '../tiktok/client.ts';
import { insist } from './insistence.ts';

/** A token this close to its end is refreshed first: the call itself takes time. */
const FRESH_FOR_MS = 60_000;
const REFRESH_LEASE_MS = 20_000;
const WAIT_FOR_OTHER_MS = 100;

export interface AccessTokensDeps {
  readonly accounts: AccountStore;
  readonly tokenBox: TokenBox;
  readonly tiktok: TikTokClient;
  readonly clock: () => number;
  readonly newId: () => string;
  /** A refresh kills the token that another copy of this database may live on. @throws AppError `copy_on_standby`. */
  readonly requireNoStandby: () => Promise<void>;
  /** TikTok does not accept the app's key or secret: nobody's posts can go out. */
  readonly onAppRefused?: () => Promise<void>;
}

export type AccessTokens = ReturnType<typeof createAccessTokens>;

export function createAccessTokens(deps: AccessTokensDeps) {
  const { accounts, tokenBox, tiktok, clock, newId } = deps;
  const place = (id: string, field: string) => ({ collection: 'accounts', id, field });
  const openAccess = (id: string, grant: SealedGrant) => tokenBox.open(grant.accessToken, place(id, 'accessToken'));

  function requireGrant(state: GrantState | null): SealedGrant {
    if (!state?.grant || state.status !== 'active') throw new AppError('tiktok_grant_ended');
    return state.grant;
  }

  /** Refreshes unless somebody did since `stale` was read. */
  async function refresh(id: string, stale: SealedGrant): Promise<SealedGrant> {
    await deps.requireNoStandby();
    const giveUpAt = clock() + 2 * REFRESH_LEASE_MS;
    for (;;) {
      const leased = await accounts.leaseGrant(id, newId(), REFRESH_LEASE_MS);
      if (leased) return refreshUnderLease(id, leased, stale);
      const grant = requireGrant(await accounts.readGrant(id));
      if (grant.accessToken !== stale.accessToken) return grant;
      if (clock() > giveUpAt) throw new AppError('tiktok_timeout', { reason: 'another worker refreshes' });
      await delay(WAIT_FOR_OTHER_MS);
    }
  }

  async function refreshUnderLease(id: string, leased: GrantState, stale: SealedGrant): Promise<SealedGrant> {
    try {
      const current = requireGrant(leased);
      if (current.accessToken !== stale.accessToken) {
        await accounts.endGrantLease(id, leased.grantFence);
        return current;
      }
      const fresh = await tiktok.refreshGrant(tokenBox.open(current.refreshToken, place(id, 'refreshToken')));
      const sealed = {
        accessToken: tokenBox.seal(fresh.accessToken, place(id, 'accessToken')),
        refreshToken: tokenBox.seal(fresh.refreshToken, place(id, 'refreshToken')),
        accessExpiresAt: fresh.accessExpiresAt,
        refreshExpiresAt: fresh.refreshExpiresAt,
      };
      // On disk before anybody uses it: the old pair is dead from here, and a new one that is lost costs the person a reconnect.
      if (!(await insist(() => accounts.saveGrant(id, leased.grantFence, sealed)))) throw new AppError('lease_lost');
      return sealed;
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (error.code === 'tiktok_client_invalid') await deps.onAppRefused?.();
      const ended = error.code === 'tiktok_grant_ended' && leased.status === 'active';
      await accounts.endGrantLease(id, leased.grantFence, ended ? 'needs_reconnect' : undefined);
      throw error;
    }
  }

  return {
    /** Refreshes an account's tokens though nobody needs them: an idle grant would end. @throws as `use`. */
    async renew(accountId: string): Promise<void> {
      await refresh(accountId, requireGrant(await accounts.readGrant(accountId)));
    },

    /**
     * Runs `call` with a valid access token. Where TikTok answers that the token is invalid, it is refreshed and `call` repeated
     * once: the same step, never the one before it. `known`: the grant where it was read just now.
     * @throws AppError `tiktok_grant_ended` where the person must connect again; whatever `call` throws.
     */
    async use<T>(accountId: string, call: (accessToken: string) => Promise<T>, known?: GrantState): Promise<T> {
      let grant = requireGrant(known ?? (await accounts.readGrant(accountId)));
      if (grant.accessExpiresAt.getTime() - clock() < FRESH_FOR_MS) grant = await refresh(accountId, grant);
      try {
        return await call(openAccess(accountId, grant));
      } catch (error) {
        if (!isAppError(error, 'tiktok_token_invalid')) throw error;
        grant = await refresh(accountId, grant);
        return await call(openAccess(accountId, grant));
      }
    },
  };
}
