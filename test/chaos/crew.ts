// The workers of a round: started, given orders, killed, stopped and continued, and started again whenever they are no more.

import { setTimeout as delay } from 'node:timers/promises';
import { type ChildProcess, startProcess } from '#test/support/processes.ts';
import type { Failpoint } from './failpoints.ts';
import type { Order, Press } from './orders.ts';

export interface CrewOptions {
  readonly workers: number;
  /** Of worker `index`; each has its own way to the database. */
  readonly envOf: (index: number) => Record<string, string>;
  readonly chatUrl: string;
  readonly leaseMs: number;
}

export interface Crew {
  /** Hands a person's press to a worker, again and again until one answers. Gives `done` or an error's code. */
  press(press: Press): Promise<string>;
  /** SIGKILL at `failpoint`, or at once where there is none or the worker does not come by. */
  kill(index: number, failpoint: Failpoint | null): Promise<void>;
  /** SIGSTOP in the same way, and SIGCONT after `forMs`. */
  pause(index: number, failpoint: Failpoint | null, forMs: number): Promise<void>;
  /** SIGTERM; another one takes its place. */
  terminate(index: number): Promise<void>;
  /** How often workers died at each line; `anywhere` for the rest. */
  readonly deaths: ReadonlyMap<string, number>;
  /** What no worker may do: end by itself, or not end when told to. */
  readonly misdeeds: readonly string[];
  /** SIGTERM for all; nobody comes after them. */
  dismiss(): Promise<void>;
}

/** What a worker prints that is no line of its log. */
interface Said {
  readonly ready?: true;
  readonly answers?: number;
  readonly outcome?: string;
  readonly struck?: string;
  readonly disarmed?: true;
}

interface Place {
  readonly index: number;
  child: ChildProcess;
  starts: number;
  isReady: boolean;
  isPaused: boolean;
  /** Somebody is about to strike it, or has told it to end. */
  isDoomed: boolean;
  readonly answers: Map<number, (outcome: string) => void>;
  struck: ((failpoint: string) => void) | null;
  disarmed: (() => void) | null;
}

/** How long a worker may take to come by a failpoint. */
const STRIKE_WITHIN_MS = 1_500;
const CONTINUE_EVERY_MS = 300;
const ANSWER_WITHIN_MS = 4_000;
const EXIT_WITHIN_MS = 30_000;
/** Lines of a worker that did wrong. */
const LAST_WORDS = 30;
/** The last worker's clock is five minutes ahead, after each new start five minutes behind, and so on. */
const CLOCK_SHIFT_MS = 300_000;

