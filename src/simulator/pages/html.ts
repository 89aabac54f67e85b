/** Markup in which every value is escaped unless it is markup itself. */

/** Markup that is safe to send as it is. */
export interface Html {
  readonly markup: string;
}

type Value = Html | readonly Html[] | string | number | boolean | null | undefined;

/** Template tag; `false`, `null` and `undefined` print nothing. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return { markup: parts.reduce((text, part, index) => `${text}${print(values[index - 1])}${part}`) };
}

function print(value: Value): string {
  if (value === null || value === undefined || typeof value === 'boolean') return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value));
  return 'markup' in value ? value.markup : value.map(item => item.markup).join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character] ?? character);
}
