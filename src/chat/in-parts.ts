// Platforms whose forms hold a few fields only: a longer form comes in parts, with a button from each to the next. What was filled in
// waits in the database, so a restart between two parts loses nothing, and a refusal in the end costs nobody their typing.

import { AppError, isAppError } from '../domain/errors.ts';
import { type ActionId, decodeActionId, encodeActionId } from './action-id.ts';
import type { AdapterLimits } from './adapter.ts';
import { type Answer, type Dispatch, plainAnswer } from './dispatch.ts';
import type { Invocation, OptionValue } from './invocation.ts';
import { isMendable, type OneByOneDeps } from './one-by-one.ts';
import { askedFields, type OpenQuestion } from './question.ts';
import { button, type Control, type Form, type FormField, reply, text } from './reply.ts';

const COMMAND = 'question';
const ACTION = 'part';

type Filled = Invocation & { kind: 'form' };

/** `inner` for every platform; where `limits.fieldsAtOnce` is less than a form has, its fields are asked in parts. */
export function askInParts(inner: Dispatch, { memories, newId }: OneByOneDeps): Dispatch {
  async function pass(invocation: Invocation, limits: AdapterLimits, size: number): Promise<Answer> {
    const answer = await inner.handle(invocation, limits);
    if (answer.kind !== 'form' || answer.form.fields.length <= size) return answer;
    const cardRef = 'messageRef' in invocation ? invocation.messageRef : null;
    const question = { id: newId(), form: answer.form, values: {}, cardRef, questionRef: null, isOffered: false };
    await memories.keepQuestion(invocation.person, question);
    return { kind: 'form', form: partOf(question, 0, size) };
  }

  /** A press on the button that leads to a part, or a part that was filled in. */
  async function goOn(
    invocation: Invocation & { kind: 'press' | 'form' },
    { entity, value }: ActionId,
    limits: AdapterLimits,
    size: number,
  ): Promise<Answer> {
    const { question } = await memories.read(invocation.person);
    const part = /^\d$/.test(value) ? Number(value) : Infinity;
    // A button of an earlier form, or of one that was submitted.
    if (question?.id !== entity || part >= countOf(question.form, size)) throw new AppError('question_gone');
    if (invocation.kind === 'press') return { kind: 'form', form: partOf(question, part, size) };
    return take(invocation, question, part, limits, size);
  }

  async function take(
    invocation: Filled,
    question: OpenQuestion,
    part: number,
    limits: AdapterLimits,
    size: number,
  ): Promise<Answer> {
    const { person, values } = invocation;
    const kept = { ...question, values: { ...question.values, ...textsIn(values) } };
    await memories.keepQuestion(person, kept);
    const count = countOf(question.form, size);
    if (part + 1 < count)
      return {
        ...plainAnswer(
          reply([text(`Part ${part + 1} of ${count} is kept.`)], {
            rows: [[partButton(kept, part + 1, 'Next', 'primary')]],
          }),
        ),
        // From the second part on the button to press is the one that was pressed.
        edits: part === 0 ? null : invocation.messageRef,
      };
    const { form, cardRef } = question;
    const answer = await inner.handle(
      { ...invocation, id: form.id, values: { ...kept.values, ...values }, messageRef: cardRef },
      limits,
    );
    if (answer.kind !== 'reply') return answer;
    if (answer.refused && isMendable(answer.refused)) {
      const rows = [...answer.reply.rows, [partButton(kept, 0, 'Look through it again')]];
      return { ...answer, reply: { ...answer.reply, rows } };
    }
    await memories.keepQuestion(person, null);
    return answer;
  }

  return {
    ...inner,
    foresee(invocation) {
      const isPart = invocation.kind === 'press' && readPart(invocation) !== null;
      return isPart ? { visibility: 'private', answersWith: 'form' } : inner.foresee(invocation);
    },
    async handle(invocation, limits) {
      const { forms, fieldsAtOnce: size } = limits;
      if (!forms || size === null) return inner.handle(invocation, limits);
      try {
        const isAsked = invocation.kind === 'press' || invocation.kind === 'form';
        const part = isAsked ? readPart(invocation) : null;
        return isAsked && part ? await goOn(invocation, part, limits, size) : await pass(invocation, limits, size);
      } catch (error) {
        return inner.refuse(error, invocation);
      }
    },
  };
}

/** Null where the id is none of those made here. */
function readPart({ id }: { readonly id: string }): ActionId | null {
  try {
    const read = decodeActionId(id);
    return read.command === COMMAND && read.action === ACTION ? read : null;
  } catch (error) {
    if (isAppError(error, 'button_unknown')) return null;
    throw error;
  }
}

const countOf = ({ fields }: Form, size: number): number => Math.ceil(fields.length / size);

/** Clips come last: they cannot be kept until the others are filled in. */
function partOf({ id, form, values }: OpenQuestion, part: number, size: number): Form {
  const count = countOf(form, size);
  const fillIn = (field: FormField): FormField => {
    const value = values[field.name] ?? field.value;
    return value === undefined ? field : { ...field, value };
  };
  return {
    id: encodeActionId(COMMAND, ACTION, id, String(part)),
    title: `${part + 1} of ${count}: ${form.title}`,
    submitLabel: part + 1 === count ? form.submitLabel : 'Next',
    fields: askedFields(form)
      .slice(part * size, (part + 1) * size)
      .map(fillIn),
  };
}

const partButton = ({ id }: OpenQuestion, part: number, label: string, style?: 'primary'): Control =>
  button(label, encodeActionId(COMMAND, ACTION, id, String(part)), style);

const textsIn = (values: Readonly<Record<string, OptionValue>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
