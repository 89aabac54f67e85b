// The chunk plan: the documented cases, and every rule for any size.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chunkRange, nextChunk, planUpload } from '#tiktok/upload-plan.ts';

const MAX_SIZE_BYTES = 4 * 1024 ** 3;
const MB = 1_000_000;

/** Size, chunk size, count, first and last byte of the last chunk. */
const TABLE: readonly (readonly [number, number, number, number, number])[] = [
  [1, 1, 1, 0, 0],
  [4_194_304, 4_194_304, 1, 0, 4_194_303],
  [50_000_123, 50_000_123, 1, 0, 50_000_122],
  [64_000_000, 64_000_000, 1, 0, 63_999_999],
  [64_000_001, 10_000_000, 6, 50_000_000, 64_000_000],
  [66_259_900, 10_000_000, 6, 50_000_000, 66_259_899],
  [75_000_000, 10_000_000, 7, 60_000_000, 74_999_999],
  [79_999_999, 10_000_000, 7, 60_000_000, 79_999_998],
  [80_000_000, 10_000_000, 8, 70_000_000, 79_999_999],
  [121_000_000, 10_000_000, 12, 110_000_000, 120_999_999],
  [4_294_967_296, 10_000_000, 429, 4_280_000_000, 4_294_967_295],
];

const sizes = fc.oneof(fc.integer({ min: 1, max: MAX_SIZE_BYTES }), fc.integer({ min: 1, max: 100 * MB }));

describe('planUpload', () => {
  for (const [sizeBytes, chunkSizeBytes, chunkCount, first, last] of TABLE)
    it(`${sizeBytes} bytes: ${chunkCount} x ${chunkSizeBytes}`, () => {
      const plan = planUpload(sizeBytes);
      assert.deepEqual(plan, { chunkSizeBytes, chunkCount });
      assert.deepEqual(chunkRange(plan, chunkCount - 1, sizeBytes), { first, last });
    });

  it('obeys every rule of TikTok, for any size', () => {
    fc.assert(
      fc.property(sizes, sizeBytes => {
        const { chunkSizeBytes, chunkCount } = planUpload(sizeBytes);
        assert.equal(chunkCount, Math.floor(sizeBytes / chunkSizeBytes), 'rounded down');
        assert.ok(chunkCount >= 1 && chunkCount <= 1000);
        assert.ok(chunkSizeBytes <= 64 * MB, 'decimal or binary, a chunk is at most 64 MB');
        if (chunkCount === 1) assert.equal(chunkSizeBytes, sizeBytes, 'a single chunk has the size of the video');
        else assert.ok(chunkSizeBytes >= 5 * 1024 ** 2, 'a chunk is at least 5 MB');
        if (sizeBytes > 64 * MB) assert.ok(chunkCount >= 2);
        const lastBytes = sizeBytes - chunkSizeBytes * (chunkCount - 1);
        assert.ok(lastBytes >= chunkSizeBytes && lastBytes <= 128 * MB);
      }),
    );
  });

  it('cuts without gap or overlap', () => {
    fc.assert(
      fc.property(sizes, sizeBytes => {
        const plan = planUpload(sizeBytes);
        let next = 0;
        for (let i = 0; i < plan.chunkCount; i++) {
          const { first, last } = chunkRange(plan, i, sizeBytes);
          assert.equal(first, next);
          next = last + 1;
        }
        assert.equal(next, sizeBytes);
      }),
    );
  });

  it('knows no plan for nothing, and no chunk beyond the last', () => {
    for (const sizeBytes of [0, -1, 1.5, Number.NaN])
      assert.throws(() => planUpload(sizeBytes), { code: 'clip_empty' });
    assert.throws(() => chunkRange(planUpload(10), 1, 10), RangeError);
    assert.throws(() => chunkRange(planUpload(10), -1, 10), RangeError);
  });
});

describe('nextChunk', () => {
  it('goes on after what TikTok has, be its number a count or a last index', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (sizeBytes, some) => {
        const plan = planUpload(sizeBytes);
        const sent = some % (plan.chunkCount + 1);
        const countBytes = sent === 0 ? 0 : chunkRange(plan, sent - 1, sizeBytes).last + 1;
        assert.equal(nextChunk(plan, sizeBytes, countBytes), sent, 'as a count');
        if (countBytes > 1) assert.equal(nextChunk(plan, sizeBytes, countBytes - 1), sent, 'as an index');
      }),
    );
  });

  it('sends a chunk again of which TikTok has a part', () => {
    const plan = planUpload(80_000_000);
    assert.equal(nextChunk(plan, 80_000_000, 25_000_000), 2);
    assert.equal(nextChunk(plan, 80_000_000, 79_000_000), 7);
    assert.equal(nextChunk(plan, 85_000_000, 84_000_000), 7, 'the last chunk is the longer one');
  });
});
