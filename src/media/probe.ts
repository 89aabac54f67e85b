// Probing a clip: what it is by content, whether it is whole, and the facts that TikTok's rules are about. Cheap gates come first,
// so that only a file that makes sense reaches a full parser, and that one in a thread of its own.

import { type FileHandle, open } from 'node:fs/promises';
import type { ClipContainer, ClipFacts } from '../domain/clip.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import { walkBoxes } from './box-walker.ts';
import type { SecondOpinion } from './ffprobe.ts';
import { createParser } from './parser.ts';
import { HEAD_BYTES, readElement, sniff } from './sniff.ts';

export interface ProberOptions {
  /** Processor time, for the parser and one clip. */
  readonly cpuLimitMs?: number;
  readonly memoryMb?: number;
  /** Asked where the parser cannot read a file. */
  readonly secondOpinion?: SecondOpinion | undefined;
}

/**
 * For one clip. The memory is that of the heap alone: with its buffers and the young half a file costs at most 100 MB, which the proof
 * `hostile-clips` measures. Ten minutes at 60 fps need a tenth of it.
 */
export const PARSER_LIMITS = { cpuLimitMs: 1000, memoryMb: 40 } as const;

export type Prober = ReturnType<typeof createProber>;

/** A prober with one parsing thread, started by its first clip. `close` it at the end. */
export function createProber({
  cpuLimitMs = PARSER_LIMITS.cpuLimitMs,
  memoryMb = PARSER_LIMITS.memoryMb,
  secondOpinion,
}: ProberOptions = {}) {
  const parser = createParser({ cpuLimitMs, memoryMb });

  async function probeFile(file: FileHandle, path: string): Promise<ClipFacts> {
    const { size: sizeBytes } = await file.stat();
    if (sizeBytes === 0) throw new AppError('clip_empty');
    const head = Buffer.alloc(Math.min(HEAD_BYTES, sizeBytes));
    await file.read(head, 0, head.length, 0);
    const container = requireClip(head);
    if (container === 'webm') requireWholeSegment(head, sizeBytes);
    else await walkBoxes(file, sizeBytes);
    try {
      return { container, sizeBytes, ...(await parser.parse({ fd: file.fd, sizeBytes })) };
    } catch (error) {
      const isOpen = isAppError(error, 'clip_unreadable', 'clip_without_picture');
      const facts = isOpen && secondOpinion ? await secondOpinion(path, container, sizeBytes) : null;
      if (facts) return { container, sizeBytes, ...facts };
      throw error;
    }
  }

  return {
    /**
     * The facts about the clip at `path`. Says nothing of whether TikTok takes it: that is `judgeClip`.
     * @throws AppError `clip_gone`, `clip_empty`, `clip_not_video`, `clip_container_unsupported`, `clip_incomplete`,
     *   `clip_without_picture`, `clip_unreadable`; `aborted` where the prober was closed meanwhile
     */
    async probe(path: string): Promise<ClipFacts> {
      const file = await open(path, 'r').catch(asClipGone);
      try {
        return await probeFile(file, path);
      } finally {
        await file.close();
      }
    },

    close: (): Promise<void> => parser.close(),
  };
}

function requireClip(head: Buffer): ClipContainer {
  const sniffed = sniff(head);
  if (sniffed.kind === 'clip') return sniffed.container;
  if (sniffed.kind === 'unsupported') throw new AppError('clip_container_unsupported', { container: sniffed.name });
  throw new AppError('clip_not_video');
}

const SEGMENT_ID = 0x18538067;

/** A WebM's one segment says how long it is, unless it was recorded live. */
function requireWholeSegment(head: Buffer, sizeBytes: number): void {
  const header = readElement(head, 0);
  const segment = header?.sizeBytes == null ? undefined : readElement(head, header.dataStart + header.sizeBytes);
  if (segment?.id !== SEGMENT_ID) throw new AppError('clip_incomplete');
  if (segment.sizeBytes !== null && segment.dataStart + segment.sizeBytes > sizeBytes)
    throw new AppError('clip_incomplete', { missingBytes: segment.dataStart + segment.sizeBytes - sizeBytes });
}

function asClipGone(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new AppError('clip_gone');
  throw error;
}
