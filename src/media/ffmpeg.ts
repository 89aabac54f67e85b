// A clip's first picture where the operator has ffmpeg: its first keyframe, small, as a JPEG. A process of its own, without a network,
// told which format to expect, with one thread and bounded memory, killed when it takes too long; what it gives is foreign and checked.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ClipContainer } from '../domain/clip.ts';
import { isPoster, POSTER_MAX_BYTES, POSTER_MAX_SIDE } from './poster.ts';

/** The first picture of the clip at `path` as a JPEG, or null where there is none to be had. Never throws. */
export type FrameDecoder = (path: string, container: ClipContainer) => Promise<Buffer | null>;

/** For everything, waiting for other clips included: the card is waited for. A clip of 1080 x 1920 takes a tenth of a second. */
const TIMEOUT_MS = 3_000;
/** For one allocation; frames of 4K take 12 MB. */
const ALLOCATION_MAX_BYTES = 128 * 1024 * 1024;
const DEMUXERS: Record<ClipContainer, string> = { mp4: 'mov', mov: 'mov', webm: 'matroska' };
const FIT = `scale=w=${POSTER_MAX_SIDE}:h=${POSTER_MAX_SIDE}:force_original_aspect_ratio=decrease`;
const run = promisify(execFile);

/**
 * One clip at a time: a decoder takes 60 MB for as long as it runs.
 * @param program the path of ffmpeg
 */
export function createFrameDecoder(
  program: string,
  log: { debug(facts: object, message: string): void },
): FrameDecoder {
  let queue: Promise<unknown> = Promise.resolve();

  async function decode(path: string, container: ClipContainer, timeoutMs: number): Promise<Buffer | null> {
    if (timeoutMs <= 0) return null;
    const args = [
      ...['-nostdin', '-v', 'error', '-threads', '1', '-max_alloc', String(ALLOCATION_MAX_BYTES)],
      ...['-protocol_whitelist', 'file,pipe', '-f', DEMUXERS[container], '-i', path],
      ...['-map', '0:v:0', '-frames:v', '1', '-vf', FIT, '-threads', '1'],
      ...['-c:v', 'mjpeg', '-q:v', '5', '-f', 'image2pipe', 'pipe:1'],
    ];
    try {
      const { stdout } = await run(program, args, {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: POSTER_MAX_BYTES,
        encoding: 'buffer',
        // Nothing of our settings is its business.
        env: {},
      });
      return isPoster(stdout) ? stdout : null;
    } catch (error) {
      log.debug({ reason: error instanceof Error ? error.name : 'unknown' }, 'no picture of a clip');
      return null;
    }
  }

  return (path, container) => {
    const until = performance.now() + TIMEOUT_MS;
    const turn = queue.then(() => decode(path, container, Math.round(until - performance.now())));
    queue = turn;
    return turn;
  };
}
