// Messages that Clipcue owes somebody and that no single post tells of: how an account's connection stands, and to the owner how the
// bot is doing.

import type { ErrorFacts } from './errors.ts';

export const MEMO_KINDS = [
  'grant_ending',
  'grant_ended',
  'disk_low',
  'platform_down',
  'app_cap',
  'app_refused',
  'database_back',
  'posts_missed',
] as const;
export type MemoKind = (typeof MEMO_KINDS)[number];

/** What the owner is told about the bot; the rest is a person's own. */
export type OwnerMemoKind = Exclude<MemoKind, 'grant_ending' | 'grant_ended'>;

export interface Memo {
  /** Names what it tells of, so that it is told once whoever notices it. */
  readonly key: string;
  readonly userId: string;
  readonly kind: MemoKind;
  /** What its words name: an account, a number. Never a secret. */
  readonly facts: ErrorFacts;
}

/** Told aloud at any hour: something stands still until it is seen to. */
const URGENT: ReadonlySet<MemoKind> = new Set(['grant_ended', 'disk_low', 'platform_down', 'app_refused']);
export const isUrgent = (kind: MemoKind): boolean => URGENT.has(kind);
