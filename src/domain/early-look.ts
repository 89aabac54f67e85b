// Half an hour before its time a post is looked at once more: where the account changed meanwhile, its person still can mend it.

export const EARLY_LOOK_MS = 30 * 60_000;

/** When a post that is due at `dueAt` needs attention first. */
export const firstWakeOf = (dueAt: Date, now: number): Date =>
  dueAt.getTime() - now > EARLY_LOOK_MS ? new Date(dueAt.getTime() - EARLY_LOOK_MS) : dueAt;
