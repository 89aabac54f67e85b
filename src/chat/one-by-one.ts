// Platforms without forms: a form becomes one question at a time. The question waits in the database, so a restart between
// any two messages loses nothing; /cancel or its button ends it. What a card offers can be said too: "everyone", "schedule".

import { AppError, type ErrorCode } from '../domain/errors.ts';
import { type ActionId, decodeActionId, withValue } from './action-id.ts';
import type { AdapterLimits } from './adapter.ts';
import { type Answer, type Dispatch, plainAnswer } from './dispatch.ts';
import type { Invocation, OptionValue, Person } from './invocation.ts';
import { readPage, showPage } from './pages.ts';
import { askedFields, type OpenQuestion, openField, readPick, readWords, renderQuestion } from './question.ts';
import { type Form, type Reply, say } from './reply.ts';

/** What is kept of a chat between two messages. */
export interface ChatMemory {
  readonly question: OpenQuestion | null;
  /** The newest message with buttons. */
  readonly shown: { readonly messageRef: string; readonly reply: Reply } | null;
}

export interface ChatMemories {
  read(person: Person): Promise<ChatMemory>;
  /** Keeps the open question in place of another one; null ends it. */
  keepQuestion(person: Person, question: OpenQuestion | null): Promise<void>;
  /** Keeps where the question stands, if it is still the open one. */
  placeQuestion(person: Person, questionId: string, messageRef: string): Promise<void>;
  keepShown(person: Person, shown: NonNullable<ChatMemory['shown']>): Promise<void>;
}

export interface OneByOneDeps {
  readonly memories: ChatMemories;
  readonly newId: () => string;
}

type Shown = Answer & { kind: 'reply' };

