// A worker's lease on a post, kept alive while it works. The signal that every outside effect listens to aborts once the lease may
// be another's: when a renewal finds it gone, and also when no renewal was confirmed in time, for a database that does not answer
// must not leave a worker sending bytes that its successor sends too.

import { linkAbort } from '../../abort-links.ts';
import { AppError } from '../../domain/errors.ts';
import type { PublishingStep } from '../../domain/post.ts';
import type { Post } from '../../domain/post-record.ts';
import type { PublisherDeps } from './work.ts';

/** From creator_info to the last chunk an account works for one post alone. */
const TURN_STEPS: ReadonlySet<PublishingStep> = new Set(['claimed', 'initiated', 'uploading', 'committing']);

export const needsTurn = ({ step }: Pick<Post, 'step'>): boolean => step !== null && TURN_STEPS.has(step);

export interface HeldLease {
  /** Aborts with AppError `lease_lost`, or with the reason of `stopping`. */
  readonly signal: AbortSignal;
  isLost(): boolean;
  /** No more renewals. One that is under way can do no harm: it prolongs only what is still held. */
  end(): void;
}

export interface LeaseOptions {
  readonly owner: string;
  /** `performance.now()` from before the claim was sent: the database counts from later, so this errs on the safe side. */
  readonly claimedAtMs: number;
  readonly stopping: AbortSignal;
  /** The post as it stands now, for whether the account's turn must be prolonged too. */
  readonly current: () => Post;
}

type LeaseDeps = Pick<PublisherDeps, 'posts' | 'accounts' | 'timing'>;

export function holdLease({ posts, accounts, timing }: LeaseDeps, options: LeaseOptions): HeldLease {
  const { owner, current } = options;
  const aborting = new AbortController();
  const unlink = linkAbort(aborting, options.stopping);
  let isLost = false;
  let isEnded = false;
  let isRenewing = false;
  let runsOut = setTimeout(lose, remainingMs(options.claimedAtMs));
  let lastFailure: unknown;

  function remainingMs(sinceMs: number): number {
    return Math.max(0, sinceMs + timing.leaseMs - performance.now());
  }

  function lose(): void {
    isLost = true;
    aborting.abort(new AppError('lease_lost', {}, { cause: lastFailure }));
  }

  async function renew(): Promise<void> {
    const askedAtMs = performance.now();
    const post = current();
    if (!(await posts.renew(post, owner, timing.leaseMs))) return lose();
    if (isEnded) return;
    clearTimeout(runsOut);
    runsOut = setTimeout(lose, remainingMs(askedAtMs));
    if (post.accountId && needsTurn(post)) await accounts.prolongTurn(post.accountId, post.id, timing.leaseMs);
  }

  const timer = setInterval(() => {
    if (isRenewing) return;
    isRenewing = true;
    // A renewal that fails is tried again; what counts is that one is confirmed before the lease runs out.
    renew()
      .catch(error => {
        lastFailure = error;
      })
      .finally(() => {
        isRenewing = false;
      });
  }, timing.renewEveryMs);

  return {
    signal: aborting.signal,
    isLost: () => isLost,
    end() {
      isEnded = true;
      unlink();
      clearInterval(timer);
      clearTimeout(runsOut);
    },
  };
}
