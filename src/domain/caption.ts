/** What TikTok takes as a caption. It is taken as typed or refused, never trimmed or cut: a cut can split an emoji. */

import { AppError } from './errors.ts';

/** TikTok's limit for `title`, in UTF-16 code units. Source: "Direct Post", post_info.title. */
export const CAPTION_LIMIT = 2200;

/** The caption's length as TikTok counts it: UTF-16 code units, so that one emoji is two or more. */
export const captionUnits = (caption: string): number => normalizeLineEnds(caption).length;

const normalizeLineEnds = (caption: string): string => caption.replaceAll('\r\n', '\n');

/** Every control character but the line feed. Joiners (family emoji) and direction marks are formatting, and stay. */
const CONTROL = /[^\P{Cc}\n]/u;

/**
 * The caption with its line ends as LF and otherwise untouched. Throws `caption_has_bad_characters` {position} for control
 * characters and half surrogate pairs, `caption_too_long` {units, limit} above `limit` UTF-16 units.
 */
export function checkCaption(caption: string, limit = CAPTION_LIMIT): string {
  const text = normalizeLineEnds(caption);
  if (!text.isWellFormed()) throw new AppError('caption_has_bad_characters', { position: findLoneSurrogate(text) });
  const control = text.search(CONTROL);
  if (control >= 0) throw new AppError('caption_has_bad_characters', { position: control });
  if (text.length > limit) throw new AppError('caption_too_long', { units: text.length, limit });
  return text;
}

const findLoneSurrogate = (text: string): number => text.search(/\p{Surrogate}/u);
