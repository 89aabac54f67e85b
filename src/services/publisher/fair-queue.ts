// What waits for a place, taken from one person after the other: nobody's post waits behind somebody else's thousand. Pure.

export type FairQueue = ReturnType<typeof createFairQueue>;

/** `limit` bounds the queue as a whole, but whoever has nothing in it yet always finds room for one. */
export function createFairQueue(limit: number) {
  /** Each person's ids in their order; the person whose turn is next stands first. */
  const lines = new Map<string, Set<string>>();
  const all = new Set<string>();

  return {
    size: (): number => all.size,

    /** Whether it is in now. Ids beyond the limit are left out: they wait in the database, where the next sweep finds them. */
    add(id: string, ownerId: string): boolean {
      if (all.has(id)) return true;
      const line = lines.get(ownerId);
      if (line && all.size >= limit) return false;
      if (line) line.add(id);
      else lines.set(ownerId, new Set([id]));
      all.add(id);
      return true;
    },

    take(): string | undefined {
      const [first] = lines;
      if (!first) return undefined;
      const [ownerId, line] = first;
      const [id] = line;
      lines.delete(ownerId);
      if (id === undefined) return undefined;
      line.delete(id);
      all.delete(id);
      if (line.size > 0) lines.set(ownerId, line);
      return id;
    },
  };
}
