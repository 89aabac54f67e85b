// People, found by who they are on a chat platform.

import { type Connection, Schema } from 'mongoose';
import { DEFAULT_LATENESS_MS } from '../domain/lateness.ts';
import {
  type Identity,
  identityKey,
  type NoticeSetting,
  USER_ROLES,
  type User,
  type UserRole,
} from '../domain/user.ts';
import { isDuplicateKey } from './database.ts';

interface StoredUser {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly identities: readonly (Identity & { readonly key: string })[];
  readonly role: UserRole;
  readonly zone: string | null;
  readonly defaultAccountId: string | null;
  readonly notices: NoticeSetting;
  /** Missing in what earlier versions wrote. */
  readonly latenessMs?: number;
  /** When the daily summary is due; null for people who want none. */
  readonly summaryAt: Date | null;
  readonly createdAt: Date;
}

const identity = new Schema(
  { key: String, platform: String, personId: String, chatId: String, name: String },
  { _id: false, strict: 'throw' },
);

const schema = new Schema<StoredUser>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    identities: [identity],
    role: { type: String, enum: USER_ROLES, default: 'guest' },
    zone: { type: String, default: null },
    defaultAccountId: { type: String, default: null },
    notices: { type: String, enum: ['each', 'daily', 'problems'], default: 'each' },
    latenessMs: { type: Number, default: DEFAULT_LATENESS_MS },
    summaryAt: { type: Date, default: null },
    createdAt: Date,
  },
  { collection: 'users', strict: 'throw', versionKey: false },
);
schema.index({ 'identities.key': 1 }, { unique: true });
schema.index({ summaryAt: 1 }, { partialFilterExpression: { summaryAt: { $type: 'date' } } });
schema.index({ role: 1, createdAt: 1 });

const toUser = (stored: StoredUser): User => ({
  id: stored._id,
  identities: stored.identities.map(({ platform, personId, chatId, name }) => ({ platform, personId, chatId, name })),
  role: stored.role,
  zone: stored.zone,
  defaultAccountId: stored.defaultAccountId,
  notices: stored.notices,
  latenessMs: stored.latenessMs ?? DEFAULT_LATENESS_MS,
});

export type UserSettings = Partial<Pick<User, 'zone' | 'defaultAccountId' | 'notices' | 'latenessMs'>> & {
  readonly summaryAt?: Date | null;
};
export type UserStore = ReturnType<typeof createUserStore>;

export function createUserStore(connection: Connection) {
  const model = connection.model<StoredUser>('User', schema);

  /** Finds the user behind `who`, of one of `roles`, and keeps their chat and name up to date. Writes nothing for others. */
  async function recogniseKnown(who: Identity, roles: readonly UserRole[] = USER_ROLES): Promise<User | null> {
    const isOfRole = roles.includes('guest') ? {} : { role: { $in: roles } };
    const known = await model
      .findOneAndUpdate(
        { 'identities.key': identityKey(who.platform, who.personId), ...isOfRole },
        { $set: { 'identities.$.chatId': who.chatId, 'identities.$.name': who.name } },
        { returnDocument: 'after' },
      )
      .lean<StoredUser | null>();
    return known && toUser(known);
  }

  return {
    model,

    async find(id: string): Promise<User | null> {
      const stored = await model.findById(id).lean<StoredUser | null>();
      return stored && toUser(stored);
    },

    recogniseKnown,

    async isKnown(platform: string, personId: string): Promise<boolean> {
      return (await model.exists({ 'identities.key': identityKey(platform, personId) })) !== null;
    },

    /** Finds the user behind `who` and keeps their chat and name up to date; makes a new one with `newId` at first sight. */
    async recognise(who: Identity, newId: string, now: Date): Promise<User> {
      const key = identityKey(who.platform, who.personId);
      const known = await recogniseKnown(who);
      if (known) return known;
      try {
        const made = await model.create({
          _id: newId,
          schemaVersion: 1,
          identities: [{ key, platform: who.platform, personId: who.personId, chatId: who.chatId, name: who.name }],
          createdAt: now,
        });
        return toUser(made.toObject());
      } catch (error) {
        // Two first messages at once: the other one made the user.
        if (!isDuplicateKey(error)) throw error;
        const stored = await model.findOne({ 'identities.key': key }).lean<StoredUser | null>();
        if (!stored) throw error;
        return toUser(stored);
      }
    },

    async findDueSummaries(now: Date, limit: number): Promise<{ user: User; summaryAt: Date }[]> {
      const due = await model
        .find({ summaryAt: { $type: 'date', $lte: now } })
        .limit(limit)
        .lean<StoredUser[]>();
      return due.flatMap(stored => (stored.summaryAt ? [{ user: toUser(stored), summaryAt: stored.summaryAt }] : []));
    },

    /** To the next summary, unless the person or another worker moved it meanwhile. */
    async moveSummary(id: string, from: Date, to: Date): Promise<void> {
      await model.updateOne({ _id: id, summaryAt: from }, { $set: { summaryAt: to } });
    },

    async changeSettings(id: string, settings: UserSettings): Promise<void> {
      await model.updateOne({ _id: id }, { $set: settings });
    },

    /** Gives a role to somebody of one of the roles `from`; everybody else keeps theirs. */
    async promote(id: string, from: readonly UserRole[], role: UserRole): Promise<void> {
      await model.updateOne({ _id: id, role: { $in: from } }, { $set: { role } });
    },

    async hasOwner(): Promise<boolean> {
      return (await model.exists({ role: 'owner' })) !== null;
    },

    /** Owners by role, and those whose identity is among `keys`. */
    async listOwners(keys: readonly string[]): Promise<User[]> {
      const isOwner = { $or: [{ role: 'owner' as const }, { 'identities.key': { $in: keys } }] };
      return (await model.find(isOwner).sort({ _id: 1 }).lean<StoredUser[]>()).map(toUser);
    },

    /** Owner and members, in the order in which they came. */
    async listLetIn({ skip, limit }: { skip: number; limit: number }): Promise<User[]> {
      const stored = await model
        .find({ role: { $in: ['owner', 'member'] } })
        .sort({ createdAt: 1, _id: 1 })
        .skip(skip)
        .limit(limit)
        .lean<StoredUser[]>();
      return stored.map(toUser);
    },
  };
}
