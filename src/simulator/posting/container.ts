/**
 * Whether what arrived is a video that TikTok takes: MP4 or MOV (whole, with an index), or WebM. Reads a few hundred
 * bytes of the boxes, never the samples. Limits from content-posting-api-media-transfer-guide.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { FailReason } from '../faults.ts';

const API_MAX_DURATION_SEC = 600;
const MIN_SIDE_PX = 360;
const MAX_SIDE_PX = 4096;
const MIN_FPS = 23;
const MAX_FPS = 60;
const MAX_BOXES = 10_000;
const MAX_TIME_TABLE_BYTES = 1_000_000;

interface Box {
  type: string;
  /** Of the content, in the file. */
  start: number;
  end: number;
}

/** A tree walk hit something that is not a whole box. */
class BrokenContainerError extends Error {}

/** Why TikTok's processing would fail, or null. `maxDurationSec` is the creator's own ceiling. */
export async function findMediaFault(path: string, maxDurationSec: number): Promise<FailReason | null> {
  const file = await open(path, 'r');
  try {
    const head = await readAt(file, 0, 64);
    if (head.length >= 4 && head.readUInt32BE(0) === 0x1a45dfa3) {
      return head.includes('webm') ? null : 'file_format_check_failed';
    }
    return await findMp4Fault(file, (await file.stat()).size, Math.min(maxDurationSec, API_MAX_DURATION_SEC));
  } catch (error) {
    if (error instanceof BrokenContainerError) return 'file_format_check_failed';
    throw error;
  } finally {
    await file.close();
  }
}

async function findMp4Fault(file: FileHandle, sizeBytes: number, maxDurationSec: number): Promise<FailReason | null> {
  const top = await boxesIn(file, 0, sizeBytes);
  const moov = top.find(box => box.type === 'moov');
  const hasMedia = top.some(box => box.type === 'mdat');
  if (moov === undefined || !hasMedia) return 'file_format_check_failed';
  const inMoov = await boxesIn(file, moov.start, moov.end);
  const header = await timing(
    file,
    inMoov.find(box => box.type === 'mvhd'),
  );
  if (header.durationSec > maxDurationSec) return 'duration_check_failed';

  for (const trak of inMoov.filter(box => box.type === 'trak')) {
    const inTrak = await boxesIn(file, trak.start, trak.end);
    const mdia = await childrenOf(file, inTrak, 'mdia');
    const handler = mdia.find(box => box.type === 'hdlr');
    if (handler === undefined || (await readAt(file, handler.start + 8, 4)).toString('latin1') !== 'vide') continue;
    if (!(await hasFittingSides(file, inTrak))) return 'picture_size_check_failed';
    const fps = await frameRate(file, mdia);
    return fps !== undefined && (fps < MIN_FPS - 0.05 || fps > MAX_FPS + 0.05) ? 'frame_rate_check_failed' : null;
  }
  return 'file_format_check_failed';
}

async function hasFittingSides(file: FileHandle, inTrak: Box[]): Promise<boolean> {
  const tkhd = inTrak.find(box => box.type === 'tkhd');
  if (tkhd === undefined) throw new BrokenContainerError();
  // Width and height end the box, as 16.16 fixed-point numbers.
  const sides = await readAt(file, tkhd.end - 8, 8);
  if (sides.length < 8) throw new BrokenContainerError();
  return [sides.readUInt16BE(0), sides.readUInt16BE(4)].every(px => px >= MIN_SIDE_PX && px <= MAX_SIDE_PX);
}

/** Frames over duration; undefined where the samples are told of in fragments. */
async function frameRate(file: FileHandle, mdia: Box[]): Promise<number | undefined> {
  const { durationSec } = await timing(
    file,
    mdia.find(box => box.type === 'mdhd'),
  );
  const stbl = await childrenOf(file, await childrenOf(file, mdia, 'minf'), 'stbl');
  const stts = stbl.find(box => box.type === 'stts');
  if (stts === undefined || durationSec === 0 || stts.end - stts.start > MAX_TIME_TABLE_BYTES) return undefined;
  const table = await readAt(file, stts.start, stts.end - stts.start);
  let frames = 0;
  for (let at = 8; at + 8 <= table.length; at += 8) frames += table.readUInt32BE(at);
  return frames === 0 ? undefined : frames / durationSec;
}

/** mvhd and mdhd agree in their layout up to the duration, which has 32 or 64 bits. */
async function timing(file: FileHandle, box: Box | undefined): Promise<{ durationSec: number }> {
  if (box === undefined) throw new BrokenContainerError();
  const fields = await readAt(file, box.start, 32);
  if (fields.length < 32) throw new BrokenContainerError();
  const long = fields.readUInt8(0) === 1;
  const timescale = fields.readUInt32BE(long ? 20 : 12);
  const duration = long ? Number(fields.readBigUInt64BE(24)) : fields.readUInt32BE(16);
  if (timescale === 0) throw new BrokenContainerError();
  return { durationSec: duration / timescale };
}

async function childrenOf(file: FileHandle, boxes: Box[], type: string): Promise<Box[]> {
  const parent = boxes.find(box => box.type === type);
  return parent === undefined ? [] : boxesIn(file, parent.start, parent.end);
}

async function boxesIn(file: FileHandle, start: number, end: number): Promise<Box[]> {
  const boxes: Box[] = [];
  for (let at = start; at < end; ) {
    const header = await readAt(file, at, 16);
    if (header.length < 8 || boxes.length >= MAX_BOXES) throw new BrokenContainerError();
    let sizeBytes = header.readUInt32BE(0);
    let headerBytes = 8;
    if (sizeBytes === 1 && header.length === 16) {
      sizeBytes = Number(header.readBigUInt64BE(8));
      headerBytes = 16;
    } else if (sizeBytes === 0) {
      sizeBytes = end - at;
    }
    if (sizeBytes < headerBytes || at + sizeBytes > end) {
      // QuickTime ends some containers with four zero bytes.
      if (boxes.length > 0 && end - at < 8) break;
      throw new BrokenContainerError();
    }
    boxes.push({ type: header.toString('latin1', 4, 8), start: at + headerBytes, end: at + sizeBytes });
    at += sizeBytes;
  }
  return boxes;
}

async function readAt(file: FileHandle, position: number, lengthBytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(lengthBytes), 0, lengthBytes, position);
  return buffer.subarray(0, bytesRead);
}
