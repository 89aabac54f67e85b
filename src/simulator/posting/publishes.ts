/**
 * The publish ids and what becomes of each: uploading -> processing -> complete (or inbox -> complete) | failed.
 * Nothing waits on a timer: the instant of the next event is stored, and `settle` makes happen what is due.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { atomically } from '../database.ts';
import type { FailReason } from '../faults.ts';
import type { Journal } from '../journal.ts';
import { type Caller, sha256 } from '../oauth/grants.ts';
import type { SettingsStore } from '../settings.ts';
import type { Webhooks } from '../webhooks.ts';
import type { PostInfo, UploadPlan } from './bodies.ts';
import type { CapUsage } from './caps.ts';
import { newPostId, newPublishNumber, type Publish, type PublishKind, toPublish } from './publish.ts';

const SETTLE_BATCH = 500;

export type Publishes = ReturnType<typeof createPublishes>;

export function createPublishes(deps: {
  db: DatabaseSync;
  clock: () => number;
  settings: SettingsStore;
  journal: Journal;
  caps: CapUsage;
  /** Late-bound, because delivering webhooks needs `settle`. */
  webhooks: () => Webhooks;
}) {
  const { db, clock, settings, journal, caps } = deps;
  const insert = db.prepare(
    `INSERT INTO publishes (publish_id, kind, client_key, username, open_id, post_info, video_size, chunk_size,
       chunk_count, upload_hash, upload_expires_at, state, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'uploading', ?) RETURNING *`,
  );
  const byId = db.prepare('SELECT * FROM publishes WHERE publish_id = ?');
  const byUpload = db.prepare('SELECT * FROM publishes WHERE no = ? AND upload_hash = ?');
  const byPost = db.prepare('SELECT * FROM publishes WHERE post_id = ?');
  const due = db.prepare('SELECT * FROM publishes WHERE next_event_at <= ? ORDER BY next_event_at LIMIT ?');
  const uploading = db.prepare("SELECT * FROM publishes WHERE state = 'uploading' AND received_bytes > 0");
  const setReceived = db.prepare('UPDATE publishes SET received_bytes = ?, content_type = ? WHERE no = ?');
  const setProcessing = db.prepare(
    "UPDATE publishes SET state = 'processing', completed_at = ?, next_event_at = ?, sha256 = ?, fail_reason = ? WHERE no = ?",
  );
  const setInbox = db.prepare("UPDATE publishes SET state = 'inbox', next_event_at = ? WHERE no = ?");
  const setComplete = db.prepare(
    "UPDATE publishes SET state = 'complete', post_info = ?, published_at = ?, post_id = ?, next_event_at = ? WHERE no = ?",
  );
  const setPublic = db.prepare('UPDATE publishes SET public_at = ?, next_event_at = NULL WHERE no = ?');
  const setFailed = db.prepare(
    "UPDATE publishes SET state = 'failed', next_event_at = NULL, fail_reason = ? WHERE no = ?",
  );
  const setForgotten = db.prepare('UPDATE publishes SET forgotten = 1 WHERE no = ?');
  const unfinished = db.prepare(
    "SELECT * FROM publishes WHERE username = ? AND client_key = ? AND state IN ('uploading', 'processing')",
  );
  const listed = db.prepare('SELECT * FROM publishes WHERE (? IS NULL OR username = ?) ORDER BY no DESC LIMIT ?');
  const find = (row: Record<string, unknown> | undefined): Publish | undefined => (row ? toPublish(row) : undefined);

  function factsOf({ publishId, clientKey, username, openId }: Publish) {
    return { publishId, clientKey, username, openId };
  }

  function notify(publish: Publish, event: string, more: Record<string, unknown> = {}): void {
    const publishType = publish.kind === 'direct' ? 'DIRECT_PUBLISH' : 'INBOX_SHARE';
    const content = { publish_id: publish.publishId, publish_type: publishType, ...more };
    deps.webhooks().enqueue(publish.clientKey, publish.openId, event, content);
  }

  function fail(publish: Publish, reason: FailReason, at: number): void {
    setFailed.run(reason, publish.no);
    journal.append('failed', { ...factsOf(publish), failReason: reason }, at);
    notify(publish, 'post.publish.failed', { reason });
  }

  function complete(publish: Publish, postInfo: Partial<PostInfo>, at: number): void {
    const postId = newPostId(publish.no, at).toString();
    // Only a post for everyone is looked at by moderation and ever gets a public id (get-video-status).
    const publicAt = postInfo.privacy_level === 'PUBLIC_TO_EVERYONE' ? at + settings.current().moderationDelayMs : null;
    setComplete.run(JSON.stringify(postInfo), at, postId, publicAt, publish.no);
    journal.append('published', { ...factsOf(publish), sha256: publish.sha256 ?? '', postInfo }, at);
    notify(publish, 'post.publish.complete');
  }

  function happen(publish: Publish, at: number): void {
    if (publish.state === 'complete') {
      setPublic.run(at, publish.no);
      journal.append('public', { ...factsOf(publish), postId: publish.postId ?? '' }, at);
      notify(publish, 'post.publish.publicly_available', { post_id: publish.postId });
    } else if (publish.state === 'inbox') {
      complete(publish, { privacy_level: 'PUBLIC_TO_EVERYONE' }, at);
    } else if (publish.failReason !== null) {
      fail(publish, publish.failReason, at);
    } else if (publish.kind === 'inbox') {
      const delayMs = settings.current().inboxFinishDelayMs;
      setInbox.run(delayMs === null ? null : at + delayMs, publish.no);
      journal.append('inbox.delivered', { ...factsOf(publish), sha256: publish.sha256 ?? '' }, at);
      notify(publish, 'post.publish.inbox_delivered');
    } else if (settings.account(publish.username)?.banned) {
      fail(publish, 'spam_risk_user_banned_from_posting', at);
    } else if (caps.directPosts(publish.username, at, publish.no) >= settings.current().caps.directPostsPerDay) {
      fail(publish, 'spam_risk_too_many_posts', at);
    } else {
      complete(publish, publish.postInfo, at);
    }
  }

  /** Makes everything happen whose time has come, in the order of those times. */
  function settle(): void {
    for (;;) {
      const rows = due.all(clock(), SETTLE_BATCH);
      if (rows.length === 0) return;
      atomically(db, () => {
        for (const row of rows) happen(toPublish(row), Number(row.next_event_at));
      });
    }
  }

  return {
    settle,

    create(kind: PublishKind, caller: Caller, postInfo: Partial<PostInfo>, plan: UploadPlan) {
      const publishId = `${kind === 'direct' ? 'v_pub_file~v2-1.' : 'v_inbox_file~v2.'}${newPublishNumber()}`;
      const uploadToken = randomBytes(32).toString('base64url');
      const expiresAt = clock() + settings.current().uploadUrlLifetimeSec * 1000;
      const { clientKey, username, openId, tokenId } = caller;
      return atomically(db, () => {
        const info = JSON.stringify(postInfo);
        const { videoSize, chunkSize, chunkCount } = plan;
        const hash = sha256(uploadToken);
        const row = insert.get(
          ...[
            publishId,
            kind,
            clientKey,
            username,
            openId,
            info,
            videoSize,
            chunkSize,
            chunkCount,
            hash,
            expiresAt,
            clock(),
          ],
        );
        const publish = toPublish(row ?? {});
        const event = kind === 'direct' ? 'init' : 'inbox.init';
        journal.append(event, {
          ...factsOf(publish),
          tokenId,
          bytes: plan.videoSize,
          ...(kind === 'direct' && { postInfo }),
        });
        return { publish, uploadToken };
      });
    },

    byId: (publishId: string): Publish | undefined => find(byId.get(publishId)),
    byUpload: (no: number, token: string): Publish | undefined => find(byUpload.get(no, sha256(token))),
    byPostId: (postId: string): Publish | undefined => find(byPost.get(postId)),
    inUpload: (): Publish[] => uploading.all().map(toPublish),
    list: ({ username, limit = -1 }: { username?: string | undefined; limit?: number } = {}): Publish[] =>
      listed.all(username ?? null, username ?? null, limit).map(toPublish),

    /** Records bytes that are in the file. */
    received(publish: Publish, receivedBytes: number, contentType: string | null): void {
      setReceived.run(receivedBytes, contentType, publish.no);
    },

    /** The last byte is here: processing begins; a `failReason` found in the bytes comes out at its end. */
    uploaded(publish: Publish, digest: string, failReason: FailReason | null): void {
      setProcessing.run(clock(), clock() + settings.current().processingDelayMs, digest, failReason, publish.no);
      journal.append('upload.complete', { ...factsOf(publish), bytes: publish.videoSize, sha256: digest });
    },

    /** The person finishes a draft in the app. False where it is not one that waits. */
    finish(publishId: string, postInfo: Partial<PostInfo>): boolean {
      settle();
      return atomically(db, () => {
        const publish = find(byId.get(publishId));
        if (publish?.state !== 'inbox') return false;
        complete(publish, postInfo, clock());
        return true;
      });
    },

    /** Ends what is under way for an app that the person has shut out. */
    abandon(clientKey: string, username: string): void {
      for (const row of unfinished.all(username, clientKey)) fail(toPublish(row), 'auth_removed', clock());
    },

    forget(publish: Publish): void {
      setForgotten.run(publish.no);
      journal.append('forgotten', factsOf(publish));
    },
  };
}
