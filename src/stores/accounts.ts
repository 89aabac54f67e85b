// Connected TikTok accounts with their sealed tokens, the lease that keeps token refreshes one at a time, and the turn that keeps
// an account's posts one at a time.

import type { Connection } from 'mongoose';
import type { Account, AccountStatus, World } from '../domain/account.ts';
import { AppError } from '../domain/errors.ts';
import { type CallLimit, takeCallStages, waitForCall } from './account-calls.ts';
import { createCareQueries } from './account-care.ts';
import { accountSchema, type SealedGrant, type StoredAccount, toAccount } from './account-schema.ts';
import { isDuplicateKey } from './database.ts';
import { notBefore } from './expressions.ts';
import { gatherReads, gatherWrites } from './gathering.ts';

export type { SealedGrant } from './account-schema.ts';

/** A call that is taken together with a turn, under a name of its own. */
export interface TurnCall {
  readonly limit: CallLimit;
  readonly id: string;
}

export interface TurnOptions {
  readonly call?: TurnCall | undefined;
  /** The turn and the call count from here where it lies ahead. */
  readonly beginsAt?: Date;
  /** How long before `beginsAt` the turn may be taken. */
  readonly aheadMs?: number;
}

export interface Turn {
  readonly account: Account;
  /** When the call was asked for, by the database's clock; null where none was. */
  readonly askedAt: Date | null;
  /** From when on the post has the turn, by the same clock; null where it has not. */
  readonly takenAt: Date | null;
  readonly isCallTaken: boolean;
  /** As it is at this moment: the next call to TikTok need not read it. */
  readonly grant: GrantState;
}

export type GrantState = Pick<StoredAccount, 'grant' | 'grantFence' | 'status'>;
export type AccountStore = ReturnType<typeof createAccountStore>;

