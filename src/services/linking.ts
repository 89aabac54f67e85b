// Connecting a TikTok account: from the link in the chat to the return code that the chat takes back. The person who finishes at
// TikTok must be the chat user who asked; see docs/architecture.md, "Linking". Its parts are in linking/: the beginning, the
// browser's half, the chat's half, what TikTok granted, and the warnings owed to people.

import type { LinkingDeps } from './linking/attempt.ts';
import { createBeginning } from './linking/begin.ts';
import { createBrowserHalf } from './linking/browser.ts';
import { createChatHalf } from './linking/chat.ts';
import { createGrants } from './linking/grants.ts';
import { createWarnings } from './linking/warnings.ts';

export { CODE_LIFETIME_MS, LINK_LIFETIME_MS, type LinkingDeps } from './linking/attempt.ts';
export type { BegunLink } from './linking/begin.ts';
export type { LinkPage, StartedLink } from './linking/browser.ts';
export type { ReturnPage } from './linking/grants.ts';

const AT_ONCE = 20;

export type Linking = ReturnType<typeof createLinking>;

export function createLinking(deps: LinkingDeps) {
  const grants = createGrants(deps);
  const warnings = createWarnings(deps);

  return {
    ...createBeginning(deps),
    ...createBrowserHalf(deps, grants),
    ...createChatHalf(deps, grants, warnings),

    /** Ends everything that a person has begun, and gives back to TikTok what they have not claimed. */
    async giveBackPending(ownerId: string): Promise<void> {
      await deps.attempts.replaceLive(ownerId);
      for (const attempt of await deps.attempts.findPending(ownerId)) await grants.abandon(attempt);
    },

    /** Gives back to TikTok what nobody claimed in time, and sends the warnings that could not be sent before. */
    async sweepAbandoned(): Promise<void> {
      for (const attempt of await deps.attempts.findAbandoned(new Date(deps.clock()), AT_ONCE))
        await grants.abandon(attempt);
      await warnings.deliverOwed();
    },
  };
}
