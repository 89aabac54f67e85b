// The worker thread that reads clips with mediabunny. It lives under memory limits and is killed when it takes too long, so a file
// that breaks the parser costs this thread and nothing else. It reads through a file descriptor of the main thread's.

import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import {
  CustomSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MP4,
  QTFF,
  WEBM,
} from 'mediabunny';
import type { ProbeAnswer, ProbeQuestion } from './parser.ts';

/** V8's limits do not cover buffers, so what one clip may have read is bounded here: its index, and frames at both ends. */
const READ_MAX_BYTES = 96 * 1024 * 1024;
const SINGLE_READ_MAX_BYTES = 32 * 1024 * 1024;
/** Frames that the frame rate is averaged over: four seconds at 30. */
const RATED_FRAMES = 120;

const CODEC_NAMES: Record<string, string> = { avc: 'h264', hevc: 'h265' };

// Its warnings quote the file, and a file's content has no place in our log.
Logging.level = LogLevel.Silent;

const port = parentPort;
if (!port) throw new Error('probe-worker.ts is a worker thread');

port.on('message', (question: ProbeQuestion) => {
  probe(question).then(
    answer => port.postMessage(answer),
    // mediabunny has no error class for malformed files: whatever it throws while reading one means that.
    error => port.postMessage({ kind: 'unreadable', reason: error instanceof Error ? error.message : 'unknown' }),
  );
});
port.postMessage({ kind: 'ready' } satisfies ProbeAnswer);

async function probe({ fd, sizeBytes }: ProbeQuestion): Promise<ProbeAnswer> {
  using input = new Input({ source: createBoundedSource(fd, sizeBytes), formats: [MP4, QTFF, WEBM] });
  const video = await input.getPrimaryVideoTrack();
  if (!video) return { kind: 'without_picture' };
  const audio = await input.getPrimaryAudioTrack();
  const [width, height] = [await video.getDisplayWidth(), await video.getDisplayHeight()];
  const frameRate = await measureFrameRate(video);
  if (frameRate === null) return { kind: 'without_picture' };
  const seconds = await input.computeDuration();
  const facts = {
    videoCodec: await nameCodec(video),
    audioCodec: audio ? await nameCodec(audio) : null,
    width,
    height,
    frameRate: Math.round(frameRate * 1000) / 1000,
    durationMs: Math.round(seconds * 1000),
    bitRate: Math.round((sizeBytes * 8) / seconds),
  };
  const numbers = [facts.width, facts.height, facts.frameRate, facts.durationMs, facts.bitRate];
  if (!numbers.every(number => Number.isFinite(number) && number > 0)) throw new Error('no duration or size');
  return { kind: 'facts', facts };
}

/**
 * Frames a second over the clip's first frames, by the instants at which they are shown; null where there is no frame. mediabunny's
 * own average counts on the last frame's duration, which live recordings lack: it makes 60 fps 60.5, which TikTok would refuse.
 */
async function measureFrameRate(video: InputVideoTrack): Promise<number | null> {
  let frames = 0;
  let firstShown = Number.POSITIVE_INFINITY;
  let lastShown = Number.NEGATIVE_INFINITY;
  for await (const { timestamp } of new EncodedPacketSink(video).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    // Frames are stored out of order; one that is shown after all before it begins a group, and ends a complete one.
    if (frames >= RATED_FRAMES && timestamp >= lastShown) break;
    frames += 1;
    firstShown = Math.min(firstShown, timestamp);
    lastShown = Math.max(lastShown, timestamp);
  }
  if (frames > 1) return (frames - 1) / (lastShown - firstShown);
  return frames === 1 ? (await video.computePacketStats()).averagePacketRate : null;
}

/** A codec that mediabunny does not know keeps the file's own name for it, "apch" for one of ProRes. */
async function nameCodec(track: InputVideoTrack | InputAudioTrack): Promise<string> {
  const codec = await track.getCodec();
  if (codec) return CODEC_NAMES[codec] ?? codec;
  const internal = await track.getInternalCodecId();
  return typeof internal === 'string' ? internal.replaceAll(/[^\w.-]/g, '').slice(0, 16) : 'unknown';
}

function createBoundedSource(fd: number, sizeBytes: number): CustomSource {
  let readBytes = 0;
  return new CustomSource({
    getSize: () => sizeBytes,
    read(start, end) {
      readBytes += end - start;
      if (end - start > SINGLE_READ_MAX_BYTES || readBytes > READ_MAX_BYTES) throw new Error('too much to read');
      const bytes = new Uint8Array(end - start);
      for (let filled = 0; filled < bytes.length; ) {
        const count = readSync(fd, bytes, filled, bytes.length - filled, start + filled);
        if (count === 0) throw new Error('file ended early');
        filled += count;
      }
      return bytes;
    },
    maxCacheSize: 16 * 1024 * 1024,
    prefetchProfile: 'fileSystem',
  });
}
