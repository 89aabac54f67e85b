// What the bot says, in meaning rather than markup: every platform's renderer turns the same Reply into its own payload.

/** A run of text. Renderers escape all of it; nothing in a string is ever markup. */
export type Span =
  | string
  | { readonly bold: string }
  | { readonly code: string }
  | { readonly link: string; readonly url: string }
  | { readonly instant: Date; readonly zone: string; readonly style: 'absolute' | 'relative' | 'both' };

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly spans: readonly Span[] }
  /** Smaller print: practice marks, hints. */
  | { readonly kind: 'note'; readonly spans: readonly Span[] }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly spans: readonly Span[] }[] }
  /** Text to be copied as it stands, in one tap where the platform can. */
  | { readonly kind: 'copy'; readonly text: string }
  | { readonly kind: 'image'; readonly url: string; readonly alt: string }
  /** A file handed to the person, such as their own data. */
  | { readonly kind: 'file'; readonly name: string; readonly content: string }
  | {
      readonly kind: 'clip';
      readonly mediaId: string;
      readonly name: string;
      readonly durationMs: number;
      readonly width: number;
      readonly height: number;
      readonly sizeBytes: number;
    };

export interface Button {
  readonly kind: 'button';
  readonly id: string;
  readonly label: string;
  readonly style: 'primary' | 'secondary' | 'danger';
  readonly disabled: boolean;
}

export interface LinkButton {
  readonly kind: 'link';
  readonly label: string;
  readonly url: string;
}

export interface Choice {
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
  readonly selected?: boolean;
}

/** A choice of one. `id` has no value part: the chosen option's value takes its place. */
export interface Select {
  readonly kind: 'select';
  readonly id: string;
  readonly placeholder: string;
  readonly options: readonly Choice[];
}

export type Control = Button | LinkButton | Select;

export interface Reply {
  readonly blocks: readonly Block[];
  /** Rows as they should lie; a renderer may break one that is too long for its platform. */
  readonly rows: readonly (readonly Control[])[];
  /** Edits the message whose button was pressed instead of adding one. */
  readonly replaces: boolean;
  /** The post whose card this is: the message's place is kept, so that notices can answer it and edit it. */
  readonly cardOf: string | null;
  /** A button's id: the question to ask next by itself, where forms come one question at a time. */
  readonly asks?: string;
}

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  /** `choice` is one of the options, `checks` any number of them, as `joinChecks` spells them. */
  readonly kind: 'line' | 'paragraph' | 'choice' | 'checks' | 'video';
  readonly required: boolean;
  readonly value?: string;
  readonly maxLength?: number;
  readonly options?: readonly Choice[];
  /** Likely answers to a typed field, for where a person can press them; `otherwise` names the typing. */
  readonly suggestions?: { readonly options: readonly Choice[]; readonly otherwise: string };
}

/** Questions asked at once where the platform can (a modal), one at a time where it cannot. */
export interface Form {
  readonly id: string;
  readonly title: string;
  readonly submitLabel: string;
  readonly fields: readonly FormField[];
}

type Spanlike = Span | readonly Span[];
const spansOf = (content: Spanlike): readonly Span[] =>
  Array.isArray(content) ? (content as readonly Span[]) : [content as Span];

export const text = (...content: Span[]): Block => ({ kind: 'text', spans: content });
export const note = (...content: Span[]): Block => ({ kind: 'note', spans: content });
export const heading = (words: string): Block => ({ kind: 'heading', text: words });
export const copyable = (words: string): Block => ({ kind: 'copy', text: words });
export const fields = (...pairs: (readonly [name: string, content: Spanlike] | null)[]): Block => ({
  kind: 'fields',
  fields: pairs.filter(pair => pair !== null).map(([name, content]) => ({ name, spans: spansOf(content) })),
});

export const button = (
  label: string,
  id: string,
  style: Button['style'] = 'secondary',
  { disabled = false }: { disabled?: boolean } = {},
): Button => ({ kind: 'button', label, id, style, disabled });
export const link = (label: string, url: string): LinkButton => ({ kind: 'link', label, url });
export const select = (id: string, placeholder: string, options: readonly Choice[]): Select => ({
  kind: 'select',
  id,
  placeholder,
  options,
});

/** A Reply from its parts; everything but the blocks has a quiet default. */
export const reply = (
  blocks: readonly Block[],
  { rows = [], replaces = false, cardOf = null, asks }: Partial<Omit<Reply, 'blocks'>> = {},
): Reply => ({ blocks, rows: rows.filter(row => row.length > 0), replaces, cardOf, ...(asks && { asks }) });

/** A reply of plain sentences. */
export const say = (...sentences: Span[]): Reply => reply([text(...sentences)]);
