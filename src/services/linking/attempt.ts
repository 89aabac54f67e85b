// What the halves of linking share: what they are given, how long things live, and why an attempt could not move.

import type { Account, World } from '../../domain/account.ts';
import type { PostingMode } from '../../domain/choices.ts';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { hashSecret, makeSecret, type RandomBytes } from '../../domain/secrets.ts';
import type { AccountStore } from '../../stores/accounts.ts';
import type { LinkAttempt, LinkAttemptStore } from '../../stores/link-attempts.ts';
import type { TokenBox } from '../../stores/token-box.ts';
import type { TikTokClient } from '../../tiktok/client.ts';
import type { Tell } from './warnings.ts';

export const LINK_LIFETIME_MS = 10 * 60_000;
export const CODE_LIFETIME_MS = 5 * 60_000;
export const CODE_TRIES = 5;

export interface LinkingDeps {
  readonly attempts: LinkAttemptStore;
  readonly accounts: AccountStore;
  readonly tokenBox: TokenBox;
  readonly tiktok: TikTokClient;
  readonly world: World;
  readonly mode: PostingMode;
  readonly publicUrl: string;
  /** Where TikTok sends browsers back to; the same at consent and at the exchange. */
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly createPkce: (random: RandomBytes) => { verifier: string; challenge: string } | null;
  readonly missingScopes: (granted: readonly string[]) => readonly string[];
  /** Trades a code at TikTok. @throws AppError; the answer is foreign and parsed by the client. */
  readonly exchangeCode: (code: string, verifier: string | null) => Promise<unknown>;
  /** Whether people of the platform can open pages at `publicUrl`; where not, the chat's link leads straight to TikTok. */
  readonly opensLinkPage: (platform: string) => boolean;
  /** Platforms that bring the code back by a link take a long one; elsewhere a person types it. */
  readonly takesLongCode: (platform: string) => boolean;
  /** Where a user can be told something; null where nowhere. */
  readonly findPlace: (userId: string) => Promise<{ platform: string; chatId: string } | null>;
  readonly tell: Tell;
  /** An account that was known before works again, perhaps under another client key: its posts may be waiting. */
  readonly onReconnected: (account: Account) => Promise<void>;
  readonly random: RandomBytes;
  readonly clock: () => number;
  readonly log: { warn(facts: object, message: string): void };
}

/** The place of an attempt's secret, which its seal is bound to. */
export const attemptPlace = (id: string, field: 'verifier' | 'accessToken' | 'refreshToken') => ({
  collection: 'linkAttempts',
  id,
  field,
});

/** Fresh secrets for one journey to TikTok: those that travel, and their hashes and seal, which are kept. */
export function drawSecrets({ random, createPkce, tokenBox }: LinkingDeps, attemptId: string) {
  const [state, cookie, pkce] = [makeSecret(random), makeSecret(random), createPkce(random)];
  return {
    travelling: { state, cookie, challenge: pkce?.challenge ?? null },
    kept: {
      stateHash: hashSecret(state),
      cookieHash: hashSecret(cookie),
      verifier: pkce && tokenBox.seal(pkce.verifier, attemptPlace(attemptId, 'verifier')),
    },
  };
}

/** Why `attempt` could not be moved from a state in which it was expected to be live. */
export function whyNot(attempt: LinkAttempt | null, now: Date, cookieHash?: string): AppError {
  return new AppError(reasonOf(attempt, now, cookieHash));
}

function reasonOf(attempt: LinkAttempt | null, now: Date, cookieHash: string | undefined): ErrorCode {
  if (!attempt) return 'link_unknown';
  if (attempt.status === 'replaced') return 'link_replaced';
  if (attempt.status === 'issued' || attempt.status === 'started') {
    if (attempt.expiresAt <= now) return 'link_expired';
    if (cookieHash !== undefined && attempt.cookieHash !== cookieHash) return 'link_other_browser';
  }
  return 'link_used';
}
