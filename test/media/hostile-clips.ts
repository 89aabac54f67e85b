// Small files made to hurt whoever reads them, and what the prober has to say to each. The first two killed parsers: mediabunny
// PR 476, mp4box.js issue 558.

import type { ErrorCode } from '#domain/errors.ts';
import { box, ftyp, lyingBox, mdat, movie, nested, tables, track, u32 } from './boxes.ts';

export interface HostileClip {
  readonly name: string;
  readonly bytes: Buffer;
  readonly code: ErrorCode;
  /** The gate that must stop it, by its reason; absent where the parser's thread has to bear it. */
  readonly reason?: string;
}

const MANY = 100_000_000;

/** Version 1, sixteen bytes of system id, and four billion key ids. */
const psshBomb = box('pssh', u32(0x01000000), Buffer.alloc(16), u32(0xffffffff), Buffer.alloc(12_000));

const fragmentedMovie = movie(
  track('vide', box('stts', u32(0, 0)), box('stsc', u32(0, 0)), box('stsz', u32(0, 0, 0)), box('stco', u32(0, 0))),
  box('mvex', box('trex', u32(0, 1, 1, 33, 100, 0))),
);
const fragment = (...runs: Buffer[]) =>
  box('moof', box('mfhd', u32(0, 1)), box('traf', box('tfhd', u32(0, 1)), ...runs));

const file = (...parts: Buffer[]): Buffer => Buffer.concat([ftyp(), ...parts, mdat()]);
const withPicture = (replaced: Parameters<typeof tables>[0], ...more: Buffer[]) =>
  file(movie(track('vide', ...tables(replaced), ...more)));

/** A WebM of `elements` inside a segment that fits. */
const webm = (...elements: Buffer[]): Buffer => {
  const body = Buffer.concat(elements);
  return Buffer.concat([
    Buffer.from('1a45dfa3874282847765626d', 'hex'),
    Buffer.from('1853806708', 'hex').subarray(0, 4),
    Buffer.from([0x10 | (body.length >>> 24), body.length >>> 16, body.length >>> 8, body.length]),
    body,
  ]);
};

