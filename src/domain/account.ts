// A connected TikTok account as the rest of Clipcue sees it, without its tokens.

import type { PostingMode } from './choices.ts';

/**
 * Which TikTok an account or post belongs to: the simulator, or the real one through one client key. Practice never turns into
 * the real thing, so the publisher refuses a post whose world is not the one it is connected to.
 */
export type World = 'simulator' | `key:${string}`;

export const isPractice = (world: World): boolean => world === 'simulator';

/**
 * - `active`: usable;
 * - `needs_reconnect`: TikTok refused the grant; posts are held until the person connects again;
 * - `disconnected`: the person removed it; tokens are gone, the shell stays while posts refer to it.
 */
export type AccountStatus = 'active' | 'needs_reconnect' | 'disconnected';

export interface Account {
  readonly id: string;
  readonly ownerId: string;
  readonly world: World;
  readonly mode: PostingMode;
  readonly openId: string;
  readonly unionId: string;
  readonly displayName: string;
  readonly avatarUrl: string;
  /** A name of the person's own for it; null shows TikTok's. */
  readonly label: string | null;
  readonly scopes: readonly string[];
  readonly status: AccountStatus;
  readonly connectedAt: Date;
}

export const accountName = (account: Pick<Account, 'label' | 'displayName'>): string =>
  account.label ?? account.displayName;

export const LABEL_MAX_LENGTH = 40;

/**
 * A label as typed, made fit for lists and buttons: no controls, and no marks that would turn the writing direction of what
 * stands beside it. Empty where nothing is left.
 */
export const cleanLabel = (words: string): string =>
  words
    .replaceAll(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
