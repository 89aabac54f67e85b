// Advice about clips, once and again until a person has had enough of it.

import type { Message } from 'grammy/types';
import { decodeActionId, encodeActionId } from '../../chat/action-id.ts';
import type { Invocation, Person } from '../../chat/invocation.ts';
import { button, note, reply } from '../../chat/reply.ts';
import { mayBeShrunk } from './clips.ts';
import type { Messenger } from './messenger.ts';

/** Which advice a chat does not want again. */
export interface MutedHints {
  isMuted(person: Person, hint: string): Promise<boolean>;
  mute(person: Person, hint: string): Promise<void>;
}

export interface Hints {
  /** Says what there is to say about clips that were just taken. */
  afterClips(person: Person, messages: readonly Message[]): Promise<void>;
  /** Takes "Don't tell me again"; false for any other press. */
  takePress(press: Invocation & { kind: 'press' }): Promise<boolean>;
}

const SHRUNK = 'shrunk';

export function createHints(messenger: Messenger, muted: MutedHints): Hints {
  return {
    async afterClips(person, messages) {
      if (!messages.some(mayBeShrunk) || (await muted.isMuted(person, SHRUNK))) return;
      const hint = reply([note('Telegram may have shrunk this; send it as a file for full quality.')], {
        rows: [[button('Don’t tell me again', encodeActionId('hint', 'mute', '', SHRUNK))]],
      });
      await messenger.show(person.chatId, hint, { silent: true });
    },
    async takePress({ id, messageRef, person }) {
      if (!id.startsWith('v1:hint:mute:')) return false;
      await muted.mute(person, decodeActionId(id).value);
      if (messageRef !== null) await messenger.remove(person.chatId, messageRef);
      return true;
    },
  };
}
