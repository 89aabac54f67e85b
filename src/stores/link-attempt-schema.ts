// An attempt to connect a TikTok account as it is stored. Only hashes of what travels are kept, tokens sealed to the attempt.

import { Schema } from 'mongoose';
import type { ErrorCode } from '../domain/errors.ts';
import type { CardPlace } from '../domain/post-record.ts';

/**
 * - `issued`: the link is in the chat;
 * - `started`: somebody pressed Continue and is with TikTok; where the link leads straight to TikTok, from the beginning;
 * - `exchanging`: the callback came; the state is used up;
 * - `returned`: TikTok gave tokens, sealed and pending; the browser shows the return code;
 * - `linking`: the chat brought the code; the tokens are being handed to the account;
 * - `linked`, `failed`, `replaced` (by a newer link): the end.
 */
export const LINK_STATES = [
  'issued',
  'started',
  'exchanging',
  'returned',
  'linking',
  'linked',
  'failed',
  'replaced',
] as const;
export type LinkState = (typeof LINK_STATES)[number];

/**
 * - `page`: over the link page; the callback needs the cookie of the browser that pressed Continue;
 * - `direct`: the chat's link leads straight to TikTok and back to this machine, or into the chat as a pasted address.
 */
export type LinkWay = 'page' | 'direct';

/** What TikTok gave, waiting for the return code. Tokens are sealed to this attempt. */
export interface PendingGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly accessExpiresAt: Date;
  readonly refreshExpiresAt: Date;
  readonly scopes: readonly string[];
  readonly openId: string;
  readonly unionId: string;
  readonly displayName: string;
  readonly avatarUrl: string;
}

/** A message owed to somebody because of an attempt; written with what it tells of, struck once it is sent. */
export interface LinkWarning {
  readonly platform: string;
  readonly chatId: string;
  readonly code: ErrorCode;
  readonly account: string;
}

export interface LinkAttempt {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly ownerId: string;
  /** The chat identity that the page names, so that nobody connects for a stranger unawares. */
  readonly personName: string;
  readonly place: CardPlace;
  readonly way: LinkWay;
  readonly status: LinkState;
  readonly nonceHash: string;
  readonly stateHash: string | null;
  readonly cookieHash: string | null;
  /** Sealed PKCE verifier. */
  readonly verifier: string | null;
  readonly codeHash: string | null;
  readonly triesLeft: number;
  /** How often another browser may still take over. */
  readonly continuesLeft: number;
  readonly pending: PendingGrant | null;
  readonly forceLogin: boolean;
  readonly warning: LinkWarning | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** When MongoDB may drop it: later than `expiresAt`, so that late visitors are told "expired" and not "unknown". */
  readonly purgeAt: Date;
}

const part = (definition: object) => new Schema(definition, { _id: false, strict: 'throw' });

export const linkAttemptSchema = new Schema<LinkAttempt>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    ownerId: { type: String, required: true },
    personName: String,
    place: part({ platform: String, chatId: String, messageRef: { type: String, default: null } }),
    way: { type: String, enum: ['page', 'direct'], default: 'page' },
    status: { type: String, enum: LINK_STATES, required: true },
    nonceHash: { type: String, required: true },
    stateHash: { type: String, default: null },
    cookieHash: { type: String, default: null },
    verifier: { type: String, default: null },
    codeHash: { type: String, default: null },
    triesLeft: Number,
    continuesLeft: { type: Number, default: 0 },
    pending: {
      type: part({
        accessToken: String,
        refreshToken: String,
        accessExpiresAt: Date,
        refreshExpiresAt: Date,
        scopes: [String],
        openId: String,
        unionId: String,
        displayName: String,
        avatarUrl: String,
      }),
      default: null,
    },
    forceLogin: Boolean,
    warning: { type: part({ platform: String, chatId: String, code: String, account: String }), default: null },
    createdAt: Date,
    expiresAt: Date,
    purgeAt: Date,
  },
  { collection: 'linkAttempts', strict: 'throw', versionKey: false },
);
linkAttemptSchema.index({ nonceHash: 1 }, { unique: true });
linkAttemptSchema.index(
  { stateHash: 1 },
  { unique: true, partialFilterExpression: { stateHash: { $type: 'string' } } },
);
linkAttemptSchema.index({ codeHash: 1 }, { partialFilterExpression: { codeHash: { $type: 'string' } } });
linkAttemptSchema.index({ ownerId: 1, createdAt: 1 });
linkAttemptSchema.index({ status: 1, expiresAt: 1 });
linkAttemptSchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 });
