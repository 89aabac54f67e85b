// An account's turn: from creator_info to the last chunk it works for one post alone. Who does not get it comes back, soon while the
// post is fresh and seldom later on: a thousand posts of one account must not ask a thousand times a second.

import { type Account, accountName } from '../../domain/account.ts';
import { AppError } from '../../domain/errors.ts';
import type { Post } from '../../domain/post-record.ts';
import { CALL_LIMITS } from '../call-limits.ts';
import { needsTurn } from './lease.ts';
import type { PublisherDeps, Work } from './work.ts';

const WAIT_MIN_MS = 1_000;
const WAIT_MAX_MS = 60_000;
/** How much of its lateness a post waits before it asks again. */
const WAIT_SHARE = 0.25;

/** On the database's clock, as of the last write: a worker whose own clock is wrong must not call a post late. */
export const latenessOf = ({ due, updatedAt }: Post): number => (due?.at ? updatedAt.getTime() - due.at.getTime() : 0);

export function requireAccountId(post: Post): string {
  if (!post.accountId) throw new AppError('account_required');
  return post.accountId;
}

/**
 * The call to init that a claim of the post brings along, by the version that it claims: of two workers at it the slower one, which is
 * refused the post, takes no other.
 */
export const nameOfInit = ({ id, version }: Pick<Post, 'id' | 'version'>): string => `${id}.${version}`;

/**
 * Takes the turn of the post's account; false while another post has it. `withInit`: together with the init that comes next, where
 * the account has one left. Before an upload is opened, an account is refused that the post's owner no longer has, or that cannot
 * post.
 */
export async function takeTurn(work: Work, post: Post, { withInit = false } = {}): Promise<boolean> {
  const { deps } = work;
  const call = withInit
    ? { limit: CALL_LIMITS.init, id: nameOfInit({ id: post.id, version: post.version - 1 }) }
    : undefined;
  const turn = await deps.accounts.takeTurn(requireAccountId(post), post.id, deps.timing.leaseMs, { call });
  if (!turn) throw new AppError('account_gone');
  const { account, takenAt, isCallTaken, grant } = turn;
  work.turn = withInit && takenAt ? { hasInit: isCallTaken, grant } : null;
  if (post.state === 'scheduled' || post.step === 'claimed') requireUsable(account, post);
  return takenAt !== null;
}

/** Whether the account still is its owner's, and can post. */
export const isUsable = ({ status, ownerId }: Account, post: Post): boolean =>
  status === 'active' && ownerId === post.ownerId;

function requireUsable(account: Account, post: Post): void {
  if (isUsable(account, post)) return;
  if (account.ownerId !== post.ownerId || account.status === 'disconnected') throw new AppError('account_gone');
  throw new AppError('tiktok_grant_ended', { account: accountName(account) });
}

/** How long a post without the turn is left alone, unless the turn's end wakes it. */
export function turnWaitMs(deps: Pick<PublisherDeps, 'random'>, post: Post): number {
  const waitMs = Math.min(WAIT_MAX_MS, Math.max(WAIT_MIN_MS, latenessOf(post) * WAIT_SHARE));
  return waitMs * (0.75 + deps.random() / 2);
}

/** Ends the turn of a post that is somebody else's by now, as its `latest` state shows, unless they go on with it. */
export async function abandonTurn(deps: PublisherDeps, post: Post, latest: Post | null): Promise<void> {
  if (!latest || !needsTurn(latest)) await endTurn(deps, post);
}

/** Nobody works on the post any more, so the account's next one may begin. */
export async function endTurn({ accounts, posts, clock }: PublisherDeps, { id, accountId }: Post): Promise<void> {
  if (!accountId) return;
  await accounts.endTurn(accountId, id);
  await posts.wakeNextOf(accountId, new Date(clock()));
}
