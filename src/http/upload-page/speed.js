// How fast bytes go, over the last seconds: steady enough to read, quick enough to believe.

const WINDOW_MS = 5_000;

/** @param {() => number} clock milliseconds */
export function createSpeed(clock) {
  /** @type {{ at: number, bytes: number }[]} */
  let seen = [];
  return {
    /** @param {number} bytes sent so far */
    note(bytes) {
      const at = clock();
      seen = [...seen.filter(one => at - one.at <= WINDOW_MS), { at, bytes }];
    },
    /** Bytes a second; null while nobody can say. */
    now() {
      const [first] = seen;
      const last = seen.at(-1);
      if (!first || !last || last.at - first.at < 500 || clock() - last.at > WINDOW_MS) return null;
      return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
    },
    /** After a pause the old seconds say nothing. */
    forget() {
      seen = [];
    },
  };
}
