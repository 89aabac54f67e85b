// A post with everything that is known about it: the single document that is the truth, from the first clip to "live".

import type { World } from './account.ts';
import type { Choices, Consent, CreatorInfo, PostingMode } from './choices.ts';
import type { ErrorCode, ErrorFacts } from './errors.ts';
import type { PostStage } from './post.ts';

/** The moment that a person chose, beside the words they chose it with. */
export interface Due {
  /** Null while the words are relative and Schedule has not been pressed, and while the person's zone is not known. */
  readonly at: Date | null;
  /** "in 2 hours": counted from pressing Schedule. */
  readonly delayMs: number | null;
  /** IANA name; empty while the person's zone is not known. */
  readonly zone: string;
  readonly words: string;
}

/** Words that mean no instant yet, because nobody has said where the person is. */
export const isWaitingForZone = (due: Due): boolean => due.at === null && due.delayMs === null;

/** A clip whose bytes are in the media store. */
export interface Clip {
  readonly mediaId: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly contentType: 'video/mp4' | 'video/quicktime' | 'video/webm';
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly durationMs: number;
  /** `h264`, `h265`, `vp8`, `vp9`; not known of clips from before it was kept, as the next two. */
  readonly videoCodec?: string;
  /** Null where there is no sound. */
  readonly audioCodec?: string | null;
  /** Bits a second of the whole file. */
  readonly bitRate?: number;
}

/** One upload at TikTok. One publish id makes at most one video, so it is saved before the first byte is sent. */
export interface Attempt {
  readonly number: number;
  readonly startedAt: Date;
  /** Null between the decision to ask TikTok for an upload and its answer. */
  readonly publishId: string | null;
  /** Sealed: whoever has it can upload as this person. */
  readonly uploadUrl: string | null;
  readonly uploadExpiresAt: Date | null;
  readonly chunksSent: number;
  /** When the last chunk was about to be sent: from here the video may exist. */
  readonly committedAt: Date | null;
  /** Read from a backup: another copy may have gone on from here, with other uploads too. It never leads to a new one. */
  readonly fromBackup?: boolean;
}

/** Who works on a post, and until when the database's clock protects them. */
export interface Lease {
  readonly owner: string;
  readonly until: Date;
}

/** Why a post waits or ended, in terms that chat/explain.ts has words for. */
export interface PostProblem {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly at: Date;
}

/** What a post that is set aside was made for: the simulator, while the real TikTok is connected, or the other way about. */
export type SetAsideKind = 'practice' | 'real';

/** The problem of a post that is set aside. */
export const setAsideProblem = (kind: SetAsideKind, at: Date): PostProblem => ({
  code: 'post_of_other_tiktok',
  facts: { setAside: kind },
  at,
});

/** Set aside by a switch between the simulator and TikTok: such a post can only be taken away. */
export const setAsideKind = ({ problem }: Pick<Post, 'problem'>): SetAsideKind | null => {
  const kind = problem?.code === 'post_of_other_tiktok' ? problem.facts.setAside : null;
  return kind === 'practice' || kind === 'real' ? kind : null;
};

export interface Publication {
  readonly publishedAt: Date;
  /** In inbox mode: when the clip reached the creator's TikTok inbox. */
  readonly deliveredAt: Date | null;
  /** TikTok's ids exceed 2^53, hence text. Empty until moderation is over, for ever with "Only me". */
  readonly postIds: readonly string[];
  readonly liveAt: Date | null;
}

export const NOTICE_KINDS = [
  'published',
  'live',
  'in_inbox',
  'inbox_reminder',
  'failed',
  'held',
  'held_reminder',
  'unconfirmed',
  'unconfirmed_reminder',
  'missed',
  'draft_waiting',
  'draft_gone',
  'set_aside',
  'clip_arrived',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** A message still owed to the person, written in the same write as the state it tells of. */
export interface Notice {
  readonly key: string;
  readonly kind: NoticeKind;
  readonly at: Date;
  /** Sends of which it is not known that they failed; counted where the platform does not drop repeated messages. */
  readonly sends?: number;
}

/** Posts made from clips that came together: one card, one consent, a time each. */
export interface BatchPlace {
  readonly id: string;
  readonly index: number;
}

/** Where a post was made, and where its card stands. Notices go to the same place. */
export interface CardPlace {
  readonly platform: string;
  readonly chatId: string;
  readonly messageRef: string | null;
}

/** Steps that are tried again by themselves; each has a budget of its own. */
export const RETRY_STEPS = ['prepare', 'initiate', 'upload', 'status'] as const;
export type RetryStep = (typeof RETRY_STEPS)[number];

export interface Post extends PostStage {
  readonly id: string;
  readonly ownerId: string;
  readonly accountId: string | null;
  /** Fixed when the account is chosen; the publisher refuses another world's posts. */
  readonly world: World | null;
  readonly mode: PostingMode;
  readonly clip: Clip | null;
  readonly caption: string;
  readonly due: Due | null;
  readonly choices: Choices;
  readonly creator: CreatorInfo | null;
  readonly consent: Consent | null;
  readonly card: CardPlace;
  readonly batch: BatchPlace | null;
  /** How often the person was reminded of what is theirs to see to: a draft here or in the TikTok inbox, a held post. */
  readonly reminders: number;

  /** Grows with every write that changes the post; the guard of every compare-and-set. */
  readonly version: number;
  /** Grows with every claim: a worker that lost its lease writes with an old one and is refused. */
  readonly fence: number;
  readonly lease: Lease | null;
  /** When the post needs attention next; null when only a person can move it. */
  readonly wakeAt: Date | null;
  readonly attempt: Attempt | null;
  readonly tries: Readonly<Record<RetryStep, number>>;
  readonly problem: PostProblem | null;
  readonly publication: Publication | null;

  readonly outbox: readonly Notice[];
  readonly notifyAt: Date | null;
  /** Where the last notice stands, so that "posted" can become "live". */
  readonly noticeRef: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const NO_TRIES: Readonly<Record<RetryStep, number>> = { prepare: 0, initiate: 0, upload: 0, status: 0 };
