// What a creator decides about one post, which of it TikTok's guidelines demand before Schedule, and the consent that covers it.
// Source of the rules: TikTok "Content Sharing Guidelines" (content-sharing-guidelines), required UX points 1-5.

import type { ErrorCode, ErrorFacts } from './errors.ts';

export const PRIVACY_LEVELS = [
  'PUBLIC_TO_EVERYONE',
  'MUTUAL_FOLLOW_FRIENDS',
  'FOLLOWER_OF_CREATOR',
  'SELF_ONLY',
] as const;
export type PrivacyLevel = (typeof PRIVACY_LEVELS)[number];

/** TikTok's own words for each level, as its app shows them. */
export const PRIVACY_NAMES: Record<PrivacyLevel, string> = {
  PUBLIC_TO_EVERYONE: 'Everyone',
  MUTUAL_FOLLOW_FRIENDS: 'Friends',
  FOLLOWER_OF_CREATOR: 'Followers',
  SELF_ONLY: 'Only me',
};

/** How posts reach TikTok: posted outright, or put in the creator's TikTok inbox to be finished there. */
export type PostingMode = 'direct' | 'inbox';

/** What TikTok's creator_info said, and when. Older than `CREATOR_INFO_MAX_AGE_MS` it must be asked again. */
export interface CreatorInfo {
  readonly nickname: string;
  readonly username: string;
  readonly avatarUrl: string;
  readonly privacyOptions: readonly PrivacyLevel[];
  readonly commentDisabled: boolean;
  readonly duetDisabled: boolean;
  readonly stitchDisabled: boolean;
  readonly maxDurationMs: number;
  readonly askedAt: Date;
}

export const CREATOR_INFO_MAX_AGE_MS = 10 * 60_000;

/** A creator's decisions. `privacy` starts as null: TikTok forbids presetting it. Everything else starts off. */
export interface Choices {
  readonly privacy: PrivacyLevel | null;
  readonly allowComment: boolean;
  readonly allowDuet: boolean;
  readonly allowStitch: boolean;
  readonly disclosure: boolean;
  readonly yourBrand: boolean;
  readonly brandedContent: boolean;
  readonly aiGenerated: boolean;
  /** The frame shown as cover; null leaves TikTok's default, the first frame. */
  readonly coverMs: number | null;
}

export const NO_CHOICES: Choices = {
  privacy: null,
  allowComment: false,
  allowDuet: false,
  allowStitch: false,
  disclosure: false,
  yourBrand: false,
  brandedContent: false,
  aiGenerated: false,
  coverMs: null,
};

/** The switches that a card offers for interaction, with the creator's own setting that can forbid each. */
export const INTERACTIONS = [
  { choice: 'allowComment', forbiddenBy: 'commentDisabled', name: 'Comments' },
  { choice: 'allowDuet', forbiddenBy: 'duetDisabled', name: 'Duet' },
  { choice: 'allowStitch', forbiddenBy: 'stitchDisabled', name: 'Stitch' },
] as const;

/** Something that keeps a post from being scheduled or published, as an error code with its facts. */
export interface Problem {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}

const problem = (code: ErrorCode, facts: ErrorFacts = {}): Problem => ({ code, facts });

/** What is still missing from, or contradictory in, the choices alone. Empty means they may be scheduled. */
export function findMissingChoices(choices: Choices): Problem[] {
  const found: Problem[] = [];
  if (choices.privacy === null) found.push(problem('privacy_required'));
  if (choices.disclosure && !choices.yourBrand && !choices.brandedContent) found.push(problem('disclosure_incomplete'));
  if (isBranded(choices) && choices.privacy === 'SELF_ONLY') found.push(problem('branded_content_private'));
  return found;
}

/** Choices that the creator's account, as `creator` describes it now, does not allow. */
export function findForbiddenChoices(
  choices: Choices,
  creator: CreatorInfo,
  clip: { readonly durationMs: number },
): Problem[] {
  const found: Problem[] = [];
  if (choices.privacy !== null && !creator.privacyOptions.includes(choices.privacy))
    found.push(problem('privacy_not_offered', { privacy: PRIVACY_NAMES[choices.privacy] }));
  for (const { choice, forbiddenBy, name } of INTERACTIONS)
    if (choices[choice] && creator[forbiddenBy]) found.push(problem('choice_no_longer_allowed', { choice: name }));
  if (clip.durationMs > creator.maxDurationMs)
    found.push(
      problem('clip_too_long', {
        seconds: Math.round(clip.durationMs / 1000),
        limitSeconds: creator.maxDurationMs / 1000,
      }),
    );
  return found;
}

export const isBranded = (choices: Choices): boolean => choices.disclosure && choices.brandedContent;

/** The label that TikTok will put on the video, or null without disclosure. */
export function disclosureLabel(choices: Choices): 'Promotional content' | 'Paid partnership' | null {
  if (!choices.disclosure) return null;
  if (choices.brandedContent) return 'Paid partnership';
  return choices.yourBrand ? 'Promotional content' : null;
}

export const MUSIC_USAGE_URL = 'https://www.tiktok.com/legal/page/global/music-usage-confirmation/en';
export const BRANDED_CONTENT_URL = 'https://www.tiktok.com/legal/page/global/bc-policy/en';

/** The sentence that must stand right above the button that posts. */
export const consentSentence = (choices: Choices): string =>
  isBranded(choices)
    ? "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation"
    : "By posting, you agree to TikTok's Music Usage Confirmation";

/** What the person agreed to, kept with the post: the words, the moment and the choices they covered. */
export interface Consent {
  readonly text: string;
  readonly at: Date;
  readonly choices: Choices;
  readonly caption: string;
}
