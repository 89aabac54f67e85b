/** What TikTok's processing would say of the clips that a person may send. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findMediaFault } from '#simulator/posting/container.ts';

const cases: Record<string, string | null> = {
  'vertical-6s.mp4': null,
  'vertical-6s.mov': null,
  'hevc-4s.mp4': null,
  'vp9-4s.webm': null,
  'landscape-5994fps-4s.mp4': null,
  'rotated-1s.mp4': null,
  'bad/webm-named.mp4': null,
  'bad/audio-only.mp4': 'file_format_check_failed',
  'bad/cut-short.mp4': 'file_format_check_failed',
  'bad/empty.mp4': 'file_format_check_failed',
  'bad/ftyp-only.mp4': 'file_format_check_failed',
  'bad/html-page.mp4': 'file_format_check_failed',
  'bad/matroska.mkv': 'file_format_check_failed',
  'bad/no-moov.mov': 'file_format_check_failed',
  'bad/too-long-640s.mp4': 'duration_check_failed',
  'bad/too-slow-10fps.mp4': 'frame_rate_check_failed',
  'bad/too-small-240x320.mp4': 'picture_size_check_failed',
};

for (const [clip, reason] of Object.entries(cases)) {
  test(`${clip}: ${reason ?? 'taken'}`, async () => {
    assert.equal(await findMediaFault(fileURLToPath(new URL(`../clips/${clip}`, import.meta.url)), 600), reason);
  });
}

test('the creator may have a lower ceiling than the API', async () => {
  const clip = fileURLToPath(new URL('../clips/vertical-6s.mp4', import.meta.url));
  assert.equal(await findMediaFault(clip, 5), 'duration_check_failed');
});
