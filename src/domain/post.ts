// The life of a scheduled post: its states, the events that move it, and nothing else. Every state change in the product goes
// through `transition()`; the store then writes it by compare-and-set.
//
//   draft -> scheduled -> publishing(claimed > initiated > uploading > committing > processing) -> published
//                    \-> held (needs the person)                                               \-> failed | unconfirmed
//   draft | scheduled | held -> cancelled            cancelled | failed -> draft
//   unconfirmed -> published | failed | scheduled, as its person (or TikTok, asked once more) says

import { AppError } from './errors.ts';

export const POST_STATES = [
  'draft',
  'scheduled',
  'publishing',
  'held',
  'published',
  'failed',
  'unconfirmed',
  'cancelled',
] as const;
export type PostState = (typeof POST_STATES)[number];

/**
 * Where a publishing post stands. Each name says what is known to be true:
 * - `claimed`: a worker has it; TikTok has heard nothing that could become a video;
 * - `initiated`: a publish id is saved; no byte has been sent;
 * - `uploading`: bytes are being sent, the last chunk not yet;
 * - `committing`: the last chunk may have been sent: from here the video may exist;
 * - `processing`: TikTok has every byte; only its status decides.
 */
export const PUBLISHING_STEPS = ['claimed', 'initiated', 'uploading', 'committing', 'processing'] as const;
export type PublishingStep = (typeof PUBLISHING_STEPS)[number];

/** `note` keeps the stage and records what was learned there. */
export const POST_EVENTS = [
  'schedule',
  'reschedule',
  'edit',
  'claim',
  'note',
  'initiate',
  'upload',
  'commit',
  'uploaded',
  'restart',
  'postpone',
  'publish',
  'fail',
  'lose_track',
  'hold',
  'release',
  'cancel',
  'revive',
  'retry',
] as const;
export type PostEvent = (typeof POST_EVENTS)[number];

/** A post's place in its life; `step` is set exactly while it is publishing. */
export interface PostStage {
  readonly state: PostState;
  readonly step: PublishingStep | null;
}

const stage = (state: PostState, step: PublishingStep | null = null): PostStage => ({ state, step });

/** Keys are `state` or `publishing.step`. An event that a row does not name is refused there. */
const TRANSITIONS: Record<string, Partial<Record<PostEvent, PostStage>>> = {
  draft: {
    schedule: stage('scheduled'),
    edit: stage('draft'),
    // Set aside with everything else of another TikTok.
    hold: stage('held'),
    cancel: stage('cancelled'),
  },
  scheduled: {
    reschedule: stage('scheduled'),
    // Editing what consent covers sends the post back to its card, where it must be scheduled again.
    edit: stage('draft'),
    claim: stage('publishing', 'claimed'),
    hold: stage('held'),
    cancel: stage('cancelled'),
  },
  held: {
    note: stage('held'),
    reschedule: stage('scheduled'),
    release: stage('scheduled'),
    hold: stage('held'),
    edit: stage('draft'),
    cancel: stage('cancelled'),
  },
  'publishing.claimed': {
    note: stage('publishing', 'claimed'),
    initiate: stage('publishing', 'initiated'),
    postpone: stage('scheduled'),
    // Not while its upload may be opened in this moment: whoever moves it must see to that (`movableUntil`).
    reschedule: stage('scheduled'),
    hold: stage('held'),
    fail: stage('failed'),
    cancel: stage('cancelled'),
  },
  'publishing.initiated': {
    note: stage('publishing', 'initiated'),
    upload: stage('publishing', 'uploading'),
    commit: stage('publishing', 'committing'),
    restart: stage('publishing', 'claimed'),
    hold: stage('held'),
    fail: stage('failed'),
    // An upload with no last chunk never becomes a video, so stopping here is safe.
    cancel: stage('cancelled'),
  },
  'publishing.uploading': {
    note: stage('publishing', 'uploading'),
    upload: stage('publishing', 'uploading'),
    commit: stage('publishing', 'committing'),
    restart: stage('publishing', 'claimed'),
    hold: stage('held'),
    fail: stage('failed'),
    cancel: stage('cancelled'),
  },
  'publishing.committing': {
    note: stage('publishing', 'committing'),
    upload: stage('publishing', 'uploading'),
    uploaded: stage('publishing', 'processing'),
    restart: stage('publishing', 'claimed'),
    publish: stage('published'),
    fail: stage('failed'),
    lose_track: stage('unconfirmed'),
  },
  'publishing.processing': {
    note: stage('publishing', 'processing'),
    restart: stage('publishing', 'claimed'),
    publish: stage('published'),
    fail: stage('failed'),
    lose_track: stage('unconfirmed'),
  },
  published: { note: stage('published') },
  failed: { revive: stage('draft') },
  unconfirmed: {
    note: stage('unconfirmed'),
    publish: stage('published'),
    fail: stage('failed'),
    // Only where the person says so, knowing that it may make a second video.
    retry: stage('scheduled'),
    revive: stage('draft'),
  },
  cancelled: { revive: stage('draft') },
};

const rowOf = ({ state, step }: PostStage) => TRANSITIONS[step === null ? state : `${state}.${step}`] ?? {};

/** Whether `event` may happen to a post that stands at `from`. */
export const canHappen = (from: PostStage, event: PostEvent): boolean => rowOf(from)[event] !== undefined;

/**
 * Where `event` takes a post that stands at `from`.
 * @throws AppError `post_too_late` where TikTok may already have the video, `post_wrong_state` for any other refusal.
 */
export function transition(from: PostStage, event: PostEvent): PostStage {
  const to = rowOf(from)[event];
  if (to) return to;
  if (isBeyondRecall(from)) throw new AppError('post_too_late', { state: from.state });
  throw new AppError('post_wrong_state', { state: from.state, event });
}

/** True once the last chunk may be with TikTok: nothing a person does here can stop the video any more. */
export const isBeyondRecall = ({ state, step }: PostStage): boolean =>
  state === 'published' || (state === 'publishing' && (step === 'committing' || step === 'processing'));

/** States in which nothing will happen any more unless a person acts. */
export const isTerminal = (state: PostState): boolean =>
  state === 'published' || state === 'failed' || state === 'cancelled';
