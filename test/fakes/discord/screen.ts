// A message as a person reads it on Discord's screen: markdown read as Discord's clients do, buttons as labels.

import type { APIMessageTopLevelComponent } from 'discord.js';
import { type Block, type Button, button, type Control, link, type Reply, reply, select, text } from '#chat/reply.ts';
import { formatInstant, formatRelative } from '#domain/when/format.ts';
import type { FakeMessage } from './state.ts';

export interface Viewer {
  readonly now: number;
  /** The zone of the person's own device, in which Discord shows timestamps. */
  readonly zone: string;
}

type AnyComponent = Record<string, unknown> & { type: number; components?: AnyComponent[]; accessory?: AnyComponent };

/** All components of a message, however deep. */
export function* walk(components: readonly AnyComponent[]): Generator<AnyComponent> {
  for (const component of components) {
    yield component;
    yield* walk(component.components ?? []);
    if (component.accessory) yield component.accessory;
  }
}

export const componentsOf = (message: { components: APIMessageTopLevelComponent[] }): AnyComponent[] => [
  ...walk(message.components as unknown as AnyComponent[]),
];

/** The text of a message as markdown, as it was sent. */
export const markdownOf = (message: FakeMessage): string =>
  componentsOf(message)
    .filter(({ type }) => type === 10)
    .map(({ content }) => String(content))
    .join('\n');

/** What the person sees, in the terms that stories are told in. */
export function readScreen(message: FakeMessage, viewer: Viewer): Reply {
  const parts = markdownOf(message).split(/^```\n([\s\S]*?)\n```$/m);
  const blocks: Block[] = parts.flatMap((part, index): Block[] => {
    if (index % 2 === 1) return [{ kind: 'copy', text: part }];
    const shown = readMarkdown(part.replace(/^\n|\n$/g, ''), viewer);
    return shown ? [text(shown)] : [];
  });
  const shown = componentsOf(message).flatMap(({ file }) => (file ? [(file as { url: string }).url] : []));
  for (const { name, bytes } of message.files)
    if (shown.includes(`attachment://${name}`)) blocks.push({ kind: 'file', name, content: bytes.toString() });
  const rows = componentsOf(message)
    .filter(({ type }) => type === 1)
    .map(({ components = [] }) => components.map(toControl));
  return reply(blocks, { rows });
}

const STYLES: Record<number, Button['style']> = { 1: 'primary', 2: 'secondary', 4: 'danger' };

function toControl(component: AnyComponent): Control {
  const label = String(component.label);
  const id = String(component.custom_id);
  if (component.type === 2 && component.style === 5) return link(label, String(component.url));
  if (component.type === 2)
    return button(label, id, STYLES[Number(component.style)], { disabled: component.disabled === true });
  const options = (component.options ?? []) as { label: string; value: string; default?: boolean }[];
  const choices = options.map(option => ({ ...option, selected: option.default === true }));
  return select(id, String(component.placeholder), choices);
}

/** Markdown as read: marks gone, escapes undone, timestamps in the reader's zone. */
export const readMarkdown = (markdown: string, viewer: Viewer): string =>
  markdown
    .split('\n')
    .map(line => readInline(line.replace(/^(?:-# |#{1,3} |[-*] |>>> |> )/, ''), viewer))
    .join('\n');

/** In the order in which Discord's clients look: escapes first, then addresses, code, stars. */
const INLINE =
  /\\([^0-9A-Za-z\s])|<t:(\d+):([FR])>|\[((?:\\.|[^\]\\])*)\]\(<?([^>)]*)>?\)|<(https?:\/\/[^>]+)>|(https?:\/\/[^\s<]+)|``? ?(.+?) ?``?|(\*\*|__|\*|_|~~|\|\|)|<(?:@[!&]?|#|a?:\w+:)\d+>|@everyone|@here/g;

function readInline(line: string, viewer: Viewer): string {
  return line.replace(INLINE, (whole, escaped, seconds, style, label, _url, shownUrl, bareUrl, code, mark) => {
    if (escaped !== undefined) return escaped;
    if (seconds !== undefined) {
      const at = Number(seconds) * 1000;
      return style === 'F' ? formatInstant(at, viewer.zone) : formatRelative(at, viewer.now, viewer.zone);
    }
    if (label !== undefined) return readInline(label, viewer);
    if (shownUrl !== undefined || bareUrl !== undefined) return shownUrl ?? bareUrl;
    if (code !== undefined) return code;
    if (mark !== undefined) return '';
    return `[mention ${whole}]`;
  });
}
