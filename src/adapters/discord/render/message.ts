// Replies as Discord messages of the components-v2 kind. Pure. Where one of Discord's limits bites, a plainer form takes its place:
// a message that breaks a limit is refused whole.

import {
  type APIComponentInContainer,
  type APIMessageTopLevelComponent,
  ComponentType,
  MessageFlags,
} from 'discord.js';
import type { ClipBlock, ClipPicture } from '../../../chat/picture.ts';
import { type Block, type Control, type Reply, say } from '../../../chat/reply.ts';
import { renderRows } from './controls.ts';
import { bold, escapeText, link, renderSpans, smallPrint } from './markdown.ts';
import { fitsLinkButton, isPublicUrl } from './public-url.ts';

/** Across all text of a message (docs.discord.com, Component Reference, "Legacy Message Component Behavior" and v2 limits). */
const TEXT_LIMIT = 4000;
const COMPONENT_LIMIT = 40;
const GALLERY_LIMIT = 10;
const SHORTENED = ' … (shortened here; all of it is kept)';

export interface MessageFile {
  readonly name: string;
  readonly data: Buffer;
}

export interface DiscordMessage {
  readonly components: APIMessageTopLevelComponent[];
  readonly flags: MessageFlags.IsComponentsV2;
  readonly files: MessageFile[];
}

/** What a message is made of besides its buttons. */
interface Body {
  readonly paragraphs: string[];
  readonly files: MessageFile[];
  readonly pictures: Picture[];
}

interface Picture {
  readonly url: string;
  readonly alt: string;
  /** Sent along, where Discord cannot fetch it. */
  readonly file?: MessageFile;
}

/** `pictures`: by media id, of the clips that have one. */
export function renderMessage(reply: Reply, pictures: ReadonlyMap<string, ClipPicture> = new Map()): DiscordMessage {
  const body: Body = { paragraphs: [], files: [], pictures: [] };
  for (const block of reply.blocks) addBlock(body, block, pictures);
  const rows = takeOutLinks(reply.rows, body);
  const text = shorten(body.paragraphs).join('\n');
  const { beside, below } = placePictures(body.pictures, text !== '');
  const parts: APIComponentInContainer[] = text ? [textPart(text, beside)] : [];
  if (below.length > 0) parts.push(galleryPart(below));
  for (const { name } of body.files) parts.push({ type: ComponentType.File, file: { url: `attachment://${name}` } });
  // The container, and what the text and the files take.
  const spent = 1 + parts.length + (beside ? 2 : 0);
  const isCard = rows.length > 0 || reply.blocks.length > 1;
  parts.push(...renderRows(rows, COMPONENT_LIMIT - spent));
  return {
    components: isCard ? [{ type: ComponentType.Container, components: parts }] : parts,
    flags: MessageFlags.IsComponentsV2,
    files: [...body.files, ...[beside ?? [], ...below].flat().flatMap(({ file }) => file ?? [])],
  };
}

/** The first stands beside the text, where there is any; the clips of a batch stand together below it. */
function placePictures(pictures: readonly Picture[], hasText: boolean): { beside?: Picture; below: Picture[] } {
  const isBatch = pictures.filter(({ file }) => file).length > 1;
  const [first] = pictures;
  if (!first || !hasText || isBatch) return { below: pictures.slice(0, GALLERY_LIMIT) };
  return { beside: first, below: pictures.slice(1, GALLERY_LIMIT + 1) };
}

/** A message of one sentence: progress, and what an adapter has to say for itself. */
export const renderSentence = (words: string): DiscordMessage => renderMessage(say(words));

function textPart(content: string, picture: Picture | undefined): APIComponentInContainer {
  const text = { type: ComponentType.TextDisplay as const, content };
  if (!picture) return text;
  const accessory = {
    type: ComponentType.Thumbnail as const,
    ...mediaOf(picture),
  };
  return { type: ComponentType.Section, components: [text], accessory };
}

const galleryPart = (pictures: readonly Picture[]): APIComponentInContainer => ({
  type: ComponentType.MediaGallery,
  items: pictures.map(mediaOf),
});

const mediaOf = ({ url, alt }: Picture) => ({ media: { url }, ...(alt && { description: alt.slice(0, 1024) }) });

function addBlock(body: Body, block: Block, pictures: ReadonlyMap<string, ClipPicture>): void {
  switch (block.kind) {
    case 'heading':
      body.paragraphs.push(`### ${escapeText(block.text)}`);
      return;
    case 'text':
      body.paragraphs.push(renderSpans(block.spans));
      return;
    case 'note':
      body.paragraphs.push(smallPrint(renderSpans(block.spans)));
      return;
    case 'fields':
      for (const { name, spans } of block.fields) body.paragraphs.push(`${bold(`${name}:`)} ${renderSpans(spans)}`);
      return;
    case 'copy':
      if (block.text.includes('```')) body.files.push({ name: 'text-to-copy.txt', data: Buffer.from(block.text) });
      else body.paragraphs.push(`\`\`\`\n${block.text}\n\`\`\``);
      return;
    case 'file':
      body.files.push({ name: attachmentName(block.name), data: Buffer.from(block.content) });
      return;
    case 'image':
      // Pictures are fetched by Discord: those of a simulator on this machine are none it could show.
      if (isPublicUrl(block.url)) body.pictures.push({ url: block.url, alt: block.alt });
      return;
    case 'clip':
      addPicture(body, block, pictures.get(block.mediaId));
      return;
  }
}

function addPicture({ pictures }: Body, { name }: ClipBlock, picture: ClipPicture | undefined): void {
  if (!picture) return;
  const file = { name: `clip-${pictures.length + 1}.${picture.extension}`, data: picture.data };
  pictures.push({ url: `attachment://${file.name}`, alt: name, file });
}

/** Discord renames what it does not like, and then the message's reference to the file breaks. */
const attachmentName = (name: string): string => name.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(-100);

/** Links that Discord takes in no button become text; everything else stays a control. */
function takeOutLinks(rows: readonly (readonly Control[])[], body: Body): (readonly Control[])[] {
  const isForText = (control: Control) => control.kind === 'link' && !fitsLinkButton(control.url);
  for (const control of rows.flat())
    if (control.kind === 'link' && isForText(control)) body.paragraphs.push(link(control.label, control.url));
  return rows.map(row => row.filter(control => !isForText(control))).filter(row => row.length > 0);
}

/** Takes what is over the limit from the longest paragraph, never in the middle of an escape or a letter. */
function shorten(paragraphs: readonly string[]): string[] {
  const shortened = [...paragraphs];
  for (;;) {
    const over = shortened.join('\n').length - TEXT_LIMIT;
    if (over <= 0) return shortened;
    const longest = Math.max(...shortened.map(({ length }) => length));
    const at = shortened.findIndex(({ length }) => length === longest);
    const kept = (shortened[at] ?? '').slice(0, Math.max(0, longest - over - SHORTENED.length));
    shortened[at] = kept.replace(/(?:[\uD800-\uDBFF]|\\)$/, '') + SHORTENED;
  }
}
