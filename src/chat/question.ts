// One question of a form, as a message, and the reading of its answer. Pure: one-by-one.ts keeps the state.

import { splitLink } from '../domain/clip-link.ts';
import { AppError } from '../domain/errors.ts';
import { encodeActionId } from './action-id.ts';
import {
  type Block,
  button,
  type Choice,
  type Control,
  copyable,
  type Form,
  type FormField,
  heading,
  note,
  type Reply,
  reply,
  text,
} from './reply.ts';

/** A form under way in a chat. */
export interface OpenQuestion {
  /** 16 characters; in the buttons' ids, so that an old question's buttons answer no new one. */
  readonly id: string;
  readonly form: Form;
  /** Answers so far. Clips are not among them: a form asks for its clip last. */
  readonly values: Readonly<Record<string, string>>;
  /** The message whose button opened the form. */
  readonly cardRef: string | null;
  /** The message that asks. */
  readonly questionRef: string | null;
  /** The bot asked by itself: the person may as well do something else. */
  readonly isOffered: boolean;
}

/** A form's fields in the order in which they are asked: a clip last, since it cannot be kept until the others are answered. */
export const askedFields = ({ fields }: Form) =>
  fields.toSorted((a, b) => Number(a.kind === 'video') - Number(b.kind === 'video'));

/** The field that is asked next. */
export const openField = ({ form, values }: OpenQuestion) => askedFields(form).find(({ name }) => !(name in values));

/** What can be pressed instead of written. */
const choicesOf = ({ options, suggestions }: FormField): readonly Choice[] => options ?? suggestions?.options ?? [];

/** The open question as a message. `isTyping`: without likely answers, for those who want to write their own. */
export function renderQuestion(question: OpenQuestion, { isTyping = false } = {}): Reply {
  const { form, id } = question;
  const field = openField(question);
  if (!field) throw new RangeError(`form ${form.id} has no open field`);
  const isAlone = form.fields.length === 1;
  const blocks: Block[] = [
    heading(isAlone ? form.title : `${form.title}: ${field.label}`),
    // A title that asks says it all.
    ...(isAlone && field.label !== form.title && !form.title.endsWith('?') ? [text(field.label)] : []),
    ...(field.value ? [text('Now:'), copyable(field.value)] : []),
    note(field.hint ? `${field.hint} ` : '', field.kind === 'video' ? 'Send it here.' : 'Write it here.'),
  ];
  const press = (label: string, action: string, value = '') =>
    button(label, encodeActionId('question', action, id, value));
  const closing: Control[] = [
    ...(field.value && !isAlone ? [press('Keep it', 'keep')] : []),
    ...(field.required ? [] : [press(field.value ? 'Leave it empty' : 'Skip', 'empty')]),
    press('Cancel', 'stop'),
  ];
  const offered = isTyping ? [] : choicesOf(field).map(({ label }, index) => [press(label, 'pick', String(index))]);
  const another = !isTyping && field.suggestions ? [press(field.suggestions.otherwise, 'type')] : [];
  return reply(blocks, { rows: [...offered, [...another, ...closing]] });
}

/** The answer behind a pressed button. @throws AppError `question_gone`. */
export function readPick(question: OpenQuestion, value: string): string {
  const field = openField(question);
  const picked = field && choicesOf(field)[Number(value)];
  if (!picked) throw new AppError('question_gone');
  return picked.value;
}

/** The answer in typed words. @throws AppError `clip_required`, `form_invalid`. */
export function readWords(question: OpenQuestion, words: string): string {
  const field = openField(question);
  if (!field) throw new AppError('question_gone');
  if (field.kind === 'video') return requireLink(words);
  const typed = words.trim();
  // Lengths are the form's to judge: it has words for them.
  if (field.kind !== 'choice') return typed;
  const chosen = field.options?.find(({ label }) => label.toLowerCase() === typed.toLowerCase());
  if (!chosen) throw new AppError('form_invalid', { field: field.label });
  return chosen.value;
}

/** A clip may be named by its web address instead of being sent. */
function requireLink(words: string): string {
  const link = splitLink(words);
  if (!link) throw new AppError('clip_required');
  return link.address;
}
