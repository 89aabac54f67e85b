// The lines on which a worker of a chaos round can be made to die or to stand still: just before and just after each effect that it
// has on the world. The publisher knows nothing of them; what it is given is wrapped.

import { writeSync } from 'node:fs';

/** `part.method`, for a post's changes with their event; each with a line before it and one after. */
const EFFECTS = [
  'posts.apply:schedule',
  'alarms.set',
  'posts.claim',
  'posts.begin',
  'posts.apply:claim',
  'posts.apply:note',
  'posts.apply:initiate',
  'posts.leave:initiate',
  'posts.apply:commit',
  'posts.leave:uploaded',
  'posts.leave:publish',
  'posts.findForWork',
  'posts.release',
  'posts.renew',
  'posts.claimNotice',
  'posts.settleNotice',
  'accounts.takeTurn',
  'accounts.readGrant',
  'accounts.endTurn',
  'accounts.takeCall',
  'tiktok.fetchCreator',
  'tiktok.initDirectPost',
  'tiktok.putChunk',
  'tiktok.fetchStatus',
  'chat.send',
] as const;

export type Failpoint = `${'before' | 'after'} ${string}`;
export const FAILPOINTS: readonly Failpoint[] = EFFECTS.flatMap(effect => [
  `before ${effect}` as const,
  `after ${effect}` as const,
]);

export interface Failpoints {
  /** Strikes the first time that the worker comes to `failpoint`. */
  arm(failpoint: string, signal: 'SIGKILL' | 'SIGSTOP'): void;
  /** Nothing strikes any more. */
  disarm(): void;
  /** `part`, with a line before and after each of its methods. */
  watch<T extends object>(part: T, name: string): T;
}

/** The event of a post's change, which is the second argument of `apply` and `leave`. */
function eventOf(args: readonly unknown[]): string {
  const change = args[1];
  return typeof change === 'object' && change !== null && 'event' in change ? `:${change.event}` : '';
}

export function createFailpoints(): Failpoints {
  const armed = new Map<string, 'SIGKILL' | 'SIGSTOP'>();

  function pass(failpoint: string): void {
    const signal = armed.get(failpoint);
    if (!signal) return;
    armed.delete(failpoint);
    // Written before the process stands still, or is no more.
    writeSync(1, `${JSON.stringify({ struck: failpoint, signal })}\n`);
    process.kill(process.pid, signal);
  }

  return {
    arm: (failpoint, signal) => void armed.set(failpoint, signal),
    disarm: () => armed.clear(),
    watch: (part, name) =>
      new Proxy(part, {
        get(target, key) {
          const member = Reflect.get(target, key);
          if (typeof member !== 'function' || typeof key !== 'string') return member;
          return (...args: unknown[]) => {
            const effect = `${name}.${key}${eventOf(args)}`;
            pass(`before ${effect}`);
            const outcome = member.apply(target, args);
            if (!(outcome instanceof Promise)) return outcome;
            return outcome.then(value => {
              pass(`after ${effect}`);
              return value;
            });
          };
        },
      }),
  };
}
