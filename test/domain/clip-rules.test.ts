// TikTok's rules at their edges.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClipFacts } from '#domain/clip.ts';
import { judgeClip } from '#domain/clip-rules.ts';
import type { ErrorCode } from '#domain/errors.ts';

const FIT: ClipFacts = {
  container: 'mp4',
  videoCodec: 'h264',
  audioCodec: 'aac',
  width: 720,
  height: 1280,
  frameRate: 30,
  durationMs: 6000,
  bitRate: 680_000,
  sizeBytes: 510_000,
};

const CASES: readonly [string, Partial<ClipFacts>, ErrorCode[]][] = [
  ['a plain clip', {}, []],
  ['23 fps', { frameRate: 23 }, []],
  ['film, 24000/1001 fps', { frameRate: 23.976 }, []],
  ['60000/1001 fps', { frameRate: 59.94 }, []],
  ['60 fps as measured', { frameRate: 60.02 }, []],
  ['22 fps', { frameRate: 22 }, ['clip_frame_rate_out_of_range']],
  ['61 fps', { frameRate: 61 }, ['clip_frame_rate_out_of_range']],
  ['360 x 4096', { width: 360, height: 4096 }, []],
  ['359 wide', { width: 359 }, ['clip_sides_out_of_range']],
  ['4097 high', { height: 4097 }, ['clip_sides_out_of_range']],
  ['ten minutes', { durationMs: 600_000 }, []],
  ['a moment over ten minutes', { durationMs: 600_020 }, ['clip_too_long']],
  ['4 GB', { sizeBytes: 4 * 1024 ** 3 }, []],
  ['a byte over 4 GB', { sizeBytes: 4 * 1024 ** 3 + 1 }, ['clip_too_large']],
  ['H.265', { videoCodec: 'h265' }, []],
  ['VP8', { videoCodec: 'vp8' }, []],
  ['AV1', { videoCodec: 'av1' }, ['clip_codec_unsupported']],
  ['ProRes', { videoCodec: 'prores' }, ['clip_codec_unsupported']],
  [
    'everything wrong',
    { frameRate: 10, width: 100, durationMs: 700_000, videoCodec: 'av1', sizeBytes: 5e9 },
    [
      'clip_too_large',
      'clip_codec_unsupported',
      'clip_too_long',
      'clip_sides_out_of_range',
      'clip_frame_rate_out_of_range',
    ],
  ],
];

describe('judgeClip', () => {
  for (const [name, facts, expected] of CASES)
    it(`${name}: ${expected.join(', ') || 'fit'}`, () => {
      const { refusals } = judgeClip({ ...FIT, ...facts });
      assert.deepEqual(
        refusals.map(({ code }) => code),
        expected,
      );
    });

  it("applies the creator's own limit, and never one above TikTok's", () => {
    const clip = { ...FIT, durationMs: 200_000 };
    assert.deepEqual(judgeClip(clip, { maxDurationMs: 180_000 }).refusals, [
      { code: 'clip_too_long', facts: { seconds: 200, limitSeconds: 180 } },
    ]);
    assert.equal(judgeClip({ ...FIT, durationMs: 700_000 }, { maxDurationMs: 3_600_000 }).refusals.length, 1);
  });

  it('never names a duration that reads like the limit', () => {
    const [refusal] = judgeClip({ ...FIT, durationMs: 600_020 }).refusals;
    assert.deepEqual(refusal?.facts, { seconds: 600.1, limitSeconds: 600 });
  });

  it('doubts short, silent and less supported clips without refusing them', () => {
    const verdict = judgeClip({ ...FIT, durationMs: 1000, audioCodec: null, videoCodec: 'vp9' });
    assert.deepEqual(verdict.refusals, []);
    assert.deepEqual(
      verdict.doubts.map(({ kind }) => kind),
      ['short', 'silent', 'codec_not_preferred'],
    );
  });
});
