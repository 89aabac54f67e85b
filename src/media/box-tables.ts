// The sample tables inside an MP4's index, each checked against the bytes that it really has: a count is only believed where its
// entries fit into their box, and where what a parser would expand it to stays bounded.

import { AppError } from '../domain/errors.ts';

/** A table's count is 32 bits at `countAt`, its entries of `entryBytes` follow at once. Version 1 of some has wider ones. */
interface TableShape {
  readonly countAt: number;
  readonly entryBytes: number;
  readonly entryBytesV1?: number;
}

const TABLES: Record<string, TableShape> = {
  stts: { countAt: 4, entryBytes: 8 },
  ctts: { countAt: 4, entryBytes: 8 },
  stss: { countAt: 4, entryBytes: 4 },
  stsc: { countAt: 4, entryBytes: 12 },
  stco: { countAt: 4, entryBytes: 4 },
  co64: { countAt: 4, entryBytes: 8 },
  elst: { countAt: 4, entryBytes: 12, entryBytesV1: 20 },
  stsd: { countAt: 4, entryBytes: 16 },
  dref: { countAt: 4, entryBytes: 12 },
  tfra: { countAt: 12, entryBytes: 11, entryBytesV1: 19 },
};

/** Samples that a parser may have to list one by one: four hours at 60 fps, where TikTok takes ten minutes. */
const LISTED_SAMPLES_MAX = 1_000_000;
const TRUN_SAMPLES_MAX = 100_000;

export interface TableRules {
  /** @throws AppError `clip_unreadable`, or `clip_incomplete` for media that would lie behind the file's end */
  check(type: string, content: Buffer): void;
  beginTrack(): void;
  /** @throws AppError `clip_unreadable` where the track's tables contradict each other */
  endTrack(): void;
}

const refuse = (reason: string): AppError => new AppError('clip_unreadable', { reason });

/** The rules for one file of `fileBytes`. */
export function createTableRules(fileBytes: number): TableRules {
  let fragmentSamples = 0;
  let timedSamples = 0;
  let hasOffsets = false;
  let samples = 0;
  let chunks = 0;
  let lastFirstChunk = 0;
  let largestChunkSamples = 0;

  function checkFragmentRun(content: Buffer): void {
    const flags = readU32(content, 0) & 0xffffff;
    const runSamples = readU32(content, 4);
    const fields = [0x100, 0x200, 0x400, 0x800].filter(flag => flags & flag).length;
    const headBytes = 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
    // Without any field an entry has no bytes, and the count is bounded by nothing but this.
    if (runSamples > TRUN_SAMPLES_MAX || headBytes + runSamples * fields * 4 > content.length)
      throw refuse('trun too long');
    fragmentSamples += runSamples;
    if (fragmentSamples > LISTED_SAMPLES_MAX) throw refuse('too many samples');
  }

  function checkSizes(content: Buffer): void {
    const fixedBytes = readU32(content, 4);
    samples = readU32(content, 8);
    if (fixedBytes === 0) requireRoom('stsz', 12 + samples * 4, content);
    else if (samples * fixedBytes > fileBytes) throw refuse('stsz beyond the file');
  }

  function checkCompactSizes(content: Buffer): void {
    samples = readU32(content, 8);
    requireRoom('stz2', 12 + (samples * (content[7] ?? 0)) / 8, content);
    if (samples > LISTED_SAMPLES_MAX) throw refuse('too many samples');
  }

  function checkChunkOffsets(
    content: Buffer,
    count: number,
    read: (content: Buffer, at: number) => number,
    entryBytes: number,
  ) {
    chunks = count;
    for (let i = 0; i < count; i++)
      if (read(content, 8 + i * entryBytes) >= fileBytes)
        throw new AppError('clip_incomplete', { reason: 'media behind end' });
  }

  const followUps: Record<string, (content: Buffer, count: number) => void> = {
    stts(content, count) {
      for (let i = 0; i < count; i++) timedSamples += readU32(content, 8 + i * 8);
    },
    ctts(content, count) {
      hasOffsets = true;
      let shifted = 0;
      for (let i = 0; i < count; i++) shifted += readU32(content, 8 + i * 8);
      if (shifted > LISTED_SAMPLES_MAX) throw refuse('too many samples');
    },
    stsc(content, count) {
      for (let i = 0; i < count; i++) {
        const firstChunk = readU32(content, 8 + i * 12);
        if (firstChunk <= lastFirstChunk) throw refuse('stsc out of order');
        lastFirstChunk = firstChunk;
        largestChunkSamples = Math.max(largestChunkSamples, readU32(content, 12 + i * 12));
      }
    },
    stco: (content, count) => checkChunkOffsets(content, count, readU32, 4),
    co64: (content, count) => checkChunkOffsets(content, count, readU64, 8),
  };

  return {
    check(type, content) {
      if (type === 'trun') return checkFragmentRun(content);
      if (type === 'stsz') return checkSizes(content);
      if (type === 'stz2') return checkCompactSizes(content);
      const shape = Object.hasOwn(TABLES, type) ? TABLES[type] : undefined;
      if (!shape) return;
      const count = readU32(content, shape.countAt);
      const isV1 = content[0] === 1;
      const entryBytes = (isV1 ? shape.entryBytesV1 : undefined) ?? shape.entryBytes;
      requireRoom(type, shape.countAt + 4 + count * entryBytes, content);
      followUps[type]?.(content, count);
    },

    beginTrack() {
      timedSamples = 0;
      hasOffsets = false;
      samples = 0;
      chunks = 0;
      lastFirstChunk = 0;
      largestChunkSamples = 0;
    },

    endTrack() {
      // With composition offsets every sample is listed and sorted; without them a run is one entry however long.
      if (hasOffsets && timedSamples > LISTED_SAMPLES_MAX) throw refuse('too many samples');
      if (lastFirstChunk > chunks + 1) throw refuse('stsc beyond the chunks');
      if (largestChunkSamples > samples) throw refuse('chunk of more samples than there are');
    },
  };
}

function requireRoom(type: string, neededBytes: number, content: Buffer): void {
  if (neededBytes > content.length) throw refuse(`${type} does not fit its box`);
}

function readU32(content: Buffer, at: number): number {
  if (content.length < at + 4) throw refuse('table cut short');
  return content.readUInt32BE(at);
}

function readU64(content: Buffer, at: number): number {
  if (content.length < at + 8) throw refuse('table cut short');
  return Number(content.readBigUInt64BE(at));
}
