// A Reply as Telegram's HTML and an inline keyboard (core.telegram.org/bots/api#html-style). A pure function, tested by one table.

import type { InlineKeyboardButton } from 'grammy/types';
import { withValue } from '../../chat/action-id.ts';
import { underscoreName } from '../../chat/command.ts';
import type { Block, Button, Control, Reply, Select, Span } from '../../chat/reply.ts';
import { formatInstant, formatRelative } from '../../domain/when/format.ts';

export interface RenderedReply {
  readonly html: string;
  readonly keyboard: InlineKeyboardButton[][];
  /** A picture to show beside the text. */
  readonly previewUrl: string | null;
  readonly files: readonly { readonly name: string; readonly content: string }[];
}

/** What buttons send that do nothing but explain themselves. */
export const DISABLED = 'off';
export const HEADER = 'header';

const TEXT_LIMIT = 4096;
const LABEL_LIMIT = 60;
const COPY_LIMIT = 256;
/** How long a row's labels may be together until a phone cuts them. */
const ROW_LETTERS = 34;
const ROW_BUTTONS = 4;
/** Where a text is too long, its longest parts are cut to these, one after the other, until it fits. */
const CUTS = [Number.POSITIVE_INFINITY, 1500, 700, 300, 120, 40];

/** `commands`: names as the bot's own words spell them; Telegram makes them tappable only without hyphens. */
export function renderReply(reply: Reply, now: number, commands: readonly string[] = []): RenderedReply {
  const html = renderText(reply.blocks, spellAddresses(reply), now);
  const image = reply.blocks.find(block => block.kind === 'image');
  return {
    html: commands.reduce(spellForTelegram, html),
    keyboard: [...copyRows(reply.blocks), ...reply.rows.flatMap(renderRow)],
    previewUrl: image?.url ?? null,
    files: reply.blocks.filter(block => block.kind === 'file'),
  };
}

function renderText(blocks: readonly Block[], addresses: string, now: number): string {
  for (const cut of CUTS) {
    const html = joinBlocks(blocks, now, cut) + addresses;
    if (lengthOf(html) <= TEXT_LIMIT) return html;
  }
  // Nothing of ours is that long; a beginning is better than silence.
  return joinBlocks(blocks.slice(0, 20), now, 40);
}

const spellForTelegram = (html: string, name: string): string =>
  html.replaceAll(`/${name}`, `/${underscoreName(name)}`);

/** As Telegram counts: without tags, an escaped letter as one. */
const lengthOf = (html: string): number => html.replaceAll(/<[^>]*>/g, '').replaceAll(/&\w+;/g, '.').length;

function joinBlocks(blocks: readonly Block[], now: number, cut: number): string {
  let html = '';
  let previous: Block['kind'] | null = null;
  for (const block of blocks) {
    const lines = renderBlock(block, now, cut);
    if (lines === '') continue;
    // Sentences of one kind stay together; everything else stands apart.
    if (previous !== null) html += previous === block.kind && block.kind !== 'fields' ? '\n' : '\n\n';
    html += lines;
    previous = block.kind;
  }
  return html || '…';
}

function renderBlock(block: Block, now: number, cut: number): string {
  switch (block.kind) {
    case 'heading':
      return `<b>${escapeHtml(block.text)}</b>`;
    case 'text':
      return renderSpans(block.spans, now, cut);
    case 'note':
      return `<i>${renderSpans(block.spans, now, cut)}</i>`;
    case 'fields':
      return block.fields
        .map(({ name, spans }) => `<b>${escapeHtml(name)}</b>: ${renderSpans(spans, now, cut)}`)
        .join('\n');
    case 'copy':
      // Never cut: it is there to be pasted elsewhere.
      return `<pre>${escapeHtml(block.text)}</pre>`;
    case 'image':
    case 'file':
      return '';
    case 'clip':
      // The card answers the message with the clip, so it is in sight.
      return '';
  }
}

const renderSpans = (spans: readonly Span[], now: number, cut: number): string =>
  spans.map(span => renderSpan(span, now, cut)).join('');

