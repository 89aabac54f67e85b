// Builds MP4 boxes for files that no camera makes.

export const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, i * 4);
  });
  return bytes;
};

export const box = (type: string, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body]);
};

/** A box whose header claims `claimedBytes`, whatever it holds. */
export const lyingBox = (type: string, claimedBytes: number, ...content: Buffer[]): Buffer =>
  Buffer.concat([u32(claimedBytes), Buffer.from(type, 'latin1'), ...content]);

export const ftyp = (brand = 'isom'): Buffer => box('ftyp', Buffer.from(brand, 'latin1'), u32(0x200));
export const mdat = (sizeBytes = 64): Buffer => box('mdat', Buffer.alloc(sizeBytes));

const mvhd = box('mvhd', u32(0, 0, 0, 1000, 1000), Buffer.alloc(80));
const tkhd = box('tkhd', u32(7, 0, 0, 1, 0, 1000), Buffer.alloc(60));
const mdhd = box('mdhd', u32(0, 0, 0, 1000, 1000, 0));
const handler = (kind: 'vide' | 'soun') => box('hdlr', u32(0, 0), Buffer.from(kind, 'latin1'), Buffer.alloc(13));

/** A picture's sample entry with only what a parser insists on. */
const avc1 = box('avc1', Buffer.alloc(24), Buffer.from([2, 0xd0, 5, 0]), Buffer.alloc(50));
/** Two channels of 16-bit PCM at 48 kHz. */
const sowt = box('sowt', u32(0, 1, 0, 0), Buffer.from([0, 2, 0, 16, 0, 0, 0, 0, 0xbb, 0x80, 0, 0]));

/** A track whose sample tables are `tables`. */
export const track = (kind: 'vide' | 'soun', ...tables: Buffer[]): Buffer =>
  box(
    'trak',
    tkhd,
    box(
      'mdia',
      mdhd,
      handler(kind),
      box('minf', box('stbl', box('stsd', u32(0, 1), kind === 'vide' ? avc1 : sowt), ...tables)),
    ),
  );

export const movie = (...content: Buffer[]): Buffer => box('moov', mvhd, ...content);

/** Tables of a plain one-second track with 30 samples of one byte each in one chunk, with any of them replaced. */
export function tables(replaced: Partial<Record<'stts' | 'stsc' | 'stsz' | 'stco', Buffer>> = {}): Buffer[] {
  return [
    replaced.stts ?? box('stts', u32(0, 1, 30, 33)),
    replaced.stsc ?? box('stsc', u32(0, 1, 1, 30, 1)),
    replaced.stsz ?? box('stsz', u32(0, 1, 30)),
    replaced.stco ?? box('stco', u32(0, 1, 40)),
  ];
}

/** `inner` inside `depth` boxes of `type`. */
export function nested(type: string, depth: number, inner: Buffer = Buffer.alloc(0)): Buffer {
  const headers = Buffer.alloc(depth * 8);
  for (let i = 0; i < depth; i++) {
    headers.writeUInt32BE((depth - i) * 8 + inner.length, i * 8);
    headers.write(type, i * 8 + 4, 'latin1');
  }
  return Buffer.concat([headers, inner]);
}
