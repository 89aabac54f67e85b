// What the Bot API server knows: chats with their messages as they stand now, updates that wait for the bot, files.

import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { FormattedText } from './html.ts';

export interface KeyboardButton {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
  readonly copy_text?: { readonly text: string };
  readonly style?: string;
}

/** A message as it stands in a chat now. */
export interface FakeMessage {
  readonly message_id: number;
  readonly isFromBot: boolean;
  readonly date: number;
  content: FormattedText;
  keyboard: readonly (readonly KeyboardButton[])[];
  readonly replyTo: number | null;
  readonly isSilent: boolean;
  isDeleted: boolean;
  /** How often the bot changed it. */
  edits: number;
  /** Grows with every send and edit in the chat: what the person saw last. */
  touched: number;
  readonly document?: { readonly name: string; readonly content: Buffer };
  readonly photo?: { readonly name: string; readonly content: Buffer };
  /** What the person sent, as updates show it. */
  readonly payload?: object;
}

export interface FakeFile {
  readonly name: string;
  /** As getFile and messages state it. */
  readonly sizeBytes: number;
  open(): Promise<Readable>;
  /** False: a part that is asked for is answered with the whole, as a server without ranges does. */
  readonly hasRanges?: boolean;
}

export interface FakeChat {
  readonly id: number;
  readonly type: 'private' | 'group';
  readonly messages: FakeMessage[];
}

export interface Answered {
  readonly id: string;
  readonly text: string | null;
  readonly isAlert: boolean;
}

export type Update = Readonly<Record<string, unknown>> & { readonly update_id: number };

export type FakeState = ReturnType<typeof createState>;

export function createState() {
  const chats = new Map<number, FakeChat>();
  const files = new Map<string, FakeFile>();
  const waiting: Update[] = [];
  /** `update` when one waits, `confirmed` when the bot says it has them, `changed` when a chat looks different. */
  const events = new EventEmitter().setMaxListeners(0);
  let nextUpdateId = 1000;
  let nextMessageId = 1;
  let touches = 0;
  let confirmedBelow = 0;

  function chat(id: number, type: FakeChat['type'] = 'private'): FakeChat {
    const known = chats.get(id);
    if (known) return known;
    const made: FakeChat = { id, type, messages: [] };
    chats.set(id, made);
    return made;
  }

  return {
    events,
    files,
    waiting,
    answered: [] as Answered[],
    commands: new Map<string, readonly object[]>(),
    blockedBy: new Set<number>(),
    webhook: null as { url: string; secret: string } | null,
    chat,
    knows: (id: number) => chats.has(id),

    addMessage(chatId: number, message: Partial<FakeMessage> & { content: FormattedText }): FakeMessage {
      const added: FakeMessage = {
        message_id: nextMessageId++,
        isFromBot: false,
        date: Math.floor(Date.now() / 1000),
        keyboard: [],
        replyTo: null,
        isSilent: false,
        isDeleted: false,
        edits: 0,
        touched: ++touches,
        ...message,
      };
      chat(chatId).messages.push(added);
      events.emit('changed');
      return added;
    },

    touch(message: FakeMessage): void {
      message.edits++;
      message.touched = ++touches;
      events.emit('changed');
    },

    push(update: object): number {
      const update_id = nextUpdateId++;
      waiting.push({ ...update, update_id });
      events.emit('update');
      return update_id;
    },

    /** Drops what the bot has confirmed: every update with a smaller id. */
    confirm(offset: number): void {
      confirmedBelow = Math.max(confirmedBelow, offset);
      const kept = waiting.filter(({ update_id }) => update_id >= offset);
      waiting.splice(0, waiting.length, ...kept);
      events.emit('confirmed');
    },

    lastUpdateId: () => nextUpdateId - 1,
    isConfirmed: (updateId: number) => updateId < confirmedBelow,
  };
}
