/** The end of an app's access to a person's account, whoever ended it, and what follows from it. */
import { atomically } from '../database.ts';
import type { REMOVED } from '../oauth/grants.ts';
import type { State } from '../state.ts';

/** Tokens die, posts under way fail, the app is told by webhook. False where the app had no access. */
export function disconnect(
  state: State,
  clientKey: string,
  username: string,
  reason: (typeof REMOVED)[keyof typeof REMOVED],
): boolean {
  return atomically(state.db, () => {
    const [grant] = state.grants.end(clientKey, username);
    if (grant === undefined) return false;
    state.publishes.abandon(clientKey, username);
    state.webhooks.enqueue(clientKey, grant.openId, 'authorization.removed', { reason });
    return true;
  });
}
