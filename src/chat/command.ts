// How a chat command is declared: once, for every platform. Discord fixes an answer's visibility and whether it is a form before
// the handler runs, so both are stated here, statically.

import type { User } from '../domain/user.ts';
import { ACTION_ID_LIMIT_BYTES, ACTION_VALUE_LIMIT, encodeActionId } from './action-id.ts';
import type { AdapterLimits } from './adapter.ts';
import type { ClipOffer, OptionValue, Person } from './invocation.ts';
import type { Choice, Form, Reply } from './reply.ts';

export type Visibility = 'private' | 'public';

/** Everything a handler may use. `Services` are the product's use cases. */
export interface CommandContext<Services> {
  readonly services: Services;
  readonly user: User;
  readonly person: Person;
  readonly limits: AdapterLimits;
  /** The event's own key: writing with it makes a redelivered event harmless. */
  readonly eventKey: string;
  /** The current instant, ms since the epoch. */
  readonly now: number;
}

interface OptionBase<Services> {
  readonly name: string;
  readonly summary: string;
  readonly required: boolean;
  readonly suggest?: (ctx: CommandContext<Services>, text: string) => Promise<readonly Choice[]>;
}

export type CommandOption<Services> = OptionBase<Services> &
  (
    | { readonly kind: 'video' }
    | { readonly kind: 'text'; readonly maxLength: number }
    | { readonly kind: 'time' }
    | { readonly kind: 'choice' }
  );

export interface Press {
  readonly entity: string;
  readonly value: string;
}

/** A button or select that answers with a message. */
export interface ReplyAction<Services> {
  readonly answersWith: 'reply';
  readonly visibility: Visibility;
  run(ctx: CommandContext<Services>, press: Press): Promise<Reply>;
}

/** A button that opens a form. It reads the database only: a platform waits three seconds at most. */
export interface FormAction<Services> {
  readonly answersWith: 'form';
  run(ctx: CommandContext<Services>, press: Press): Promise<Form>;
}

export interface FormHandler<Services> {
  readonly visibility: Visibility;
  run(
    ctx: CommandContext<Services>,
    submission: Press & { readonly values: Readonly<Record<string, OptionValue>> },
  ): Promise<Reply>;
}

export interface Command<Services> {
  readonly name: string;
  readonly summary: string;
  /** Other spellings people type. */
  readonly aliases?: readonly string[];
  /** Shown and answered for the bot's owner alone. */
  readonly ownerOnly?: boolean;
  /** False for what is reached by buttons alone: neither listed nor registered. */
  readonly isTyped?: boolean;
  readonly visibility: Visibility;
  readonly options: readonly CommandOption<Services>[];
  readonly actions: Readonly<Record<string, ReplyAction<Services> | FormAction<Services>>>;
  readonly forms: Readonly<Record<string, FormHandler<Services>>>;
  run(ctx: CommandContext<Services>, options: Readonly<Record<string, OptionValue>>): Promise<Reply>;
}

/** What a bot answers to: its commands in the order of /help, and what it does with messages that are no command. */
export interface CommandSet<Services> {
  readonly commands: readonly Command<Services>[];
  clips(ctx: CommandContext<Services>, clips: readonly ClipOffer[], words: string): Promise<Reply>;
  text(ctx: CommandContext<Services>, words: string): Promise<Reply>;
  start(ctx: CommandContext<Services>, payload: string): Promise<Reply>;
}

/** The longest entity and value that an id may carry. */
const LONGEST_ENTITY = 'x'.repeat(16);
const LONGEST_VALUE = 'x'.repeat(ACTION_VALUE_LIMIT);

/**
 * Finds commands by any spelling of their name; hyphens and underscores are the same, since Telegram knows no hyphen.
 * @throws RangeError where two commands share a name, or where the longest possible id of an action exceeds 64 bytes.
 */
export function indexCommands<Services>(commands: readonly Command<Services>[]): Map<string, Command<Services>> {
  const index = new Map<string, Command<Services>>();
  for (const command of commands) {
    for (const spelling of [command.name, ...(command.aliases ?? [])]) {
      const key = canonicalName(spelling);
      if (index.has(key)) throw new RangeError(`two commands answer to ${spelling}`);
      index.set(key, command);
    }
    for (const name of [...Object.keys(command.actions), ...Object.keys(command.forms)]) {
      const longest = encodeActionId(command.name, name, LONGEST_ENTITY, LONGEST_VALUE);
      if (longest.length > ACTION_ID_LIMIT_BYTES) throw new RangeError(`ids of ${command.name}:${name} are too long`);
    }
  }
  return index;
}

/** `connect_tiktok`, `Connect-TikTok` and `connect-tiktok` are one name. */
export const canonicalName = (name: string): string => name.toLowerCase().replaceAll('_', '-');

/** The spelling for platforms whose command names have no hyphen. */
export const underscoreName = (name: string): string => name.replaceAll('-', '_');
