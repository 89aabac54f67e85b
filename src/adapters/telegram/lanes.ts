// Work in lanes: one after the other within a chat, chats side by side.

export interface Lanes {
  /** Runs `task` after everything that was given to the same lane before; a failure concerns its own task alone. */
  run(key: string, task: () => Promise<void>): Promise<void>;
  /** When nothing runs and nothing waits. */
  idle(): Promise<void>;
}

export function createLanes(): Lanes {
  const tails = new Map<string, Promise<void>>();

  return {
    run(key, task) {
      const before = tails.get(key) ?? Promise.resolve();
      const done = before.then(task);
      const tail = done
        .catch(() => undefined)
        .finally(() => {
          if (tails.get(key) === tail) tails.delete(key);
        });
      tails.set(key, tail);
      return done;
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