export const HOSTILE_CLIPS: readonly HostileClip[] = [
  {
    name: 'pssh bomb',
    bytes: file(movie(track('vide', ...tables()), psshBomb)),
    code: 'clip_unreadable',
    reason: 'encrypted',
  },
  {
    name: 'pssh bomb on top',
    bytes: file(psshBomb, movie(track('vide', ...tables()))),
    code: 'clip_unreadable',
    reason: 'encrypted',
  },
  {
    name: 'pssh bomb in the metadata, where the walker does not look',
    bytes: file(movie(track('vide', ...tables()), box('meta', u32(0), psshBomb))),
    code: 'clip_unreadable',
  },
  {
    name: 'trun of 100 million samples without bytes',
    bytes: file(fragmentedMovie, fragment(box('trun', u32(0, MANY)))),
    code: 'clip_unreadable',
    reason: 'trun too long',
  },
  {
    name: 'many truns just under the limit',
    bytes: file(fragmentedMovie, fragment(...Array.from({ length: 1000 }, () => box('trun', u32(0, 100_000))))),
    code: 'clip_unreadable',
    reason: 'too many samples',
  },
  {
    name: 'trun hidden in a sample entry',
    bytes: file(
      movie(track('vide', box('stsd', u32(0, 1), box('avc1', Buffer.alloc(78), fragment(box('trun', u32(0, MANY))))))),
    ),
    code: 'clip_unreadable',
  },
  {
    name: 'stts with more entries than bytes',
    bytes: withPicture({ stts: box('stts', u32(0, 0xffffffff, 1, 1)) }),
    code: 'clip_unreadable',
    reason: 'stts does not fit its box',
  },
  {
    name: 'stsz with more sizes than bytes',
    bytes: withPicture({ stsz: box('stsz', u32(0, 0, 0xfffffff0)) }),
    code: 'clip_unreadable',
    reason: 'stsz does not fit its box',
  },
  {
    name: 'four billion samples of one byte',
    bytes: withPicture({ stsz: box('stsz', u32(0, 1, 0xffffffff)) }),
    code: 'clip_unreadable',
    reason: 'stsz beyond the file',
  },
  {
    name: 'four billion samples to be sorted',
    bytes: withPicture({ stts: box('stts', u32(0, 1, 0xffffffff, 1)) }, box('ctts', u32(0, 1, 1, 1))),
    code: 'clip_unreadable',
    reason: 'too many samples',
  },
  {
    name: 'PCM chunks counted to four billion',
    bytes: file(
      movie(
        track('vide', ...tables()),
        track('soun', ...tables({ stsc: box('stsc', u32(0, 2, 1, 1, 1, 0xffffffff, 1, 1)) })),
      ),
    ),
    code: 'clip_unreadable',
    reason: 'stsc beyond the chunks',
  },
  {
    name: 'a chunk of four billion samples',
    bytes: withPicture({ stsc: box('stsc', u32(0, 1, 1, 0xffffffff, 1)) }),
    code: 'clip_unreadable',
    reason: 'chunk of more samples than there are',
  },
  {
    name: 'chunks that run backwards',
    bytes: withPicture({ stsc: box('stsc', u32(0, 2, 5, 1, 1, 1, 1, 1)) }),
    code: 'clip_unreadable',
    reason: 'stsc out of order',
  },
  {
    name: 'a chunk behind the end',
    bytes: withPicture({ stco: box('stco', u32(0, 1, 0x7fffffff)) }),
    code: 'clip_incomplete',
    reason: 'media behind end',
  },
  {
    name: 'a box larger than its parent',
    bytes: file(movie(lyingBox('trak', 0x7fffffff, u32(0)))),
    code: 'clip_unreadable',
    reason: 'box outside of its parent',
  },
  {
    name: 'a movie larger than the file',
    bytes: Buffer.concat([ftyp(), lyingBox('moov', 0x7fffffff)]),
    code: 'clip_incomplete',
  },
  {
    name: 'a 64-bit size of 2^63',
    bytes: Buffer.concat([ftyp(), lyingBox('mdat', 1, u32(0x80000000, 0))]),
    code: 'clip_incomplete',
  },
  {
    name: 'a box of four bytes',
    bytes: Buffer.concat([ftyp(), lyingBox('moov', 4)]),
    code: 'clip_unreadable',
    reason: 'no box',
  },
  {
    name: 'an index of 17 MB',
    bytes: file(movie(box('free', Buffer.alloc(17 * 1024 * 1024)))),
    code: 'clip_unreadable',
    reason: 'index too large',
  },
  {
    name: 'a million boxes',
    bytes: file(movie(Buffer.alloc(8_000_000, box('free')))),
    code: 'clip_unreadable',
    reason: 'too many boxes',
  },
  {
    name: 'a hundred thousand boxes on top',
    bytes: file(Buffer.alloc(800_000, box('free'))),
    code: 'clip_unreadable',
    reason: 'too many boxes',
  },
  {
    name: 'deep nesting',
    bytes: file(movie(nested('trak', 100_000))),
    code: 'clip_unreadable',
    reason: 'boxes too deep',
  },
  {
    name: 'deep nesting where the walker does not look',
    bytes: file(movie(track('vide', ...tables()), box('meta', u32(0), nested('sinf', 200_000)))),
    code: 'clip_unreadable',
  },
  { name: 'WebM with nothing in it', bytes: webm(), code: 'clip_without_picture' },
  {
    name: 'WebM whose tracks claim three gigabytes',
    bytes: webm(Buffer.from('1654ae6b01000000c0000000', 'hex'), Buffer.alloc(64)),
    code: 'clip_without_picture',
  },
  {
    name: 'WebM whose header has no end',
    bytes: Buffer.from(`1a45dfa301ffffffffffffff${'00'.repeat(64)}`, 'hex'),
    code: 'clip_not_video',
  },
];
