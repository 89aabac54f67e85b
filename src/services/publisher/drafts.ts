// Drafts that nobody finishes: asked about once after a day, gone after seven, with their clips.

import { afterNow } from '../../domain/after-now.ts';
import type { Post } from '../../domain/post-record.ts';
import { leave, type StepOutcome, type Work } from './work.ts';

const DAY_MS = 86_400_000;
export const DRAFT_REMINDER_MS = DAY_MS;
export const DRAFT_LIFETIME_MS = 7 * DAY_MS;

/** A draft woke: it has lain untouched since `wakeAt` was set. */
export async function mindDraft(work: Work, post: Post): Promise<StepOutcome> {
  if (post.reminders === 0)
    return leave(work, post, {
      event: 'edit',
      patch: { reminders: 1, wakeAt: afterNow(DRAFT_LIFETIME_MS - DRAFT_REMINDER_MS) },
      notices: ['draft_waiting'],
    });
  return leave(work, post, {
    event: 'cancel',
    patch: { wakeAt: null },
    notices: ['draft_gone'],
  });
}
