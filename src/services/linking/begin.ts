// The beginning of linking: the private link in the chat. It leads to our own page, or, where people cannot open pages of ours
// because there is no public address, straight to TikTok.

import { AppError } from '../../domain/errors.ts';
import { hashSecret, makeId, makeSecret } from '../../domain/secrets.ts';
import type { User } from '../../domain/user.ts';
import type { LinkWay } from '../../stores/link-attempts.ts';
import { CODE_TRIES, drawSecrets, LINK_LIFETIME_MS, type LinkingDeps } from './attempt.ts';

const LINKS_PER_HOUR = 5;
const HOUR_MS = 3_600_000;
/** Late visitors are told "expired" for a day, then the attempt is gone. */
const KEEP_EXPIRED_MS = 24 * HOUR_MS;
const CONTINUES = 3;

export interface BegunLink {
  readonly url: string;
  readonly way: LinkWay;
}

export function createBeginning(deps: LinkingDeps) {
  const { attempts, accounts, tiktok, random, clock } = deps;

  return {
    /**
     * Makes a link for `user`, good for ten minutes and one use; any older one that was not finished is void. `forceLogin` makes
     * TikTok ask which account it should be, and so does an account that is connected already.
     * @throws AppError `link_too_many` after five within an hour.
     */
    async begin(
      user: User,
      person: { platform: string; chatId: string; name: string },
      { forceLogin = false }: { forceLogin?: boolean } = {},
    ): Promise<BegunLink> {
      const at = clock();
      if ((await attempts.countSince(user.id, new Date(at - HOUR_MS))) >= LINKS_PER_HOUR)
        throw new AppError('link_too_many');
      await attempts.replaceLive(user.id);
      const connected = await accounts.list(user.id, deps.world);
      const way: LinkWay = deps.opensLinkPage(person.platform) ? 'page' : 'direct';
      const id = makeId(random);
      const nonce = makeSecret(random);
      const attempt = {
        _id: id,
        schemaVersion: 1,
        ownerId: user.id,
        personName: person.name,
        place: { platform: person.platform, chatId: person.chatId, messageRef: null },
        way,
        nonceHash: hashSecret(nonce),
        codeHash: null,
        triesLeft: CODE_TRIES,
        continuesLeft: CONTINUES,
        pending: null,
        // Without TikTok's page the account that is connected already would come back.
        forceLogin: forceLogin || connected.length > 0,
        warning: null,
        createdAt: new Date(at),
        expiresAt: new Date(at + LINK_LIFETIME_MS),
        purgeAt: new Date(at + LINK_LIFETIME_MS + KEEP_EXPIRED_MS),
      };
      if (way === 'page') {
        await attempts.insert({ ...attempt, status: 'issued', stateHash: null, cookieHash: null, verifier: null });
        return { url: `${deps.publicUrl}/connect/${nonce}`, way };
      }
      const { travelling, kept } = drawSecrets(deps, id);
      await attempts.insert({ ...attempt, status: 'started', ...kept, cookieHash: null });
      const url = tiktok.authorizeUrl({
        redirectUri: deps.redirectUri,
        scopes: deps.scopes,
        state: travelling.state,
        codeChallenge: travelling.challenge,
        forceLogin: attempt.forceLogin,
      });
      return { url, way };
    },
  };
}