export function createAccountStore(connection: Connection) {
  const model = connection.model<StoredAccount>('Account', accountSchema);
  const writes = gatherWrites(model);
  const readGrant = gatherReads<StoredAccount, GrantState>(model, { grant: 1, grantFence: 1, status: 1 });

  return {
    model,
    ...createCareQueries(model),

    /** @throws AppError `account_gone` for one that does not exist, was disconnected, or is somebody else's. */
    async find(ownerId: string, id: string): Promise<Account> {
      const stored = await model
        .findOne({ _id: id, ownerId, status: { $ne: 'disconnected' } })
        .lean<StoredAccount | null>();
      if (!stored) throw new AppError('account_gone');
      return toAccount(stored);
    },

    async findForWork(id: string): Promise<Account | null> {
      const stored = await model.findById(id).lean<StoredAccount | null>();
      return stored && toAccount(stored);
    },

    /** All that are connected, or must be connected again; oldest first. */
    async list(ownerId: string, world?: World): Promise<Account[]> {
      const stored = await model
        .find({ ownerId, status: { $ne: 'disconnected' }, ...(world && { world }) })
        .sort({ connectedAt: 1, _id: 1 })
        .lean<StoredAccount[]>();
      return stored.map(toAccount);
    },

    async findByOpenId(world: World, openId: string): Promise<Account | null> {
      const stored = await model.findOne({ world, openId }).lean<StoredAccount | null>();
      return stored && toAccount(stored);
    },

    /**
     * The account at the real TikTok with this `union_id`, under whichever client key: TikTok gives all apps of one developer the
     * same one. The owner's own before anybody else's; nobody's that was disconnected but their own.
     */
    async findByUnionId(unionId: string, ownerId: string): Promise<Account | null> {
      const found = await model.find({ unionId, world: { $ne: 'simulator' } }).lean<StoredAccount[]>();
      const own = found.find(account => account.ownerId === ownerId);
      const stored = own ?? found.find(account => account.status !== 'disconnected');
      return stored ? toAccount(stored) : null;
    },

    /**
     * Connects an account, or, where it `isKnown` by its id, connects it anew, under another client key too. The tokens are on disk
     * before this returns.
     * @throws AppError `account_owned_by_another` where it is connected to another user.
     */
    async connect(account: Account, grant: SealedGrant, { isKnown }: { isKnown: boolean }): Promise<void> {
      const { id, ...rest } = account;
      const isFree = { $or: [{ ownerId: account.ownerId }, { status: 'disconnected' as const }] };
      try {
        const { matchedCount, upsertedCount } = await model.updateOne(
          { _id: id, ...isFree },
          {
            $set: { ...rest, grant, grantLease: null, grantCare: { refreshed: null, warned: null, told: null } },
            $inc: { grantFence: 1 },
            $setOnInsert: { schemaVersion: 1, turn: null },
          },
          { upsert: !isKnown, writeConcern: { w: 'majority', j: true } },
        );
        if (matchedCount + upsertedCount === 0) throw new AppError('account_owned_by_another');
      } catch (error) {
        if (isDuplicateKey(error)) throw new AppError('account_owned_by_another', {}, { cause: error });
        throw error;
      }
    },

    readGrant,

    /** Takes the right to refresh an account's tokens, under a name that is new each time. Null while another has it. */
    async leaseGrant(id: string, owner: string, leaseMs: number): Promise<GrantState | null> {
      const isFree = { $or: [{ $eq: ['$grantLease', null] }, { $lte: ['$grantLease.until', '$$NOW'] }] };
      const lease = { owner: { $literal: owner }, until: { $add: ['$$NOW', leaseMs] } };
      const stored = await model
        .findOneAndUpdate(
          { _id: id },
          [
            {
              $set: {
                grantLease: { $cond: [isFree, lease, '$grantLease'] },
                grantFence: { $add: ['$grantFence', { $cond: [isFree, 1, 0] }] },
              },
            },
          ],
          { updatePipeline: true, returnDocument: 'after' },
        )
        .lean<StoredAccount | null>();
      return stored?.grantLease?.owner === owner ? stored : null;
    },

    /** Saves a refreshed pair, on disk before it returns. False where the lease was lost. */
    async saveGrant(id: string, fence: number, grant: SealedGrant): Promise<boolean> {
      const { matchedCount } = await model.updateOne(
        { _id: id, grantFence: fence },
        { $set: { grant, grantLease: null, status: 'active', 'grantCare.told': null } },
        { writeConcern: { w: 'majority', j: true } },
      );
      return matchedCount === 1;
    },

    async endGrantLease(id: string, fence: number, status?: AccountStatus): Promise<void> {
      await model.updateOne({ _id: id, grantFence: fence }, { $set: { grantLease: null, ...(status && { status }) } });
    },

    async markStatus(id: string, status: AccountStatus): Promise<void> {
      await model.updateOne({ _id: id }, { $set: { status } });
    },

    /**
     * Takes one call, under the new name `callId`, and returns 0, or takes none and returns the ms to wait until one is free.
     * @throws AppError `account_gone` where there is no account of that id
     */
    async takeCall(id: string, limit: CallLimit, callId: string): Promise<number> {
      const stored = await writes.change({ _id: id }, takeCallStages(limit, callId));
      if (!stored) throw new AppError('account_gone');
      return waitForCall(stored, limit, callId);
    },

    /**
     * Takes the account's turn for a post, unless another post has it, and in the same write the `call` that the post begins with,
     * where one is left; gives the account as well. Null where there is no account of that id.
     */
    async takeTurn(
      id: string,
      postId: string,
      holdMs: number,
      { call, beginsAt = new Date(0), aheadMs = 0 }: TurnOptions = {},
    ): Promise<Turn | null> {
      const isFree = {
        $or: [
          { $eq: ['$turn', null] },
          { $eq: ['$turn.postId', { $literal: postId }] },
          { $lte: ['$turn.until', '$$NOW'] },
        ],
      };
      const isTime = { $gte: ['$$NOW', new Date(beginsAt.getTime() - aheadMs)] };
      const at = notBefore(beginsAt);
      const turn = { postId: { $literal: postId }, until: { $add: [at, holdMs] } };
      const isIts = { $eq: ['$turn.postId', { $literal: postId }] };
      const stored = await writes.change({ _id: id }, [
        { $set: { turn: { $cond: [{ $and: [isTime, isFree] }, turn, '$turn'] } } },
        ...(call ? takeCallStages(call.limit, call.id, { at, condition: { $and: [isTime, isIts] } }) : []),
      ]);
      if (!stored) return null;
      const takenMs = stored.turn?.postId === postId ? stored.turn.until.getTime() - holdMs : Number.NEGATIVE_INFINITY;
      const isTaken = takenMs >= beginsAt.getTime();
      return {
        account: toAccount(stored),
        grant: { grant: stored.grant, grantFence: stored.grantFence, status: stored.status },
        askedAt: call ? (stored.calls?.askedAt ?? null) : null,
        takenAt: isTaken ? new Date(takenMs) : null,
        isCallTaken: isTaken && call !== undefined && waitForCall(stored, call.limit, call.id) === 0,
      };
    },

    /** Prolongs a turn that the post still has; a turn that ended meanwhile stays ended. */
    async prolongTurn(id: string, postId: string, holdMs: number): Promise<void> {
      await model.updateOne(
        { _id: id, 'turn.postId': postId },
        [{ $set: { 'turn.until': { $add: ['$$NOW', holdMs] } } }],
        { updatePipeline: true },
      );
    },

    async endTurn(id: string, postId: string): Promise<void> {
      const isIts = { $eq: ['$turn.postId', { $literal: postId }] };
      await writes.changeUnread({ _id: id }, [{ $set: { turn: { $cond: [isIts, null, '$turn'] } } }], () => true);
    },

    /** When the next late post of the account may go out: now, or `gapMs` after the one before it. Taken once given. */
    async takeSlot(id: string, gapMs: number): Promise<Date | null> {
      const next = { $add: [{ $ifNull: ['$caughtUpAt', new Date(0)] }, gapMs] };
      const caughtUpAt = { $cond: [{ $gt: [next, '$$NOW'] }, next, '$$NOW'] };
      const stored = await model
        .findOneAndUpdate({ _id: id }, [{ $set: { caughtUpAt } }], { updatePipeline: true, returnDocument: 'after' })
        .lean<StoredAccount | null>();
      return stored?.caughtUpAt ?? null;
    },

    /** @throws AppError `account_gone`. */
    async rename(ownerId: string, id: string, label: string | null): Promise<void> {
      const { matchedCount } = await model.updateOne(
        { _id: id, ownerId, status: { $ne: 'disconnected' } },
        { $set: { label } },
      );
      if (matchedCount === 0) throw new AppError('account_gone');
    },

    /** Wipes the tokens; the shell stays, so that posts that name the account still have a name to show. */
    async disconnect(ownerId: string, id: string): Promise<void> {
      await model.updateOne(
        { _id: id, ownerId },
        { $set: { status: 'disconnected', grant: null, grantLease: null, turn: null }, $inc: { grantFence: 1 } },
      );
    },
  };
}
