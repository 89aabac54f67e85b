// Attempts to connect a TikTok account, from the link in the chat to the return code. Every step is one compare-and-set, so a link,
// a state and a code work once.

import type { Connection } from 'mongoose';
import { type LinkAttempt, type LinkWarning, linkAttemptSchema, type PendingGrant } from './link-attempt-schema.ts';

export type { LinkAttempt, LinkWarning, LinkWay, PendingGrant } from './link-attempt-schema.ts';

/** Tokens handed to an account are there within seconds; after this long somebody crashed over it. */
const LINKING_MAX_MS = 60_000;
const SECRETS_GONE = { pending: null, verifier: null, cookieHash: null, codeHash: null } as const;

export type LinkAttemptStore = ReturnType<typeof createLinkAttemptStore>;

export function createLinkAttemptStore(connection: Connection) {
  const model = connection.model<LinkAttempt>('LinkAttempt', linkAttemptSchema);
  const move = async (filter: object, set: Partial<LinkAttempt>, inc?: object): Promise<LinkAttempt | null> =>
    model
      .findOneAndUpdate(filter, { $set: set, ...(inc && { $inc: inc }) }, { returnDocument: 'after' })
      .lean<LinkAttempt | null>();
  const isLive = (now: Date) => ({ status: 'started', expiresAt: { $gt: now } });

  return {
    model,

    async insert(attempt: LinkAttempt): Promise<void> {
      await model.create(attempt);
    },

    async countSince(ownerId: string, since: Date): Promise<number> {
      return model.countDocuments({ ownerId, createdAt: { $gte: since } });
    },

    /** One person has one live link: an older one, forgotten in some chat or mail, must not lead anywhere. */
    async replaceLive(ownerId: string): Promise<void> {
      await model.updateMany(
        { ownerId, status: { $in: ['issued', 'started'] } },
        { $set: { status: 'replaced', ...SECRETS_GONE } },
      );
    },

    async findByNonceHash(nonceHash: string): Promise<LinkAttempt | null> {
      return model.findOne({ nonceHash }).lean<LinkAttempt | null>();
    },

    async findByStateHash(stateHash: string): Promise<LinkAttempt | null> {
      return model.findOne({ stateHash }).lean<LinkAttempt | null>();
    },

    /** issued -> started. Null where the link was used, or expired by `now`. */
    async start(nonceHash: string, now: Date, secrets: Pick<LinkAttempt, 'stateHash' | 'cookieHash' | 'verifier'>) {
      return move({ nonceHash, status: 'issued', expiresAt: { $gt: now } }, { status: 'started', ...secrets });
    },

    /** started -> started, in another browser: the first one's state and cookie are void. Null where that was done too often. */
    async continueElsewhere(
      stateHash: string,
      now: Date,
      secrets: Pick<LinkAttempt, 'stateHash' | 'cookieHash' | 'verifier'>,
    ) {
      return move({ stateHash, way: 'page', continuesLeft: { $gt: 0 }, ...isLive(now) }, secrets, {
        continuesLeft: -1,
      });
    },

    /** started -> exchanging: uses the state up. Over the link page only in the browser that holds the cookie. */
    async useState(stateHash: string, cookieHash: string, now: Date) {
      return move(
        { stateHash, ...isLive(now), $or: [{ way: 'direct' }, { way: 'page', cookieHash }] },
        { status: 'exchanging', cookieHash: null },
      );
    },

    /** started -> exchanging, by the person who asked for the link: their chat stands for the cookie. */
    async useOwnState(stateHash: string, ownerId: string, now: Date) {
      return move({ stateHash, ownerId, way: 'direct', ...isLive(now) }, { status: 'exchanging' });
    },

    /** exchanging -> started, for another try with the same link. Null where none is left. */
    async reopen(id: string): Promise<LinkAttempt | null> {
      return move({ _id: id, status: 'exchanging', triesLeft: { $gt: 1 } }, { status: 'started' }, { triesLeft: -1 });
    },

    /** exchanging -> returned */
    async keepPending(id: string, codeHash: string, pending: PendingGrant, expiresAt: Date) {
      return move(
        { _id: id, status: 'exchanging' },
        { status: 'returned', codeHash, pending, expiresAt, verifier: null },
      );
    },

    /**
     * Ends an attempt where it still stands as it was read; `warning` is owed to somebody because of it. False where it moved on
     * meanwhile: what was pending is then not the caller's to give back.
     */
    async fail({ _id, status }: LinkAttempt, warning: LinkWarning | null = null): Promise<boolean> {
      return (await move({ _id, status }, { status: 'failed', ...SECRETS_GONE, warning })) !== null;
    },

    async findReturned(ownerId: string, now: Date): Promise<LinkAttempt[]> {
      return model
        .find({ ownerId, status: 'returned', expiresAt: { $gt: now } })
        .sort({ createdAt: -1 })
        .lean<LinkAttempt[]>();
    },

    /** Who waits for this code, whoever that is: a victim's code pasted by an attacker's prey is recognised by it. */
    async findByCodeHash(codeHash: string, now: Date): Promise<LinkAttempt | null> {
      return model.findOne({ codeHash, status: 'returned', expiresAt: { $gt: now } }).lean<LinkAttempt | null>();
    },

    /** returned -> linking: uses the code up. The tokens stay until they are the account's. */
    async redeem(id: string, ownerId: string, codeHash: string, now: Date): Promise<LinkAttempt | null> {
      return move(
        { _id: id, ownerId, codeHash, status: 'returned', triesLeft: { $gt: 0 } },
        { status: 'linking', codeHash: null, expiresAt: new Date(now.getTime() + LINKING_MAX_MS) },
      );
    },

    /** linking -> linked */
    async settle(id: string): Promise<void> {
      await model.updateOne({ _id: id, status: 'linking' }, { $set: { status: 'linked', ...SECRETS_GONE } });
    },

    /** Counts a wrong code. Gives the tries that are left. */
    async countMiss(id: string): Promise<number> {
      const stored = await model
        .findOneAndUpdate({ _id: id, triesLeft: { $gt: 0 } }, { $inc: { triesLeft: -1 } }, { returnDocument: 'after' })
        .lean<LinkAttempt | null>();
      return stored?.triesLeft ?? 0;
    },

    /** Attempts whose pending tokens nobody claimed in time, or over which somebody crashed. */
    async findAbandoned(now: Date, limit: number): Promise<LinkAttempt[]> {
      return model
        .find({ status: { $in: ['returned', 'linking'] }, expiresAt: { $lte: now } })
        .limit(limit)
        .lean<LinkAttempt[]>();
    },

    /** Attempts of a person that hold tokens, claimed in time or not. */
    async findPending(ownerId: string): Promise<LinkAttempt[]> {
      return model.find({ ownerId, status: { $in: ['returned', 'linking'] } }).lean<LinkAttempt[]>();
    },

    async findOwingWarnings(limit: number): Promise<LinkAttempt[]> {
      return model
        .find({ status: 'failed', 'warning.code': { $type: 'string' } })
        .limit(limit)
        .lean<LinkAttempt[]>();
    },

    async strikeWarning(id: string): Promise<void> {
      await model.updateOne({ _id: id }, { $set: { warning: null } });
    },
  };
}
