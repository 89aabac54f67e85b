// Captions: counted as TikTok counts them, refused rather than cut.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CAPTION_LIMIT, captionUnits, checkCaption } from '#domain/caption.ts';
import { AppError, isAppError } from '#domain/errors.ts';

/** A family joined by joiners, right-to-left letters, a zero-width space, a combining accent, a flag. */
const SAMPLE = `${['👨‍👩‍👧‍👦', 'שלו', '\u200b', 'e\u0301', '🇩🇪'].join(' ')}!`;

const factsOf = (caption: string, limit?: number): AppError['facts'] => {
  try {
    checkCaption(caption, limit);
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, ...error.facts };
    throw error;
  }
  throw new assert.AssertionError({ message: 'the caption should have been refused' });
};

describe('captions', () => {
  it('are counted in UTF-16 units, as TikTok does', () => {
    assert.equal(captionUnits('👨‍👩‍👧‍👦'), 11);
    assert.equal(captionUnits('🇩🇪'), 4);
    assert.equal(captionUnits('e\u0301'), 2);
    assert.equal(captionUnits('#cats'), 5);
    const counts = {
      units: captionUnits(SAMPLE),
      codePoints: [...SAMPLE].length,
      graphemes: [...new Intl.Segmenter().segment(SAMPLE)].length,
      bytes: Buffer.byteLength(SAMPLE),
    };
    assert.deepEqual(counts, { units: 26, codePoints: 20, graphemes: 12, bytes: 50 }, 'no other count gives the same');
  });

  it('are taken as typed: joiners, direction marks, blanks at the ends', () => {
    for (const caption of [SAMPLE, '  two  blanks  ', '\n\n#cats\n', '', '\u200b', 'café', 'ﬁ'])
      assert.equal(checkCaption(caption), caption);
  });

  it('have their line ends as LF, and those count once', () => {
    assert.equal(checkCaption('a\r\nb\r\n'), 'a\nb\n');
    assert.equal(captionUnits('a\r\nb'), 3);
    assert.equal(checkCaption('a\r\nb', 3), 'a\nb');
  });

  it('fit exactly up to the limit', () => {
    assert.equal(CAPTION_LIMIT, 2200);
    const full = '🐈'.repeat(1100);
    assert.equal(checkCaption(full), full);
    assert.deepEqual(factsOf(`${full}.`), { code: 'caption_too_long', units: 2201, limit: 2200 });
    assert.deepEqual(factsOf('four', 3), { code: 'caption_too_long', units: 4, limit: 3 });
  });

  it('are refused with half an emoji, as a cut leaves it', () => {
    assert.deepEqual(factsOf('cat 🐈'.slice(0, -1)), { code: 'caption_has_bad_characters', position: 4 });
    assert.deepEqual(factsOf('\udc08cat'), { code: 'caption_has_bad_characters', position: 0 });
  });

  it('are refused with control characters', () => {
    for (const control of ['\u0000', '\u0007', '\t', '\u000b', '\r', '\u001b', '\u007f', '\u0085'])
      assert.deepEqual(
        factsOf(`cat${control}`),
        { code: 'caption_has_bad_characters', position: 3 },
        JSON.stringify(control),
      );
  });

  it('come out as they went in, or not at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(60), (caption, limit) => {
        try {
          assert.equal(checkCaption(caption, limit), caption.replaceAll('\r\n', '\n'));
        } catch (error) {
          if (!isAppError(error, 'caption_too_long', 'caption_has_bad_characters')) throw error;
        }
      }),
    );
  });
});
