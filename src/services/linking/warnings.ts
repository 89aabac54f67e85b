// Messages owed to people because of what others did with a link. They are written with the attempt's end and sent after it, so a
// crash or a platform that is down delays them and nothing else.

import type { Adapter } from '../../chat/adapter.ts';
import { wordsFor } from '../../chat/explain.ts';
import { say } from '../../chat/reply.ts';
import type { LinkAttempt, LinkAttemptStore, LinkWarning } from '../../stores/link-attempts.ts';

/** Tells somebody a warning. False where it has to be tried again later. */
export type Tell = (warning: LinkWarning, idempotencyKey: string) => Promise<boolean>;
export type Warnings = ReturnType<typeof createWarnings>;

const AT_ONCE = 20;

/** Tells over chat platforms. Who cannot be reached, having blocked the bot, is not tried again. */
export const createTell =
  (adapterFor: (platform: string) => Adapter | undefined): Tell =>
  async ({ platform, chatId, code, account }, idempotencyKey) => {
    const reply = say(wordsFor({ code, facts: { account } }));
    const message = { reply, idempotencyKey, answers: null, edits: null, silent: false };
    const outcome = await adapterFor(platform)?.send(chatId, message);
    return outcome !== undefined && outcome.kind !== 'retryAfter';
  };

export function createWarnings({ attempts, tell }: { readonly attempts: LinkAttemptStore; readonly tell: Tell }) {
  async function deliver({ _id, warning }: LinkAttempt): Promise<void> {
    if (warning && (await tell(warning, `${_id}.warning`))) await attempts.strikeWarning(_id);
  }

  return {
    async deliverOwed(): Promise<void> {
      for (const attempt of await attempts.findOwingWarnings(AT_ONCE)) await deliver(attempt);
    },
  };
}
