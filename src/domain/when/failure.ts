/** Errors about what a person typed: each carries their words, so that the answer can quote them. */

import { AppError, type ErrorCode, type ErrorFacts } from '../errors.ts';

/** Longer words are no time and no place, and the patterns here are not made for pages of text. */
export const WORDS_MAX_LENGTH = 100;

export type Failure = (code: ErrorCode, facts?: ErrorFacts) => AppError;

/** Makes the errors about `words`. */
export const failureOf =
  (words: string): Failure =>
  (code, facts = {}) =>
    new AppError(code, { words: words.slice(0, WORDS_MAX_LENGTH), ...facts });
