// How a post lies in MongoDB, how it is read from there, and the indexes that its queries lean on.

import { Schema } from 'mongoose';
import { PRIVACY_LEVELS } from '../domain/choices.ts';
import { POST_STATES, PUBLISHING_STEPS } from '../domain/post.ts';
import { NOTICE_KINDS, type Post } from '../domain/post-record.ts';

/** Bumped by migrations, which only add. */
export const POST_SCHEMA_VERSION = 1;

export type StoredPost = Omit<Post, 'id'> & {
  readonly _id: string;
  readonly schemaVersion: number;
  /** The chat event that made the post: the same event delivered twice makes one post. */
  readonly source: string;
  /** Who sends the next notice. */
  readonly notifiedBy: string | null;
  /** The lease's name under which the last change was written, null for a person's: by it a worker knows its own write. */
  readonly writtenBy: string | null;
};

const part = (definition: object) => new Schema(definition, { _id: false, strict: 'throw' });
const optional = (schema: Schema) => ({ type: schema, default: null });

const clip = part({
  mediaId: { type: String, required: true },
  name: String,
  sizeBytes: Number,
  sha256: String,
  contentType: String,
  width: Number,
  height: Number,
  frameRate: Number,
  durationMs: Number,
  videoCodec: String,
  audioCodec: String,
  bitRate: Number,
});

const choices = part({
  privacy: { type: String, enum: [...PRIVACY_LEVELS, null], default: null },
  allowComment: Boolean,
  allowDuet: Boolean,
  allowStitch: Boolean,
  disclosure: Boolean,
  yourBrand: Boolean,
  brandedContent: Boolean,
  aiGenerated: Boolean,
  coverMs: { type: Number, default: null },
});

const creator = part({
  nickname: String,
  username: String,
  avatarUrl: String,
  privacyOptions: [String],
  commentDisabled: Boolean,
  duetDisabled: Boolean,
  stitchDisabled: Boolean,
  maxDurationMs: Number,
  askedAt: Date,
});

const attempt = part({
  number: { type: Number, required: true },
  startedAt: Date,
  publishId: { type: String, default: null },
  uploadUrl: { type: String, default: null },
  uploadExpiresAt: { type: Date, default: null },
  chunksSent: Number,
  committedAt: { type: Date, default: null },
  fromBackup: Boolean,
});

const publication = part({
  publishedAt: Date,
  deliveredAt: { type: Date, default: null },
  postIds: [String],
  liveAt: { type: Date, default: null },
});

export const postSchema = new Schema<StoredPost>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    source: { type: String, required: true },
    ownerId: { type: String, required: true },
    accountId: { type: String, default: null },
    world: { type: String, default: null },
    mode: { type: String, enum: ['direct', 'inbox'], required: true },
    state: { type: String, enum: POST_STATES, required: true },
    step: { type: String, enum: [...PUBLISHING_STEPS, null], default: null },
    clip: optional(clip),
    caption: { type: String, default: '' },
    due: optional(
      part({
        at: { type: Date, default: null },
        delayMs: { type: Number, default: null },
        zone: String,
        words: String,
      }),
    ),
    choices,
    creator: optional(creator),
    consent: optional(part({ text: String, at: Date, choices, caption: { type: String, default: '' } })),
    card: part({ platform: String, chatId: String, messageRef: { type: String, default: null } }),
    batch: optional(part({ id: String, index: Number })),
    reminders: { type: Number, default: 0 },
    version: { type: Number, required: true },
    fence: { type: Number, required: true },
    lease: optional(part({ owner: String, until: Date })),
    wakeAt: { type: Date, default: null },
    attempt: optional(attempt),
    tries: part({ prepare: Number, initiate: Number, upload: Number, status: Number }),
    problem: optional(part({ code: String, facts: Schema.Types.Mixed, at: Date })),
    publication: optional(publication),
    outbox: [part({ key: String, kind: { type: String, enum: NOTICE_KINDS }, at: Date, sends: Number })],
    notifyAt: { type: Date, default: null },
    notifiedBy: { type: String, default: null },
    writtenBy: { type: String, default: null },
    noticeRef: { type: String, default: null },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'posts', strict: 'throw', versionKey: false, minimize: false },
);

postSchema.index({ source: 1 }, { unique: true });
// Only documents that wait for something are in these three, so months of finished posts do not slow the sweep. A query that is to use
// them must say `$type` as well, or every document is read.
postSchema.index({ wakeAt: 1 }, { partialFilterExpression: { wakeAt: { $type: 'date' } } });
postSchema.index(
  { state: 1, wakeAt: 1, _id: 1 },
  { partialFilterExpression: { state: 'scheduled', wakeAt: { $type: 'date' } } },
);
postSchema.index({ step: 1, wakeAt: 1 }, { partialFilterExpression: { step: 'claimed', wakeAt: { $type: 'date' } } });
postSchema.index({ notifyAt: 1 }, { partialFilterExpression: { notifyAt: { $type: 'date' } } });
postSchema.index(
  { 'problem.facts.setAside': 1 },
  { partialFilterExpression: { 'problem.facts.setAside': { $type: 'string' } } },
);
postSchema.index({ ownerId: 1, state: 1, 'due.at': 1 });
postSchema.index({ accountId: 1, state: 1 });
postSchema.index({ 'clip.mediaId': 1 }, { partialFilterExpression: { 'clip.mediaId': { $type: 'string' } } });
postSchema.index({ ownerId: 1, 'clip.sha256': 1 }, { partialFilterExpression: { 'clip.sha256': { $type: 'string' } } });
// For the owner's figures, each touched once in a post's life as a rule.
for (const instant of ['publication.publishedAt', 'problem.at'])
  postSchema.index({ [instant]: 1 }, { partialFilterExpression: { [instant]: { $type: 'date' } } });
postSchema.index({ 'batch.id': 1 }, { partialFilterExpression: { 'batch.id': { $type: 'string' } } });

/** Conditions on `$$NOW` stand in the update, not in the filter: there not every server knows it. */
export const PIPELINE = { updatePipeline: true, returnDocument: 'after' } as const;

export const toPost = ({
  _id,
  schemaVersion: _version,
  source: _source,
  notifiedBy: _notifiedBy,
  writtenBy: _writtenBy,
  ...rest
}: StoredPost): Post => ({ id: _id, ...rest });
