// A task that repeats at an interval, one run at a time, until it is stopped. Errors end in the log: the next run tries again.

export interface Sweep {
  start(): void;
  /** Runs as soon as it can, then goes on at its interval. */
  hurry(): void;
  /** The instant of the last run that went through, ms. */
  lastDoneAt(): number;
  /** No more runs; waits for the one under way. */
  stop(): Promise<void>;
}

export interface SweepDeps {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  readonly clock: () => number;
  readonly log: { error(facts: object, message: string): void };
}

export function createSweep({ name, everyMs, run, clock, log }: SweepDeps): Sweep {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let isStopped = false;
  let doneAt = clock();

  function schedule(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(begin, delayMs);
  }

  function begin(): void {
    if (running) return;
    running = run()
      .then(() => {
        doneAt = clock();
      })
      .catch(error => log.error({ sweep: name, err: error }, 'a sweep failed'))
      .finally(() => {
        running = null;
        if (!isStopped) schedule(everyMs);
      });
  }

  return {
    start: () => schedule(0),
    hurry() {
      if (!isStopped && !running) schedule(0);
    },
    lastDoneAt: () => doneAt,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
