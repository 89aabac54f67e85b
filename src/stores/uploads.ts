// Clips on their way in through the upload page, from the link in the chat to the clip on its draft. Every step is one
// compare-and-set, so a link opens once and a clip arrives once.

import { type Connection, Schema } from 'mongoose';
import type { ErrorFacts } from '../domain/errors.ts';
import type { Clip } from '../domain/post-record.ts';
import type { Upload, UploadPlace } from '../domain/upload.ts';
import { UPLOAD_STATES } from '../domain/upload.ts';

export type StoredUpload = Omit<Upload, 'id'> & {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly nonceHash: string;
  readonly cookieHash: string | null;
  /** While a whole clip is looked at: until when nobody else does. */
  readonly settlingUntil: Date | null;
  /** When MongoDB may drop it: later than `expiresAt`, so that late visitors are told "expired" and not "unknown". */
  readonly purgeAt: Date;
};

const part = (definition: object) => new Schema(definition, { _id: false, strict: 'throw' });

const uploadSchema = new Schema<StoredUpload>(
  {
    _id: String,
    schemaVersion: { type: Number, required: true },
    ownerId: { type: String, required: true },
    postId: { type: String, required: true },
    personName: String,
    place: part({ platform: String, chatId: String }),
    state: { type: String, enum: UPLOAD_STATES, required: true },
    nonceHash: { type: String, required: true },
    cookieHash: { type: String, default: null },
    file: { type: part({ name: String, sizeBytes: Number, modifiedAt: Number }), default: null },
    mediaId: { type: String, default: null },
    clip: { type: Schema.Types.Mixed, default: null },
    problem: { type: part({ code: String, facts: Schema.Types.Mixed }), default: null },
    settlingUntil: { type: Date, default: null },
    createdAt: Date,
    expiresAt: Date,
    purgeAt: Date,
  },
  { collection: 'uploads', strict: 'throw', versionKey: false, minimize: false },
);
uploadSchema.index({ nonceHash: 1 }, { unique: true });
uploadSchema.index({ ownerId: 1, createdAt: 1 });
uploadSchema.index({ postId: 1 });
uploadSchema.index({ state: 1, expiresAt: 1 });
uploadSchema.index({ mediaId: 1 }, { partialFilterExpression: { mediaId: { $type: 'string' } } });
uploadSchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 });

const LIVE = ['issued', 'opened', 'receiving'] as const;
const NO_FILE = { file: null, mediaId: null, clip: null } as const;

const toUpload = ({
  _id,
  schemaVersion: _version,
  nonceHash: _nonce,
  cookieHash: _cookie,
  settlingUntil: _settling,
  purgeAt: _purge,
  ...rest
}: StoredUpload): Upload => ({ id: _id, ...rest });

export type UploadStore = ReturnType<typeof createUploadStore>;

