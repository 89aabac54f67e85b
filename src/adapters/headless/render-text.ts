// Replies as plain text, the way a person would read them: for the demo's output and for stories in tests.

import type { Block, Control, Reply, Span } from '../../chat/reply.ts';
import { formatInstant, formatRelative } from '../../domain/when/format.ts';

export function renderText(reply: Reply, now: number): string {
  const lines = reply.blocks.flatMap(block => renderBlock(block, now));
  const rows = reply.rows.map(row => row.map(renderControl).join(' '));
  return [...lines, ...rows].join('\n');
}

export const renderSpans = (spans: readonly Span[], now: number): string =>
  spans.map(span => renderSpan(span, now)).join('');

function renderSpan(span: Span, now: number): string {
  if (typeof span === 'string') return span;
  if ('bold' in span) return span.bold;
  if ('code' in span) return span.code;
  if ('link' in span) return span.link;
  const absolute = formatInstant(span.instant.getTime(), span.zone);
  const relative = formatRelative(span.instant.getTime(), now, span.zone);
  if (span.style === 'both') return `${absolute}, ${relative}`;
  return span.style === 'absolute' ? absolute : relative;
}

function renderBlock(block: Block, now: number): string[] {
  switch (block.kind) {
    case 'heading':
      return [block.text];
    case 'text':
      return [renderSpans(block.spans, now)];
    case 'note':
      return [`(${renderSpans(block.spans, now)})`];
    case 'fields':
      return block.fields.map(({ name, spans }) => `  ${name}: ${renderSpans(spans, now)}`);
    case 'copy':
      return [`  ${block.text}`];
    case 'file':
      return [`[file ${block.name}]`];
    case 'image':
      return [];
    case 'clip':
      return [`[clip ${block.name}]`];
  }
}

function renderControl(control: Control): string {
  if (control.kind === 'link') return `[${control.label}]`;
  if (control.kind === 'button') return control.disabled ? `(${control.label})` : `[${control.label}]`;
  const chosen = control.options.find(({ selected }) => selected);
  return `[${control.placeholder}: ${chosen?.label ?? control.options.map(({ label }) => label).join(' / ')}]`;
}
