// The line between practice and the real thing, as a query: whoever is on one side of it never works on what is on the other.

import { isPractice, type World } from '../domain/account.ts';

/** Practice posts, or all others; drafts without an account belong to both. */
export const ofSameKind = (world: World) =>
  isPractice(world) ? { world: { $in: ['simulator' as const, null] } } : { world: { $ne: 'simulator' as const } };
