// What every step of the publisher gets: the services it may use, and the name under which it writes.

import type { World } from '../../domain/account.ts';
import { afterNow } from '../../domain/after-now.ts';
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

/** One step's surroundings. `signal` aborts at shutdown, and once the lease may be another's. */
export interface Work {
  readonly deps: PublisherDeps;
  /** The name under which this claim holds the lease. */
  readonly owner: string;
  readonly signal: AbortSignal;
  /** What the account's turn brought along for the init that follows it; used up by that. */
  turn: { readonly hasInit: boolean; readonly grant: GrantState } | null;
}

/** Writes a change under the worker's lease. @throws AppError `lease_lost`, `post_changed`. */
export const applyUnderLease = ({ deps, owner }: Work, post: Post, change: PostChange): Promise<Post> =>
  deps.posts.apply(post, { ...change, under: { fence: post.fence, owner } });

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
