// What a person did, the same on every platform: an adapter's whole output towards the bot.

import type { Readable } from 'node:stream';

/** Who acts, and where the answer goes. */
export interface Person {
  readonly platform: string;
  readonly personId: string;
  readonly name: string;
  /** Where direct messages to this person go. */
  readonly chatId: string;
}

/** A clip that a platform still holds. Nothing is fetched before `open` is called. */
export interface ClipOffer {
  readonly name: string;
  /** As the platform states it; the bytes are counted anyway. */
  readonly sizeBytes: number | null;
  /** What the person wrote beside it, where it answers a question. */
  readonly words?: string;
  /** Streams the bytes; they stop when `signal` aborts. */
  open(signal: AbortSignal): Promise<Readable>;
}

export type OptionValue = string | ClipOffer;

interface InvocationBase {
  /** Unique per platform and event: the same event delivered twice has the same key. */
  readonly key: string;
  readonly person: Person;
  /** False in groups and servers, where nothing private may be said. */
  readonly isPrivate: boolean;
}

export type Invocation = InvocationBase &
  (
    | {
        readonly kind: 'command';
        readonly command: string;
        readonly options: Readonly<Record<string, OptionValue>>;
        /** Where options have no names: what was typed behind the command, and the clips it came with or answers. */
        readonly typed?: { readonly words: string; readonly clips: readonly ClipOffer[] };
      }
    /** A button or a select's choice; the choice's value already stands in `id`. */
    | { readonly kind: 'press'; readonly id: string; readonly messageRef: string | null }
    | {
        readonly kind: 'form';
        readonly id: string;
        readonly values: Readonly<Record<string, OptionValue>>;
        readonly messageRef: string | null;
      }
    /** Clips sent as a message, with whatever was written beside them. */
    | { readonly kind: 'clips'; readonly clips: readonly ClipOffer[]; readonly text: string }
    /** A message without a clip. */
    | { readonly kind: 'text'; readonly text: string }
    /** The person opened the bot, with the payload of a deep link if there was one. */
    | { readonly kind: 'start'; readonly payload: string }
  );

/** Someone is typing an option of a command; the answer is a handful of suggestions. */
export interface SuggestionRequest {
  readonly person: Person;
  readonly command: string;
  readonly option: string;
  readonly text: string;
}

/** The chosen options of a field of the kind `checks`, as one value; none are the empty text. */
export const joinChecks = (chosen: readonly string[]): string => chosen.join(',');
export const readChecks = (value: string): ReadonlySet<string> => new Set(value.split(',').filter(Boolean));

export const isClip = (value: OptionValue | undefined): value is ClipOffer => typeof value === 'object';
