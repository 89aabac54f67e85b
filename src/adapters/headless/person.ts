// A person at the headless platform: speaks in commands, labels and words, never in ids, just as somebody at a screen would.

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { withValue } from '../../chat/action-id.ts';
import type { ClipOffer, OptionValue, Person } from '../../chat/invocation.ts';
import type { Button, Control, Form, LinkButton, Reply, Select } from '../../chat/reply.ts';
import type { ChatMessage, HeadlessAdapter } from './adapter.ts';
import { renderText } from './render-text.ts';

export interface HeadlessPerson {
  readonly messages: readonly ChatMessage[];
  command(name: string, options?: Record<string, OptionValue>): Promise<ChatMessage>;
  say(words: string): Promise<ChatMessage>;
  sendClips(clips: readonly ClipOffer[], words?: string): Promise<ChatMessage>;
  open(payload?: string): Promise<ChatMessage>;
  /** Presses the button with this label on the newest message that has it. */
  press(label: string | RegExp): Promise<ChatMessage | Form>;
  /** Picks an option of the select with this placeholder. */
  choose(placeholder: string | RegExp, option: string | RegExp): Promise<ChatMessage | Form>;
  /** The id behind a button, for pressing it when its message is old. */
  idOf(label: string | RegExp): string;
  /** Presses by id: what an old message, or a forged one, would send. */
  pressId(id: string): Promise<ChatMessage | Form>;
  /** Fills in the form on the screen, by field name, and submits it. */
  fill(values: Record<string, OptionValue>): Promise<ChatMessage>;
  /** The address behind a link's label. */
  linkOf(label: string | RegExp): string;
  /** Waits for a message that `matches`. @throws Error saying what the chat showed instead. */
  waitFor(matches: string | RegExp | ((reply: Reply) => boolean), timeoutMs?: number): Promise<ChatMessage>;
  /** The newest message as text. */
  read(message?: ChatMessage): string;
}

const WAIT_MS = 15_000;

export function createHeadlessPerson(
  adapter: HeadlessAdapter,
  { id, name, clock = Date.now }: { id: string; name: string; clock?: () => number },
): HeadlessPerson {
  const person: Person = { platform: adapter.platform, personId: id, name, chatId: `chat-${id}` };
  const chat = adapter.chat(person.chatId);
  const base = () => ({ key: `${adapter.platform}:${randomUUID()}`, person, isPrivate: true });
  const read = (message = chat.messages.at(-1)) => (message ? renderText(message.reply, clock()) : '');

  const matchesText = (wanted: string | RegExp, text: string) =>
    typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
  const isLabel = (wanted: string | RegExp, label: string) =>
    typeof wanted === 'string' ? label === wanted : wanted.test(label);

  function find<T extends Control>(
    test: (control: Control) => control is T,
    what: string,
  ): { control: T; ref: string } {
    for (const message of chat.messages.toReversed())
      for (const control of message.reply.rows.flat()) if (test(control)) return { control, ref: message.ref };
    throw new Error(`${name} looked for ${what}; the newest message is:\n${read()}`);
  }

  async function expectMessage(answer: Promise<ChatMessage | Form>): Promise<ChatMessage> {
    const message = await answer;
    if ('ref' in message) return message;
    throw new Error(`${name} expected a message and got the form “${message.title}”`);
  }

  const pressId = (actionId: string, messageRef: string | null = null) =>
    adapter.deliver({ ...base(), kind: 'press', id: actionId, messageRef });

  return {
    messages: chat.messages,
    read,
    command: (command, options = {}) =>
      expectMessage(adapter.deliver({ ...base(), kind: 'command', command, options })),
    say: text => expectMessage(adapter.deliver({ ...base(), kind: 'text', text })),
    sendClips: (clips, text = '') => expectMessage(adapter.deliver({ ...base(), kind: 'clips', clips, text })),
    open: (payload = '') => expectMessage(adapter.deliver({ ...base(), kind: 'start', payload })),
    idOf(label) {
      const isWanted = (control: Control): control is Button =>
        control.kind === 'button' && isLabel(label, control.label);
      return find(isWanted, `a button ${label}`).control.id;
    },
    pressId: actionId => pressId(actionId),
    async press(label) {
      const isWanted = (control: Control): control is Button =>
        control.kind === 'button' && isLabel(label, control.label);
      const { control, ref } = find(isWanted, `a button ${label}`);
      if (control.disabled) throw new Error(`${name} pressed ${control.label}, which is disabled:\n${read()}`);
      return pressId(control.id, ref);
    },
    async choose(placeholder, option) {
      const isWanted = (control: Control): control is Select =>
        control.kind === 'select' && isLabel(placeholder, control.placeholder);
      const { control, ref } = find(isWanted, `a choice ${placeholder}`);
      const chosen = control.options.find(({ label }) => isLabel(option, label));
      if (!chosen)
        throw new Error(`${name} looked for ${option} in ${control.options.map(({ label }) => label).join(', ')}`);
      return pressId(withValue(control.id, chosen.value), ref);
    },
    async fill(values) {
      if (!chat.form) throw new Error(`${name} has no form to fill in; the newest message is:\n${read()}`);
      const { form, messageRef } = chat.form;
      chat.form = null;
      return expectMessage(adapter.deliver({ ...base(), kind: 'form', id: form.id, values, messageRef }));
    },
    linkOf(label) {
      const isWanted = (control: Control): control is LinkButton =>
        control.kind === 'link' && isLabel(label, control.label);
      return find(isWanted, `a link ${label}`).control.url;
    },
    waitFor(matches, timeoutMs = WAIT_MS) {
      const test = (message: ChatMessage) =>
        typeof matches === 'function' ? matches(message.reply) : matchesText(matches, read(message));
      return new Promise((resolve, reject) => {
        const finish = () => {
          clearTimeout(timer);
          chat.watchers.delete(look);
        };
        const look = () => {
          const found = chat.messages.findLast(test);
          if (!found) return;
          finish();
          resolve(found);
        };
        const timer = setTimeout(() => {
          finish();
          reject(
            new Error(
              `${name} waited ${timeoutMs} ms for ${matches}; the chat shows:\n${chat.messages.map(read).join('\n---\n')}`,
            ),
          );
        }, timeoutMs);
        chat.watchers.add(look);
        look();
      });
    },
  };
}

/** A clip on this machine's disk, offered the way a platform offers one. */
export async function offerFile(path: string): Promise<ClipOffer> {
  const { size } = await stat(path);
  return { name: basename(path), sizeBytes: size, open: async signal => createReadStream(path, { signal }) };
}
