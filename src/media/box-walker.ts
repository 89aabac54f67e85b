// The first gate of probing: walks the boxes of an MP4 or QuickTime file and refuses what is cut short or built to hurt, before a
// full parser sees it. The parser believes counts and sizes, and its buffers are outside of any memory limit of a worker; here
// nothing is believed that the file is too small for. Source of the layout: ISO/IEC 14496-12; hostile cases:
// mediabunny PR 476, mp4box.js issue 558.

import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../domain/errors.ts';
import { createTableRules, type TableRules } from './box-tables.ts';

/** What must be held in memory at once. Ten minutes at 60 fps need under 2 MB. */
const MOOV_MAX_BYTES = 16 * 1024 * 1024;
const MOOF_MAX_BYTES = 1024 * 1024;
/** Fragmented recordings have two top boxes a fragment. */
const TOP_BOXES_MAX = 4096;
const BOXES_MAX = 20_000;
const DEPTH_MAX = 8;
const HEADER_BYTES = 16;

/** Boxes that hold boxes and whose content the parser walks through. */
const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts', 'dinf', 'mvex', 'moof', 'traf', 'mfra']);

interface Box {
  readonly type: string;
  readonly start: number;
  readonly dataStart: number;
  /** Exclusive; may lie behind the end of the file. */
  readonly end: number;
}

const refuse = (reason: string): AppError => new AppError('clip_unreadable', { reason });

/**
 * Checks the boxes of `file`. Reads headers, and the index (`moov`, and each `moof`) whole; never the picture or sound.
 * @throws AppError `clip_incomplete` where bytes are missing, `clip_not_video` without any media, `clip_unreadable` for an index
 *   that contradicts itself or exceeds what a clip of ten minutes can need
 */
export async function walkBoxes(file: FileHandle, sizeBytes: number): Promise<void> {
  const head = Buffer.alloc(HEADER_BYTES);
  const rules = createTableRules(sizeBytes);
  let hasMoov = false;
  let hasMedia = false;
  let topBoxes = 0;
  for (let at = 0; at < sizeBytes; ) {
    const { bytesRead } = await file.read(head, 0, HEADER_BYTES, at);
    const box = readBox(head.subarray(0, bytesRead), 0, at, sizeBytes);
    // What recorders leave behind a complete film (zeros, mostly) is none of our business.
    if (!box) {
      if (hasMoov) break;
      throw refuse('no box');
    }
    topBoxes += 1;
    if (topBoxes > TOP_BOXES_MAX) throw refuse('too many boxes');
    if (box.end > sizeBytes) throw new AppError('clip_incomplete', { missingBytes: box.end - sizeBytes });
    if (box.type === 'moov' || box.type === 'moof' || box.type === 'mfra') {
      const limitBytes = box.type === 'moov' ? MOOV_MAX_BYTES : MOOF_MAX_BYTES;
      if (box.end - box.start > limitBytes) throw refuse('index too large');
      walkIndex(await readWhole(file, box), rules);
      hasMoov ||= box.type === 'moov';
    }
    if (box.type === 'pssh') throw refuse('encrypted');
    hasMedia ||= box.type === 'mdat';
    at = box.end;
  }
  if (!hasMoov) throw new AppError(hasMedia ? 'clip_incomplete' : 'clip_not_video');
}

async function readWhole(file: FileHandle, box: Box): Promise<Buffer> {
  const bytes = Buffer.alloc(box.end - box.start);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, box.start);
  if (bytesRead < bytes.length) throw new AppError('clip_incomplete');
  return bytes;
}

/** Walks a box that is in memory, its own header included. */
function walkIndex(bytes: Buffer, rules: TableRules): void {
  let boxes = 0;
  const walk = (start: number, end: number, depth: number): void => {
    if (depth > DEPTH_MAX) throw refuse('boxes too deep');
    for (let at = start; at < end; ) {
      // QuickTime ends some lists with four zero bytes.
      if (end - at < 8) return;
      const box = readBox(bytes.subarray(at, end), 0, at, end);
      boxes += 1;
      if (boxes > BOXES_MAX) throw refuse('too many boxes');
      if (!box || box.end > end) throw refuse('box outside of its parent');
      if (box.type === 'pssh') throw refuse('encrypted');
      if (box.type === 'trak') rules.beginTrack();
      if (CONTAINERS.has(box.type)) walk(box.dataStart, box.end, depth + 1);
      else rules.check(box.type, bytes.subarray(box.dataStart, box.end));
      if (box.type === 'trak') rules.endTrack();
      at = box.end;
    }
  };
  walk(0, bytes.length, 0);
}

/** The box whose header is at `at` in `bytes` and at `start` in its file, or null where no box can be. */
function readBox(bytes: Buffer, at: number, start: number, parentEnd: number): Box | null {
  if (bytes.length < at + 8) return null;
  const type = bytes.toString('latin1', at + 4, at + 8);
  // Four printable characters, or QuickTime's own beginning with a copyright sign.
  if (!/^[\x20-\x7e\xa9][\x20-\x7e]{3}$/.test(type)) return null;
  const size = bytes.readUInt32BE(at);
  if (size === 0) return { type, start, dataStart: start + 8, end: parentEnd };
  if (size !== 1) return size < 8 ? null : { type, start, dataStart: start + 8, end: start + size };
  if (bytes.length < at + 16) return null;
  const largeSize = Number(bytes.readBigUInt64BE(at + 8));
  return largeSize < 16 ? null : { type, start, dataStart: start + 16, end: start + largeSize };
}
