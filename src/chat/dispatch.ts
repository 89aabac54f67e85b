// The one way from what a person did to what the bot answers. It lets people in, finds the handler, and is one of the three places
// where an unknown error becomes an answer.

import { AppError, type ErrorCode, isAppError } from '../domain/errors.ts';
import type { User } from '../domain/user.ts';
import { decodeActionId } from './action-id.ts';
import type { AdapterLimits } from './adapter.ts';
import type { Visibility } from './command.ts';
import { type Command, type CommandContext, type CommandSet, canonicalName, indexCommands } from './command.ts';
import { explain } from './explain.ts';
import type { Invocation, Person, SuggestionRequest } from './invocation.ts';
import type { Choice, Form, Reply } from './reply.ts';
import { readTypedOptions } from './typed-options.ts';

export type Answer =
  | {
      readonly kind: 'reply';
      readonly reply: Reply;
      readonly visibility: Visibility;
      /** The message to redraw; null adds one. */
      readonly edits: string | null;
      /** Messages that have served their turn and go. */
      readonly removes: readonly string[];
      /** Said right after it, as a message of its own. */
      readonly next: { readonly reply: Reply; shown(messageRef: string | null): Promise<void> } | null;
      /** Why the person got words instead of what they wanted. */
      readonly refused: ErrorCode | null;
      /** To be called once the person can see it, with the message's place; null where it cannot be reached later. */
      shown(messageRef: string | null): Promise<void>;
    }
  | { readonly kind: 'form'; readonly form: Form }
  /** The event was answered before. */
  | { readonly kind: 'none' };

/** What a platform must know before the handler runs. */
export interface Foresight {
  readonly visibility: Visibility;
  readonly answersWith: 'reply' | 'form';
}

export interface Dispatch {
  foresee(invocation: Invocation): Foresight;
  handle(invocation: Invocation, limits: AdapterLimits): Promise<Answer>;
  /** Words for what went wrong on the way to `handle`; logs it as `handle` does. */
  refuse(error: unknown, invocation: Invocation): Answer;
  suggest(request: SuggestionRequest, limits: AdapterLimits): Promise<readonly Choice[]>;
}

