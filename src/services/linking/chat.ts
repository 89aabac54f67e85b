// The chat's half of linking: the return code, or the address of the page that did not load, which stands for cookie and code.

import type { Account } from '../../domain/account.ts';
import { AppError, isAppError } from '../../domain/errors.ts';
import type { PastedAddress } from '../../domain/pasted-address.ts';
import { hashSecret, normaliseCode } from '../../domain/secrets.ts';
import type { User } from '../../domain/user.ts';
import type { LinkAttempt, PendingGrant } from '../../stores/link-attempts.ts';
import { type LinkingDeps, whyNot } from './attempt.ts';
import { refusalOf } from './browser.ts';
import type { Grants } from './grants.ts';
import type { Warnings } from './warnings.ts';

export function createChatHalf(deps: LinkingDeps, grants: Grants, warnings: Warnings) {
  const { attempts, clock } = deps;
  const now = () => new Date(clock());

  /** Somebody was led through another person's link: neither may have the account, and both are told. */
  async function refuseForeign(attempt: LinkAttempt): Promise<void> {
    const { platform, chatId } = attempt.place;
    await grants.abandon(attempt, { platform, chatId, code: 'link_misused', account: '' });
    await warnings.deliverOwed();
  }

  async function redeem(user: User, typedCode: string): Promise<Account> {
    const codeHash = hashSecret(normaliseCode(typedCode));
    const own = await attempts.findReturned(user.id, now());
    const match = own.find(attempt => attempt.codeHash === codeHash);
    const linking = match && (await attempts.redeem(match._id, user.id, codeHash, now()));
    if (linking?.pending) return activate(linking, linking.pending);
    const foreign = await attempts.findByCodeHash(codeHash, now());
    if (foreign && foreign.ownerId !== user.id) {
      await refuseForeign(foreign);
      throw new AppError('return_code_foreign');
    }
    const waiting = own[0];
    if (!waiting) throw new AppError('return_code_expired');
    const triesLeft = await attempts.countMiss(waiting._id);
    if (triesLeft === 0) await grants.abandon(waiting);
    throw new AppError(triesLeft === 0 ? 'return_code_expired' : 'return_code_wrong', { triesLeft });
  }

  async function activate(linking: LinkAttempt, pending: PendingGrant): Promise<Account> {
    try {
      return await grants.activate(linking, pending);
    } catch (error) {
      if (isAppError(error, 'account_owned_by_another')) await warnings.deliverOwed();
      throw error;
    }
  }

  /** Takes the state of an attempt of the person's own. @throws AppError in words for every other state. */
  async function useOwnState(user: User, state: string): Promise<LinkAttempt> {
    const stateHash = hashSecret(state);
    const attempt = await attempts.useOwnState(stateHash, user.id, now());
    if (attempt) return attempt;
    const found = await attempts.findByStateHash(stateHash);
    if (found && found.ownerId !== user.id) {
      if (found.expiresAt > now()) await refuseForeign(found);
      throw new AppError('pasted_address_foreign');
    }
    throw whyNot(found, now(), '');
  }

  return {
    /**
     * The chat brings the return code: the account is the person's.
     * @throws AppError return_code_*, `account_owned_by_another`.
     */
    redeem,

    /**
     * The chat brings the address of TikTok's way back. It must carry the state of the person's own live link. A slip (a part of
     * the address, an old one, TikTok out of reach) leaves that link as it was.
     * @throws AppError pasted_address_*, link_*, `account_owned_by_another`.
     */
    async redeemAddress(user: User, { state, code, error }: PastedAddress): Promise<Account> {
      if (state === null || (code === null && error === null)) throw new AppError('pasted_address_incomplete');
      const attempt = await useOwnState(user, state);
      if (code === null || error !== null) {
        await attempts.fail(attempt);
        throw new AppError(refusalOf(error));
      }
      try {
        const { code: returnCode } = await grants.obtain(attempt, code);
        return await redeem(user, returnCode);
      } catch (failure) {
        const isSlip = isAppError(failure, 'link_refused_by_tiktok', 'link_interrupted');
        if (!isSlip || !(await attempts.reopen(attempt._id))) await attempts.fail(attempt);
        throw failure;
      }
    },
  };
}
