/** The chunk table of the Content Posting API, and its edges. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkBytesAt, findChunkFault, parseContentRange } from '#simulator/posting/chunk-rules.ts';

const COUNT = 'The total chunk count is invalid';
const SIZE = 'The chunk size is invalid';
const GB4 = 4_294_967_296;

const cases: [videoSize: number, chunkSize: number, chunkCount: number, fault: string | undefined][] = [
  [4_194_304, 4_194_304, 1, undefined],
  [50_000_123, 10_000_000, 5, undefined],
  [66_259_900, 10_000_000, 6, undefined],
  [121_000_000, 64_000_000, 1, SIZE],
  [75_000_000, 10_000_000, 8, COUNT],
  [75_000_000, 10_000_000, 7, undefined],
  [GB4, 10_000_000, 429, undefined],
  [GB4 + 1, 10_000_000, 429, 'The video size is invalid'],
  [1, 1, 1, undefined],
  [64_000_000, 64_000_000, 1, undefined],
  [64_000_001, 64_000_001, 1, SIZE],
  [3_000_000, 5_000_000, 1, SIZE],
  [20_000_000, 5_000_000, 4, SIZE],
  [20_971_520, 5_242_880, 4, undefined],
  [4_000_000, 2_000_000, 2, SIZE],
  [127_999_999, 64_000_000, 1, SIZE],
  [191_999_999, 64_000_000, 2, undefined],
  [GB4, 4_290_000, 1001, COUNT],
];

for (const [videoSize, chunkSize, chunkCount, fault] of cases) {
  test(`${videoSize} bytes in ${chunkCount} chunks of ${chunkSize}: ${fault ?? 'taken'}`, () => {
    assert.equal(findChunkFault({ videoSize, chunkSize, chunkCount }), fault);
  });
}

test('the last chunk takes the remainder', () => {
  const plan = { videoSize: 50_000_123, chunkSize: 10_000_000, chunkCount: 5 };
  assert.equal(chunkBytesAt(plan, 0), 10_000_000);
  assert.equal(chunkBytesAt(plan, 40_000_000), 10_000_123);
});

test('Content-Range is read strictly', () => {
  assert.deepEqual(parseContentRange('bytes 0-9/10'), { firstByte: 0, lastByte: 9, total: 10 });
  for (const wrong of [
    'bytes 0-10/10',
    'bytes 5-4/10',
    'bytes=0-9/10',
    'bytes 0-9/*',
    'bytes */10',
    '0-9/10',
    '',
    undefined,
  ]) {
    assert.equal(parseContentRange(wrong), undefined, `${wrong}`);
  }
});
