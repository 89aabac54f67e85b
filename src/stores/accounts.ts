// Connected TikTok accounts with their sealed tokens, the lease that keeps token refreshes one at a time, and the turn that keeps
// an account's posts one at a time.

import { type Connection, Schema } from 'mongoose';
import type { Account, AccountStatus, World } from '../domain/account.ts';
import { AppError } from '../domain/errors.ts';
import { isDuplicateKey } from './database.ts';

/** Sealed tokens and their ends; TikTok's `expires_in` decides, never a constant. */
export interface SealedGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly accessExpiresAt: Date;
  readonly refreshExpiresAt: Date;
}

interface StoredAccount extends Omit<Account, 'id'> {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly grant: SealedGrant | null;
  /** Grows with every refresh lease: a worker that lost it cannot save an old pair over a new one. */
  readonly grantFence: number;
  readonly grantLease: { readonly owner: string; readonly until: Date } | null;
  readonly turn: { readonly postId: string; readonly until: Date } | null;
  /** When the last of its late posts goes out. */
  readonly caughtUpAt: Date | null;
}

const part = (definition: object) => new Schema(definition, { _id: false, strict: 'throw' });
const optional = (inner: Schema) => ({ type: inner, default: null });

const schema = new Schema<StoredAccount>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    ownerId: { type: String, required: true },
    world: { type: String, required: true },
    mode: { type: String, enum: ['direct', 'inbox'], required: true },
    openId: { type: String, required: true },
    unionId: { type: String, default: '' },
    displayName: String,
    avatarUrl: { type: String, default: '' },
    label: { type: String, default: null },
    scopes: [String],
    status: { type: String, enum: ['active', 'needs_reconnect', 'disconnected'], required: true },
    grant: optional(part({ accessToken: String, refreshToken: String, accessExpiresAt: Date, refreshExpiresAt: Date })),
    grantFence: { type: Number, default: 0 },
    grantLease: optional(part({ owner: String, until: Date })),
    turn: optional(part({ postId: String, until: Date })),
    caughtUpAt: { type: Date, default: null },
    connectedAt: Date,
  },
  { collection: 'accounts', strict: 'throw', versionKey: false },
);
// One open_id has one owner.
schema.index({ world: 1, openId: 1 }, { unique: true });
schema.index({ ownerId: 1, status: 1 });
schema.index({ unionId: 1 });

const toAccount = (stored: StoredAccount): Account => ({
  id: stored._id,
  ownerId: stored.ownerId,
  world: stored.world,
  mode: stored.mode,
  openId: stored.openId,
  unionId: stored.unionId,
  displayName: stored.displayName,
  avatarUrl: stored.avatarUrl,
  label: stored.label,
  scopes: stored.scopes,
  status: stored.status,
  connectedAt: stored.connectedAt,
});

export type GrantState = Pick<StoredAccount, 'grant' | 'grantFence' | 'status'>;
export type AccountStore = ReturnType<typeof createAccountStore>;

export function createAccountStore(connection: Connection) {
  const model = connection.model<StoredAccount>('Account', schema);

  return {
    model,

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
            $set: { ...rest, grant, grantLease: null },
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

    async readGrant(id: string): Promise<GrantState | null> {
      return model.findById(id, { grant: 1, grantFence: 1, status: 1 }).lean<GrantState | null>();
    },

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
        { $set: { grant, grantLease: null, status: 'active' } },
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
     * Takes the account's turn for a post, unless another post has it; gives the account as well. Null where there is none of that
     * id.
     */
    async takeTurn(id: string, postId: string, holdMs: number): Promise<{ account: Account; isTaken: boolean } | null> {
      const isFree = {
        $or: [
          { $eq: ['$turn', null] },
          { $eq: ['$turn.postId', { $literal: postId }] },
          { $lte: ['$turn.until', '$$NOW'] },
        ],
      };
      const turn = { postId: { $literal: postId }, until: { $add: ['$$NOW', holdMs] } };
      const stored = await model
        .findOneAndUpdate({ _id: id }, [{ $set: { turn: { $cond: [isFree, turn, '$turn'] } } }], {
          updatePipeline: true,
          returnDocument: 'after',
        })
        .lean<StoredAccount | null>();
      return stored && { account: toAccount(stored), isTaken: stored.turn?.postId === postId };
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
      await model.updateOne({ _id: id, 'turn.postId': postId }, { $set: { turn: null } });
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
