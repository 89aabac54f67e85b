// What a person has set for themselves.

import type { User } from '../domain/user.ts';
import type { AccountStore } from '../stores/accounts.ts';
import type { UserSettings, UserStore } from '../stores/users.ts';

export interface PeopleDeps {
  readonly users: UserStore;
  readonly accounts: AccountStore;
}

export type People = ReturnType<typeof createPeople>;

export function createPeople({ users, accounts }: PeopleDeps) {
  return {
    /** @throws AppError `account_gone` for a default account that is not theirs. */
    async changeSettings(user: User, settings: UserSettings): Promise<User> {
      // The account must be the person's own.
      if (settings.defaultAccountId) await accounts.find(user.id, settings.defaultAccountId);
      await users.changeSettings(user.id, settings);
      return { ...user, ...settings };
    },

    find: users.find,
  };
}