function renderSpan(span: Span, now: number, cut: number): string {
  if (typeof span === 'string') return escapeHtml(shorten(span, cut));
  if ('bold' in span) return `<b>${escapeHtml(shorten(span.bold, cut))}</b>`;
  if ('code' in span) return `<code>${escapeHtml(span.code)}</code>`;
  if ('link' in span) return `<a href="${escapeHtml(span.url)}">${escapeHtml(span.link)}</a>`;
  const at = span.instant.getTime();
  const unix = Math.floor(at / 1000);
  // Without a format the words stay as they are: they name the zone that the person chose, which may not be the phone's.
  const absolute = `<tg-time unix="${unix}">${escapeHtml(formatInstant(at, span.zone))}</tg-time>`;
  const relative = `<tg-time unix="${unix}" format="r">${escapeHtml(formatRelative(at, now, span.zone))}</tg-time>`;
  if (span.style === 'both') return `${absolute}, ${relative}`;
  return span.style === 'absolute' ? absolute : relative;
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${[...text.slice(0, length)].slice(0, -1).join('').trimEnd()}…`;
}

/** Telegram opens no address of a single machine, so the person copies it into the browser there. */
function spellAddresses(reply: Reply): string {
  const links = reply.rows.flat().filter(control => control.kind === 'link' && !isOpenable(control.url));
  return links
    .map(control =>
      control.kind === 'link' ? `\n\n${escapeHtml(control.label)}:\n<code>${escapeHtml(control.url)}</code>` : '',
    )
    .join('');
}

const isOpenable = (url: string): boolean => new URL(url).hostname.includes('.');

/** One tap for what is to be pasted elsewhere, where it is short enough for a button. */
const copyRows = (blocks: readonly Block[]): InlineKeyboardButton[][] =>
  blocks.flatMap(block =>
    block.kind === 'copy' && block.text.length <= COPY_LIMIT
      ? [[{ text: 'Copy', copy_text: { text: block.text } }]]
      : [],
  );

function renderRow(row: readonly Control[]): InlineKeyboardButton[][] {
  const rows: InlineKeyboardButton[][] = [];
  let line: InlineKeyboardButton[] = [];
  const flush = () => {
    if (line.length > 0) rows.push(line);
    line = [];
  };
  for (const control of row) {
    if (control.kind === 'select') {
      flush();
      rows.push(...renderSelect(control));
      continue;
    }
    const rendered = renderButton(control);
    if (!rendered) continue;
    const letters = [...line, rendered].reduce((sum, { text }) => sum + text.length, 0);
    if (line.length === ROW_BUTTONS || (line.length > 0 && letters > ROW_LETTERS)) flush();
    line.push(rendered);
  }
  flush();
  return rows;
}

function renderButton(control: Button | Exclude<Control, Button | Select>): InlineKeyboardButton | null {
  if (control.kind === 'link') return isOpenable(control.url) ? { text: label(control.label), url: control.url } : null;
  if (control.disabled) return { text: label(`🔒 ${control.label}`), callback_data: DISABLED };
  const style = control.style === 'secondary' ? {} : { style: control.style };
  return { text: label(control.label), callback_data: control.id, ...style };
}

/** A row that says what is chosen, then the options, two in a row where they are short. */
function renderSelect({ id, placeholder, options }: Select): InlineKeyboardButton[][] {
  const buttons = options.map(({ label: name, value, selected }) => ({
    text: label(selected ? `✓ ${name}` : name),
    callback_data: withValue(id, value),
  }));
  const width = buttons.every(({ text }) => text.length <= ROW_LETTERS / 2) ? 2 : 1;
  const rows = Array.from({ length: Math.ceil(buttons.length / width) }, (_, row) =>
    buttons.slice(row * width, (row + 1) * width),
  );
  return [[{ text: label(`${placeholder} ▾`), callback_data: HEADER }], ...rows];
}

const label = (text: string): string => shorten(text, LABEL_LIMIT) || '·';