/** To a worker that may be no more. */
function send({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function startCrew({ workers, envOf, chatUrl, leaseMs }: CrewOptions): Crew {
  const deaths = new Map<string, number>();
  const misdeeds: string[] = [];
  let isDismissed = false;
  let orders = 0;

  const isShifted = ({ index }: Place) => workers > 1 && index === workers - 1;

  function start(place: Omit<Place, 'child'> & { child?: ChildProcess }): Place {
    const shiftMs = place.starts++ % 2 === 0 ? CLOCK_SHIFT_MS : -CLOCK_SHIFT_MS;
    const shift = isShifted(place as Place) ? [`--clock-shift-ms=${shiftMs}`] : [];
    place.isReady = false;
    place.isDoomed = false;
    const child = startProcess('test/chaos/worker.ts', {
      args: ['--chat', chatUrl, '--lease-ms', String(leaseMs), ...shift],
      env: envOf(place.index),
      onLine: line => hear(place as Place, line),
    });
    place.child = child;
    child.ended.then(code => {
      if (place.child !== child) return;
      for (const answer of place.answers.values()) answer('gone');
      place.answers.clear();
      // One that finds no database when it starts says so and ends; whoever runs it starts it again.
      if (place.isReady && !place.isDoomed && !isDismissed)
        misdeeds.push(`a worker ended by itself with ${code}: ${child.lines.slice(-LAST_WORDS).join('\n')}`);
      place.isReady = false;
      if (!isDismissed) start(place as Place);
    });
    return place as Place;
  }

  function hear(place: Place, line: string): void {
    if (!/^\{"(?:ready|answers|struck|disarmed)"/.test(line)) return;
    const said = JSON.parse(line) as Said;
    if (said.ready) place.isReady = true;
    if (said.disarmed) place.disarmed?.();
    if (said.struck) place.struck?.(said.struck);
    if (said.answers !== undefined) place.answers.get(said.answers)?.(said.outcome ?? '');
  }

  const places = Array.from({ length: workers }, (_, index) =>
    start({
      index,
      starts: 0,
      isReady: false,
      isPaused: false,
      isDoomed: false,
      answers: new Map(),
      struck: null,
      disarmed: null,
    }),
  );
  const tell = (place: Place, order: Order) => place.child.tell(JSON.stringify(order));

  /** The worker at `index`, or the next one that can be struck; waits for one. */
  async function choose(index: number): Promise<Place> {
    for (;;) {
      for (let step = 0; step < workers; step++) {
        const place = places[(index + step) % workers];
        if (place?.isReady && !place.isPaused && !place.isDoomed) return place;
      }
      await delay(50);
    }
  }

  /** Sends `signal` at the failpoint, or once time is up. Gives where it struck. */
  async function strike(place: Place, failpoint: Failpoint | null, signal: 'SIGKILL' | 'SIGSTOP'): Promise<string> {
    const { child } = place;
    if (failpoint !== null) {
      const struck = new Promise<string>(resolve => {
        place.struck = resolve;
      });
      tell(place, { kind: 'arm', failpoint, signal });
      const where = await Promise.race([struck, delay(STRIKE_WITHIN_MS, null)]);
      place.struck = null;
      if (where !== null) return where;
      // Else it would strike a second time, when nobody waits for it any more.
      tell(place, { kind: 'disarm' });
    }
    send(child, signal);
    return 'anywhere';
  }

  return {
    deaths,
    misdeeds,

    async press(press) {
      for (;;) {
        const place = places.find(one => one.isReady && !one.isPaused && !one.isDoomed && !isShifted(one));
        if (place) {
          const id = ++orders;
          const answered = new Promise<string>(resolve => place.answers.set(id, resolve));
          tell(place, { ...press, id });
          const outcome = await Promise.race([answered, delay(ANSWER_WITHIN_MS, 'gone')]);
          place.answers.delete(id);
          // “Something went wrong” says nothing about whether it was done, so people press again.
          if (outcome !== 'gone' && outcome !== 'unknown') return outcome;
        }
        await delay(100);
      }
    },

    async kill(index, failpoint) {
      const place = await choose(index);
      place.isDoomed = true;
      const { child } = place;
      const where = await strike(place, failpoint, 'SIGKILL');
      await child.ended;
      deaths.set(where, (deaths.get(where) ?? 0) + 1);
    },

    async pause(index, failpoint, forMs) {
      const place = await choose(index);
      const { child } = place;
      place.isPaused = true;
      await strike(place, failpoint, 'SIGSTOP');
      await delay(forMs);
      // It may come by the line once more before it has read that nothing shall strike there, and stand still again.
      const disarmed = new Promise<boolean>(resolve => {
        place.disarmed = () => resolve(true);
      });
      const ended = child.ended.then(() => true);
      tell(place, { kind: 'disarm' });
      do send(child, 'SIGCONT');
      while (!(await Promise.race([disarmed, ended, delay(CONTINUE_EVERY_MS, false)])));
      place.disarmed = null;
      place.isPaused = false;
    },

    async terminate(index) {
      const place = await choose(index);
      place.isDoomed = true;
      await end(place);
    },

    async dismiss() {
      isDismissed = true;
      await Promise.all(places.map(end));
    },
  };

  async function end({ child }: Place): Promise<void> {
    const ended = child.kill('SIGTERM');
    const isInTime = await Promise.race([ended.then(() => true), delay(EXIT_WITHIN_MS, false, { ref: false })]);
    if (!isInTime) await child.kill('SIGKILL');
    const code = await child.ended;
    if (code !== 0)
      misdeeds.push(`a worker that was told to end did so with ${code}: ${child.lines.slice(-LAST_WORDS).join('\n')}`);
  }
}
