// The port between the bot and a chat platform. An adapter turns events into Invocations and Replies into messages; it decides
// nothing about posts.

import type { Dispatch } from './dispatch.ts';
import type { Reply } from './reply.ts';

/** What a platform can do. Code outside adapters asks these, never a platform's name. */
export interface AdapterLimits {
  /** Forms appear at once; where false, one question is asked at a time (one-by-one.ts). */
  readonly forms: boolean;
  /** The most fields that a form holds; longer ones come in parts (in-parts.ts). Null: all. */
  readonly fieldsAtOnce: number | null;
  /** Messages can be edited after they were sent. */
  readonly edits: boolean;
  /** The platform drops a second send with the same idempotency key. */
  readonly deduplicatesSends: boolean;
  /** Deep links bring a return code back by themselves: the address to open for a payload, or null. */
  readonly deepLink: ((payload: string) => string) | null;
  /** Its people sit at this machine, so pages under localhost open for them; elsewhere pages need a public address. */
  readonly linkPage: boolean;
  /** The most options of one choice that a message shows well; longer ones come in pages. Null: all. */
  readonly optionsAtOnce: number | null;
  /** The same event can arrive twice, after a restart say: it is answered once (once.ts). */
  readonly redelivers: boolean;
  /** The largest clip the platform hands to a bot, bytes; null where it does not say. */
  readonly maxClipBytes: number | null;
  /** Whoever can open this platform's page may use the bot: the page itself lets people in. */
  readonly opensItself: boolean;
}

/** One message to a person's direct chat. */
export interface OutgoingMessage {
  readonly reply: Reply;
  /** The same key is the same message: sent again only when it is unknown whether it arrived. */
  readonly idempotencyKey: string;
  /** The message that this one answers. */
  readonly answers: string | null;
  /** Edits this message instead of sending a new one. */
  readonly edits: string | null;
  /** Makes no sound. */
  readonly silent: boolean;
}

export type SendOutcome =
  | { readonly kind: 'sent'; readonly messageRef: string | null }
  /** The person cannot be reached until they write again: blocked, closed direct messages. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'retryAfter'; readonly delayMs: number };

/** An address that brings the bot to where people are. */
export interface InstallLink {
  /** "a Discord server", as it stands after "Add the bot to". */
  readonly to: string;
  readonly url: string;
}

export interface Adapter {
  readonly platform: string;
  readonly limits: AdapterLimits;
  start(dispatch: Dispatch): Promise<void>;
  /** Takes no more events and waits for running handlers. */
  stop(): Promise<void>;
  send(chatId: string, message: OutgoingMessage): Promise<SendOutcome>;
  /** Whether its people can be heard at the moment. Not there: always. */
  isReady?(): boolean;
  /** In a sentence, what the operator must do before it can ever work again; null while that is nothing. */
  fault?(): string | null;
  /** What the bot is called there, for whoever starts it; null while the platform has not told. */
  calledAs?(): string | null;
  /** For whoever starts the bot. Not there: people find it by its name. */
  installLinks?(): readonly InstallLink[];
  /** What opens a person's chat with the bot; null while the platform has not told. Not there: nothing does. */
  chatUrl?(): string | null;
}
