// The queries behind the care of connections: whose grant ends soon, whose has ended, and what was done about it.

import type { Model } from 'mongoose';
import type { Account, World } from '../domain/account.ts';
import { type StoredAccount, toAccount } from './account-schema.ts';

/** What is done about a grant once: refreshed while idle, its person warned, its person told of its end. */
export type Care = 'refreshed' | 'warned' | 'told';

export interface EndingAccount extends Account {
  readonly endsAt: Date;
}

export function createCareQueries(model: Model<StoredAccount>) {
  return {
    /** Accounts that work, whose grant ends before `until`, and of which `care` was not taken since `notSince`. */
    async findEnding(
      world: World,
      care: Care,
      { until, notSince }: { readonly until: Date; readonly notSince: Date },
      limit: number,
    ): Promise<EndingAccount[]> {
      const isDone = `grantCare.${care}`;
      const found = await model
        .find({
          status: 'active',
          world,
          'grant.refreshExpiresAt': { $lte: until },
          $or: [{ [isDone]: null }, { [isDone]: { $lt: notSince } }],
        })
        .sort({ 'grant.refreshExpiresAt': 1 })
        .limit(limit)
        .lean<StoredAccount[]>();
      return found.flatMap(stored =>
        stored.grant ? [{ ...toAccount(stored), endsAt: stored.grant.refreshExpiresAt }] : [],
      );
    },

    /** Accounts that must be connected again, whose person has not been told. */
    async findEnded(world: World, limit: number): Promise<Account[]> {
      const isUntold = { status: 'needs_reconnect' as const, world, 'grantCare.told': null };
      return (await model.find(isUntold).limit(limit).lean<StoredAccount[]>()).map(toAccount);
    },

    async noteCare(id: string, care: Care, at: Date): Promise<void> {
      await model.updateOne({ _id: id }, { $set: { [`grantCare.${care}`]: at } });
    },

    /** Grants whose time is over end, asked or not. */
    async expireGrants(world: World, now: Date): Promise<void> {
      await model.updateMany(
        { status: 'active', world, 'grant.refreshExpiresAt': { $lte: now } },
        { $set: { status: 'needs_reconnect' } },
      );
    },

    /**
     * Ends the grant of an account that was connected before `removedAt`; a refresh that is under way cannot bring it back. False
     * where it was connected since.
     */
    async endGrant(id: string, removedAt: Date): Promise<boolean> {
      const { matchedCount } = await model.updateOne(
        { _id: id, status: { $ne: 'disconnected' }, connectedAt: { $lte: removedAt } },
        { $set: { status: 'needs_reconnect', grantLease: null }, $inc: { grantFence: 1 } },
      );
      return matchedCount === 1;
    },
  };
}