export function createUploadStore(connection: Connection) {
  const model = connection.model<StoredUpload>('Upload', uploadSchema);

  async function move(filter: object, set: Partial<StoredUpload>): Promise<Upload | null> {
    const stored = await model
      .findOneAndUpdate(filter, { $set: set }, { returnDocument: 'after' })
      .lean<StoredUpload | null>();
    return stored && toUpload(stored);
  }

  async function findOne(filter: object): Promise<Upload | null> {
    const stored = await model.findOne(filter).lean<StoredUpload | null>();
    return stored && toUpload(stored);
  }

  return {
    model,

    async insert(upload: {
      id: string;
      ownerId: string;
      postId: string;
      personName: string;
      place: UploadPlace;
      nonceHash: string;
      createdAt: Date;
      expiresAt: Date;
      purgeAt: Date;
    }): Promise<void> {
      const { id, ...rest } = upload;
      await model.create({ _id: id, schemaVersion: 1, state: 'issued', ...rest });
    },

    async countSince(ownerId: string, since: Date): Promise<number> {
      return model.countDocuments({ ownerId, createdAt: { $gte: since } });
    },

    /** A draft has one link that was not opened; an older one, forgotten in some chat, must not lead anywhere. */
    async replaceIssued(ownerId: string, postId: string): Promise<void> {
      await model.updateMany({ ownerId, postId, state: 'issued' }, { $set: { state: 'replaced' } });
    },

    findByNonceHash: (nonceHash: string) => findOne({ nonceHash }),

    /** Only for the browser that holds the cookie. */
    findForBrowser: (id: string, cookieHash: string) => findOne({ _id: id, cookieHash }),

    find: (id: string) => findOne({ _id: id }),

    /** issued -> opened. Null where the link was opened before, or expired by `now`. */
    open: (nonceHash: string, now: Date, cookieHash: string, until: { expiresAt: Date; purgeAt: Date }) =>
      move({ nonceHash, state: 'issued', expiresAt: { $gt: now } }, { state: 'opened', cookieHash, ...until }),

    /** opened -> receiving */
    begin: (id: string, now: Date, file: NonNullable<Upload['file']>, mediaId: string) =>
      move(
        { _id: id, state: 'opened', expiresAt: { $gt: now } },
        { state: 'receiving', file, mediaId, clip: null, problem: null },
      ),

    /** Bytes have come: the cookie is good for longer. */
    async prolong(id: string, until: { expiresAt: Date; purgeAt: Date }): Promise<void> {
      await model.updateOne({ _id: id, state: { $in: LIVE } }, { $set: until });
    },

    /** receiving -> received: every byte is there. */
    complete: (id: string, mediaId: string) =>
      move({ _id: id, mediaId, state: 'receiving' }, { state: 'received', settlingUntil: null }),

    /** Takes the right to look at a whole clip, for a while. Null where somebody else is at it. */
    claim: (id: string, now: Date, until: Date) =>
      move(
        { _id: id, state: 'received', $or: [{ settlingUntil: null }, { settlingUntil: { $lte: now } }] },
        { settlingUntil: until },
      ),

    async renew(id: string, until: Date): Promise<void> {
      await model.updateOne({ _id: id, state: 'received' }, { $set: { settlingUntil: until } });
    },

    /** What the clip is, kept before its bytes move: after a crash nobody has to look again. */
    async keepClip(id: string, clip: Clip): Promise<void> {
      await model.updateOne({ _id: id, state: 'received' }, { $set: { clip } });
    },

    /** received -> done. The clip is the draft's from here. */
    settle: (id: string) => move({ _id: id, state: 'received' }, { state: 'done', mediaId: null, settlingUntil: null }),

    /** Back to opened, for another file: this one was refused, or the person thought better of it. */
    reject: (id: string, mediaId: string, problem: { code: string; facts: ErrorFacts } | null) =>
      move(
        { _id: id, mediaId, state: { $in: ['receiving', 'received'] } },
        { state: 'opened', problem: problem as Upload['problem'], settlingUntil: null, ...NO_FILE },
      ),

    /** The end of an upload that came to nothing. */
    expire: (id: string) => move({ _id: id, state: { $in: LIVE } }, { state: 'expired', ...NO_FILE }),

    async findExpired(now: Date, limit: number): Promise<Upload[]> {
      const found = await model
        .find({ state: { $in: LIVE }, expiresAt: { $lte: now } })
        .limit(limit)
        .lean<StoredUpload[]>();
      return found.map(toUpload);
    },

    /** Whole clips that nobody looks at: the process that received them ended. */
    async findUnsettled(now: Date, limit: number): Promise<Upload[]> {
      const found = await model
        .find({ state: 'received', $or: [{ settlingUntil: null }, { settlingUntil: { $lte: now } }] })
        .limit(limit)
        .lean<StoredUpload[]>();
      return found.map(toUpload);
    },

    /** Which of `mediaIds` are still arriving. */
    async findArriving(mediaIds: readonly string[]): Promise<Set<string>> {
      const found = await model.distinct('mediaId', { mediaId: { $in: mediaIds } });
      return new Set(found.filter(id => typeof id === 'string'));
    },

    /** What a person's uploads under way were announced with, together. */
    async sumArriving(ownerId: string): Promise<number> {
      const found = await model
        .find({ ownerId, mediaId: { $type: 'string' } }, { 'file.sizeBytes': 1 })
        .lean<Pick<StoredUpload, 'file'>[]>();
      return found.reduce((sum, { file }) => sum + (file?.sizeBytes ?? 0), 0);
    },

    async findMediaOf(ownerId: string): Promise<string[]> {
      const found = await model.distinct('mediaId', { ownerId, mediaId: { $type: 'string' } });
      return found.filter(id => typeof id === 'string');
    },
  };
}
