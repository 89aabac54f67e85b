// Platforms that cannot tell whether the bot got an event deliver it again. What was answered is remembered in the database, so
// that a second delivery, after a restart too, does nothing. Strangers leave no trace: what refuses them is not remembered.

import type { Dispatch } from './dispatch.ts';

export interface SeenEvents {
  has(key: string): Promise<boolean>;
  add(key: string): Promise<void>;
}

/** `inner`, answering each event key once. An event that was cut off before its answer was shown is answered when it comes again. */
export function answerOnce(inner: Dispatch, events: SeenEvents): Dispatch {
  return {
    ...inner,
    async handle(invocation, limits) {
      if (!limits.redelivers) return inner.handle(invocation, limits);
      try {
        if (await events.has(invocation.key)) return { kind: 'none' };
      } catch (error) {
        return inner.refuse(error, invocation);
      }
      const answer = await inner.handle(invocation, limits);
      if (answer.kind !== 'reply' || answer.refused === 'access_denied') return answer;
      return {
        ...answer,
        async shown(messageRef) {
          await answer.shown(messageRef);
          await events.add(invocation.key);
        },
      };
    },
  };
}
