// The publisher's places, in lanes: opening uploads, beginning ahead of that, sending bytes and looking after the rest each have their
// own, so that neither a thousand questions about yesterday's videos nor a hundred long uploads keep a post from starting on time.

import type { Post } from '../../domain/post-record.ts';
import { createFairQueue } from './fair-queue.ts';

const LANES = ['start', 'ahead', 'upload', 'look'] as const;
export type Lane = (typeof LANES)[number];

/** What a post needs next, as of `now`. */
export function laneOf({ state, step, due }: Pick<Post, 'state' | 'step' | 'due'>, now: Date): Lane {
  // Woken before its time it is only looked at.
  if (state === 'scheduled') return due?.at && due.at > now ? 'look' : 'start';
  if (step === 'claimed') return 'start';
  return step === null || step === 'processing' ? 'look' : 'upload';
}

export interface LanesDeps {
  /** How many may be at work in the lane now. */
  readonly placesIn: (lane: Lane) => number;
  /** How many wait in each lane; the others wait in the database. */
  readonly queueLimits: Readonly<Record<Lane, number>>;
  /** Works on one post. Never rejects. */
  readonly run: (id: string, lane: Lane) => Promise<void>;
  /** So few wait in a lane where a place became free that there is time to look for more. */
  readonly few: number;
  readonly onScarce: (lane: Lane) => void;
  readonly stopping: AbortSignal;
}

export type Lanes = ReturnType<typeof createLanes>;

export function createLanes({ placesIn, queueLimits, run, few, onScarce, stopping }: LanesDeps) {
  const running = new Map<string, Promise<void>>();
  const makeLane = (lane: Lane) => ({ queue: createFairQueue(queueLimits[lane]), busy: 0 });
  const lanes: Record<Lane, ReturnType<typeof makeLane>> = {
    start: makeLane('start'),
    ahead: makeLane('ahead'),
    upload: makeLane('upload'),
    look: makeLane('look'),
  };

  function begin(lane: Lane, id: string): void {
    lanes[lane].busy += 1;
    const task = run(id, lane).finally(() => {
      running.delete(id);
      lanes[lane].busy -= 1;
      // The end of a rush in one lane gives places to the others.
      for (const each of LANES) fill(each);
      if (!stopping.aborted && lanes[lane].queue.size() <= few) onScarce(lane);
    });
    running.set(id, task);
  }

  function fill(lane: Lane): void {
    const { queue } = lanes[lane];
    while (!stopping.aborted && lanes[lane].busy < placesIn(lane)) {
      const next = queue.take();
      if (next === undefined) return;
      // An alarm and a sweep may both have brought it.
      if (!running.has(next)) begin(lane, next);
    }
  }

  return {
    /** Works on the post now, or once its lane has a place. False where it is being worked on, or too many wait. */
    add(lane: Lane, id: string, ownerId: string): boolean {
      if (stopping.aborted || running.has(id)) return false;
      if (lanes[lane].busy >= placesIn(lane)) return lanes[lane].queue.add(id, ownerId);
      begin(lane, id);
      return true;
    },

    waiting: (lane: Lane): number => lanes[lane].queue.size(),

    /** Resolves once nothing runs any more. */
    async idle(): Promise<void> {
      await Promise.all(running.values());
    },
  };
}
