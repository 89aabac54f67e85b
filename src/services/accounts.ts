// A person's TikTok accounts: what they are called, what TikTok lets them do now, and the end of a connection.

import { type Account, cleanLabel, isPractice, LABEL_MAX_LENGTH, type World } from '../domain/account.ts';
import type { CreatorInfo } from '../domain/choices.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import type { User } from '../domain/user.ts';
import type { AccountStore } from '../stores/accounts.ts';
import type { TikTokClient } from '../tiktok/client.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { CallLimits } from './call-limits.ts';

export interface AccountsDeps {
  readonly accounts: AccountStore;
  readonly accessTokens: AccessTokens;
  readonly callLimits: CallLimits;
  readonly tiktok: TikTokClient;
  readonly world: World;
  readonly isAudited: boolean;
  readonly log: { warn(facts: object, message: string): void };
}

export interface ListedAccount extends Account {
  /** TikTok ended the grant, or the bot's client key has changed. */
  readonly needsReconnect: boolean;
}

export type Accounts = ReturnType<typeof createAccounts>;

export function createAccounts({ accounts, accessTokens, callLimits, tiktok, world, isAudited, log }: AccountsDeps) {
  return {
    isAudited,

    /** The accounts that can be used now, oldest first: practice accounts only while the simulator is on. */
    list: (user: User): Promise<Account[]> => accounts.list(user.id, world),

    /**
     * Every account that a person may want to look at or end: those that can be used, and those of another client key, which stay
     * until they are connected again or disconnected.
     */
    async listAll(user: User): Promise<ListedAccount[]> {
      const all = await accounts.list(user.id);
      return all
        .filter(account => isPractice(account.world) === isPractice(world))
        .map(account => ({ ...account, needsReconnect: account.status !== 'active' || account.world !== world }));
    },

    /** @throws AppError `account_gone`. */
    find: (ownerId: string, id: string): Promise<Account> => accounts.find(ownerId, id),

    findForNotice: accounts.findForWork,

    /** What TikTok allows this creator at the moment. @throws AppError tiktok_*. */
    async askCreator(accountId: string): Promise<CreatorInfo> {
      await callLimits.take(accountId, 'creatorInfo');
      const creator = await accessTokens.use(accountId, token => tiktok.fetchCreator(token));
      if (isAudited) return creator;
      // TikTok offers every level to an app it has not audited, and then refuses all but this one.
      return { ...creator, privacyOptions: creator.privacyOptions.filter(level => level === 'SELF_ONLY') };
    },

    /** Gives an account a name of the person's own; without letters it has TikTok's again. @throws AppError `account_gone`. */
    async rename(user: User, id: string, words: string): Promise<Account> {
      const label = cleanLabel(words);
      if (label.length > LABEL_MAX_LENGTH) throw new AppError('form_invalid', { field: 'name' });
      await accounts.rename(user.id, id, label || null);
      return accounts.find(user.id, id);
    },

    /** Revokes the grant at TikTok and wipes the tokens here, in that order; the second happens whatever TikTok says. */
    async disconnect(user: User, id: string): Promise<Account> {
      const account = await accounts.find(user.id, id);
      // Tokens of another TikTok are no business of this one: they are wiped, and end by themselves there.
      if (account.world === world) await revoke(id);
      await accounts.disconnect(user.id, id);
      return account;
    },
  };

  /** TikTok revokes by access token alone, so one that has run out is refreshed first. */
  async function revoke(id: string): Promise<void> {
    try {
      await accessTokens.use(id, token => tiktok.revokeGrant(token));
    } catch (error) {
      if (!isAppError(error)) throw error;
      log.warn({ accountId: id, code: error.code }, 'TikTok did not take back a grant; its tokens are wiped here');
    }
  }
}
