// How an account lies in MongoDB, and how it is read from there.

import { Schema } from 'mongoose';
import type { Account } from '../domain/account.ts';
import { CALL_WINDOWS, type CallWindow } from './account-calls.ts';

/** Sealed tokens and their ends; TikTok's `expires_in` decides, never a constant. */
export interface SealedGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly accessExpiresAt: Date;
  readonly refreshExpiresAt: Date;
}

export interface StoredAccount extends Omit<Account, 'id'> {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly grant: SealedGrant | null;
  /** Grows with every refresh lease: a worker that lost it cannot save an old pair over a new one. */
  readonly grantFence: number;
  readonly grantLease: { readonly owner: string; readonly until: Date } | null;
  readonly turn: { readonly postId: string; readonly until: Date } | null;
  /** Its last calls to TikTok, oldest first, and when somebody last asked for one, on the database's clock. */
  readonly calls?: CallsMade;
  /** When the last of its late posts goes out. */
  readonly caughtUpAt: Date | null;
  /** What was done about its grant, and when; begun anew with each connection. */
  readonly grantCare: Readonly<Record<'refreshed' | 'warned' | 'told', Date | null>>;
}

type CallsMade = { readonly askedAt: Date } & Readonly<
  Partial<Record<CallWindow, readonly { readonly id: string; readonly at: Date }[]>>
>;

const part = (definition: object) => new Schema(definition, { _id: false, strict: 'throw' });
const optional = (inner: Schema) => ({ type: inner, default: null });
const call = part({ id: String, at: Date });

export const accountSchema = new Schema<StoredAccount>(
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
    calls: {
      type: part({ askedAt: Date, ...Object.fromEntries(CALL_WINDOWS.map(window => [window, [call]])) }),
      default: undefined,
    },
    caughtUpAt: { type: Date, default: null },
    grantCare: part({
      refreshed: { type: Date, default: null },
      warned: { type: Date, default: null },
      told: { type: Date, default: null },
    }),
    connectedAt: Date,
  },
  { collection: 'accounts', strict: 'throw', versionKey: false },
);
// One open_id has one owner.
accountSchema.index({ world: 1, openId: 1 }, { unique: true });
accountSchema.index({ ownerId: 1, status: 1 });
accountSchema.index({ unionId: 1 });
accountSchema.index({ status: 1, 'grant.refreshExpiresAt': 1 });

export const toAccount = (stored: StoredAccount): Account => ({
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