/** `inner` for every platform; where `limits.forms` is false its forms are asked one by one. */
export function askOneByOne(inner: Dispatch, { memories, newId }: OneByOneDeps): Dispatch {
  /** Hands over what the person did, and makes a question of a form. */
  async function pass(invocation: Invocation, limits: AdapterLimits): Promise<Answer> {
    const answer = await inner.handle(invocation, limits);
    if (answer.kind === 'form') {
      const cardRef = 'messageRef' in invocation ? invocation.messageRef : null;
      return ask(invocation.person, open(answer.form, cardRef, false));
    }
    return answer.kind === 'reply' ? present(invocation, answer, limits) : answer;
  }

  const open = (form: Form, cardRef: string | null, isOffered: boolean): OpenQuestion => ({
    id: newId(),
    form,
    values: {},
    cardRef,
    questionRef: null,
    isOffered,
  });

  async function ask(person: Person, question: OpenQuestion): Promise<Shown> {
    await memories.keepQuestion(person, question);
    return {
      ...plainAnswer(renderQuestion(question)),
      async shown(ref) {
        if (ref !== null) await memories.placeQuestion(person, question.id, ref);
      },
    };
  }

  /** Pages long choices, remembers what the chat shows, and asks for what a new card lacks. */
  async function present(invocation: Invocation, answer: Shown, limits: AdapterLimits): Promise<Shown> {
    const { person } = invocation;
    const reply = limits.optionsAtOnce === null ? answer.reply : showPage(answer.reply, limits.optionsAtOnce);
    const hasControls = answer.reply.rows.some(row => row.some(({ kind }) => kind !== 'link'));
    let cardRef: string | null = answer.edits;
    const asked =
      answer.reply.asks && answer.edits === null ? await offer(invocation, answer.reply.asks, limits) : null;
    return {
      ...answer,
      reply,
      next: asked && {
        reply: renderQuestion(asked),
        async shown(messageRef) {
          await memories.keepQuestion(person, { ...asked, cardRef, questionRef: messageRef });
        },
      },
      async shown(messageRef) {
        cardRef = messageRef;
        await answer.shown(messageRef);
        if (hasControls && messageRef !== null) await memories.keepShown(person, { messageRef, reply: answer.reply });
      },
    };
  }

  async function offer(cause: Invocation, id: string, limits: AdapterLimits): Promise<OpenQuestion | null> {
    const { key, person, isPrivate } = cause;
    const asked = await inner.handle({ key, person, isPrivate, kind: 'press', id, messageRef: null }, limits);
    return asked.kind === 'form' ? open(asked.form, null, true) : null;
  }

  /** Takes an answer: asks the next question, or submits the form. The question stays open where the answer will not do. */
  async function take(
    cause: Invocation,
    question: OpenQuestion,
    value: OptionValue,
    limits: AdapterLimits,
  ): Promise<Answer> {
    const { key, person, isPrivate } = cause;
    const field = openField(question);
    if (!field) throw new AppError('question_gone');
    const isPressed = cause.kind === 'press';
    const served = question.questionRef === null ? [] : [question.questionRef];
    if (askedFields(question.form).at(-1) !== field && typeof value === 'string') {
      const next = { ...question, id: newId(), values: { ...question.values, [field.name]: value }, questionRef: null };
      return { ...(await ask(person, next)), removes: served };
    }
    const values = { ...question.values, [field.name]: value };
    const submission: Invocation = {
      key,
      person,
      isPrivate,
      kind: 'form',
      id: question.form.id,
      values,
      messageRef: question.cardRef,
    };
    const answer = await inner.handle(submission, limits);
    if (answer.kind !== 'reply') return answer;
    if (answer.refused && isMendable(answer.refused)) return answer;
    await memories.keepQuestion(person, null);
    // Under words that were typed the card moves down, where the person is looking.
    const isMoving = answer.edits !== null && !isPressed;
    const moved = isMoving ? { ...answer, edits: null } : answer;
    const shown = await present(cause, moved, limits);
    return { ...shown, removes: [...served, ...(isMoving && answer.edits ? [answer.edits] : [])] };
  }

  /** A press on one of the buttons that this file makes. */
  async function pressOwn(
    cause: Invocation & { kind: 'press' },
    press: ActionId,
    memory: ChatMemory,
    limits: AdapterLimits,
  ): Promise<Answer> {
    if (press.action === 'page') {
      const page = readPage(press.value);
      if (!page || !memory.shown || memory.shown.messageRef !== cause.messageRef) throw new AppError('question_gone');
      return {
        ...plainAnswer(showPage(memory.shown.reply, limits.optionsAtOnce ?? Infinity, page)),
        edits: cause.messageRef,
      };
    }
    const { question } = memory;
    if (question?.id !== press.entity) throw new AppError('question_gone');
    if (press.action === 'pick') return take(cause, question, readPick(question, press.value), limits);
    if (press.action === 'empty') return take(cause, question, '', limits);
    if (press.action === 'keep') return take(cause, question, openField(question)?.value ?? '', limits);
    if (press.action === 'type')
      return { ...plainAnswer(renderQuestion(question, { isTyping: true })), edits: cause.messageRef };
    if (press.action === 'stop') return stop(cause.person, question);
    throw new AppError('button_unknown');
  }

  async function stop(person: Person, question: OpenQuestion): Promise<Answer> {
    await memories.keepQuestion(person, null);
    return {
      ...plainAnswer(say('Fine, it stays as it was.')),
      removes: question.questionRef ? [question.questionRef] : [],
    };
  }

  /** Strangers get one sentence for everything. `inner` has no command of this name, and says that to people who are in. */
  async function denial({ key, person, isPrivate }: Invocation, limits: AdapterLimits): Promise<Answer | null> {
    const probe: Invocation = { key, person, isPrivate, kind: 'command', command: 'cancel', options: {} };
    const answer = await inner.handle(probe, limits);
    return answer.kind === 'reply' && answer.refused === 'access_denied' ? answer : null;
  }

  async function interpret(invocation: Invocation, limits: AdapterLimits): Promise<Answer> {
    const { person } = invocation;
    const memory = await memories.read(person);
    const { question } = memory;
    if (invocation.kind === 'press') {
      const press = decodeActionId(invocation.id);
      return press.command === 'question' ? pressOwn(invocation, press, memory, limits) : pass(invocation, limits);
    }
    if (invocation.kind === 'command' && invocation.command === 'cancel') {
      if (question) return stop(person, question);
      const nothing = plainAnswer(
        say('There is nothing to stop. /posts shows your posts, with a button to cancel each.'),
      );
      return (await denial(invocation, limits)) ?? nothing;
    }
    if (invocation.kind === 'text') {
      const spoken = !question || question.isOffered ? findSpoken(memory.shown, invocation.text) : null;
      if (spoken) return pass({ ...invocation, kind: 'press', ...spoken }, limits);
      // A sticker, a picture, a voice message.
      if (question && invocation.text.trim() === '') throw new AppError('answer_wordless');
      if (question) return take(invocation, question, readWords(question, invocation.text), limits);
      return pass(invocation, limits);
    }
    if (invocation.kind === 'clips' && question && openField(question)?.kind === 'video' && invocation.clips[0])
      return take(invocation, question, { ...invocation.clips[0], words: invocation.text }, limits);
    // The person has moved on to something else.
    if (question) await memories.keepQuestion(person, null);
    return pass(invocation, limits);
  }

  return {
    ...inner,
    async handle(invocation, limits) {
      if (limits.forms || !invocation.isPrivate) return inner.handle(invocation, limits);
      try {
        return await interpret(invocation, limits);
      } catch (error) {
        // What handlers refuse has become words already; this is what the questions refuse.
        return (await denial(invocation, limits)) ?? inner.refuse(error, invocation);
      }
    },
  };
}

/** Whether another answer to the same question may do; it cannot once its post has moved on. */
export const isMendable = (code: ErrorCode): boolean => new AppError(code).kind === 'user' && !code.startsWith('post_');

/** The button or option that the words name, with or without the state behind its colon ("Comments: off"). */
function findSpoken(shown: ChatMemory['shown'], words: string): { id: string; messageRef: string } | null {
  const said = words.trim().toLowerCase();
  const isSaid = (label: string) => [label, label.replace(/:.*$/s, '')].some(one => one.trim().toLowerCase() === said);
  if (!shown || said === '') return null;
  const { messageRef, reply } = shown;
  for (const control of reply.rows.flat()) {
    if (control.kind === 'button' && !control.disabled && isSaid(control.label)) return { id: control.id, messageRef };
    const option = control.kind === 'select' ? control.options.find(({ label }) => isSaid(label)) : undefined;
    if (control.kind === 'select' && option) return { id: withValue(control.id, option.value), messageRef };
  }
  return null;
}
