// What every step of the publisher gets: the services it may use, and the name under which it writes.

import type { World } from '../../domain/account.ts';
import { afterNow } from '../../domain/after-now.ts';
import { isAppError } from '../../domain/errors.ts';
import type { Post } from '../../domain/post-record.ts';
import type { MediaStore } from '../../media/store.ts';
import type { AccountStore, GrantState } from '../../stores/accounts.ts';
import type { PostChange, PostPatch, PostStore } from '../../stores/posts.ts';
import type { TokenBox } from '../../stores/token-box.ts';
import type { TikTokClient } from '../../tiktok/client.ts';
import type { UploadPlan } from '../../tiktok/upload-plan.ts';
import type { AccessTokens } from '../access-tokens.ts';
import type { AppPause } from '../app-pause.ts';
import type { CallLimits } from '../call-limits.ts';

export interface PublisherDeps {
  /** Bounds how many chunks are sent at once: more share the same line, and each takes longer than TikTok waits. */
  readonly uploads: { execute<T>(send: () => Promise<T>): Promise<T> };
  /** Whether bytes must wait: posts are due that nobody has begun with, or as many uploads run as may. */
  readonly mustBytesWait: () => boolean;
  readonly posts: PostStore;
  readonly accounts: AccountStore;
  readonly accessTokens: Pick<AccessTokens, 'use'>;
  readonly callLimits: CallLimits;
  readonly appPause: AppPause;
  readonly tiktok: TikTokClient;
  readonly media: MediaStore;
  readonly tokenBox: TokenBox;
  readonly plan: {
    planUpload(sizeBytes: number): UploadPlan;
    chunkRange(plan: UploadPlan, index: number, sizeBytes: number): { first: number; last: number };
    nextChunk(plan: UploadPlan, sizeBytes: number, reportedBytes: number): number;
  };
  readonly world: World;
  /** How late this person's posts may go out without asking them, ms. */
  readonly findLateness: (ownerId: string) => Promise<number>;
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly timing: PublisherTiming;
}

export interface PublisherTiming {
  /** How long a claim protects a post unless it is renewed. */
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  readonly chunkTimeoutMs: number;
  /** What the waits between tries grow from. */
  readonly retryBaseMs: number;
}

export const DEFAULT_TIMING: PublisherTiming = {
  leaseMs: 15_000,
  renewEveryMs: 5_000,
  chunkTimeoutMs: 10 * 60_000,
  retryBaseMs: 2_000,
};

/** The outcome of one step: the post as it stands, or null where the worker is to leave it alone for now. */
export type StepOutcome = Post | null;

/** A claim on one post: who works on it, and since when. */
export interface Claim {
  /** The name under which it holds the lease, new with each claim: the worker's, a dot, and one of its own. */
  readonly owner: string;
  /** `performance.now()` from before the claim was sent. */
  readonly claimedAtMs: number;
  readonly stopping: AbortSignal;
}

export const isSameWorker = (owner: string, other: string): boolean => owner.split('.')[0] === other.split('.')[0];

/** These say that somebody else has the post now, or that the person changed it: what they wrote stands. */
export const isOvertaken = (error: unknown): boolean => isAppError(error, 'lease_lost', 'post_changed', 'post_gone');

/** The account's turn, taken just now: what it brought along for the init that follows it. */
export interface TurnInHand {
  readonly hasInit: boolean;
  readonly grant: GrantState;
}

/** A post under a claim. With a turn in hand it was begun by this very claim. */
export interface Claimed {
  readonly post: Post;
  readonly turn: TurnInHand | null;
}

/** One step's surroundings. `signal` aborts at shutdown, and once the lease may be another's. */
export interface Work {
  readonly deps: PublisherDeps;
  /** The name under which this claim holds the lease. */
  readonly owner: string;
  readonly signal: AbortSignal;
  /** Used up by the init. */
  turn: TurnInHand | null;
}

/** Writes a change under the worker's lease. @throws AppError `lease_lost`, `post_changed`. */
export const applyUnderLease = ({ deps, owner }: Work, post: Post, change: PostChange): Promise<Post> =>
  deps.posts.apply(post, { ...change, under: { fence: post.fence, owner } });

/** Writes a worker's last change of a post; it is left alone until its `wakeAt`. @throws as `applyUnderLease`. */
export async function leave({ deps, owner }: Work, post: Post, change: PostChange): Promise<null> {
  await deps.posts.leave(post, { ...change, under: { fence: post.fence, owner } });
  return null;
}

/** Gives the post back until `delayMs` from now, by the database's clock. */
export async function releaseFor(
  { deps, owner }: Work,
  post: Post,
  delayMs: number,
  patch: PostPatch = {},
): Promise<null> {
  await deps.posts.release(post, owner, { ...patch, wakeAt: afterNow(delayMs) });
  return null;
}