export interface DispatchLog {
  error(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

export interface DispatchDeps<Services> {
  readonly set: CommandSet<Services>;
  readonly services: Services;
  /** Finds or makes the user behind a person. @throws AppError `access_denied` for people who are not let in. */
  admit(person: Person, invocation: Invocation | null): Promise<User>;
  /** Keeps where a post's card stands. */
  keepCard(user: User, postId: string, person: Person, messageRef: string): Promise<void>;
  /** A person has just seen an answer: what could not reach them before may now. */
  contacted(user: User): Promise<void>;
  readonly clock: () => number;
  readonly newRequestId: () => string;
  readonly log: DispatchLog;
}

/** An answer that adds a message and does nothing else. */
export const plainAnswer = (reply: Reply): Answer & { kind: 'reply' } => ({
  kind: 'reply',
  reply,
  visibility: 'private',
  edits: null,
  removes: [],
  next: null,
  refused: null,
  shown: async () => {},
});

const PRIVATE_REPLY: Foresight = { visibility: 'private', answersWith: 'reply' };

export function createDispatch<Services>(deps: DispatchDeps<Services>): Dispatch {
  const { set, services, clock, log } = deps;
  const index = indexCommands(set.commands);

  function findCommand(name: string): Command<Services> {
    const command = index.get(canonicalName(name));
    if (!command) throw new AppError('command_unknown', { command: name });
    return command;
  }

  /** What is the owner's alone does not exist for anybody else. */
  function findCommandFor(user: User, name: string): Command<Services> {
    const command = findCommand(name);
    if (command.ownerOnly && user.role !== 'owner') throw new AppError('command_unknown', { command: name });
    return command;
  }

  function findAction(id: string, find: (name: string) => Command<Services> = findCommand) {
    const press = decodeActionId(id);
    const action = find(press.command).actions[press.action];
    if (!action) throw new AppError('button_unknown');
    return { press, action };
  }

  function findForm(id: string, find: (name: string) => Command<Services> = findCommand) {
    const press = decodeActionId(id);
    const form = find(press.command).forms[press.action];
    if (!form) throw new AppError('button_unknown');
    return { press, form };
  }

  const contextOf = (user: User, invocation: Invocation, limits: AdapterLimits): CommandContext<Services> => ({
    services,
    user,
    person: invocation.person,
    limits,
    eventKey: invocation.key,
    now: clock(),
  });

  async function run(invocation: Invocation, ctx: CommandContext<Services>): Promise<Reply | { form: Form }> {
    const find = (name: string) => findCommandFor(ctx.user, name);
    switch (invocation.kind) {
      case 'command':
        return runCommand(find(invocation.command), invocation, ctx);
      case 'press': {
        const { press, action } = findAction(invocation.id, find);
        return action.answersWith === 'form' ? { form: await action.run(ctx, press) } : action.run(ctx, press);
      }
      case 'form': {
        const { press, form } = findForm(invocation.id, find);
        return form.run(ctx, { ...press, values: invocation.values });
      }
      case 'clips':
        return set.clips(ctx, invocation.clips, invocation.text);
      case 'text':
        return set.text(ctx, invocation.text);
      case 'start':
        return set.start(ctx, invocation.payload);
    }
  }

  async function runCommand(
    command: Command<Services>,
    { options, typed }: Invocation & { kind: 'command' },
    ctx: CommandContext<Services>,
  ): Promise<Reply> {
    if (!typed) return command.run(ctx, options);
    // A clip with a command's name before its words is a clip with words.
    if (typed.clips.length > 0 && command.options.some(({ kind }) => kind === 'video'))
      return set.clips(ctx, typed.clips, typed.words);
    return command.run(ctx, await readTypedOptions(command, typed.words, ctx));
  }

  function foresee(invocation: Invocation): Foresight {
    try {
      if (invocation.kind === 'command')
        return { visibility: findCommand(invocation.command).visibility, answersWith: 'reply' };
      if (invocation.kind === 'form')
        return { visibility: findForm(invocation.id).form.visibility, answersWith: 'reply' };
      if (invocation.kind === 'press') {
        const { action } = findAction(invocation.id);
        return action.answersWith === 'form' ? { visibility: 'private', answersWith: 'form' } : action;
      }
      return PRIVATE_REPLY;
    } catch (error) {
      // The same id is looked up again by `handle`, which explains it.
      if (isAppError(error, 'button_unknown', 'command_unknown')) return PRIVATE_REPLY;
      throw error;
    }
  }

  /** Turns any error into words; what nobody foresaw is logged with a number that the person can quote. */
  function answerError(error: unknown, invocation: Invocation): Answer & { kind: 'reply' } {
    const requestId = deps.newRequestId();
    const known = isAppError(error) ? error : new AppError('unknown', {}, { cause: error });
    const facts = { requestId, code: known.code, kind: invocation.kind, platform: invocation.person.platform };
    if (known.kind === 'bug') log.error({ ...facts, err: error }, 'a command failed');
    else log.info(facts, 'a command was refused');
    return { ...plainAnswer(explain(known, requestId)), refused: known.code };
  }

  return {
    foresee,
    refuse: answerError,
    async handle(invocation, limits) {
      let user: User | null = null;
      const contacted = async () => {
        if (user) await deps.contacted(user);
      };
      try {
        const admitted = await deps.admit(invocation.person, invocation);
        user = admitted;
        const outcome = await run(invocation, contextOf(admitted, invocation, limits));
        if ('form' in outcome) return { kind: 'form', form: outcome.form };
        return {
          ...plainAnswer(outcome),
          visibility: foresee(invocation).visibility,
          edits: outcome.replaces && 'messageRef' in invocation ? invocation.messageRef : null,
          async shown(messageRef) {
            if (outcome.cardOf && messageRef !== null)
              await deps.keepCard(admitted, outcome.cardOf, invocation.person, messageRef);
            await contacted();
          },
        };
      } catch (error) {
        return { ...answerError(error, invocation), shown: contacted };
      }
    },
    async suggest(request, limits) {
      try {
        const user = await deps.admit(request.person, null);
        const option = findCommandFor(user, request.command).options.find(({ name }) => name === request.option);
        const ctx = { services, user, person: request.person, limits, eventKey: '', now: clock() };
        return (await option?.suggest?.(ctx, request.text)) ?? [];
      } catch (error) {
        // Suggestions are a courtesy: without them the person types on, and the command itself explains what is wrong.
        if (!isAppError(error)) log.error({ err: error }, 'suggestions failed');
        return [];
      }
    },
  };
}
