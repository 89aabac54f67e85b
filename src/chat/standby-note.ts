// While the database is a copy on standby, every answer says so: whoever schedules a post there must know that nothing sends it yet.

import type { Answer, Dispatch } from './dispatch.ts';
import { wordsFor } from './explain.ts';
import { note } from './reply.ts';

/** `inner`, with a note before each reply while `readStandby` gives a reason. Those who are not let in learn nothing of it. */
export function noteStandby(inner: Dispatch, readStandby: () => Promise<{ readonly reason: string } | null>): Dispatch {
  return {
    ...inner,
    async handle(invocation, limits): Promise<Answer> {
      const answer = await inner.handle(invocation, limits);
      if (answer.kind !== 'reply' || answer.refused !== null) return answer;
      const standby = await readStandby();
      if (!standby) return answer;
      const words = wordsFor({ code: 'copy_on_standby', facts: { reason: standby.reason } });
      return { ...answer, reply: { ...answer.reply, blocks: [note(words), ...answer.reply.blocks] } };
    },
  };
}
