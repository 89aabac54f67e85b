// Which OAuth scopes each way of posting needs. People can switch single scopes off on TikTok's page, so what was granted is
// always compared with what is needed.

import type { PostingMode } from '../domain/choices.ts';

const REQUIRED: Record<PostingMode, readonly string[]> = {
  inbox: ['user.info.basic', 'video.upload'],
  direct: ['user.info.basic', 'video.upload', 'video.publish'],
};

/** The scopes to ask for, in the order in which TikTok's page shows them. */
export const requiredScopes = (mode: PostingMode): readonly string[] => REQUIRED[mode];

/** The scopes that `mode` needs and the person did not grant. */
export const missingScopes = (granted: readonly string[], mode: PostingMode): string[] =>
  REQUIRED[mode].filter(scope => !granted.includes(scope));
