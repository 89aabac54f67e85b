// Head starts: posts that this worker began in the seconds before their time, the account's turn in hand and the intent to open an
// upload written, and that wait here for the moment itself. Then only TikTok has to be called: of ten thousand posts that are due in
// one second, most would else wait for the three writes of each one before them.

import type { Post } from '../../domain/post-record.ts';
import type { WakingPost } from '../../stores/post-waking.ts';
import { type Begun, claimAhead, type Lost } from './claim.ts';
import { abandonTurn } from './turn.ts';
import { type Claim, isOvertaken, type PublisherDeps } from './work.ts';

/** Time to begin with thousands. */
export const HEAD_START_MS = 10_000;
/** Bounds memory, and how many posts wait for their leases to run out where this worker dies. */
export const HEAD_STARTS_AT_MOST = 10_000;
/** A lease must last for the work that follows: one of which so much was waited away is renewed first. */
const LEASE_SHARE_TO_WAIT = 0.5;
const CALL_AGAIN_MS = 100;

export interface HeadStartsDeps {
  readonly publisher: PublisherDeps;
  /** Called once the post's time has come, again a little later where it gives false: nobody else knows of the post. */
  readonly onTime: (id: string, ownerId: string) => boolean;
}

interface Waiting {
  readonly begun: Begun;
  timer: NodeJS.Timeout | undefined;
}

export type HeadStarts = ReturnType<typeof createHeadStarts>;

export function createHeadStarts({ publisher, onTime }: HeadStartsDeps) {
  const { posts, accounts, timing } = publisher;
  const waiting = new Map<string, Waiting>();
  /** Accounts whose turn one of them has, or is about to take. */
  const busy = new Set<string>();
  /** Posts that could not begin ahead, and are not tried again before their time. */
  const declined = new Set<string>();
  let made = 0;

  const isAhead = ({ begun }: Waiting): boolean => begun.beginsAtMs > performance.now();

  /** Until its time, and no timer's millisecond less. */
  function wait(one: Waiting): void {
    const { beginsAtMs, post } = one.begun;
    if (isAhead(one)) one.timer = setTimeout(wait, beginsAtMs - performance.now() + 1, one);
    else if (!onTime(post.id, post.ownerId)) one.timer = setTimeout(wait, CALL_AGAIN_MS, one);
  }

  function forget(id: string, one: Waiting): void {
    clearTimeout(one.timer);
    waiting.delete(id);
    if (one.begun.post.accountId) busy.delete(one.begun.post.accountId);
  }

  async function unbegin({ post, claim }: Begun): Promise<void> {
    const under = { fence: post.fence, owner: claim.owner };
    const patch = { wakeAt: post.due?.at ?? null, attempt: null };
    try {
      await posts.leave(post, { event: 'postpone', patch, under });
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      return abandonTurn(publisher, post, await posts.findForWork(post.id));
    }
    if (post.accountId) await accounts.endTurn(post.accountId, post.id);
  }

  return {
    /** How many there ever were. */
    made: (): number => made,

    /** Whether the post waits here: nobody need wake it. */
    has: (id: string): boolean => waiting.has(id),

    /** Whether it waits here for a time that has not come. */
    isEarly(id: string): boolean {
      const one = waiting.get(id);
      return one !== undefined && isAhead(one);
    },

    /** Of what a sweep found at `now`, on the database's clock, all but what waits here or did so by then. */
    sift<Found extends Pick<WakingPost, 'id' | 'version' | 'wakeAt'>>(found: readonly Found[], now: Date): Found[] {
      const ids = new Set(found.map(({ id }) => id));
      for (const id of declined) if (!ids.has(id)) declined.delete(id);
      return found.filter(({ id, version, wakeAt }) => {
        const one = waiting.get(id);
        const isChanged = one && version > one.begun.post.version;
        const hasRunOut = one?.begun.post.version === version && wakeAt !== null && wakeAt <= now;
        if (one && (isChanged || hasRunOut)) forget(id, one);
        return !one || isChanged || hasRunOut;
      });
    },

    /** Whether a post that is not due yet may begin ahead: one that waits for nothing but its time. */
    isCandidate({ id, state, due, wakeAt }: WakingPost): boolean {
      if (state !== 'scheduled' || !due?.at || due.at.getTime() !== wakeAt?.getTime()) return false;
      return waiting.size < HEAD_STARTS_AT_MOST && !declined.has(id) && !waiting.has(id);
    },

    /** Begins with the post if it can, one of an account at a time, and keeps it until its time. */
    async make(post: Post, claim: Claim): Promise<Lost | null> {
      const { id, accountId } = post;
      declined.add(id);
      if (!accountId || busy.has(accountId)) return null;
      busy.add(accountId);
      let one: Waiting | null = null;
      try {
        const begun = await claimAhead(publisher, post, claim, HEAD_START_MS);
        if (begun === null || begun === 'lost') return begun;
        one = { begun, timer: undefined };
      } finally {
        if (!one) busy.delete(accountId);
      }
      made += 1;
      declined.delete(id);
      waiting.set(id, one);
      one.timer = setTimeout(wait, 0, one);
      return null;
    },

    /** Gives the post to whoever works on it now. Null where there is none, a person changed it meanwhile, or its lease ran out. */
    async take(id: string): Promise<Begun | null> {
      const one = waiting.get(id);
      if (!one || isAhead(one)) return null;
      forget(id, one);
      const { post, claim } = one.begun;
      const nowMs = performance.now();
      if (nowMs < claim.claimedAtMs + timing.leaseMs * LEASE_SHARE_TO_WAIT) {
        if ((await posts.findVersion(id)) === post.version) return one.begun;
      } else if (await posts.renew(post, claim.owner, timing.leaseMs)) {
        if (post.accountId) await accounts.prolongTurn(post.accountId, id, timing.leaseMs);
        return { ...one.begun, claim: { ...claim, claimedAtMs: nowMs } };
      }
      await abandonTurn(publisher, post, await posts.findForWork(id));
      return null;
    },

    /** At shutdown: what waits is scheduled again, for another worker. Gives what could not be written; those leases run out. */
    async giveBack(): Promise<unknown[]> {
      const all = [...waiting];
      for (const [id, one] of all) forget(id, one);
      const outcomes = await Promise.allSettled(all.map(([, { begun }]) => unbegin(begun)));
      return outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    },
  };
}
