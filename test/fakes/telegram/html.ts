// Telegram's HTML as its Bot API reads it (core.telegram.org/bots/api#html-style): the tags it knows, properly nested, everything
// else escaped. What it refuses is refused here with its words.

export interface Entity {
  readonly type: string;
  /** In UTF-16 units, as everything at Telegram. */
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly unix_time?: number;
  readonly date_time_format?: string;
}

export interface FormattedText {
  readonly text: string;
  readonly entities: readonly Entity[];
}

const TYPES: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  s: 'strikethrough',
  code: 'code',
  pre: 'pre',
  a: 'text_link',
  blockquote: 'blockquote',
  'tg-time': 'date_time',
};
const CHARACTERS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** @throws Error with Telegram's words where it would answer 400. */
export function parseHtml(html: string): FormattedText {
  const entities: Entity[] = [];
  const open: { tag: string; offset: number; extra: Partial<Entity> }[] = [];
  let text = '';
  const token = /<(\/?)([a-z-]+)((?:\s+[a-z-]+="[^"]*")*)\s*>|&([a-z]+|#\d+);|([<&])|([^<&]+)/gy;
  for (let match = token.exec(html); match !== null; match = token.exec(html)) {
    const [, slash, tag = '', attributes = '', name, stray, words] = match;
    if (words !== undefined) text += words;
    else if (stray === '<')
      throw new Error(`can't parse entities: Unsupported start tag at byte offset ${match.index}`);
    else if (stray === '&') text += '&';
    else if (name !== undefined)
      text += name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : (CHARACTERS[name] ?? `&${name};`);
    else if (slash) {
      const started = open.pop();
      if (started?.tag !== tag)
        throw new Error(
          `can't parse entities: Unmatched end tag at byte offset ${match.index}, expected "</${started?.tag}>", found "</${tag}>"`,
        );
      const length = text.length - started.offset;
      if (length > 0) entities.push({ type: TYPES[tag] ?? tag, offset: started.offset, length, ...started.extra });
    } else {
      if (!(tag in TYPES))
        throw new Error(`can't parse entities: Unsupported start tag "${tag}" at byte offset ${match.index}`);
      open.push({ tag, offset: text.length, extra: readAttributes(tag, attributes) });
    }
  }
  const [unclosed] = open;
  if (unclosed)
    throw new Error(`can't parse entities: Can't find end tag corresponding to start tag "${unclosed.tag}"`);
  return { text, entities };
}

function readAttributes(tag: string, attributes: string): Partial<Entity> {
  const found = Object.fromEntries(
    [...attributes.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name, value = '']) => [name, value]),
  );
  if (tag === 'a') return { url: (found.href ?? '').replaceAll('&amp;', '&').replaceAll('&quot;', '"') };
  if (tag !== 'tg-time') return {};
  if (!/^\d+$/.test(found.unix ?? ''))
    throw new Error('can\'t parse entities: Attribute "unix" of the tag "tg-time" must be a number');
  if (found.format !== undefined && !/^(r|w?[dD]?[tT]?)$/.test(found.format))
    throw new Error('can\'t parse entities: Attribute "format" of the tag "tg-time" is invalid');
  return { unix_time: Number(found.unix), ...(found.format !== undefined && { date_time_format: found.format }) };
}
