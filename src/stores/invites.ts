// Invitations, and the claim that makes its first user the owner. Only the hash of what travels is kept; every redemption is one
// compare-and-set, so it works for one person.

import { type Connection, Schema } from 'mongoose';

/** `claim` makes an owner, `invite` a member. */
export const INVITE_KINDS = ['claim', 'invite'] as const;
export type InviteKind = (typeof INVITE_KINDS)[number];

export interface Invite {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly kind: InviteKind;
  readonly codeHash: string;
  /** The user who made it; null for a claim, which a start of the bot makes. */
  readonly madeBy: string | null;
  /** The chat platform that a claim was printed for. */
  readonly platform: string | null;
  /** Who used it, as `identityKey` spells them: the same person may come again, nobody else. */
  readonly redeemedBy: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const schema = new Schema<Invite>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    kind: { type: String, enum: INVITE_KINDS, required: true },
    codeHash: { type: String, required: true },
    madeBy: { type: String, default: null },
    platform: { type: String, default: null },
    redeemedBy: { type: String, default: null },
    createdAt: Date,
    expiresAt: Date,
  },
  { collection: 'invites', strict: 'throw', versionKey: false },
);
schema.index({ codeHash: 1 }, { unique: true });
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export type InviteStore = ReturnType<typeof createInviteStore>;

export function createInviteStore(connection: Connection) {
  const model = connection.model<Invite>('Invite', schema);
  const open = (now: Date) => ({ kind: 'invite' as const, redeemedBy: null, expiresAt: { $gt: now } });

  return {
    model,

    async insert(invite: Invite): Promise<void> {
      await model.create(invite);
    },

    /** What a code stands for, if it can still be used by `key`. Changes nothing. */
    async findUsable(codeHash: string, key: string, now: Date): Promise<Invite | null> {
      return model
        .findOne({ codeHash, expiresAt: { $gt: now }, redeemedBy: { $in: [null, key] } })
        .lean<Invite | null>();
    },

    /** Uses a code up for `key`, or finds it used up by the same. Null where it is not good for them. */
    async redeem(codeHash: string, key: string, now: Date): Promise<Invite | null> {
      return model
        .findOneAndUpdate(
          { codeHash, expiresAt: { $gt: now }, redeemedBy: { $in: [null, key] } },
          { $set: { redeemedBy: key } },
          { returnDocument: 'after' },
        )
        .lean<Invite | null>();
    },

    /** Invitations that nobody has used yet, newest first. */
    async listOpen(now: Date): Promise<Invite[]> {
      return model.find(open(now)).sort({ createdAt: -1, _id: 1 }).lean<Invite[]>();
    },

    async countOpen(now: Date): Promise<number> {
      return model.countDocuments(open(now));
    },

    /** False where it was used already, or is gone. */
    async takeBack(id: string): Promise<boolean> {
      const { deletedCount } = await model.deleteOne({ _id: id, kind: 'invite', redeemedBy: null });
      return deletedCount === 1;
    },

    /** Voids claims that nobody used: those printed for `platform`, or all. */
    async dropClaims(platform?: string): Promise<void> {
      await model.deleteMany({ kind: 'claim', redeemedBy: null, ...(platform !== undefined && { platform }) });
    },
  };
}
