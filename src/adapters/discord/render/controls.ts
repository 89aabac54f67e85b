// Buttons and selects as Discord's action rows. Pure.

import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInMessageActionRow,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
} from 'discord.js';
import type { Choice, Control, Select } from '../../../chat/reply.ts';

/** Limits of docs.discord.com, Component Reference. */
const BUTTONS_PER_ROW = 5;
const BUTTON_LABEL_LIMIT = 80;
export const OPTIONS_LIMIT = 25;
export const OPTION_LIMIT = 100;
const PLACEHOLDER_LIMIT = 150;

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

const STYLES = {
  primary: ButtonStyle.Primary,
  secondary: ButtonStyle.Secondary,
  danger: ButtonStyle.Danger,
} as const;

export const cut = (text: string, limit: number): string => {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
};

/** Rows of at most five buttons, selects on rows of their own, within `limit` components; closer together where that is needed. */
export function renderRows(rows: readonly (readonly Control[])[], limit: number): Row[] {
  const asMeant = rows.flatMap(breakRow);
  if (countOf(asMeant) <= limit) return asMeant;
  const packed = breakRow(rows.flat());
  // More than fits on any card; its text names the command that shows the rest.
  while (countOf(packed) > limit) packed.pop();
  return packed;
}

const countOf = (rows: readonly Row[]): number => rows.reduce((sum, { components }) => sum + 1 + components.length, 0);

function breakRow(controls: readonly Control[]): Row[] {
  const rows: Row[] = [];
  let open: APIButtonComponent[] | null = null;
  for (const control of controls) {
    if (control.kind === 'select') {
      if (control.options.length > 0) rows.push(rowOf([renderSelect(control)]));
      open = null;
      continue;
    }
    if (!open || open.length === BUTTONS_PER_ROW) {
      open = [];
      rows.push(rowOf(open));
    }
    open.push(renderButton(control));
  }
  return rows;
}

const rowOf = (components: APIComponentInMessageActionRow[]): Row => ({ type: ComponentType.ActionRow, components });

function renderButton(control: Exclude<Control, Select>): APIButtonComponent {
  const label = cut(control.label, BUTTON_LABEL_LIMIT);
  if (control.kind === 'link') return { type: ComponentType.Button, style: ButtonStyle.Link, label, url: control.url };
  const { id, style, disabled } = control;
  return { type: ComponentType.Button, style: STYLES[style], label, custom_id: id, ...(disabled && { disabled }) };
}

const renderSelect = ({ id, placeholder, options }: Select): APIStringSelectComponent => ({
  type: ComponentType.StringSelect,
  custom_id: id,
  placeholder: cut(placeholder, PLACEHOLDER_LIMIT),
  options: renderOptions(options),
});

/** At most 25, and only one of them chosen: Discord refuses a select of one with two defaults. */
export function renderOptions(options: readonly Choice[]): APIStringSelectComponent['options'] {
  const chosen = options.findIndex(({ selected }) => selected);
  return options.slice(0, OPTIONS_LIMIT).map(({ label, value, hint }, index) => ({
    label: cut(label, OPTION_LIMIT),
    value,
    ...(hint && { description: cut(hint, OPTION_LIMIT) }),
    ...(index === chosen && { default: true }),
  }));
}
