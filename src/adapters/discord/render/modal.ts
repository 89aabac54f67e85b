// Forms as Discord's modals, and what people filled in, read back.

import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalData,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import { type ClipOffer, joinChecks, type OptionValue } from '../../../chat/invocation.ts';
import type { Form, FormField } from '../../../chat/reply.ts';
import type { DiscordAttachment } from '../attachments.ts';
import { cut, OPTION_LIMIT, OPTIONS_LIMIT, renderOptions } from './controls.ts';

/** Limits of docs.discord.com, Component Reference (Label, Text Input, Radio Group) and Interactions (Modal). */
export const FIELDS_LIMIT = 5;
const TITLE_LIMIT = 45;
const LABEL_LIMIT = 45;
const DESCRIPTION_LIMIT = 100;
const TEXT_LIMIT = 4000;
/** Of radio buttons, and of checkboxes. */
const GROUP_LIMIT = 10;

/** @throws RangeError for a form of more than five fields: chat/in-parts.ts hands over no such form. */
export function renderModal({ id, title, fields }: Form): APIModalInteractionResponseCallbackData {
  if (fields.length > FIELDS_LIMIT) throw new RangeError(`the form “${title}” has ${fields.length} fields`);
  return { custom_id: id, title: cut(title, TITLE_LIMIT), components: fields.map(renderField) };
}

function renderField(field: FormField): APILabelComponent {
  const { label, hint } = field;
  const description = label.length > LABEL_LIMIT ? [label, hint].filter(Boolean).join(' ') : hint;
  return {
    type: ComponentType.Label,
    label: cut(label, LABEL_LIMIT),
    ...(description && { description: cut(description, DESCRIPTION_LIMIT) }),
    component: renderInput(field),
  };
}

function renderInput(field: FormField): APILabelComponent['component'] {
  const { name: custom_id, required } = field;
  if (field.kind === 'video') {
    const counts = required ? {} : { min_values: 0 };
    return { type: ComponentType.FileUpload, custom_id, required, ...counts, max_values: 1, file_types: ['video'] };
  }
  if (field.kind === 'choice') {
    const options = renderOptions(
      (field.options ?? []).map(option => ({ ...option, selected: option.selected ?? option.value === field.value })),
    );
    const isShort = options.length >= 2 && options.length <= GROUP_LIMIT;
    return { type: isShort ? ComponentType.RadioGroup : ComponentType.StringSelect, custom_id, required, options };
  }
  if (field.kind === 'checks') return renderChecks(field);
  const max_length = Math.min(field.maxLength ?? TEXT_LIMIT, TEXT_LIMIT);
  return {
    type: ComponentType.TextInput,
    custom_id,
    style: field.kind === 'paragraph' ? TextInputStyle.Paragraph : TextInputStyle.Short,
    required,
    max_length,
    // A value over the limit is refused together with the modal.
    ...(field.value && { value: field.value.slice(0, max_length) }),
  };
}

/** Checkboxes; more than a group holds become a list in which several can be picked. */
function renderChecks({ name: custom_id, required, options = [] }: FormField): APILabelComponent['component'] {
  const shown = options.slice(0, OPTIONS_LIMIT).map(({ label, value, hint, selected }) => ({
    label: cut(label, OPTION_LIMIT),
    value,
    ...(hint && { description: cut(hint, OPTION_LIMIT) }),
    ...(selected && { default: true }),
  }));
  const counts = { required, min_values: required ? 1 : 0, max_values: shown.length };
  const isShort = shown.length <= GROUP_LIMIT;
  return {
    type: isShort ? ComponentType.CheckboxGroup : ComponentType.StringSelect,
    custom_id,
    ...counts,
    options: shown,
  };
}

/** What was filled in, by field name; what was left empty is not there, but for text. */
export function readModal(
  { components }: Pick<ModalSubmitInteraction, 'components'>,
  offer: (attachment: DiscordAttachment) => ClipOffer,
): Record<string, OptionValue> {
  const values: Record<string, OptionValue> = {};
  for (const part of components) {
    const inputs = 'component' in part ? [part.component] : 'components' in part ? part.components : [];
    for (const input of inputs) {
      const value = readInput(input, offer);
      if (value !== null) values[input.customId] = value;
    }
  }
  return values;
}

function readInput(input: ModalData, offer: (attachment: DiscordAttachment) => ClipOffer): OptionValue | null {
  switch (input.type) {
    case ComponentType.TextInput:
      return input.value;
    case ComponentType.StringSelect:
    case ComponentType.CheckboxGroup:
      return joinChecks(input.values);
    case ComponentType.RadioGroup:
      return input.value ?? null;
    case ComponentType.FileUpload: {
      const attachment = input.attachments?.first();
      return attachment ? offer(attachment) : null;
    }
    default:
      return null;
  }
}
