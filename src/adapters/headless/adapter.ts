// A chat platform without a screen: people in this process who type, press and read. The demo and the stories in test/flows play
// them; everything behind the port is the real bot.

import { randomUUID } from 'node:crypto';
import type { Adapter, AdapterLimits, OutgoingMessage, SendOutcome } from '../../chat/adapter.ts';
import type { Dispatch } from '../../chat/dispatch.ts';
import type { Invocation } from '../../chat/invocation.ts';
import type { Form, Reply } from '../../chat/reply.ts';

/** A message as it stands in a person's chat now. */
export interface ChatMessage {
  readonly ref: string;
  reply: Reply;
  readonly answers: string | null;
  readonly isSilent: boolean;
}

/** One person's chat: what was said to them, in order. */
export interface Chat {
  readonly messages: ChatMessage[];
  /** The form on the person's screen, if any. */
  form: { form: Form; messageRef: string | null } | null;
  readonly watchers: Set<() => void>;
}

export interface HeadlessAdapter extends Adapter {
  chat(chatId: string): Chat;
  /** Hands an event to the bot and shows its answer in the chat. Gives the message answered, or the form opened. */
  deliver(invocation: Invocation): Promise<ChatMessage | Form>;
  /** Replaces how messages are sent, for stories about a platform that is down. */
  interfere(send: ((message: OutgoingMessage) => SendOutcome | null) | null): void;
}

export const HEADLESS_LIMITS: AdapterLimits = {
  forms: true,
  fieldsAtOnce: null,
  edits: true,
  deduplicatesSends: true,
  deepLink: null,
  linkPage: true,
  optionsAtOnce: null,
  redelivers: false,
  maxClipBytes: null,
  opensItself: true,
};

export function createHeadlessAdapter(platform: string, limits: AdapterLimits = HEADLESS_LIMITS): HeadlessAdapter {
  const chats = new Map<string, Chat>();
  const running = new Set<Promise<unknown>>();
  const sent = new Map<string, string>();
  let dispatch: Dispatch | null = null;
  let interference: ((message: OutgoingMessage) => SendOutcome | null) | null = null;

  function chat(chatId: string): Chat {
    const known = chats.get(chatId);
    if (known) return known;
    const made: Chat = { messages: [], form: null, watchers: new Set() };
    chats.set(chatId, made);
    return made;
  }

  const changed = ({ watchers }: Chat) => {
    for (const watcher of watchers) watcher();
  };

  function show(
    target: Chat,
    reply: Reply,
    edits: string | null,
    answers: string | null,
    isSilent: boolean,
  ): ChatMessage {
    const edited = edits === null ? undefined : target.messages.find(({ ref }) => ref === edits);
    const message = edited ?? { ref: randomUUID(), reply, answers, isSilent };
    if (edited) edited.reply = reply;
    else target.messages.push(message);
    changed(target);
    return message;
  }

  async function handle(invocation: Invocation): Promise<ChatMessage | Form> {
    if (!dispatch) throw new Error('the bot has not been started');
    const target = chat(invocation.person.chatId);
    const answer = await dispatch.handle(invocation, limits);
    const pressed = 'messageRef' in invocation ? invocation.messageRef : null;
    if (answer.kind === 'none') throw new Error('the bot answered this event before');
    if (answer.kind === 'form') {
      target.form = { form: answer.form, messageRef: pressed };
      changed(target);
      return answer.form;
    }
    const message = show(target, answer.reply, answer.edits, null, false);
    await answer.shown(message.ref);
    return message;
  }

  return {
    platform,
    limits,
    chat,
    interfere(send) {
      interference = send;
    },
    async start(given) {
      dispatch = given;
    },
    async stop() {
      dispatch = null;
      await Promise.allSettled(running);
    },
    deliver(invocation) {
      const task = handle(invocation).finally(() => running.delete(task));
      running.add(task);
      return task;
    },
    async send(chatId, message) {
      const interfered = interference?.(message);
      if (interfered) return interfered;
      const earlier = sent.get(message.idempotencyKey);
      if (earlier) return { kind: 'sent', messageRef: earlier };
      const { ref } = show(chat(chatId), message.reply, message.edits, message.answers, message.silent);
      sent.set(message.idempotencyKey, ref);
      return { kind: 'sent', messageRef: ref };
    },
  };
}
