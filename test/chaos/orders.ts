// What the round tells its workers: what people press, and where to die.

export type Order =
  | { readonly kind: 'arm'; readonly failpoint: string; readonly signal: 'SIGKILL' | 'SIGSTOP' }
  | { readonly kind: 'disarm' }
  | (Press & { readonly id: number });

/** A person's press, as any chat platform could bring it. */
export type Press = { readonly userId: string; readonly postId: string } & (
  | { readonly kind: 'schedule' }
  | { readonly kind: 'cancel' }
  /** `toMs`: the new time, ms since the epoch. */
  | { readonly kind: 'move'; readonly toMs: number }
);
