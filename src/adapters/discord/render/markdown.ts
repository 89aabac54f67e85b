// Spans as Discord's markdown. Whatever people typed comes out as they typed it: every character that could begin markup, a mention,
// an emoji code or a link is escaped, and only those, so that a plain #tag stays plain in notifications too.

import type { Span } from '../../../chat/reply.ts';
import { isPublicUrl } from './public-url.ts';

/** What begins markup anywhere in a line. */
const ANYWHERE = /[\\*_~`|[\]<]/g;
/** What begins it only as the first thing of a line: headings, small print, lists, quotes. */
const LINE_START = /^([^\S\n]*)(?=(?:#{1,3}|-#|[-+]|>|>>>)(?:[^\S\n]|$))/gm;
const NUMBERED_LINE = /^([^\S\n]*\d+)\.(?=[^\S\n]|$)/gm;
/** An escape within an address would become part of it, so the address is kept from being one. */
const ADDRESS = /:(?=\/\/)/g;
const EVERYBODY = /@(?=everyone|here)/g;

/** `text` as markdown that shows it unchanged. */
export const escapeText = (text: string): string =>
  text
    .replace(ANYWHERE, '\\$&')
    .replace(ADDRESS, '\\:')
    .replace(EVERYBODY, '\\@')
    .replace(LINE_START, '$1\\')
    .replace(NUMBERED_LINE, '$1\\.');

export const renderSpans = (spans: readonly Span[]): string => spans.map(renderSpan).join('');

function renderSpan(span: Span): string {
  if (typeof span === 'string') return escapeText(span);
  if ('bold' in span) return bold(span.bold);
  if ('code' in span) return inlineCode(span.code);
  if ('link' in span) return link(span.link, span.url);
  const seconds = Math.floor(span.instant.getTime() / 1000);
  // Shown by each reader's own client, in the reader's zone and language.
  if (span.style === 'both') return `<t:${seconds}:F> (<t:${seconds}:R>)`;
  return `<t:${seconds}:${span.style === 'absolute' ? 'F' : 'R'}>`;
}

/** Spaces inside the stars would make them plain stars, so they stand outside. */
export function bold(text: string): string {
  const [, before = '', inner = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(text) ?? [];
  return inner === '' ? text : `${before}**${escapeText(inner)}**${after}`;
}

/** No escape works inside code; backticks are told apart by the length of the fence. */
function inlineCode(text: string): string {
  if (!text.includes('`')) return text === '' ? '' : `\`${text}\``;
  return text.includes('``') ? escapeText(text) : `\`\` ${text} \`\``;
}

/** The angle brackets keep the client from adding a preview below the card. */
export function link(label: string, url: string): string {
  return isPublicUrl(url) ? `[${escapeText(label)}](<${new URL(url).href}>)` : `${escapeText(label)}: <${url}>`;
}

/** Small print, line by line: Discord ends it at each line's end. */
export const smallPrint = (markdown: string): string => markdown.replace(/^(?=.*\S)/gm, '-# ');
