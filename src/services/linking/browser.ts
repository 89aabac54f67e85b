// The browser's half of linking: the link page, the way to TikTok, and the callback up to the return code.

import { AppError, type ErrorCode, isAppError } from '../../domain/errors.ts';
import { hashSecret } from '../../domain/secrets.ts';
import { drawSecrets, type LinkingDeps, whyNot } from './attempt.ts';
import type { Grants, ReturnPage } from './grants.ts';

export interface LinkPage {
  readonly personName: string;
  readonly platform: string;
}

/** What TikTok takes for a login: its pages' address parameters, and the challenge that goes with the stored verifier. */
export interface StartedLink {
  readonly state: string;
  readonly cookie: string;
  readonly challenge: string | null;
  readonly forceLogin: boolean;
}

/** TikTok's word in a callback without a code, as ours. */
export const refusalOf = (error: string | null): ErrorCode =>
  error === 'access_denied' ? 'link_declined' : 'link_refused_by_tiktok';

export function createBrowserHalf(deps: LinkingDeps, grants: Grants) {
  const { attempts, clock } = deps;
  const now = () => new Date(clock());

  return {
    /** What the link's page shows. Changes nothing: chat programs fetch links to preview them. @throws AppError link_*. */
    async look(nonce: string): Promise<LinkPage> {
      const attempt = await attempts.findByNonceHash(hashSecret(nonce));
      if (attempt?.status !== 'issued' || attempt.expiresAt <= now()) throw whyNot(attempt, now());
      return { personName: attempt.personName, platform: attempt.place.platform };
    },

    /** Uses the link up, for the browser that gets the cookie. @throws AppError link_*. */
    async start(nonce: string): Promise<StartedLink> {
      const nonceHash = hashSecret(nonce);
      const before = await attempts.findByNonceHash(nonceHash);
      if (!before) throw new AppError('link_unknown');
      const { travelling, kept } = drawSecrets(deps, before._id);
      const attempt = await attempts.start(nonceHash, now(), kept);
      if (!attempt) throw whyNot(await attempts.findByNonceHash(nonceHash), now());
      return { ...travelling, forceLogin: attempt.forceLogin };
    },

    /**
     * What a browser without the cookie is shown when TikTok sent it back: phones often open the callback in another browser than
     * the one that pressed Continue. The code that came along is worth nothing here and is forgotten.
     * @throws AppError link_*; `link_other_browser` where this was offered three times.
     */
    async lookElsewhere(state: string): Promise<LinkPage> {
      const attempt = await attempts.findByStateHash(hashSecret(state));
      if (attempt?.status !== 'started' || attempt.expiresAt <= now()) throw whyNot(attempt, now());
      if (attempt.way !== 'page' || attempt.continuesLeft < 1) throw new AppError('link_other_browser');
      return { personName: attempt.personName, platform: attempt.place.platform };
    },

    /** "Continue here": a new state and cookie for the same attempt; the old ones are void. @throws AppError link_*. */
    async continueElsewhere(state: string): Promise<StartedLink> {
      const stateHash = hashSecret(state);
      const before = await attempts.findByStateHash(stateHash);
      if (!before) throw new AppError('link_unknown');
      const { travelling, kept } = drawSecrets(deps, before._id);
      const attempt = await attempts.continueElsewhere(stateHash, now(), kept);
      if (!attempt) throw whyNot(await attempts.findByStateHash(stateHash), now(), '');
      return { ...travelling, forceLogin: attempt.forceLogin };
    },

    /**
     * The person pressed Cancel at TikTok, or TikTok refused. Ends the attempt where state and cookie are right; in another browser
     * it only says so.
     */
    async decline(state: string, cookie: string, error: string | null): Promise<AppError> {
      const [stateHash, cookieHash] = [hashSecret(state), hashSecret(cookie)];
      const attempt = await attempts.useState(stateHash, cookieHash, now());
      if (attempt) {
        await attempts.fail(attempt);
        return new AppError(refusalOf(error));
      }
      const why = whyNot(await attempts.findByStateHash(stateHash), now(), cookieHash);
      return isAppError(why, 'link_other_browser') ? new AppError(refusalOf(error)) : why;
    },

    /**
     * The page that `code` was shown on, for a browser that loads it anew: phones throw away pages that are not looked at. Null where
     * the code is not of this state's attempt, or not waited for any more.
     */
    async showAgain(state: string, code: string): Promise<ReturnPage | null> {
      const attempt = await attempts.findByCodeHash(hashSecret(code), now());
      if (!attempt?.pending || attempt.stateHash !== hashSecret(state)) return null;
      const { displayName, avatarUrl } = attempt.pending;
      return { code, platform: attempt.place.platform, displayName, avatarUrl };
    },

    /**
     * The callback: takes state and cookie, trades the code, and keeps the tokens sealed and pending until the chat brings the
     * return code.
     * @throws AppError link_*, `link_other_browser` with nothing changed; whatever TikTok granted is given back where the attempt
     * cannot go on.
     */
    async finish({ state, cookie, code }: { state: string; cookie: string; code: string }): Promise<ReturnPage> {
      const [stateHash, cookieHash] = [hashSecret(state), hashSecret(cookie)];
      const attempt = await attempts.useState(stateHash, cookieHash, now());
      if (!attempt) throw whyNot(await attempts.findByStateHash(stateHash), now(), cookieHash);
      try {
        return await grants.obtain(attempt, code);
      } catch (error) {
        await attempts.fail(attempt);
        throw error;
      }
    },
  };
}
