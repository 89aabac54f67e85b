// Small phrases that several cards share.

import { type Block, note, type Span } from '#chat/reply.ts';
import { isPractice } from '#domain/account.ts';
import { durationWords, sizeWords } from '#domain/clip.ts';
import { type Clip, type Due, isWaitingForZone, type Post } from '#domain/post-record.ts';

export const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

export const PRACTICE_LINE = 'Practice: nothing reaches TikTok.';

/** The mark that every card and notice of a practice post carries. */
export const practiceMark = (post: Pick<Post, 'world'>): Block[] =>
  post.world && isPractice(post.world) ? [note(PRACTICE_LINE)] : [];

export const clipWords = (clip: Clip): string =>
  `${clip.name} (${durationWords(clip.durationMs)}, ${clip.width} x ${clip.height}, ${sizeWords(clip.sizeBytes)})`;

/** The clip itself, shown in whichever way a platform can. */
export const clipBlocks = ({ clip }: Pick<Post, 'clip'>): Block[] => (clip ? [{ kind: 'clip', ...clip }] : []);

/** The chosen time: absolute and relative, in the zone it was chosen for. */
export function dueSpans(due: Due): Span[] {
  if (due.at) return [{ instant: due.at, zone: due.zone, style: 'both' }];
  return [isWaitingForZone(due) ? due.words : `${due.words}, counted from pressing Schedule`];
}

/** A caption as one line of a list. */
export function excerpt(caption: string, length = 40): string {
  const line = caption.replaceAll(/\s+/g, ' ').trim();
  const letters = [...line];
  return letters.length <= length ? line || 'no caption' : `${letters.slice(0, length - 1).join('')}…`;
}
