// TikTok's rules for videos, applied to a clip's facts. What is certain to be refused is refused; what only might disappoint is a
// doubt. Source: content-posting-api-media-transfer-guide, "Video restrictions".

import type { Problem } from './choices.ts';
import type { ClipFacts } from './clip.ts';
import type { ErrorCode, ErrorFacts } from './errors.ts';

const CODECS = new Set(['h264', 'h265', 'vp8', 'vp9']);
const MIN_SIDE_PX = 360;
const MAX_SIDE_PX = 4096;
const MIN_FPS = 23;
const MAX_FPS = 60;
/** A measured average is not exact: 60 fps with a long first frame comes out as 60.02. */
const FPS_TOLERANCE = 0.1;
const MAX_BYTES = 4 * 1024 ** 3;
/** The API's own limit; creators may have less. */
export const MAX_DURATION_MS = 10 * 60_000;
/** Undocumented; what people report of shorter ones differs. */
const SHORT_MS = 3000;

/** What a person may want to know before they schedule; it keeps nobody from it. */
export interface Doubt {
  readonly kind: 'short' | 'silent' | 'codec_not_preferred';
  readonly facts: ErrorFacts;
}

export interface Verdict {
  readonly refusals: readonly Problem[];
  readonly doubts: readonly Doubt[];
}

/**
 * Whether TikTok takes a clip.
 * @param maxDurationMs the creator's own limit, from creator_info, where it is known
 */
export function judgeClip(
  facts: ClipFacts,
  { maxDurationMs = MAX_DURATION_MS }: { maxDurationMs?: number } = {},
): Verdict {
  return { refusals: findRefusals(facts, Math.min(maxDurationMs, MAX_DURATION_MS)), doubts: findDoubts(facts) };
}

/** One rule, what it allows and what the clip has, in words. */
export interface RuleVerdict {
  readonly rule: string;
  readonly value: string;
  readonly limit: string;
  readonly verdict: 'fit' | 'doubt' | 'refused';
}

/** Every rule's verdict on a clip, those included that it keeps. */
export function judgeRules(facts: ClipFacts): RuleVerdict[] {
  const { refusals, doubts } = judgeClip(facts);
  const verdictOf = (code: ErrorCode | null, doubt: Doubt['kind'] | null): RuleVerdict['verdict'] => {
    if (refusals.some(refusal => refusal.code === code)) return 'refused';
    return doubts.some(({ kind }) => kind === doubt) ? 'doubt' : 'fit';
  };
  const { container, videoCodec, audioCodec, width, height, frameRate, durationMs, sizeBytes } = facts;
  return [
    { rule: 'container', value: container, limit: 'mp4, mov, webm', verdict: 'fit' },
    {
      rule: 'picture codec',
      value: videoCodec,
      limit: `${[...CODECS].join(', ')}; h264 is best`,
      verdict: verdictOf('clip_codec_unsupported', 'codec_not_preferred'),
    },
    { rule: 'sound', value: audioCodec ?? 'none', limit: '', verdict: verdictOf(null, 'silent') },
    {
      rule: 'picture size',
      value: `${width} x ${height}`,
      limit: `${MIN_SIDE_PX} to ${MAX_SIDE_PX} pixels a side`,
      verdict: verdictOf('clip_sides_out_of_range', null),
    },
    {
      rule: 'frame rate',
      value: `${frameRate}`,
      limit: `${MIN_FPS} to ${MAX_FPS} a second`,
      verdict: verdictOf('clip_frame_rate_out_of_range', null),
    },
    {
      rule: 'length',
      value: `${durationMs / 1000} s`,
      limit: `at most ${MAX_DURATION_MS / 1000} s, less for some creators`,
      verdict: verdictOf('clip_too_long', 'short'),
    },
    {
      rule: 'size',
      value: `${sizeBytes} bytes`,
      limit: `at most ${MAX_BYTES}`,
      verdict: verdictOf('clip_too_large', null),
    },
  ];
}

function findRefusals(facts: ClipFacts, limitMs: number): Problem[] {
  const { sizeBytes, videoCodec, durationMs, width, height, frameRate } = facts;
  const found: Problem[] = [];
  const isSideAllowed = (px: number) => px >= MIN_SIDE_PX && px <= MAX_SIDE_PX;
  if (sizeBytes > MAX_BYTES) found.push({ code: 'clip_too_large', facts: { sizeBytes, limitBytes: MAX_BYTES } });
  if (!CODECS.has(videoCodec)) found.push({ code: 'clip_codec_unsupported', facts: { codec: videoCodec } });
  if (durationMs > limitMs) {
    // Rounded up, so that 600.02 s is never said to be over a limit of 600 s while reading "600 s".
    const seconds = Math.ceil(durationMs / 100) / 10;
    found.push({ code: 'clip_too_long', facts: { seconds, limitSeconds: limitMs / 1000 } });
  }
  if (!isSideAllowed(width) || !isSideAllowed(height))
    found.push({ code: 'clip_sides_out_of_range', facts: { width, height, minPx: MIN_SIDE_PX, maxPx: MAX_SIDE_PX } });
  if (frameRate < MIN_FPS - FPS_TOLERANCE || frameRate > MAX_FPS + FPS_TOLERANCE)
    found.push({
      code: 'clip_frame_rate_out_of_range',
      facts: { frameRate: Math.round(frameRate * 10) / 10, minFps: MIN_FPS, maxFps: MAX_FPS },
    });
  return found;
}

/** What is not known of a clip raises no doubt. */
export function findDoubts({
  durationMs,
  audioCodec,
  videoCodec,
}: Pick<ClipFacts, 'durationMs'> & Partial<Pick<ClipFacts, 'audioCodec' | 'videoCodec'>>): Doubt[] {
  const found: Doubt[] = [];
  if (durationMs < SHORT_MS) found.push({ kind: 'short', facts: { seconds: durationMs / 1000 } });
  if (audioCodec === null) found.push({ kind: 'silent', facts: {} });
  if (videoCodec !== undefined && CODECS.has(videoCodec) && videoCodec !== 'h264')
    found.push({ kind: 'codec_not_preferred', facts: { codec: videoCodec } });
  return found;
}
