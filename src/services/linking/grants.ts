// What TikTok granted, between the code and the account: obtained, sealed and pending, handed over, or given back.

import { type Account, accountName, isPractice } from '../../domain/account.ts';
import { AppError, type ErrorCode, isAppError } from '../../domain/errors.ts';
import { hashSecret, makeId, makeSecret, makeTypedCode } from '../../domain/secrets.ts';
import type { LinkAttempt, LinkWarning, PendingGrant } from '../../stores/link-attempts.ts';
import type { Grant } from '../../tiktok/client.ts';
import { attemptPlace, CODE_LIFETIME_MS, type LinkingDeps } from './attempt.ts';

export interface ReturnPage {
  readonly code: string;
  readonly platform: string;
  readonly displayName: string;
  readonly avatarUrl: string;
}

export type Grants = ReturnType<typeof createGrants>;

export function createGrants(deps: LinkingDeps) {
  const { attempts, accounts, tokenBox, tiktok, random, clock } = deps;

  /**
   * Takes back at TikTok what was granted. Not where the same TikTok account is connected here: TikTok may end all of an app's
   * grants at once, and a half-made link must not cut off an account that works. Forgetting the tokens is then enough.
   */
  async function giveBack(openId: string, accessToken: string): Promise<void> {
    const connected = await accounts.findByOpenId(deps.world, openId);
    if (connected?.status === 'active') return;
    try {
      await tiktok.revokeGrant(accessToken);
    } catch (error) {
      // The grant ends by itself at TikTok; the person can also remove the app there.
      if (!isAppError(error)) throw error;
      deps.log.warn({ code: error.code }, 'a grant that nobody claimed could not be revoked');
    }
  }

  const openPending = (id: string, pending: PendingGrant, field: 'accessToken' | 'refreshToken') =>
    tokenBox.open(pending[field], attemptPlace(id, field));

  async function keepPending(attempt: LinkAttempt, grant: Grant): Promise<ReturnPage> {
    const { unionId, displayName, avatarUrl } = await tiktok.fetchUser(grant.accessToken);
    const { platform } = attempt.place;
    const code = deps.takesLongCode(platform) ? makeSecret(random) : makeTypedCode(random);
    const { openId, scopes, accessExpiresAt, refreshExpiresAt } = grant;
    const pending: PendingGrant = {
      accessToken: tokenBox.seal(grant.accessToken, attemptPlace(attempt._id, 'accessToken')),
      refreshToken: tokenBox.seal(grant.refreshToken, attemptPlace(attempt._id, 'refreshToken')),
      ...{ accessExpiresAt, refreshExpiresAt, scopes, openId, unionId, displayName, avatarUrl },
    };
    const until = new Date(clock() + CODE_LIFETIME_MS);
    if (!(await attempts.keepPending(attempt._id, hashSecret(code), pending, until))) throw new AppError('link_used');
    return { code, platform, displayName, avatarUrl };
  }

  /** The account that this grant is for, if it is known: by TikTok's id for it here, or, after another client key, across keys. */
  async function findKnown(ownerId: string, { openId, unionId }: PendingGrant): Promise<Account | null> {
    const known = await accounts.findByOpenId(deps.world, openId);
    if (known || isPractice(deps.world) || unionId === '') return known;
    return accounts.findByUnionId(unionId, ownerId);
  }

  /** The owner hears that somebody else has the login to their TikTok account. */
  async function warningFor(owned: Account | null): Promise<LinkWarning | null> {
    const place = owned && (await deps.findPlace(owned.ownerId));
    if (!place) return null;
    const { platform, chatId } = place;
    return { platform, chatId, code: 'account_wanted_by_another', account: accountName(owned) };
  }

  /** Ends an attempt whose tokens must not be used, and gives them back to TikTok. False where it moved on meanwhile. */
  async function abandon(attempt: LinkAttempt, warning: LinkWarning | null = null): Promise<boolean> {
    if (!(await attempts.fail(attempt, warning))) return false;
    const { pending } = attempt;
    if (pending) await giveBack(pending.openId, openPending(attempt._id, pending, 'accessToken'));
    return true;
  }

  /**
   * Trades the code of an attempt in `exchanging`, and moves it to `returned`.
   * @throws AppError `link_refused_by_tiktok` (a code that is no longer good), `link_scopes_missing`, `link_interrupted`,
   * `tiktok_client_invalid`; nothing granted is kept then.
   */
  async function obtain(attempt: LinkAttempt, code: string): Promise<ReturnPage> {
    const verifier = attempt.verifier && tokenBox.open(attempt.verifier, attemptPlace(attempt._id, 'verifier'));
    let grant: Grant | null = null;
    try {
      grant = tiktok.parseGrant(await deps.exchangeCode(code, verifier));
      const missing = deps.missingScopes(grant.scopes);
      if (missing.length > 0) throw new AppError('link_scopes_missing', { scopes: missing.join(', ') });
      return await keepPending(attempt, grant);
    } catch (error) {
      if (grant) await giveBack(grant.openId, grant.accessToken);
      throw asLinkRefusal(error);
    }
  }

  /** Makes the pending grant of an attempt in `linking` the user's account. @throws AppError `account_owned_by_another`. */
  async function activate(attempt: LinkAttempt, pending: PendingGrant): Promise<Account> {
    const known = await findKnown(attempt.ownerId, pending);
    const id = known?.id ?? makeId(random);
    const seal = (field: 'accessToken' | 'refreshToken') =>
      tokenBox.seal(openPending(attempt._id, pending, field), { collection: 'accounts', id, field });
    const { openId, unionId, displayName, avatarUrl, scopes, accessExpiresAt, refreshExpiresAt } = pending;
    const account: Account = {
      ...{ id, openId, unionId, displayName, avatarUrl, scopes },
      ownerId: attempt.ownerId,
      world: deps.world,
      mode: deps.mode,
      label: known?.ownerId === attempt.ownerId ? known.label : null,
      status: 'active',
      connectedAt: new Date(clock()),
    };
    const tokens = { accessToken: seal('accessToken'), refreshToken: seal('refreshToken') };
    try {
      await accounts.connect(account, { ...tokens, accessExpiresAt, refreshExpiresAt }, { isKnown: known !== null });
    } catch (error) {
      if (isAppError(error, 'account_owned_by_another')) await abandon(attempt, await warningFor(known));
      throw error;
    }
    await attempts.settle(attempt._id);
    if (known) await deps.onReconnected(account);
    return account;
  }

  return { obtain, activate, abandon };
}

/** TikTok's words for a code or token that it does not take. */
const REFUSALS: readonly ErrorCode[] = [
  'tiktok_grant_ended',
  'tiktok_token_invalid',
  'tiktok_request_invalid',
  'tiktok_scope_missing',
  'link_declined',
];

/** Nobody tries again by themselves on the way to an account, so an outage is told as what it means here. */
function asLinkRefusal(error: unknown): unknown {
  if (!isAppError(error)) return error;
  const { code, facts, kind } = error;
  if (REFUSALS.includes(code)) return new AppError('link_refused_by_tiktok', facts, { cause: error });
  return kind === 'retry' ? new AppError('link_interrupted', facts, { cause: error }) : error;
}
