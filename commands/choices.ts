// The choices that a card's buttons make: read from the ids of presses, applied to what was chosen before.

import { type Choices, PRIVACY_LEVELS, type PrivacyLevel } from '#domain/choices.ts';
import { AppError } from '#domain/errors.ts';

const TOGGLES = [
  'allowComment',
  'allowDuet',
  'allowStitch',
  'disclosure',
  'yourBrand',
  'brandedContent',
  'aiGenerated',
] as const satisfies (keyof Choices)[];
export type Toggle = (typeof TOGGLES)[number];

/** @throws AppError `button_unknown` for a value that no card of ours has. */
export function chosenPrivacy(value: string): PrivacyLevel {
  const privacy = PRIVACY_LEVELS.find(level => level === value);
  if (!privacy) throw new AppError('button_unknown');
  return privacy;
}

/** @throws AppError `button_unknown`. */
export function chosenToggle(value: string): Toggle {
  const name = TOGGLES.find(known => known === value);
  if (!name) throw new AppError('button_unknown');
  return name;
}

/** Switching disclosure off forgets what it disclosed, so that nothing hidden is sent. */
export function toggle(choices: Choices, name: Toggle): Choices {
  const next = { ...choices, [name]: !choices[name] };
  return next.disclosure ? next : { ...next, yourBrand: false, brandedContent: false };
}
