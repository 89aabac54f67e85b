// What a file is by its first bytes. Names and announced types say what somebody wished; TikTok looks at the content too.

import type { ClipContainer } from '../domain/clip.ts';

/** Enough for an EBML header and the start of what follows it. */
export const HEAD_BYTES = 4096;

export type Sniffed =
  | { readonly kind: 'clip'; readonly container: ClipContainer }
  /** A film, but in something that TikTok does not take. */
  | { readonly kind: 'unsupported'; readonly name: string }
  | { readonly kind: 'not_video' };

const startsWith = (head: Buffer, text: string, at = 0): boolean =>
  head.length >= at + text.length && head.toString('latin1', at, at + text.length) === text;

/** Containers that people's programs still make. */
const UNSUPPORTED: readonly { readonly name: string; readonly matches: (head: Buffer) => boolean }[] = [
  { name: 'AVI', matches: head => startsWith(head, 'RIFF') && startsWith(head, 'AVI ', 8) },
  { name: 'Flash video', matches: head => startsWith(head, 'FLV\x01') },
  { name: 'Windows Media', matches: head => startsWith(head, '\x30\x26\xb2\x75\x8e\x66\xcf\x11') },
  { name: 'MPEG', matches: head => startsWith(head, '\x00\x00\x01\xba') || startsWith(head, '\x00\x00\x01\xb3') },
  { name: 'MPEG transport stream', matches: head => head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47 },
  { name: 'Ogg', matches: head => startsWith(head, 'OggS') },
];

/** Pictures and sound files that share MP4's box structure. */
const NOT_VIDEO_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'mif1', 'avif', 'crx ', 'M4A ', 'M4B ', 'M4P ']);

/** First boxes of QuickTime films from before there was a `ftyp`. */
const OLD_QUICKTIME = new Set(['moov', 'mdat', 'wide', 'skip', 'free', 'pnot']);

const EBML_MAGIC = '\x1a\x45\xdf\xa3';

/** What the file is that begins with `head`. */
export function sniff(head: Buffer): Sniffed {
  const boxType = head.toString('latin1', 4, 8);
  if (boxType === 'ftyp' && head.length >= 12) {
    const brand = head.toString('latin1', 8, 12);
    if (NOT_VIDEO_BRANDS.has(brand)) return { kind: 'not_video' };
    return { kind: 'clip', container: brand === 'qt  ' ? 'mov' : 'mp4' };
  }
  if (OLD_QUICKTIME.has(boxType)) return { kind: 'clip', container: 'mov' };
  if (startsWith(head, EBML_MAGIC)) return sniffEbml(head);
  const unsupported = UNSUPPORTED.find(({ matches }) => matches(head));
  return unsupported ? { kind: 'unsupported', name: unsupported.name } : { kind: 'not_video' };
}

/** WebM and Matroska differ by the DocType alone (RFC 8794, section 11.2.4): element 0x4282, a size, the text. */
function sniffEbml(head: Buffer): Sniffed {
  const header = readElement(head, 0);
  const end = header ? Math.min(header.dataStart + (header.sizeBytes ?? 0), head.length) : 0;
  for (let at = header?.dataStart ?? end; at < end; ) {
    const element = readElement(head, at);
    if (element?.sizeBytes == null) break;
    const next = element.dataStart + element.sizeBytes;
    if (element.id === 0x4282) {
      const docType = head.toString('latin1', element.dataStart, Math.min(next, end)).replace(/\0+$/, '');
      if (docType === 'webm') return { kind: 'clip', container: 'webm' };
      if (docType === 'matroska') return { kind: 'unsupported', name: 'Matroska' };
    }
    at = next;
  }
  return { kind: 'not_video' };
}

export interface EbmlElement {
  readonly id: number;
  /** Where the element's content begins. */
  readonly dataStart: number;
  /** Null for "unknown", as live recorders write it. */
  readonly sizeBytes: number | null;
}

/** The element header at `at`, or undefined where there is none. */
export function readElement(head: Buffer, at: number): EbmlElement | undefined {
  const idLength = vintLength(head[at]);
  const sizeAt = at + idLength;
  const sizeLength = vintLength(head[sizeAt]);
  if (idLength === 0 || idLength > 4 || sizeLength === 0 || head.length < sizeAt + sizeLength) return undefined;
  const mask = 0xff >> sizeLength;
  const bytes = [...head.subarray(sizeAt, sizeAt + sizeLength)].map((byte, i) => (i === 0 ? byte & mask : byte));
  const isUnknown = bytes.every((byte, i) => byte === (i === 0 ? mask : 0xff));
  // Sizes beyond 2^53 lose their last digits, and are beyond any file just the same.
  const sizeBytes = bytes.reduce((size, byte) => size * 256 + byte, 0);
  return { id: head.readUIntBE(at, idLength), dataStart: sizeAt + sizeLength, sizeBytes: isUnknown ? null : sizeBytes };
}

/** Length of a variable-size integer by the leading zeros of its first byte; 0 where there is none. */
const vintLength = (first: number | undefined): number => (first ? Math.clz32(first) - 23 : 0);
