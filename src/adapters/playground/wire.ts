// What travels between the page and the bot: what a person did, checked, and what a chat shows.

import { z } from 'zod';
import { withValue } from '../../chat/action-id.ts';
import { type Command, canonicalName } from '../../chat/command.ts';
import type { ClipOffer, Invocation, OptionValue } from '../../chat/invocation.ts';
import type { Block, Form, Reply } from '../../chat/reply.ts';
import { AppError } from '../../domain/errors.ts';
import type { PlaygroundMessage } from '../../stores/playground-messages.ts';
import { PLATFORM, PLAYED_IDS, type PlayedId, personOf } from './people.ts';

const TEXT_MAX = 20_000;
const CLIPS_MAX = 20;

const id = z.string().regex(/^[\w-]{16}$/);
const actionId = z.string().max(64);
const words = z.string().max(TEXT_MAX);
/** A clip that the page holds and sends when the bot asks for it. */
const clip = z.object({ id, name: z.string().min(1).max(255), sizeBytes: z.number().int().nonnegative() });
const value = z.union([words, clip]);
const person = z.enum(PLAYED_IDS as [PlayedId, ...PlayedId[]]);
const base = { id, person };

export const actSchema = z.discriminatedUnion('kind', [
  z.object({ ...base, kind: z.literal('say'), text: words, clips: z.array(clip).max(CLIPS_MAX) }),
  z.object({
    ...base,
    kind: z.literal('command'),
    line: words,
    command: z.string().max(64),
    options: z.record(z.string().max(32), value),
    /** What was typed behind the command without naming an option. */
    words: words.nullable(),
    clips: z.array(clip).max(CLIPS_MAX),
  }),
  z.object({
    ...base,
    kind: z.literal('press'),
    action: actionId,
    value: z.string().max(64).nullable(),
    messageRef: id.nullable(),
  }),
  z.object({
    ...base,
    kind: z.literal('form'),
    action: actionId,
    values: z.record(z.string().max(32), value),
    messageRef: id.nullable(),
  }),
  z.object({ ...base, kind: z.literal('start'), payload: z.string().max(200) }),
]);
export type Act = z.output<typeof actSchema>;
export type WireClip = z.output<typeof clip>;

export const suggestionSchema = z.object({
  person,
  command: z.string().max(64),
  option: z.string().max(32),
  text: z.string().max(200),
});
export const clipParams = z.object({ id });
export const mediaParams = z.object({ mediaId: id });
export const fileParams = z.object({ ref: id, index: z.coerce.number().int().min(0).max(20) });
export const consentSchema = z.object({ person, url: z.string().max(400) });

/** An act as the bot takes it. @throws AppError `button_unknown`. */
export function toInvocation(act: Act, offer: (clip: WireClip) => ClipOffer): Invocation {
  const common = { key: `${PLATFORM}:${act.id}`, person: personOf(act.person), isPrivate: true };
  const valuesOf = (values: Readonly<Record<string, string | WireClip>>): Record<string, OptionValue> =>
    Object.fromEntries(Object.entries(values).map(([name, one]) => [name, typeof one === 'string' ? one : offer(one)]));
  switch (act.kind) {
    case 'say':
      return act.clips.length > 0
        ? { ...common, kind: 'clips', clips: act.clips.map(offer), text: act.text }
        : { ...common, kind: 'text', text: act.text };
    case 'command': {
      const options = valuesOf(act.options);
      const typed = act.words === null ? null : { words: act.words, clips: act.clips.map(offer) };
      return { ...common, kind: 'command', command: act.command, options, ...(typed && { typed }) };
    }
    case 'press': {
      const pressed = act.value === null ? act.action : chosenId(act.action, act.value);
      return { ...common, kind: 'press', id: pressed, messageRef: act.messageRef };
    }
    case 'form':
      return { ...common, kind: 'form', id: act.action, values: valuesOf(act.values), messageRef: act.messageRef };
    case 'start':
      return { ...common, kind: 'start', payload: act.payload };
  }
}

function chosenId(action: string, chosen: string): string {
  try {
    return withValue(action, chosen);
  } catch (error) {
    if (error instanceof RangeError) throw new AppError('button_unknown');
    throw error;
  }
}

/** What the chat shows of an act by itself; null for one that shows in what it changes. */
export function spokenOf(act: Act): { text: string; clips: string[] } | null {
  if (act.kind === 'say') return { text: act.text, clips: act.clips.map(({ name }) => name) };
  if (act.kind === 'command') {
    const named = Object.values(act.options).flatMap(one => (typeof one === 'string' ? [] : [one.name]));
    return { text: act.line, clips: [...named, ...act.clips.map(({ name }) => name)] };
  }
  // A return code is a secret for minutes; nobody needs to read it in the chat.
  return act.kind === 'start' ? { text: 'Back from the browser', clips: [] } : null;
}

type WireBlock = Exclude<Block, { kind: 'file' }> | { kind: 'file'; name: string; sizeBytes: number; url: string };

export type WireMessage = Omit<PlaygroundMessage, 'reply' | 'chatId'> & {
  readonly reply: (Omit<Reply, 'blocks'> & { readonly blocks: readonly WireBlock[] }) | null;
};

/** A message for the page. Files are fetched when they are wanted. */
export function toWire({ reply, chatId: _chatId, ...message }: PlaygroundMessage): WireMessage {
  if (!reply) return { ...message, reply: null };
  const blocks = reply.blocks.map((block, index): WireBlock => {
    if (block.kind !== 'file') return block;
    const url = `/playground/messages/${message.ref}/files/${index}`;
    return { kind: 'file', name: block.name, sizeBytes: Buffer.byteLength(block.content), url };
  });
  return { ...message, reply: { ...reply, blocks } };
}

export interface WireCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly options: readonly {
    readonly name: string;
    readonly summary: string;
    readonly kind: string;
    readonly required: boolean;
    readonly hasSuggestions: boolean;
  }[];
}

/** The commands that anybody may type. */
export const toWireCommands = <Services>(commands: readonly Command<Services>[]): WireCommand[] =>
  commands
    .filter(({ isTyped, ownerOnly }) => isTyped !== false && !ownerOnly)
    .map(({ name, aliases = [], summary, options }) => ({
      name,
      aliases: aliases.map(canonicalName),
      summary,
      options: options.map(({ name, summary, kind, required, suggest }) => ({
        name,
        summary,
        kind,
        required,
        hasSuggestions: suggest !== undefined,
      })),
    }));

/** What an act's request is answered with; messages come over the stream. */
export interface ActAnswer {
  readonly form: Form | null;
}
