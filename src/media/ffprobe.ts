// A second opinion where the operator has ffprobe: asked only about files that passed the first gate and that our own parser could not
// read. It runs as a process of its own, without a network, told which format to expect, and killed when it takes too long.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ClipContainer } from '../domain/clip.ts';
import type { ParsedFacts } from './parser.ts';

/** What ffprobe says of a file, or null where it cannot read it either. */
export type SecondOpinion = (path: string, container: ClipContainer, sizeBytes: number) => Promise<ParsedFacts | null>;

const TIMEOUT_MS = 5_000;
const OUTPUT_MAX_BYTES = 262_144;
const DEMUXERS: Record<ClipContainer, string> = { mp4: 'mov', mov: 'mov', webm: 'matroska' };
const CODECS: Record<string, string> = { hevc: 'h265' };
const ENTRIES =
  'format=duration:stream=codec_type,codec_name,width,height,avg_frame_rate,sample_aspect_ratio:stream_side_data=rotation';

const stream = z.object({
  codec_type: z.string(),
  codec_name: z.string().default('unknown'),
  width: z.number().default(0),
  height: z.number().default(0),
  avg_frame_rate: z.string().default('0/1'),
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
});
const output = z.object({ streams: z.array(stream), format: z.object({ duration: z.coerce.number() }) });
const run = promisify(execFile);

/** @param program the path of ffprobe */
export function createSecondOpinion(program: string): SecondOpinion {
  return async (path, container, sizeBytes) => {
    const args = ['-v', 'error', '-protocol_whitelist', 'file', '-f', DEMUXERS[container]];
    const asked = await run(program, [...args, '-show_entries', ENTRIES, '-of', 'json', '-i', path], {
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_MAX_BYTES,
      // Nothing of our settings is its business.
      env: {},
    }).catch(() => null);
    return asked && readAnswer(asked.stdout, sizeBytes);
  };
}

function readAnswer(text: string, sizeBytes: number): ParsedFacts | null {
  const parsed = output.safeParse(parseJson(text));
  const video = parsed.data?.streams.find(({ codec_type: type }) => type === 'video');
  const seconds = parsed.data?.format.duration ?? 0;
  if (!video || !(seconds > 0)) return null;
  const [frames = 0, per = 1] = video.avg_frame_rate.split('/').map(Number);
  const isTurned =
    Math.abs(video.side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0) % 180 === 90;
  const audio = parsed.data?.streams.find(({ codec_type: type }) => type === 'audio');
  const facts = {
    videoCodec: nameOf(video.codec_name),
    audioCodec: audio ? nameOf(audio.codec_name) : null,
    width: isTurned ? video.height : video.width,
    height: isTurned ? video.width : video.height,
    frameRate: Math.round((frames / per) * 1000) / 1000,
    durationMs: Math.round(seconds * 1000),
    bitRate: Math.round((sizeBytes * 8) / seconds),
  };
  const numbers = [facts.width, facts.height, facts.frameRate];
  return numbers.every(number => Number.isFinite(number) && number > 0) ? facts : null;
}

const nameOf = (codec: string): string => CODECS[codec] ?? codec;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut off, or no ffprobe at all: no opinion.
    return null;
  }
}
