/** A seeded source of randomness, so that every case can be made again. */
export type Random = ReturnType<typeof createRandom>;

/** mulberry32: small and good enough to pick cases. */
export function createRandom(seed: number) {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  function below(limit: number): number {
    return Math.floor(next() * limit);
  }

  return {
    next,
    below,
    chance: (probability: number) => next() < probability,
    pick<T>(list: readonly T[]): T {
      return list[below(list.length)] as T;
    },
    /** `least` to `most` things. */
    times<T>(least: number, most: number, make: () => T): T[] {
      return Array.from({ length: least + below(most - least + 1) }, make);
    },
  };
}
